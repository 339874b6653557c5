"""One customer's story: every entry about a subject, and the range of the log that was searched for them.

Searched by what leaves are marked with. A bundle of the same subject carries the whole range, so that anybody can
search it again without believing us.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.vault import Vault
from vault.base.ids import SUBJECT, Subject, read
from vault.domain.actor import Actor
from vault.domain.audit.wanted import Hit
from vault.domain.merging.merged import Facts
from vault.domain.standing import Instants, standing
from vault.domain.statement import ConsentShown, shown
from vault.store.audit import placing, searching
from vault.store.customer import bridge, consents
from vault.store.decision import questions
from vault.store.log import pruned


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of a generation that were searched, `start` up to `end`; below `bodies_from` bodies were let go of."""

    generation: int
    start: int
    end: int
    bodies_from: int = 0


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """All entries about a subject, oldest first, and how they stand now.

    Numbers `start` up to `end` of the log's `generation` were searched, and all `earlier` generations. Of entries that
    wait for their number nobody knows yet whom they are about: `waiting` counts those of all customers.
    """

    subject: Subject
    generation: int
    start: int
    end: int
    hits: list[Hit]
    standings: list[ConsentShown]
    erased_at: datetime | None
    earlier: list[Range] = []
    bodies_from: int = 0
    waiting: int = 0


async def story(vault: Vault, actor: Actor, *, subject: Subject) -> Story:
    """Return a subject's story. A subject nobody has, has an empty one."""
    read(SUBJECT, subject)
    async with acting(vault, actor, name="show_story") as act:
        ranges = [
            Range(generation=number, start=0, end=size, bodies_from=await pruned.minimum(act.work, number))
            for number, size in (await placing.generations(act.work)).items()
        ] or [Range(generation=1, start=0, end=0)]
        *earlier, last = ranges
        hits = await searching.of_subject(act.work, subject)
        erased_at = await placing.erased_at(act.work, subject)
        waiting = await searching.waiting(act.work)
        standings = await _standings(act, subject)
        told = {"generation": last.generation, "start": last.start, "end": last.end}
        await act.log("story_read", subject=subject, found=len(hits), **told)
    return Story(
        subject=subject,
        generation=last.generation,
        start=last.start,
        end=last.end,
        hits=hits,
        standings=standings,
        erased_at=erased_at,
        earlier=earlier,
        bodies_from=last.bodies_from,
        waiting=waiting,
    )


async def _standings(act: Acting, subject: Subject) -> list[ConsentShown]:
    facts, country = await _held(act, subject)
    if not any(facts):
        return []
    instants = Instants(now=act.now)
    return [
        shown(purpose.key, channel, found=found)
        for purpose, channel in act.here.organization.ways()
        for found in [standing(facts, act.here.way(purpose.key, channel).rule.within(country), instants=instants)]
    ]


async def _held(act: Acting, subject: Subject) -> tuple[Facts, str | None]:
    """Return what was said by or for a subject, and their country; of an erased one, what is left under the pseudonym.

    The country goes with the person.
    """
    customer = await bridge.customer(act.work, subject)
    if customer is None:
        return tuple(await consents.read(act.work, subject)), None
    found = await questions.read(act.work, [customer], sought=[], purposes=act.here.organization.bearing)
    person = found.people.get(customer)
    return (person.facts, person.country) if person is not None else ((), None)
