"""`consent-vault import forget`: the key to the rows that were put aside goes, and with it what they say."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial

from vault.actions.importing import quarantine
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.cli.importing.organization import argument, operator, option
from vault.cli.opening import with_vault
from vault.cli.terminal import is_agreed, is_interactive, say


def add(parser: ArgumentParser) -> None:
    """Register the action."""
    parser.description = "Lets go of the rows of an import that were put aside. What it brought stays, and its totals."
    argument(parser)
    option(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask; needed where nobody can be asked")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    if not asked.yes and not is_interactive():
        raise Invalid("not_agreed", "forgetting cannot be undone, and there is nobody to ask: add --yes if it is meant")
    if not asked.yes and not is_agreed(f"Forget the rows that {asked.id} put aside? This cannot be undone."):
        say("nothing was forgotten")
        return 1
    with_vault(partial(_forget, asked=asked))
    say(f"{asked.id}: nothing opens the rows any more that were put aside")
    return 0


async def _forget(vault: Vault, *, asked: Namespace) -> None:
    await quarantine.forget(vault, await operator(vault, asked.organization), import_=asked.id)
