"""`consent-vault log prune`: bodies go whose years are over; tiles and checkpoints stay, so proofs stay valid."""

from __future__ import annotations

import asyncio
import os
from argparse import Namespace
from typing import Any, Final

from vault.actions.log.pruning import Pruned, prune
from vault.actions.organizations import find
from vault.base.settings import Settings, read
from vault.cli.opening import database, opened, retention
from vault.cli.terminal import say, say_json
from vault.domain.actor import Actor
from vault.store import organizations

_ABOUT: Final = """
Takes away the bodies of entries older than `retention: access_log` of the organization file says; without it, none.
Only whole bundles of 256 entries go, from the beginning, below a signed checkpoint. An entry of the log tells of it.
The worker does the same once a day.
"""


def add(actions: Any) -> None:
    """Register the command."""
    parser = actions.add_parser("prune", help="let go of bodies that need not be kept any longer", description=_ABOUT)
    parser.add_argument("organization", nargs="?", metavar="ORGANIZATION", help="such as fernhill; else every one")
    parser.add_argument("--dry-run", action="store_true", help="say what would go")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    settings = read(os.environ)
    with database(settings) as url:
        found = asyncio.run(_prune(settings, url, slug=asked.organization, dry_run=asked.dry_run))
    if asked.json:
        say_json(found)
    else:
        goes = "would lose" if asked.dry_run else "lost"
        lines = [
            f"{one.organization}, generation {one.generation}: entries {one.start} to {one.end - 1} {goes} their bodies"
            for one in found
        ]
        say(*(lines or ["Nothing is to go."]))
    return 0


async def _prune(settings: Settings, url: str, *, slug: str | None, dry_run: bool) -> list[Pruned]:
    async with opened(settings, url) as vault, retention(url) as own:
        if slug is not None:
            wanted = [await find(vault, slug)]
        else:
            async with vault.database.work() as work:
                wanted = [one.id for one in await organizations.every(work)]
        found: list[Pruned] = []
        for organization in wanted:
            actor = Actor(organization=organization, kind="operator")
            found += await prune(vault, own, actor=actor, dry_run=dry_run)
        return found
