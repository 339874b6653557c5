"""The log searched: newest first, counted exactly. Each search is an entry itself, and its filters are told there.

What is told of a filter is a code that is in the log. A word that nothing in the log has may be anything, so of it
only the filter's name is told.
"""

from __future__ import annotations

from vault.actions.acting import acting
from vault.actions.vault import Vault
from vault.base.canonical import Json
from vault.base.errors import Invalid
from vault.domain.actor import Actor
from vault.domain.audit.wanted import LONGEST, Found, Place, Wanted, spelled
from vault.store.audit import searching


async def search(
    vault: Vault, actor: Actor, *, wanted: Wanted, after: Place | None = None, limit: int = LONGEST
) -> Found:
    """Return a page of the entries wanted: the newest, or those before the place `after`."""
    wanted.check()
    if not 1 <= limit <= LONGEST:
        raise Invalid("bad_limit", f"a page holds 1 to {LONGEST} entries")
    async with acting(vault, actor, name="search_log") as act:
        count = await searching.count(act.work, wanted)
        hits = await searching.hits(act.work, wanted, after=after, limit=limit + 1) if count else []
        alone = await searching.alone(act.work, wanted) if not count else {}
        waiting = await searching.waiting(act.work)
        filters = {name: told for name, told in wanted.given().items() if name != "subject"}
        known: dict[str, Json] = {name: told for name, told in filters.items() if name not in alone or alone[name][0]}
        unknown: list[Json] = [name for name in filters if name not in known]
        await act.log("log_searched", subject=wanted.subject, filters=known, unknown=unknown or None, found=count)
    more = len(hits) > limit
    page = hits[:limit]
    last = Place(generation=page[-1].generation, number=page[-1].number) if more else None
    return Found(
        hits=page,
        count=count,
        after=spelled(last, wanted) if last is not None else None,
        excludes=_excluding(alone),
        waiting=waiting,
    )


def _excluding(alone: dict[str, tuple[int, int]]) -> str | None:
    """Return the filter without which most would be found; where none alone would help, the one that fewest pass."""
    if not alone:
        return None
    return max(alone, key=lambda name: (alone[name][1], -alone[name][0]))
