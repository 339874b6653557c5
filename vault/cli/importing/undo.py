"""`consent-vault import undo`: what an import brought is taken back, after it was said what that is."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from vault.actions.undoing import erasing, undoing
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import IMPORT, ImportId, read
from vault.base.personal import Personal
from vault.cli.importing.organization import operator, option
from vault.cli.opening import with_vault
from vault.cli.terminal import is_agreed, is_interactive, say, say_json
from vault.domain.importing.undone import NewUndoing, Undoing

_ABOUT: Final = """
Takes back what an import brought, for good: nothing of it counts any more but its noes and stops. What anybody said
since stays. Whom it made, and nobody else spoke of, is erased. It says first what would go.
"""


def add(parser: ArgumentParser) -> None:
    """Register the action."""
    parser.description = _ABOUT
    parser.add_argument("id", metavar="ID", type=ImportId, help="such as imp_06h0090m41t835kpwqjv10s1y0")
    option(parser)
    parser.add_argument("--with-noes", action="store_true", help="its noes and stops count no more, either")
    parser.add_argument("--reason", metavar="TEXT", type=Personal, help="why the noes, too; the log keeps it, sealed")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and write nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask; needed where nobody can be asked")
    parser.add_argument("--json", action="store_true", help="one JSON document when all is done")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    read(IMPORT, asked.id)
    if not asked.yes and not asked.dry_run and not is_interactive():
        raise Invalid("not_agreed", "there is nobody to ask whether this is meant: add --yes if it is, or --dry-run")
    told = with_vault(partial(_undo, asked=asked))
    if told is None:
        say("nothing was undone")
        return 1
    if asked.json:
        say_json(told)
    elif not told.dry:
        say(f"{told.id} is undone; {told.customers:,} customers were erased")
    return 0


async def _undo(vault: Vault, *, asked: Namespace) -> Undoing | None:
    actor = await operator(vault, asked.organization)
    new = NewUndoing(dry=True, with_noes=asked.with_noes, reason=asked.reason)
    told = await undoing.undo(vault, actor, import_=asked.id, new=new)
    if not asked.json:
        say(*written(told))
    if asked.dry_run:
        return told
    if not asked.yes and not is_agreed(f"Undo {asked.id}? This cannot be taken back."):
        return None
    new = NewUndoing(with_noes=asked.with_noes, reason=asked.reason)
    told = await undoing.undo(vault, actor, import_=asked.id, new=new)
    erased = await erasing.finish(vault, actor.organization, import_=asked.id, progress=_bar(told.left))
    return msgspec.structs.replace(told, customers=erased, left=0)


def _bar(of: int) -> Callable[[int], None]:
    """Return what draws how many are erased, over and over on one line of a terminal."""
    done = 0

    def more(erased: int) -> None:
        nonlocal done
        done += erased
        if sys.stderr.isatty():
            print(f"\r{done:,} of {of:,} erased", end="\n" if done == of else "", file=sys.stderr, flush=True)

    return more


def written(told: Undoing) -> list[str]:
    """Return what goes and what stays, in lines for people."""
    noes = "count no more" if told.with_noes else "stay"
    lines = (
        (told.yeses, "yeses and dealings count no more"),
        (told.noes, f"noes {noes}"),
        (told.suppressions, f"stops {noes}"),
        (told.attributes, "fields are left out"),
        (told.contact_points, "contact points are left out"),
        (told.references, "references are left out"),
        (told.customers, "customers are erased: nobody else spoke of them"),
        (told.stay, "customers stay, with what others said"),
    )
    return [f"{count:>9,}  {what}" for count, what in lines]
