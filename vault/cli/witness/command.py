"""`consent-vault witness`: cosigns the checkpoints of logs that only ever grow. For an auditor, not the vault."""

from __future__ import annotations

import asyncio
import signal
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from vault.actions.log.witness import Witnessing, opened
from vault.base.clock import SystemClock, SystemEntropy
from vault.base.errors import Invalid
from vault.cli import lines
from vault.cli.terminal import Commands, say
from vault.cli.witness.application import create_witness
from vault.store.log.witnessed import WitnessFile
from vault.tlog.key import read_vkey

_ABOUT: Final = """
Runs a witness (C2SP tlog-witness): a log sends each checkpoint, with a proof that it extends the last one, and gets a
cosignature. A log that was rolled back, or shown to others as another, gets none. The file holds the witness's key and
what it cosigned last: whoever loses it or brings back an old one is no witness any more. Knows no database and no
personal data. Put it behind a server that speaks HTTPS.
"""
_HIGHEST: Final = 65_535


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("witness", help="cosign the checkpoints of logs", description=_ABOUT)
    parser.add_argument("--state", required=True, type=Path, metavar="FILE", help="its one file; made the first time")
    parser.add_argument("--name", help="what a new witness is called, such as witness.example/ours")
    parser.add_argument(
        "--log", required=True, action="append", metavar="VKEY", help="a log's key, as `log show` prints it; repeat it"
    )
    parser.add_argument(
        "--listen", default="127.0.0.1:8472", metavar="HOST:PORT", help="where; 127.0.0.1:8472 if not said"
    )
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    lines.configure()
    host, _, port = asked.listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= _HIGHEST:
        raise Invalid("bad_listen", "--listen: write 127.0.0.1:8472")
    file = WitnessFile(asked.state)
    try:
        logs = [read_vkey(vkey) for vkey in asked.log]
        witness = opened(file, name=asked.name, logs=logs, clock=SystemClock(), entropy=SystemEntropy())
        say(f"Witness of {len({one.name for one in logs})} logs at {asked.listen}. Its key:", witness.verifier.vkey)
        asyncio.run(_serve(witness, host=host.strip("[]"), port=int(port)))
    finally:
        file.close()
    return 0


async def _serve(witness: Witnessing, *, host: str, port: int) -> None:
    server = Server(
        create_witness(witness),
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, server.stop)
    with suppress(asyncio.CancelledError):
        await server.serve()
