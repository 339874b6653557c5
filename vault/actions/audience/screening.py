"""Screening: a chunk of an audience is decided like any batch, each with its own entry, in one transaction.

The same transaction takes the chunk away and stores its answers: killed in the middle nothing happened, and nobody is
asked about twice. Nothing is handed out, reserved or promised. Whether the client may ask is asked for each chunk anew.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec
import structlog

from vault.actions.acting import written
from vault.actions.audience.making import MAKE, NOBODY
from vault.actions.decision.answers import Prepared, Settled
from vault.actions.decision.decisions import entries_of, read_facts, settle_batch
from vault.actions.decision.gate import Asked
from vault.actions.decision.several import prepare
from vault.actions.decision.telling import told_in_brief
from vault.actions.vault import Here, Vault, at_epoch, here
from vault.base.errors import Denied, Invalid
from vault.base.ids import CUSTOMER, DECISION, AudienceId, DecisionId, OrganizationId, several, show
from vault.domain.actor import Actor
from vault.domain.audience.job import CHUNK, State
from vault.domain.audience.totals import Ground
from vault.domain.decision.reason import REASONS
from vault.store import log
from vault.store.audience import chunks, jobs
from vault.store.audience.chunks import Answer, Chunk
from vault.store.audience.jobs import Job
from vault.store.database import Work
from vault.store.decision.questions import Read
from vault.store.keys import REFERENCE

AHEAD: Final = 8
"""How many chunks of everyone are planned at a time."""
_log = structlog.get_logger()


async def step(vault: Vault, organization: OrganizationId, *, audience: AudienceId) -> bool:
    """Do the next there is to do for an audience; false if there is nothing just now that nobody else does."""
    try:
        return await screen(vault, organization, audience=audience) or await tend(
            vault, organization, audience=audience
        )
    except (Denied, Invalid) as refusal:
        return await fail(vault, organization, audience=audience, code=refusal.code)


async def screen(vault: Vault, organization: OrganizationId, *, audience: AudienceId) -> bool:
    """Answer the next chunk; false if there is none."""
    async with vault.database.work(organization) as work:
        chunk = await chunks.take(work, audience)
        job = await jobs.read(work, audience) if chunk is not None else None
        if chunk is None or job is None:
            return False
        prepared, read = await _read(vault, work, job=job, chunk=chunk)
        settled = await settle_batch(prepared, read)
        entries = entries_of(vault, read, settled=settled)
        answers = iter([_answer(one) for one in settled.values()])
        told = [next(answers) if error is None else _error(error) for error in chunk.errors]
        await log.add(work, entries)
        await chunks.keep(work, audience, first=chunk.first, answers=told)
    for (entry, _), one in zip(entries, settled.values(), strict=True):
        if one.verdict.error:
            _log.error("policy_error", entry=entry, configuration=one.prepared.here.configuration)
    return True


async def tend(vault: Vault, organization: OrganizationId, *, audience: AudienceId) -> bool:
    """Begin an audience, plan more of everyone, or end what is answered whole; false if it only has to go on."""
    async with vault.database.work(organization) as work:
        job = await jobs.hold(work, audience)
        if job is None:
            return False
        await jobs.run(work, audience)
        if job.until is not None:
            await _plan(work, job, until=job.until)
            return True
        if await chunks.left(work, audience):
            return job.state == "queued"
        await end(vault, work, audience=audience, state="done")
    return True


async def fail(vault: Vault, organization: OrganizationId, *, audience: AudienceId, code: str) -> bool:
    """End an audience that cannot go on, and say why; what was answered stays."""
    async with vault.database.work(organization) as work:
        await end(vault, work, audience=audience, state="failed", code=code)
        await chunks.clear(work, audience)
    return True


async def end(vault: Vault, work: Work, *, audience: AudienceId, state: State, code: str | None = None) -> None:
    """Write down how an audience ended, if it has not ended already."""
    if await jobs.end(work, audience, state=state, code=code):
        _, now = await here(vault, work)
        actor = Actor(organization=work.organization, kind="operator")
        told = written(vault, actor, kind="audience_ended", at=now, audience=audience, state=state, reason=code)
        await log.add(work, [told])


async def _plan(work: Work, job: Job, *, until: UUID) -> None:
    found = await chunks.following(work, after=job.after, until=until, most=AHEAD * CHUNK)
    for start in range(0, len(found), CHUNK):
        part = found[start : start + CHUNK]
        await chunks.plan(work, job.id, first=job.planned + start + 1, customers=part)
    more = len(found) == AHEAD * CHUNK
    await jobs.plan(work, job, after=found[-1] if found else until, planned=job.planned + len(found), more=more)


async def _read(vault: Vault, work: Work, *, job: Job, chunk: Chunk) -> tuple[list[Prepared], Read]:
    """Read the chunk's facts, under the rules of their very epoch."""
    current, _ = await here(vault, work)
    while True:
        prepared = _prepared(vault, current, job=job, chunk=chunk)
        read = await read_facts(work, prepared)
        if read.epoch == current.epoch:
            return prepared, read
        current = await at_epoch(vault, work, epoch=read.epoch)


def _prepared(vault: Vault, current: Here, *, job: Job, chunk: Chunk) -> list[Prepared]:
    """Return the questions of a chunk; `Denied` or `Invalid` if they may not be asked any more."""
    now = vault.clock.now()
    question = job.screening.about(show(CUSTOMER, NOBODY))
    asked = Asked(actor=job.actor, name=MAKE, question=question, decision=show(DECISION, NOBODY))
    pattern = prepare(current, asked, now=now)
    verdict = pattern.gate.verdict
    if not verdict.allowed:
        raise Denied(verdict.codes[0], REASONS[verdict.codes[0]].to_developer)
    ids = several(DECISION, vault.clock, entropy=vault.entropy, count=len(chunk.errors))
    return [
        _about(pattern, customer, tag=tag, decision=own)
        for customer, tag, error, own in zip(chunk.customers, chunk.tags, chunk.errors, ids, strict=True)
        if error is None
    ]


def _about(pattern: Prepared, customer: UUID | None, *, tag: UUID | None, decision: DecisionId) -> Prepared:
    """Return the pattern's question about somebody: by id, or by the tag of a reference."""
    named = None if customer is None else show(CUSTOMER, customer)
    question = msgspec.structs.replace(pattern.asked.question, customer=named)
    asked = msgspec.structs.replace(pattern.asked, question=question, decision=decision)
    each = [_about(one, customer, tag=tag, decision=decision) for one in pattern.each] if pattern.each else ()
    return msgspec.structs.replace(
        pattern,
        asked=asked,
        sought=None if tag is None else (REFERENCE, tag),
        each=tuple(each),
    )


def _answer(settled: Settled) -> Answer:
    told, person = told_in_brief(settled), settled.person
    return Answer(
        ground=Ground(told.outcome, told.reasons, settled.prepared.channel if settled.among else None),
        subject=person.subject if person is not None else None,
        decision=settled.prepared.asked.decision,
        defer_until=told.defer_until,
    )


def _error(code: str) -> Answer:
    return Answer(ground=Ground("error", (code,)))
