"""The keys that sign checkpoints: roots of their own, wrapped by the root key, opened by the sequencer alone."""

from __future__ import annotations

from datetime import datetime
from typing import Final, get_args

from vault.base.clock import Entropy
from vault.base.ids import raw
from vault.crypto import note_keys
from vault.crypto.note_keys import Algorithm, NoteKey
from vault.crypto.provider import KeyProvider
from vault.crypto.wrap import Binding
from vault.store.database import Work

_READ: Final = "SELECT algorithm, wrapped FROM keystore.log_key WHERE organization = $1"
_ADD: Final = """
WITH made AS (
  INSERT INTO keystore.log_key (organization, algorithm, wrapped) VALUES ($1, $2, $3)
)
INSERT INTO vault.log_verifier (organization, algorithm, public, recorded_at) VALUES ($1, $2, $4, $5)
"""
_PUBLIC: Final = "SELECT algorithm, public FROM vault.log_verifier WHERE organization = $1"


async def read(work: Work, provider: KeyProvider) -> dict[Algorithm, NoteKey]:
    """Return the log's keys."""
    rows = await work.fetch(_READ, work.own)
    return {
        row["algorithm"]: note_keys.read(row["algorithm"], provider.unwrap(row["wrapped"], _binding(work, row[0])))
        for row in rows
    }


async def make(work: Work, provider: KeyProvider, *, entropy: Entropy, now: datetime) -> dict[Algorithm, NoteKey]:
    """Make a key of each algorithm. Two at once: the second finds the first's and fails."""
    made: dict[Algorithm, NoteKey] = {}
    for algorithm in get_args(Algorithm):
        key = made[algorithm] = note_keys.fresh(algorithm, entropy)
        wrapped = provider.wrap(note_keys.seed(key), _binding(work, algorithm))
        await work.fetch(_ADD, work.own, algorithm, wrapped, key.public, now)
    return made


async def public(work: Work) -> dict[Algorithm, bytes]:
    """Return the public halves, by algorithm."""
    return {row["algorithm"]: row["public"] for row in await work.fetch(_PUBLIC, work.own)}


def _binding(work: Work, algorithm: str) -> Binding:
    return Binding(organization=raw(work.organization), kind="log_signing", owner=algorithm, version=1)
