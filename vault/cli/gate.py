"""`consent-vault gate smtp`: a mail relay that lets nothing pass without a permit. For a sender, not the vault."""

from __future__ import annotations

import asyncio
import os
import signal
from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from consent_vault import AsyncVault, Pace

from vault.base.clock import SystemClock
from vault.base.errors import Invalid
from vault.cli import lines
from vault.cli.terminal import Commands, say

if TYPE_CHECKING:
    from vault.gate.door import Door

_ABOUT: Final = """
Runs a mail relay before the mail server of a system that never learnt the vault's API. A message passes with a permit
for its one recipient in the header Consent-Permit, once; it leaves without that header, and with List-Unsubscribe. What
has none is refused (550), what may be tried again is put off (451). Knows no database and keeps no address. Whoever may
reach it may send: let it listen where only your own systems are, and put it before what signs with DKIM.
"""
_OPTIONS: Final = {
    "vault": ("URL", "the vault"),
    "client-id": ("ID", "the sender, a client with the scope outcome, such as fernhill.mailer"),
    "key-file": ("FILE", "its private key, PEM; or --secret-file"),
    "secret-file": ("FILE", "its secret, where it has no key"),
    "relay": ("URL", "the next mail server: smtp://host:port with STARTTLS (none on this machine), smtps:// with TLS"),
    "listen": ("HOST:PORT", "where; 127.0.0.1:8525 if not said"),
}
_HIGHEST: Final = 65_535


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("gate", help="let mail pass only with a permit")
    gates = parser.add_subparsers(title="gates", metavar="GATE", required=True)
    smtp = gates.add_parser("smtp", help="relay mail", description=_ABOUT)
    for name, (form, purpose) in _OPTIONS.items():
        smtp.add_argument(f"--{name}", metavar=form, default=os.environ.get(_variable(name)), help=_help(name, purpose))
    smtp.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    if find_spec("aiosmtpd") is None:
        raise Invalid("no_gate", "the gate needs one more library: install consent-vault[gate]")
    lines.configure()
    given = {name: value for name in _OPTIONS if (value := getattr(asked, name.replace("-", "_"))) is not None}
    for name in ("vault", "client-id", "relay"):
        if name not in given:
            raise Invalid("missing_option", f"give --{name}, or set {_variable(name)}")
    host, _, port = given.get("listen", "127.0.0.1:8525").rpartition(":")
    if not host or not port.isdecimal() or not int(port) <= _HIGHEST:
        raise Invalid("bad_listen", "--listen: write 127.0.0.1:8525")
    asyncio.run(_serve(given, host=host.strip("[]"), port=int(port)))
    return 0


async def _serve(given: dict[str, str], *, host: str, port: int) -> None:
    from vault.gate.door import open_door  # noqa: PLC0415 - needs the extra

    over = asyncio.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, over.set)
    async with _vault(given) as vault:
        server = await open_door(_door(vault, given), host=host, port=port)
        async with server:
            say(f"Gate of {given['client-id']} at {host}:{server.sockets[0].getsockname()[1]}.")
            await over.wait()


def _door(vault: AsyncVault, given: dict[str, str]) -> Door:
    from vault.gate.checking import Checking  # noqa: PLC0415 - needs the extra
    from vault.gate.door import Door  # noqa: PLC0415 - likewise
    from vault.gate.relay import read  # noqa: PLC0415 - likewise

    return Door(Checking(vault, client_id=given["client-id"]), read(given["relay"]), clock=SystemClock())


def _vault(given: dict[str, str]) -> AsyncVault:
    pace = Pace(attempts=2)
    if ("key-file" in given) == ("secret-file" in given):
        raise Invalid("missing_option", "give --key-file or --secret-file, and only one of them")
    name = "key-file" if "key-file" in given else "secret-file"
    try:
        text = Path(given[name]).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Invalid("no_file", f"--{name}: this file cannot be read") from None
    try:
        if name == "key-file":
            return AsyncVault(given["vault"], client_id=given["client-id"], private_key=text, pace=pace)
        return AsyncVault(given["vault"], client_id=given["client-id"], client_secret=text, pace=pace)
    except ValueError as error:
        raise Invalid("bad_option", str(error)) from None


def _variable(name: str) -> str:
    return f"GATE_{name.replace('-', '_').upper()}"


def _help(name: str, purpose: str) -> str:
    return f"{purpose} ({_variable(name)})"
