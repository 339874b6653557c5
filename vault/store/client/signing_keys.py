"""Signing keys of access tokens: of the installation, each wrapped by the root key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from vault.base.clock import Entropy
from vault.base.ids import raw
from vault.crypto.provider import KeyProvider
from vault.crypto.signing import SigningKey, fresh, read, scalar
from vault.crypto.wrap import Binding
from vault.store.database import INSTALLATION, Work

_LOCK: Final = 7_310_411_602_240_022
_READ: Final = """
SELECT kid, wrapped, recorded_at, signs_from FROM keystore.signing_key WHERE organization = $1
ORDER BY signs_from DESC, kid
"""
_NOW: Final = "SELECT clock_timestamp() AS now"
_ADD: Final = """
INSERT INTO keystore.signing_key (organization, kid, wrapped, recorded_at, signs_from) VALUES ($1, $2, $3, $4, $5)
"""
_DROP: Final = "DELETE FROM keystore.signing_key WHERE organization = $1 AND kid = $2"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A signing key as it is kept, opened. It signs from `signs_from` on, until the next one does."""

    key: SigningKey
    recorded_at: datetime
    signs_from: datetime

    def __repr__(self) -> str:
        return f"Kept({self.key.kid})"


async def lock(work: Work) -> datetime:
    """Wait for whoever makes or drops keys until this work ends, and return PostgreSQL's time."""
    await work.lock([_LOCK])
    return await now(work)


async def now(work: Work) -> datetime:
    """Return PostgreSQL's time."""
    [row] = await work.fetch(_NOW)
    at: datetime = row["now"]
    return at


async def every(work: Work, provider: KeyProvider, *, known: Iterable[Kept] = ()) -> list[Kept]:
    """Return all of them, whoever signs last first. Those `known` are not opened again."""
    opened = {one.key.kid: one.key for one in known}
    return [
        Kept(
            key=opened.get(row["kid"]) or read(provider.unwrap(row["wrapped"], _binding(row["kid"]))),
            recorded_at=row["recorded_at"],
            signs_from=row["signs_from"],
        )
        for row in await work.fetch(_READ, raw(INSTALLATION))
    ]


async def add(
    work: Work, provider: KeyProvider, *, entropy: Entropy, recorded_at: datetime, signs_from: datetime
) -> Kept:
    """Make a key and keep it, wrapped by the root key."""
    key = fresh(entropy)
    wrapped = provider.wrap(scalar(key), _binding(key.kid))
    await work.fetch(_ADD, raw(INSTALLATION), key.kid, wrapped, recorded_at, signs_from)
    return Kept(key=key, recorded_at=recorded_at, signs_from=signs_from)


async def drop(work: Work, kid: str) -> None:
    """Destroy a key: nobody will sign with it again."""
    await work.fetch(_DROP, raw(INSTALLATION), kid)


def _binding(kid: str) -> Binding:
    return Binding(organization=raw(INSTALLATION), kind="token_signing", owner=kid, version=1)
