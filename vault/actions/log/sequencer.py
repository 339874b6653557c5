"""The sequencer: numbers what waits without gaps, grows the tree, signs a checkpoint. One step is one transaction.

A crash before the COMMIT leaves everything as it was: the entries wait, and whoever comes next takes the same step.
Any number of sequencers may run. One leads; another who believes so too finds that the log moved, and begins again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from vault.actions.vault import Vault
from vault.base.ids import EntryId, OrganizationId, raw
from vault.crypto.note_keys import Algorithm, NoteKey
from vault.store.database import Database, Work
from vault.store.log import keys, sequence
from vault.store.log.sequence import Leaf, Overtaken, State
from vault.tlog import checkpoint, note
from vault.tlog.checkpoint import Checkpoint
from vault.tlog.growth import Grown, grow
from vault.tlog.hashes import leaf_hash
from vault.tlog.key import COSIGNATURE_ML_DSA, PLAIN, Kind
from vault.tlog.sign import Signer, sign

BATCH: Final = 4096
_LEAD: Final = 7_310_411_602_240_040
_IDLE_SECONDS: Final = 0.1
_KINDS: Final[Mapping[Algorithm, Kind]] = {"ed25519": PLAIN, "ml-dsa-44": COSIGNATURE_ML_DSA}


class _Client(msgspec.Struct, frozen=True):
    client: str | None = None


class _Body(msgspec.Struct, frozen=True):
    """What a leaf is searched by, read off its entry."""

    at: datetime
    kind: str
    actor: _Client
    subject: str | None = None
    purpose: str | None = None
    outcome: str | None = None
    reasons: tuple[str, ...] = ()


_READ: Final = msgspec.json.Decoder(_Body)


def origin(issuer: str, slug: str, *, generation: int) -> str:
    """Return the name of a log: the issuer without its scheme, as C2SP names logs."""
    parts = urlsplit(issuer)
    return f"{parts.netloc}{parts.path.rstrip('/')}/log/{slug}/g{generation}"


async def keep(vault: Vault) -> None:
    """Take step after step for every log, until cancelled. A process without a way to the log keeps none."""
    database = vault.sequencing
    if database is None:
        await asyncio.Event().wait()
        return
    async with database.leading(_LEAD) as lead:
        while True:
            await lead.check()
            async with database.work() as work:
                logs = await sequence.waiting(work)
            full = [await step(vault, database, organization=organization) == BATCH for organization in logs]
            if not any(full):
                await asyncio.sleep(_IDLE_SECONDS)


async def step(vault: Vault, database: Database, *, organization: OrganizationId) -> int:
    """Take one step of a log, and return how many entries got their numbers."""
    try:
        async with database.work(organization) as work:
            before = await sequence.state(work)
            if before is None or before.stopped is not None:
                return 0
            entries = await sequence.take(work, BATCH)
            if not entries:
                return 0
            tiles = await sequence.edge_tiles(work, before.generation, size=before.size)
            leaves = [_leaf(entry, body) for entry, body in entries]
            grown = grow(before.size, [leaf.hash for leaf in leaves], read=tiles.__getitem__)
            signed = await _signed(vault, work, before=before, grown=grown)
            await sequence.advance(work, before, leaves=leaves, grown=grown, note=signed)
    except Overtaken:
        return 0
    return len(entries)


async def _signed(vault: Vault, work: Work, *, before: State, grown: Grown) -> bytes:
    found = await keys.read(work, vault.provider)
    if not found:
        found = await keys.make(work, vault.provider, entropy=vault.entropy, now=before.now)
    name = origin(vault.issuer, before.slug, generation=before.generation)
    text = checkpoint.write(Checkpoint(origin=name, size=grown.size, root=grown.root))
    at = int(before.now.astimezone(UTC).timestamp())
    signatures = tuple(sign(text, _signer(name, key), at=at) for key in found.values())
    return note.write(note.Note(text=text, signatures=signatures))


def _signer(name: str, key: NoteKey) -> Signer:
    return Signer(name=name, kind=_KINDS[key.algorithm], key=key)


def _leaf(entry: EntryId, body: bytes) -> Leaf:
    told = _READ.decode(body)
    return Leaf(
        entry=entry,
        hash=leaf_hash(body),
        at=told.at,
        kind=told.kind,
        subject=_uuid(told.subject),
        client=_uuid(told.actor.client),
        purpose=told.purpose,
        outcome=told.outcome,
        reasons=told.reasons,
    )


def _uuid(shown: str | None) -> UUID | None:
    return raw(shown) if shown is not None else None
