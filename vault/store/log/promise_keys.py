"""The keys that sign inclusion promises: Ed25519, one of each organization, wrapped by the root key."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from vault.base.clock import Entropy
from vault.base.ids import raw
from vault.crypto import note_keys
from vault.crypto.note_keys import Algorithm, NoteKey
from vault.crypto.provider import KeyProvider
from vault.crypto.wrap import Binding
from vault.store.database import Work

_ALGORITHM: Final[Algorithm] = "ed25519"
_LOCK: Final = 7_310_411_602_240_050
_READ: Final = "SELECT wrapped FROM keystore.promise_key WHERE organization = $1"
_ADD: Final = "INSERT INTO keystore.promise_key (organization, wrapped) VALUES ($1, $2)"
_NOW: Final = "SELECT clock_timestamp() AS now"


async def lock(work: Work) -> datetime:
    """Wait for whoever makes such a key until this work ends, and return PostgreSQL's time."""
    await work.lock([_LOCK])
    [row] = await work.fetch(_NOW)
    at: datetime = row["now"]
    return at


async def read(work: Work, provider: KeyProvider) -> NoteKey | None:
    """Return the organization's key, opened; none if it was never made."""
    rows = await work.fetch(_READ, work.own)
    return note_keys.read(_ALGORITHM, provider.unwrap(rows[0]["wrapped"], _binding(work))) if rows else None


async def make(work: Work, provider: KeyProvider, *, entropy: Entropy) -> NoteKey:
    """Make the key. Whoever does holds the lock, and has seen that there is none."""
    key = note_keys.fresh(_ALGORITHM, entropy)
    await work.fetch(_ADD, work.own, provider.wrap(note_keys.seed(key), _binding(work)))
    return key


def _binding(work: Work) -> Binding:
    return Binding(organization=raw(work.organization), kind="promise_signing", owner=_ALGORITHM, version=1)
