"""`consent-vault log`: show how an access log stands, write a bundle of it, begin it anew when it cannot go on."""

from __future__ import annotations

import asyncio
import os
from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import Any, Final

from vault.actions.log import generations
from vault.actions.log.bundles import bundle
from vault.actions.log.generations import Shown
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.errors import Invalid, Unavailable
from vault.base.settings import Settings, read
from vault.cli.log import capability, follow, prune
from vault.cli.opening import database, opened, sequencing, with_vault
from vault.cli.terminal import Commands, say, say_json
from vault.domain.actor import Actor
from vault.store.database import INSTALLATION

_ABOUT: Final = """
The access log only ever grows, and says so with a signature for each step. Before it signs, the worker compares with
the checkpoint kept in VAULT_LOG_GUARD. What does not agree stops the log: nothing is lost, entries wait unnumbered.
"""
_NEW: Final = """
Begins the next generation of a log, with an empty tree. Its first entry names the break: your reason, how far the
database was, and how far the checkpoint kept outside of it. Auditors will ask. First find out what happened: was a
backup restored, did a standby take over, did somebody write into the tables? What the old generation holds stays.
"""


_EXPORT: Final = """
Writes a range of the log into one file: checkpoints, tiles and entries as signed. It holds codes and pseudonyms, and
names nobody. Verify it with `python -m consent_vault verify FILE`, which shares no code with the vault. That it was
written is an entry of the log.
"""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("log", help="show the access log, take it home, or begin it anew", description=_ABOUT)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _action(actions, "show", help="show state, last checkpoint and the keys to verify it", about=None, run=_show)
    beginning = _action(actions, "new-generation", help="begin anew after a break", about=_NEW, run=_begin)
    taking = _action(actions, "export", help="write a bundle an auditor can verify offline", about=_EXPORT, run=_export)
    taking.add_argument("file", metavar="FILE", type=Path, help="where to; an existing file is left alone")
    taking.add_argument(
        "--start", type=int, default=0, metavar="NUMBER", help="the first entry; else the first there is"
    )
    taking.add_argument("--end", type=int, metavar="NUMBER", help="the entry to end before; else all that is signed")
    taking.add_argument("--subject", metavar="SUBJECT", help="say which entries are theirs; sub_ and 26 characters")
    follow.add(actions)
    prune.add(actions)
    capability.add(actions)
    beginning.add_argument("--reason", required=True, metavar="TEXT", help="what happened; it stays in the log")


def _action(actions: Any, name: str, *, help: str, about: str | None, run: object) -> ArgumentParser:  # noqa: A002 - argparse's own name for it
    parser: ArgumentParser = actions.add_parser(name, help=help, description=about)
    parser.add_argument(
        "organization", metavar="ORGANIZATION", help="such as fernhill; _ is the installation's own log"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)
    return parser


def _show(asked: Namespace) -> int:
    shown = with_vault(partial(_look, slug=asked.organization))
    if asked.json:
        say_json(shown)
    else:
        say(*_lines(shown))
    return 0 if shown.stopped is None else 1


def _begin(asked: Namespace) -> int:
    settings = read(os.environ)
    with database(settings) as url:
        generation = asyncio.run(_next(settings, url, slug=asked.organization, reason=asked.reason))
    if asked.json:
        say_json({"generation": generation})
    else:
        say(f"Generation {generation} has begun; its first entry names the break.")
    return 0


def _export(asked: Namespace) -> int:
    if asked.file.exists():
        raise Invalid("file_exists", f"{asked.file} is there already; give another name")
    size = with_vault(partial(_write, asked=asked))
    if asked.json:
        say_json({"file": str(asked.file), "bytes": size})
    else:
        say(f"{asked.file} holds {size} bytes. Verify it with `python -m consent_vault verify {asked.file}`.")
    return 0


async def _write(vault: Vault, *, asked: Namespace) -> int:
    """Write the bundle beside its name, and give it the name once it is whole."""
    path: Path = asked.file
    draft = path.with_name(f"{path.name}.new")
    actor = Actor(organization=await find(vault, asked.organization), kind="operator")
    parts = await bundle(vault, actor, start=asked.start, end=asked.end, subject=asked.subject)
    try:
        with draft.open("wb") as file:
            async for part in parts:
                file.write(part)
            size = file.tell()
        draft.rename(path)
    except OSError as error:
        raise Unavailable("file_unwritable", f"{path} cannot be written: {error.strerror}") from None
    finally:
        draft.unlink(missing_ok=True)
    return size


async def _look(vault: Vault, *, slug: str) -> Shown:
    return await generations.show(vault, await _operator(vault, slug))


async def _next(settings: Settings, url: str, *, slug: str, reason: str) -> int:
    async with opened(settings, url) as vault, sequencing(settings, url) as own:
        return await generations.begin(vault, own, actor=await _operator(vault, slug), reason=reason)


async def _operator(vault: Vault, slug: str) -> Actor:
    return Actor(organization=INSTALLATION if slug == "_" else await find(vault, slug), kind="operator")


def _lines(shown: Shown) -> list[str]:
    stopped = f"stopped: {shown.stopped}" if shown.stopped is not None else "goes on"
    lines = [f"{shown.origin}", f"generation {shown.generation}, {shown.size} entries, {stopped}", ""]
    if shown.note is not None:
        lines += ["The last checkpoint:", "", *shown.note.splitlines(), ""]
    return [*lines, "Verify with:", "", *shown.vkeys] if shown.vkeys else [*lines, "Nothing is signed yet."]
