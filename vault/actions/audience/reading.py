"""Reading an audience: how far it is, what came out, and calling it off. Only by the client that made it.

A result is read a chunk at a time. Where something is handed out with it, each line is decided afresh, with its own
entry and within the client's limit: no address and no permit is ever stored here, or handed out late.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.audience.making import check_asked, client_of, told
from vault.actions.decision import decisions
from vault.actions.limits import wait_in
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid, Unknown
from vault.base.ids import AudienceId, CustomerId
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.audience.job import ENDED, AudienceEnd, AudienceLine, AudienceTold, Screening, check_ended
from vault.domain.decision.question import Decision, Question
from vault.store.audience import chunks, jobs
from vault.store.audience.chunks import Answer, Answers
from vault.store.audience.jobs import Job

_READ: Final = "audience_result"
_GONE: Final = "unknown_customer"


async def show(vault: Vault, actor: Actor, *, audience: AudienceId) -> AudienceTold:
    """Return how far an audience is."""
    async with acting(vault, actor, name="show_audience") as act:
        job = await _own(act, audience)
        await act.log("audience_read", audience=audience, part="progress")
        return await told(act.work, job)


async def cancel(vault: Vault, actor: Actor, *, audience: AudienceId) -> AudienceTold:
    """Call an audience off; what is answered stays. One that has ended otherwise cannot be called off any more."""
    async with acting(vault, actor, name="cancel_audience") as act:
        job = await _own(act, audience)
        if job.state in ENDED and job.state != "cancelled":
            raise Conflict("audience_ended", "this audience has ended already")
        if await jobs.end(act.work, audience, state="cancelled"):
            await chunks.clear(act.work, audience)
        await act.log("audience_cancelled", audience=audience)
        return await told(act.work, await _own(act, audience))


async def result(vault: Vault, actor: Actor, *, audience: AudienceId) -> AsyncIterator[bytes]:
    """Return what came out, a line of JSON for each and one for the end, as bytes that are read bit by bit."""
    async with acting(vault, actor, name=_READ) as act:
        job = await _own(act, audience)
        check_ended(job.state)
        check_asked(act, job.screening, name=_READ)  # by the ceiling and token of now, not of when it was made
        await act.log("audience_read", audience=audience, part="result")
    return _parts(vault, actor, job=job)


async def _own(act: Acting, audience: AudienceId) -> Job:
    job = await jobs.of(act.work, audience, client=client_of(act.actor))
    if job is None or job.state == "receiving":
        raise Unknown("unknown_audience", "you have no audience of this id")
    return job


async def _parts(vault: Vault, actor: Actor, *, job: Job) -> AsyncIterator[bytes]:
    after, count = 0, 0
    while True:
        async with vault.database.work(actor.organization) as work:
            found = await chunks.result(work, job.id, after=after)
        if found is None:
            break
        fresh = await _afresh(vault, actor, job=job, found=found) if job.screening.hands_out else {}
        lines = [
            _line(found, place, asked=job.screening, fresh=fresh.get(place)) for place in range(len(found.answers))
        ]
        yield b"".join([msgspec.json.encode(line, enc_hook=Personal.reveal) + b"\n" for line in lines])
        after, count = found.first, count + len(lines)
    yield msgspec.json.encode(AudienceEnd(end=count)) + b"\n"


async def _afresh(vault: Vault, actor: Actor, *, job: Job, found: Answers) -> dict[int, Decision]:
    """Decide once more about everybody in a chunk who is there still, as fast as the client's limit lets it."""
    whose = {
        place: customer
        for place, one in enumerate(found.answers)
        if one.subject is not None and (customer := found.customers.get(one.subject)) is not None
    }
    asked = [job.screening.afresh(customer) for customer in whose.values()]
    return dict(zip(whose, await _decided(vault, actor, asked=asked), strict=True))


async def _decided(vault: Vault, actor: Actor, *, asked: Sequence[Question]) -> list[Decision]:
    decided: list[Decision] = []
    while len(decided) < len(asked):
        taken = await wait_in(vault, actor, questions=len(asked) - len(decided))
        part = asked[len(decided) : len(decided) + taken]
        for one in await decisions.answer_each(vault, actor, asked=part, name=_READ):
            if isinstance(one, Invalid):
                raise one
            decided.append(one)
    return decided


def _line(found: Answers, place: int, *, asked: Screening, fresh: Decision | None) -> AudienceLine:
    number, one = found.first + place, found.answers[place]
    if one.ground.outcome == "error":
        return AudienceLine(line=number, outcome="error", error=one.ground.reasons[0])
    customer = found.customers.get(one.subject) if one.subject is not None else None
    if one.subject is not None and customer is None:
        return AudienceLine(line=number, outcome="deny", reasons=(_GONE,))
    if fresh is not None:
        return _told_afresh(number, customer, fresh=fresh)
    return _told(number, customer, one=one, channel=asked.channel_of(one.ground))


def _told(number: int, customer: CustomerId | None, *, one: Answer, channel: str | None) -> AudienceLine:
    return AudienceLine(
        line=number,
        outcome=one.ground.outcome,
        customer=customer,
        decision=one.decision,
        channel=channel,
        reasons=one.ground.reasons,
        defer_until=one.defer_until,
    )


def _told_afresh(number: int, customer: CustomerId | None, *, fresh: Decision) -> AudienceLine:
    return AudienceLine(
        line=number,
        outcome=fresh.outcome,
        customer=customer,
        decision=fresh.id,
        channel=fresh.channel,
        reasons=tuple(dict.fromkeys(reason.code for reason in fresh.reasons)),
        defer_until=fresh.defer_until,
        released=fresh.released,
        withheld={one.field: one.code for one in fresh.withheld} or None,
        withdrawal_link=fresh.withdrawal_link,
        permit=fresh.permit,
    )
