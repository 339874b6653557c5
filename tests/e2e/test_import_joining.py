"""Which rows may be about the same people: found in the database, as a plain search in memory finds it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from tests.stage import Stage
from vault.base.ids import IMPORT, fresh, raw
from vault.store.database import Work
from vault.store.imports import jobs, rows, tags
from vault.store.imports.jobs import NewJob
from vault.store.imports.rows import NewRow

Graph = Mapping[int, Sequence[int]]
"""The tags of each place."""


def searched(graph: Graph) -> dict[int, int]:
    least = {place: place for place in graph}
    whose: dict[int, set[int]] = {}
    for place, own in graph.items():
        for tag in own:
            whose.setdefault(tag, set()).add(place)
    todo = sorted(graph)
    while todo:
        place = todo.pop(0)
        for other in set().union(*(whose[tag] for tag in graph[place])):
            if least[place] < least[other]:
                least[other] = least[place]
                todo.append(other)
    return least


async def joined(stage: Stage, work: Work, graph: Graph) -> dict[int, int]:
    own = fresh(IMPORT, stage.vault.clock, entropy=stage.vault.entropy)
    new = NewJob(id=own, exported_at=datetime(2026, 10, 31, tzinfo=UTC), dry=False)
    await jobs.add(work, new, state="joining", at=new.exported_at)
    staged = [NewRow(place, b"", None, (), [UUID(int=tag) for tag in tagged]) for place, tagged in graph.items()]
    unread = [
        NewRow(10**6 + place, b"", "no", (), [UUID(int=tag) for tag in tagged]) for place, tagged in graph.items()
    ]
    await rows.stage(work, own, rows=[*staged, *unread])
    await tags.join(work, own)
    query = "SELECT place, component FROM vault.import_row WHERE organization = $1 AND import = $2 AND verdict IS NULL"
    return {row["place"]: row["component"] for row in await work.fetch(query, work.own, raw(own))}


async def test_rows_that_share_a_tag_from_row_to_row_are_one_component(stage: Stage) -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    async with stage.vault.database.work(await stage.organization()) as work:
        for size, many in ((1, 1), (8, 6), (8, 12), (40, 40), (60, 90), (200, 220)):
            graph = {
                place: {chance.randrange(many) for _ in range(chance.randrange(4))}
                for place in chance.sample(range(1, 10 * size), size)
            }
            found = {place: sorted(own) for place, own in graph.items()}
            assert await joined(stage, work, found) == searched(found)


async def test_a_chain_of_thousands_is_one_component_in_whatever_order_it_lies(stage: Stage) -> None:
    chance = random.Random(11)  # noqa: S311 - likewise
    async with stage.vault.database.work(await stage.organization()) as work:
        for shuffled in (False, True):
            places = list(range(1, 3001))
            if shuffled:
                chance.shuffle(places)
            chain = {place: (number, number + 1) for number, place in enumerate(places)}
            assert set((await joined(stage, work, chain)).values()) == {1}
