"""The sequencer: numbers what waits without gaps, grows the tree, signs a checkpoint. One step is one transaction.

A crash before the COMMIT leaves everything as it was: the entries wait, and whoever comes next takes the same step.
Any number of sequencers may run. One leads; another who believes so too finds that the log moved, and begins again.
Before it signs it compares with what was signed (`guarding`); what does not agree stops that log, and no other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import structlog

from vault.actions.log import guarding, watching
from vault.actions.log.guarding import Broken
from vault.actions.log.naming import head_of, is_newer, origin, signers
from vault.actions.log.parts import Sequencing
from vault.actions.vault import Vault
from vault.base.errors import Unavailable, VaultError, place
from vault.base.ids import EntryId, OrganizationId, raw
from vault.store.database import DatabaseError, Work
from vault.store.log import keys, sequence
from vault.store.log import state as states
from vault.store.log.sequence import Leaf, Next, Overtaken
from vault.store.log.state import State
from vault.tlog import checkpoint, note
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.growth import Grown, grow
from vault.tlog.hashes import leaf_hash
from vault.tlog.sign import sign

BATCH: Final = 4096
_CODED: Final = frozenset({  # entries whose one reason is a code; elsewhere a reason may be what somebody wrote
    "denied", "sign_in_failed", "sign_in_refused", "passkey_refused", "passkey_not_made",
})  # fmt: skip
_LEAD: Final = 7_310_411_602_240_040
_IDLE_SECONDS: Final = 0.1
_REST_SECONDS: Final = 5
_SLACK: Final = timedelta(seconds=1)  # how far PostgreSQL's clock may have gone back unnoticed
_log = structlog.get_logger()


class _Actor(msgspec.Struct, frozen=True):
    kind: str
    client: str | None = None
    staff: str | None = None


class _Body(msgspec.Struct, frozen=True):
    """What a leaf is searched by, read off its entry."""

    at: datetime
    kind: str
    actor: _Actor
    subject: str | None = None
    purpose: str | None = None
    outcome: str | None = None
    said: str | None = None  # of a fact, which is found by it as a decision is by its outcome
    reasons: tuple[str, ...] = ()
    reason: msgspec.Raw = msgspec.Raw(b'""')


_READ: Final = msgspec.json.Decoder(_Body)


async def keep(vault: Vault) -> None:
    """Take step after step for every log, until cancelled. A process without a way to the log keeps none."""
    sequencing = vault.sequencing
    if sequencing is None:
        await asyncio.Event().wait()
        return
    loop, watch = asyncio.get_running_loop(), watching.Watch()
    resting: dict[OrganizationId, float] = {}
    async with sequencing.database.leading(_LEAD) as lead:
        while True:
            await lead.check()
            await watching.look(vault, sequencing, watch=watch)
            async with sequencing.database.work() as work:
                logs = await sequence.waiting(work)
            full = False
            for organization in logs:
                if resting.get(organization, 0) > loop.time():
                    continue
                taken = await _try(vault, sequencing, organization=organization)
                full = full or taken == BATCH
                if taken is None:
                    resting[organization] = loop.time() + _REST_SECONDS
            if not full:
                await asyncio.sleep(_IDLE_SECONDS)


async def _try(vault: Vault, sequencing: Sequencing, *, organization: OrganizationId) -> int | None:
    """Take a step; none if it failed. What is wrong with one log holds up no other."""
    try:
        return await step(vault, sequencing, organization=organization)
    except DatabaseError:
        raise
    except VaultError as error:
        _log.error("log_step_failed", organization=organization, code=error.code)
    except Exception as error:  # noqa: BLE001 - whatever it was, the other logs go on
        _log.error("log_step_failed", organization=organization, kind=type(error).__name__, where=place(error))
    return None


async def step(vault: Vault, sequencing: Sequencing, *, organization: OrganizationId) -> int:
    """Take one step of a log, and return how many entries got their numbers.

    A log that is not what was signed is stopped. `Unavailable` when the guard cannot be kept or the clock went back.
    """
    guarded = await guarding.kept(sequencing, organization)
    try:
        async with sequencing.database.work(organization) as work:
            before = await states.read(work)
            if before is None or before.stopped is not None:
                return 0
            entries = await sequence.take(work, BATCH)
            if not entries:
                return 0
            signed = await _append(vault, work, before=before, entries=entries, guarded=guarded)
            if before.last is not None and (guarded is None or guarded.size < before.size):
                await _guard(sequencing, organization, signed=before.last)  # what a crash left undone
    except Overtaken:
        return 0
    except Broken as broken:
        await watching.stop(vault, sequencing, organization=organization, broken=broken)
        return 0
    await _guard(sequencing, organization, signed=signed)
    return len(entries)


async def sign_next(vault: Vault, work: Work, *, before: State, grown: Grown) -> bytes:
    """Return the checkpoint of a tree as a note. A generation keeps its name, whatever the issuer is called now."""
    found = await keys.read(work, vault.provider)
    if not found:
        found = await keys.make(work, vault.provider, entropy=vault.entropy, now=before.now)
    if before.last is not None:
        name = head_of(before.last).origin
    else:
        name = origin(vault.issuer, before.slug, generation=before.generation)
    text = checkpoint.write(Checkpoint(origin=name, size=grown.size, root=grown.root))
    at = int(before.now.astimezone(UTC).timestamp())
    signatures = tuple(sign(text, signer, at=at) for signer in signers(name, found.values()))
    return note.write(note.Note(text=text, signatures=signatures))


def leaf(entry: EntryId, body: bytes) -> Leaf:
    """Return the leaf of an entry."""
    told = _READ.decode(body)
    return Leaf(
        entry=entry,
        hash=leaf_hash(body),
        at=told.at,
        kind=told.kind,
        subject=_uuid(told.subject),
        client=_uuid(told.actor.client),
        purpose=told.purpose,
        outcome=told.outcome if told.outcome is not None else told.said,
        reasons=(msgspec.json.decode(told.reason, type=str),) if told.kind in _CODED else told.reasons,
        actor=told.actor.kind if told.actor.staff is None else f"{told.actor.kind}/{told.actor.staff}",
    )


async def _append(
    vault: Vault,
    work: Work,
    *,
    before: State,
    entries: Sequence[tuple[EntryId, bytes | None]],
    guarded: Checkpoint | None,
) -> bytes:
    """Write the next step of the log, and return its checkpoint."""
    tiles = await guarding.checked(work, before, guarded=guarded)
    if before.signed_at is not None and before.now < before.signed_at - _SLACK:
        raise Unavailable("log_clock_back", "PostgreSQL's clock went back behind the last checkpoint")
    if any(body is None for _, body in entries):
        raise Broken("damaged", before)
    leaves = [leaf(entry, body) for entry, body in entries if body is not None]
    grown = grow(before.size, [one.hash for one in leaves], read=tiles.__getitem__)
    signed = await sign_next(vault, work, before=before, grown=grown)
    # Of more than one batch nobody knows what waits: then only what is older than this one was seen.
    seen_at = before.now if len(leaves) < BATCH else min(before.now, leaves[-1].at)
    await sequence.advance(work, before, after=Next(leaves=leaves, grown=grown, note=signed, seen_at=seen_at))
    return signed


async def _guard(sequencing: Sequencing, organization: OrganizationId, *, signed: bytes) -> None:
    await asyncio.to_thread(sequencing.guard.write, organization, signed, newer=is_newer)


def _uuid(shown: str | None) -> UUID | None:
    return raw(shown) if shown is not None else None
