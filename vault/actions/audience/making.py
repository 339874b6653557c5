"""Making an audience: of everyone, or of a list that is read as it comes and never held whole.

Of a reference only its tag of the blind index is kept. What is wrong with a line is that line's answer. A list that
breaks off is let go of; one that came whole is screened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.decision.gate import Asked
from vault.actions.decision.several import prepare
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Denied
from vault.base.ids import AUDIENCE, CUSTOMER, DECISION, AudienceId, ClientId, raw, show, uuid8
from vault.domain.actor import Actor
from vault.domain.audience.job import CHUNK, AudienceTold, Progress, Screening, check_size
from vault.domain.audience.line import AudienceMember, Lines, Rubbish
from vault.domain.audience.totals import totals
from vault.domain.decision.reason import REASONS
from vault.store.audience import chunks, jobs
from vault.store.audience.chunks import Chunk
from vault.store.audience.jobs import Job, NewJob
from vault.store.database import Work
from vault.store.keys import REFERENCE, Safe

MAKE: Final = "make_audience"
NOBODY: Final = UUID(int=0)
_LOCK: Final = 2**63 - 1


class _Sought(msgspec.Struct, frozen=True, kw_only=True):
    """How a list is looked up: references only by a client that may look somebody up by one."""

    safe: Safe
    by_reference: bool


async def of_everyone(vault: Vault, actor: Actor, *, screening: Screening, repeat: str | None) -> AudienceTold:
    """Ask about everyone there is now. The same key again is the same audience."""
    async with acting(vault, actor, name=MAKE) as act:
        client, tag = await _begin(act, screening, repeat=repeat)
        if tag is not None and (known := await jobs.repeated(act.work, client, repeat=tag)) is not None:
            return await told(act.work, known)
        size, last = await jobs.everyone(act.work)
        await _check_size(act, client, size=size)
        new = _new(act, client, screening=screening, repeat=tag)
        new = msgspec.structs.replace(new, everyone=True, size=size, until=last)
        await jobs.add(act.work, new, state="queued", at=act.now)
        return await _made(act, new.id)


async def of_list(
    vault: Vault, actor: Actor, *, screening: Screening, parts: AsyncIterator[bytes], repeat: str | None
) -> AudienceTold:
    """Ask about those on a list, as it comes. A repeat of one that came whole is not kept again."""
    async with acting(vault, actor, name=MAKE) as act:
        client, tag = await _begin(act, screening, repeat=repeat)
        new = _new(act, client, screening=screening, repeat=tag)
        known = await jobs.repeated(act.work, client, repeat=tag) if tag is not None else None
        if known is None or known.state == "receiving":
            if known is not None:
                await _drop(act.work, known.id)
            await jobs.add(act.work, new, state="receiving", at=act.now)
            known = None
        limit = act.here.client(actor, act.now).limits.audience
        sought = _Sought(safe=act.here.safe, by_reference="lookup" in actor.scopes)
    if known is not None:
        return await _again(vault, known, parts=parts)
    try:
        size = await _receive(vault, new, sought=sought, parts=parts, limit=limit)
        return await _queue(vault, new, size=size)
    except BaseException:
        async with vault.database.work(actor.organization) as work:
            await _drop(work, new.id)
        raise


async def told(work: Work, job: Job) -> AudienceTold:
    """Return an audience as its client sees it."""
    counted = totals(await chunks.counts(work, job.id))
    return AudienceTold(
        id=job.id,
        state="queued" if job.state == "receiving" else job.state,
        purpose=job.screening.purpose,
        channel=job.screening.channel,
        everyone=job.everyone,
        progress=Progress(answered=counted.answered, of=job.size),
        totals=counted,
        made_at=job.made_at,
        release=job.screening.release,
        permit_for=job.screening.permit_for,
        campaign=job.screening.campaign,
        ended_at=job.ended_at,
        code=job.code,
    )


def check_asked(act: Acting, screening: Screening, *, name: str) -> None:
    """Refuse what makes no sense here, and what this client and token may not ask about anybody."""
    question = screening.afresh(show(CUSTOMER, NOBODY))
    asked = Asked(actor=act.actor, name=name, question=question, decision=show(DECISION, NOBODY))
    verdict = prepare(act.here, asked, now=act.now).gate.verdict
    if not verdict.allowed:
        raise Denied(verdict.codes[0], REASONS[verdict.codes[0]].to_developer)


def client_of(actor: Actor) -> ClientId:
    """Return the client that acts; nobody else has an audience."""
    if actor.client is None:
        raise Denied("not_allowed", "this is for clients")
    return actor.client


async def _begin(act: Acting, screening: Screening, *, repeat: str | None) -> tuple[ClientId, UUID | None]:
    """Check the question and wait for the client's turn: what it has under way is counted one at a time."""
    client = client_of(act.actor)
    check_asked(act, screening, name=MAKE)
    await act.work.lock([raw(client).int & _LOCK])
    if repeat is None:
        return client, None
    parts = (b"audience", client.encode(), repeat.encode(), msgspec.json.encode(screening))
    return client, uuid8(act.here.safe.repeat(*parts))


async def _check_size(act: Acting, client: ClientId, *, size: int) -> None:
    limit = act.here.client(act.actor, act.now).limits.audience
    check_size(size, underway=await jobs.size_underway(act.work, client), limit=limit)


def _new(act: Acting, client: ClientId, *, screening: Screening, repeat: UUID | None) -> NewJob:
    own = act.id(AUDIENCE)
    return NewJob(id=own, client=client, actor=act.actor, screening=screening, repeat=repeat)


async def _made(act: Acting, audience: AudienceId) -> AudienceTold:
    job = await jobs.read(act.work, audience)
    if job is None:
        raise _over()
    await act.log(
        "audience_made",
        audience=audience,
        purpose=job.screening.purpose,
        channel=job.screening.channel,
        everyone=job.everyone,
        size=job.size,
        release=[*job.screening.release],
        permit_for=job.screening.permit_for,
        campaign=job.screening.campaign,
    )
    return await told(act.work, job)


async def _again(vault: Vault, known: Job, *, parts: AsyncIterator[bytes]) -> AudienceTold:
    """Return what is known, once all is heard: or the connection would break under whoever still sends."""
    async for _ in parts:
        pass
    async with vault.database.work(known.actor.organization) as work:
        return await told(work, known)


async def _queue(vault: Vault, new: NewJob, *, size: int) -> AudienceTold:
    async with acting(vault, new.actor, name=MAKE) as act:
        await act.work.lock([raw(new.client).int & _LOCK])
        await _check_size(act, new.client, size=size)
        if await jobs.queue(act.work, new.id, size=size):
            return await _made(act, new.id)
    raise _over()


async def _receive(
    vault: Vault, new: NewJob, *, sought: _Sought, parts: AsyncIterator[bytes], limit: int | None
) -> int:
    """Store a list, a chunk at a time, and return how many lines it has."""
    lines, size = Lines(), 0
    waiting: list[AudienceMember | Rubbish] = []
    async for part in parts:
        waiting += lines.feed(part)
        while len(waiting) >= CHUNK:
            size = await _store(vault, new, lines=waiting[:CHUNK], sought=sought, size=size)
            check_size(size, underway=0, limit=limit)
            del waiting[:CHUNK]
    if waiting := waiting + lines.close():
        size = await _store(vault, new, lines=waiting, sought=sought, size=size)
    return size


async def _store(
    vault: Vault, new: NewJob, *, lines: Sequence[AudienceMember | Rubbish], sought: _Sought, size: int
) -> int:
    named = [_named(line, sought) for line in lines]
    chunk = Chunk(
        first=size + 1,
        customers=[customer for customer, _, _ in named],
        tags=[tag for _, tag, _ in named],
        errors=[error for _, _, error in named],
    )
    async with vault.database.work(new.actor.organization) as work:
        if not await chunks.add(work, new.id, chunk=chunk):
            raise _over()
    return size + len(named)


def _named(line: AudienceMember | Rubbish, sought: _Sought) -> tuple[UUID | None, UUID | None, str | None]:
    if isinstance(line, Rubbish):
        return None, None, line.code
    if line.external is None:
        return (raw(line.customer) if line.customer is not None else None), None, None
    if not sought.by_reference:
        return None, None, "lookup_not_granted"
    source, own = line.external.source, line.external.id
    return None, sought.safe.index(REFERENCE, source.encode(), own.reveal().encode()), None


async def _drop(work: Work, audience: AudienceId) -> None:
    await jobs.drop(work, audience)
    await chunks.clear(work, audience)


def _over() -> Conflict:
    return Conflict("upload_over", "the same list was sent once more meanwhile, and that one counts")
