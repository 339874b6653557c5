"""May I? Decides questions, one or a thousand, each with its entry in the log, one transaction for a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec
import structlog

from vault.actions import promises
from vault.actions.acting import deny, salt_of
from vault.actions.decision import permits, reserving
from vault.actions.decision.answering import Written, answered
from vault.actions.decision.answers import Prepared, Settled, wanted
from vault.actions.decision.gate import Asked
from vault.actions.decision.several import prepare, settle
from vault.actions.decision.telling import told_to_log
from vault.actions.gatherer import Gatherer
from vault.actions.limits import let_in
from vault.actions.vault import Here, Promising, Vault, here
from vault.base.errors import Denied, Invalid, VaultError
from vault.base.ids import DECISION, ENTRY, DecisionId, OrganizationId, several, show, uuid8
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.decision.question import Decision, Question
from vault.store import log, organizations
from vault.store.database import Work
from vault.store.decision import questions, releases
from vault.store.decision.questions import How, Read
from vault.store.decision.releases import Sealed
from vault.store.log import Entry

_log = structlog.get_logger()

Answers = dict[int, Decision]

NOTHING: Final[Mapping[int, Sealed]] = {}
_UNDER_WAY: Final = 2  # turns of the loop until a statement is on its way to PostgreSQL
_WHOLE: Final = 1  # more lanes where whole batches wait
_BREATH: Final = 64  # Cedar holds the interpreter; between so many the loop gets its turn


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls what; `repeat` is the caller's Idempotency-Key."""

    actor: Actor
    name: str
    repeat: str | None = None


async def decide(
    vault: Vault, actor: Actor, *, question: Question, repeat: str | None = None, name: str = "decide"
) -> Decision:
    """Answer one question. `repeat` is the caller's Idempotency-Key: the same key gives the same decision id."""
    [decision] = await decide_all(vault, actor, asked=[question], repeat=repeat, name=name)
    return decision


async def decide_all(
    vault: Vault, actor: Actor, *, asked: Sequence[Question], repeat: str | None = None, name: str = "decide_batch"
) -> list[Decision]:
    """Answer up to 1,000 questions in order. One that makes no sense refuses the whole call."""
    await let_in(vault, actor, name=name, questions=len(asked))
    try:
        checked = await _prepared(vault, _Call(actor=actor, name=name, repeat=repeat), asked=asked)
        return await _gatherer(vault, actor.organization).ask_all(_sound(checked))
    except Denied as refusal:
        await deny(vault, actor, name=name, refusal=refusal)
        raise


async def answer_each(vault: Vault, actor: Actor, *, asked: Sequence[Question], name: str) -> list[Decision | Invalid]:
    """Answer questions that were let in, in order; one that makes no sense has its error in its place."""
    try:
        checked = await _prepared(vault, _Call(actor=actor, name=name), asked=asked)
        good = [one for one in checked if isinstance(one, Prepared)]
        answers = iter(await _gatherer(vault, actor.organization).ask_each(good))
        return [one if isinstance(one, Invalid) else _own(next(answers)) for one in checked]
    except Denied as refusal:
        await deny(vault, actor, name=name, refusal=refusal)
        raise


async def _prepared(vault: Vault, call: _Call, *, asked: Sequence[Question]) -> list[Prepared | Invalid]:
    """Check the questions, on what is held if that suffices: a newer file may declare what an older one did not."""
    current = vault.memory.here.get(call.actor.organization)
    if current is not None:
        with suppress(VaultError):
            checked = _checked(vault, current, call=call, asked=asked)
            if all(isinstance(one, Prepared) for one in checked):
                return checked
    async with vault.database.work(call.actor.organization) as work:
        current, _ = await here(vault, work)
    return _checked(vault, current, call=call, asked=asked)


def _checked(vault: Vault, current: Here, *, call: _Call, asked: Sequence[Question]) -> list[Prepared | Invalid]:
    now = vault.clock.now()
    checked: list[Prepared | Invalid] = []
    plain: dict[tuple[str, str], Prepared] = {}  # where they differ only in whom they ask about, the first is checked
    for question, decision in zip(asked, _decisions(vault, current, call=call, asked=asked), strict=True):
        one = Asked(actor=call.actor, name=call.name, question=question, decision=decision)
        way = (question.purpose, question.channel) if question.is_plain else None
        if way in plain:
            checked.append(Prepared(asked=one, here=current, gate=plain[way].gate, sought=None, reserves=False))
            continue
        try:
            made = prepare(current, one, now=now)
        except Invalid as error:
            checked.append(error)
            continue
        checked.append(made)
        if way is not None and not made.each:
            plain[way] = made
    return checked


def _sound(checked: Sequence[Prepared | Invalid]) -> list[Prepared]:
    """Return questions that all make sense, or raise what is wrong with the first that does not."""
    sound: list[Prepared] = []
    for place, one in enumerate(checked):
        if isinstance(one, Invalid):
            raise one if len(checked) == 1 else Invalid(one.code, f"question {place}: {one.detail}")
        sound.append(one)
    return sound


def _own(answer: Decision | VaultError) -> Decision | Invalid:
    """Return what is one question's own business; any other error is of the whole call, and raised."""
    if isinstance(answer, VaultError) and not isinstance(answer, Invalid):
        raise answer
    return answer


def _decisions(vault: Vault, current: Here, *, call: _Call, asked: Sequence[Question]) -> list[DecisionId]:
    """Return new ids, or those that belong to this client's key: derived from it, so nothing is stored.

    And from the question: a key that comes again with another one is no repeat, and reserves for itself.
    """
    if call.repeat is None:
        return several(DECISION, vault.clock, entropy=vault.entropy, count=len(asked))
    client = (call.actor.client or "").encode()
    tags = [
        current.safe.repeat(
            b"decision",
            client,
            f"{place} {call.repeat}".encode(),
            msgspec.json.encode(question, enc_hook=Personal.reveal),
        )
        for place, question in enumerate(asked)
    ]
    return [show(DECISION, uuid8(tag)) for tag in tags]


def _gatherer(vault: Vault, organization: OrganizationId) -> Gatherer[Prepared, Decision]:
    if (gatherer := vault.memory.gatherers.get(organization)) is None:

        async def serve(asked: Sequence[Prepared]) -> Sequence[Decision | VaultError]:
            return await decide_batch(vault, organization, asked=asked)

        gatherer = vault.memory.gatherers[organization] = Gatherer(
            serve, lanes=vault.lanes, most=vault.most, more=_WHOLE
        )
    return gatherer


async def decide_batch(
    vault: Vault, organization: OrganizationId, *, asked: Sequence[Prepared]
) -> Sequence[Decision | VaultError]:
    """Decide a batch of one organization: one query for its facts, one insert for its entries, one COMMIT.

    What is released is opened only after the COMMIT: no entry, no data. One signature promises all its entries.
    """
    key = await promises.promising(vault, organization)
    reserves = any(one.reserves for one in asked)
    signing = await permits.keys(vault, asked) if reserves else None
    written: tuple[Written, Answers] | Read | None = None
    if not reserves:
        written = await _written_at_once(vault, organization, asked=asked, key=key)
    if not isinstance(written, tuple):
        decided = await _written(vault, organization, asked=asked, overtaken=written)
        written = decided, answered(vault, decided, key=key, signing=signing)
    decided, told = written
    return [one if isinstance(one, VaultError) else told[place] for place, one in enumerate(decided.prepared)]


async def _written(
    vault: Vault, organization: OrganizationId, *, asked: Sequence[Prepared], overtaken: Read | None
) -> Written:
    """Decide a batch and write all that belongs to it, in one transaction."""
    async with vault.database.work(organization) as work:
        horizon = await permits.horizon(work, asked)
        prepared, read = await _read(vault, work, asked=asked, overtaken=overtaken)
        settled = await settle_batch(prepared, read)
        await reserving.reserve(work, settled.values(), at=read.now)
        sealed = await _sealed(work, settled)
        proven = await permits.keep(work, settled, at=read.now, horizon=horizon) if horizon is not None else {}
        entries = entries_of(vault, read, settled=settled, sealed=sealed)
        await log.add(work, entries)
    return Written(prepared=prepared, at=read.now, settled=settled, sealed=sealed, proven=proven, entries=entries)


async def _written_at_once(
    vault: Vault, organization: OrganizationId, *, asked: Sequence[Prepared], key: Promising
) -> tuple[Written, Answers] | Read:
    """Do so where nobody is reserved for: the insert of the entries is all that is written, and its own transaction.

    What was read is returned, and nothing written, where the epoch has overtaken the batch: a transaction can hold it.
    Answers are made while the entries are written; nobody is told, and nothing sealed is opened, before they are.
    """
    async with vault.database.work(organization, whole=False) as work:
        read = await read_facts(work, [one for one in asked if one.gate.verdict.allowed])
        if any(one.here.epoch != read.epoch for one in asked):
            return read
        settled = await settle_batch(asked, read)
        sealed = await _sealed(work, settled)
        entries = entries_of(vault, read, settled=settled, sealed=sealed)
        written = Written(prepared=asked, at=read.now, settled=settled, sealed=sealed, entries=entries)
        adding = asyncio.create_task(log.add(work, entries))
        try:
            for _ in range(_UNDER_WAY):
                await asyncio.sleep(0)
            told = None if sealed else answered(vault, written, key=key)
        finally:
            await adding
    return written, answered(vault, written, key=key) if told is None else told


async def _read(
    vault: Vault, work: Work, *, asked: Sequence[Prepared], overtaken: Read | None
) -> tuple[list[Prepared | VaultError], Read]:
    """Read the batch's facts; what the epoch has overtaken is prepared and read once more under the newer rules.

    Then the epoch is held, or a flood of changes would overtake a batch for ever. So is, if it is late, who is reserved
    for.
    """
    prepared: list[Prepared | VaultError] = list(asked)
    held: reserving.Held | None = None
    while True:
        if overtaken is not None:
            at = overtaken.now
            await organizations.hold(work)
            current, _ = await here(vault, work)
            prepared = [_anew(one, current, at=at) if isinstance(one, Prepared) else one for one in prepared]
        good = [one for one in prepared if isinstance(one, Prepared) and one.gate.verdict.allowed]
        held = await reserving.hold(work, good, held=held)
        read = await read_facts(work, good)
        if all(one.here.epoch == read.epoch for one in prepared if isinstance(one, Prepared)):
            if (late := await reserving.hold_late(work, good, read=read, held=held)) is None:
                return prepared, read
            held, overtaken = late, None
        else:
            overtaken = read


async def read_facts(work: Work, asked: Sequence[Prepared]) -> Read:
    """Read, in one query, all that these questions are decided on."""
    customers = [customer for one in asked if (customer := one.asked.question.customer) is not None]
    sought = [one.sought for one in asked if one.sought is not None]
    ways = {id(each.gate.way): each.gate.way for one in asked for each in one.each or (one,)}
    purposes = {purpose for way in ways.values() for purpose in way.rule.purposes}
    how = How(counted=reserving.is_counted(asked), undone=any(one.here.undone for one in asked))
    return await questions.read(work, customers, sought=sought, purposes=purposes, how=how)


def _anew(one: Prepared, current: Here, *, at: datetime) -> Prepared | VaultError:
    try:
        return prepare(current, one.asked, now=at)
    except VaultError as error:
        return error


async def settle_batch(prepared: Sequence[Prepared | VaultError], read: Read) -> dict[int, Settled]:
    """Decide a batch on what was read, by its places; what could not be asked has no answer here."""
    settled: dict[int, Settled] = {}
    for place, one in enumerate(prepared):
        if isinstance(one, Prepared):
            settled[place] = found = settle(one, read)
            if found.reserves:
                reserving.spend(read, found)
        if place % _BREATH == _BREATH - 1:
            await asyncio.sleep(0)
    return settled


async def _sealed(work: Work, settled: dict[int, Settled]) -> dict[int, Sealed]:
    leaving = {place: want for place, one in settled.items() if (want := wanted(one)) is not None}
    if not leaving:
        return {}
    here = next(iter(settled.values())).prepared.here
    sealed = await releases.read(work, here.safe, wanted=list(leaving.values()), undone=here.undone)
    return dict(zip(leaving, sealed, strict=True))


def entries_of(
    vault: Vault, read: Read, *, settled: Mapping[int, Settled], sealed: Mapping[int, Sealed] = NOTHING
) -> list[Entry]:
    """Return the entries of decisions, in their order; `sealed` is what leaves with which."""
    entries: list[Entry] = []
    ids = several(ENTRY, vault.clock, entropy=vault.entropy, count=len(settled))
    for own, (place, one) in zip(ids, settled.items(), strict=True):
        leaving = sealed[place].names if place in sealed else ()
        salt = salt_of(vault) if one.person is None else ""
        entries.append((own, told_to_log(one, leaving, own=own, salt=salt, at=read.now)))
    return entries
