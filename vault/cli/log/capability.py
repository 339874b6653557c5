"""`consent-vault log capability`: let an auditor's program read the log without a session, and end that again."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from typing import Any, Final

from vault.actions.audit import lending
from vault.actions.audit.lending import Lent
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.ids import CapabilityId
from vault.cli.opening import with_vault
from vault.cli.terminal import say, say_json
from vault.domain.actor import Actor
from vault.store.audit.capabilities import Capability

_ABOUT: Final = """
A capability is a path with 256 bits of chance in it. Whoever has it reads checkpoints, tiles and entries of the log as
C2SP tlog-tiles has them, without a session and without an entry, until it is ended. The log names nobody. The path is
told once; only its SHA-256 is kept.
"""


def add(actions: Any) -> None:
    """Register the command among those about the log."""
    parser = actions.add_parser("capability", help="let a program read the log, and end that", description=_ABOUT)
    own = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _action(own, "add", help="make one; its path is told this once", run=_add)
    _action(own, "list", help="show all there ever were", run=_list)
    ending = _action(own, "end", help="end one for good", run=_end)
    ending.add_argument("id", metavar="ID", help="cap_ and 26 characters, as `list` shows it")


def _action(actions: Any, name: str, *, help: str, run: object) -> ArgumentParser:  # noqa: A002 - argparse's own name for it
    parser: ArgumentParser = actions.add_parser(name, help=help)
    parser.add_argument("organization", metavar="ORGANIZATION", help="whose log, such as fernhill")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)
    return parser


def _add(asked: Namespace) -> int:
    made = with_vault(partial(_make, slug=asked.organization))
    if asked.json:
        say_json(made)
    else:
        say(f"{made.id} was made. Its path is told this once:", "", made.path)
    return 0


def _list(asked: Namespace) -> int:
    found = with_vault(partial(_every, slug=asked.organization))
    if asked.json:
        say_json(found)
    else:
        say(*([_line(one) for one in found] or ["There is none."]))
    return 0


def _end(asked: Namespace) -> int:
    with_vault(partial(_close, slug=asked.organization, capability=CapabilityId(asked.id)))
    if asked.json:
        say_json({"ended": asked.id})
    else:
        say(f"{asked.id} is ended: its path leads nowhere any more.")
    return 0


async def _make(vault: Vault, *, slug: str) -> Lent:
    return await lending.make(vault, await _operator(vault, slug))


async def _every(vault: Vault, *, slug: str) -> list[Capability]:
    return (await lending.show(vault, await _operator(vault, slug))).capabilities


async def _close(vault: Vault, *, slug: str, capability: CapabilityId) -> None:
    await lending.end(vault, await _operator(vault, slug), capability=capability)


async def _operator(vault: Vault, slug: str) -> Actor:
    return Actor(organization=await find(vault, slug), kind="operator")


def _line(one: Capability) -> str:
    ended = f", ended {one.ended_at:%Y-%m-%d %H:%M} UTC" if one.ended_at is not None else ""
    return f"{one.id}  made {one.made_at:%Y-%m-%d %H:%M} UTC by {one.made_by}{ended}"
