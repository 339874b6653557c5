"""Reserving: a yes that is to be sent spends of its budgets in the transaction that decides it.

Whoever reserves for the same person waits, and counts in a statement begun after that. Within a batch each question
finds what the ones before it spent. A repeat of a question, by its Idempotency-Key, does not find its own and spends
nothing new.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from vault.actions.decision.answers import Prepared, Settled, find
from vault.base.ids import CustomerId
from vault.domain.organization import CONTACT
from vault.domain.timing.budget import LAPSE, Spend
from vault.store.database import Work
from vault.store.decision import reservations
from vault.store.decision.questions import Read
from vault.store.decision.reservations import NewReservation

Held = set[CustomerId]


def is_counted(asked: Sequence[Prepared]) -> bool:
    """Whether a budget is declared where these are asked."""
    return any(one.here.organization.has_budgets for one in asked[:1])


async def hold(work: Work, asked: Sequence[Prepared], *, held: Held | None) -> Held | None:
    """Wait for the turn of all who are to be reserved for, once and before anything is read.

    Where no budget is declared nobody waits: whom a wish of their own binds is known only when they were read.
    """
    turn = [one for one in asked if _spends(one)]
    if held is not None or not turn or not is_counted(asked):
        return held
    named = [one.asked.question.customer for one in turn if one.asked.question.customer is not None]
    return await reservations.hold(work, named, sought=[one.sought for one in turn if one.sought is not None])


async def hold_late(work: Work, asked: Sequence[Prepared], *, read: Read, held: Held | None) -> Held | None:
    """Hold whoever is reserved for and was not held when this was read, and return all who are; none is left to hold.

    What was read of them may be what stood before it was their turn, and is to be read again.
    """
    late: Held = set()
    for one in asked:
        person, _ = find(one, read) if _spends(one) else (None, None)
        if person is not None and (one.here.organization.has_budgets or person.preference.at_most):
            late |= {person.customer, *person.family}
    late -= held or set()
    if not late:
        return None
    await reservations.hold(work, late, sought=())
    return late | (held or set())


def spend(read: Read, settled: Settled) -> None:
    """Let the questions of the batch that come after this one find what it spent."""
    prepared, person = settled.prepared, settled.person
    if person is None or not settled.reserves or not prepared.way.is_bound:
        return
    found = read.people[person.customer]
    spent = Spend(
        decision=prepared.asked.decision,
        at=read.now,
        lineage=prepared.way.rule.lineage,
        channel=prepared.asked.question.channel,
    )
    for customer in found.family or (found.customer,):
        one = read.people[customer]
        read.people[customer] = msgspec.structs.replace(one, spends=(*one.spends, spent))


async def reserve(work: Work, settled: Iterable[Settled], *, at: datetime) -> None:
    """Store what was spent, and of every message to be sent what its outcome will be told of."""
    new = [made for one in settled if (made := _reservation(one)) is not None]
    if new:
        await reservations.add(work, new, at=at, since=at - LAPSE)


def _spends(one: Prepared) -> bool:
    return one.gate.verdict.allowed and one.reserves and one.way.is_bound


def _reservation(settled: Settled) -> NewReservation | None:
    person, rests, prepared = settled.person, settled.basis, settled.prepared
    client = prepared.asked.actor.client
    if not settled.reserves or person is None or rests is None or client is None:
        return None
    handed_out = CONTACT in settled.leaving or rests.named is not None or settled.sender is not None
    return NewReservation(
        customer=(rests.point.holder if rests.point is not None else None) or person.customer,
        subject=person.subject,
        decision=prepared.asked.decision,
        client=client,
        sender=prepared.here.clients[settled.sender].id if settled.sender is not None else None,
        purpose=prepared.way.purpose.key,
        lineage=prepared.way.rule.lineage if prepared.way.is_bound else (),
        channel=prepared.asked.question.channel,
        point=rests.point.id if rests.point is not None and handed_out else None,
    )
