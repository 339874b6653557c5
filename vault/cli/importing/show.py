"""`consent-vault import show`: how the files of an import were read, and what became of their rows."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial

from vault.actions.importing import showing
from vault.actions.vault import Vault
from vault.cli.importing import telling
from vault.cli.importing.organization import argument, operator, option
from vault.cli.opening import with_vault
from vault.cli.terminal import say, say_json
from vault.domain.importing.told import ImportTold


def add(parser: ArgumentParser) -> None:
    """Register the action."""
    parser.description = "Shows an import in counts, codes and names of files: never in a value."
    argument(parser)
    option(parser)
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    told = with_vault(partial(_show, asked=asked))
    if asked.json:
        say_json(telling.document(told))
    else:
        say(*telling.recognised(told.files), *telling.ended(told))
    return 0


async def _show(vault: Vault, *, asked: Namespace) -> ImportTold:
    return await showing.show(vault, await operator(vault, asked.organization), import_=asked.id)
