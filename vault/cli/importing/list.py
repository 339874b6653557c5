"""`consent-vault import list`: the imports there were, the newest first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from typing import Final

from vault.actions.importing import showing
from vault.actions.vault import Vault
from vault.cli.importing.organization import import_id, operator, option
from vault.cli.opening import with_vault
from vault.cli.terminal import say, say_json, say_table
from vault.domain.importing.told import Imports, ImportTold

_TITLES: Final = ("ID", "BEGUN", "STATE", "ROWS", "CUSTOMERS", "PUT ASIDE")


def add(parser: ArgumentParser) -> None:
    """Register the action."""
    parser.description = "Shows twenty imports at a time."
    option(parser)
    parser.add_argument("--before", metavar="ID", type=import_id, help="those older than this one")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    found = with_vault(partial(_page, asked=asked))
    if asked.json:
        say_json(found)
    elif found.imports:
        say_table(_TITLES, [_row(one) for one in found.imports])
    else:
        say("there was no import yet")
    return 0


async def _page(vault: Vault, *, asked: Namespace) -> Imports:
    return await showing.page(vault, await operator(vault, asked.organization), before=asked.before)


def _row(told: ImportTold) -> tuple[str, ...]:
    state = "undone" if told.undone_at is not None else f"{told.state}, only looked at" if told.dry else told.state
    counts = (told.rows.read, told.customers, told.rows.quarantined)
    return told.id, f"{told.made_at:%Y-%m-%d %H:%M}", state, *(f"{count:,}" for count in counts)
