"""Signing keys of access tokens, and the assertions that were used once and never may be again."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Final

from vault.base.clock import Entropy
from vault.base.ids import ClientId, raw
from vault.crypto.provider import KeyProvider
from vault.crypto.signing import SigningKey, fresh, read, scalar
from vault.crypto.wrap import Binding
from vault.store.database import INSTALLATION, Work
from vault.store.tables import SigningKeys

_RESERVE: Final = """
WITH gone AS (DELETE FROM vault.assertion WHERE organization = $1 AND client = $2 AND expires_at < clock_timestamp())
INSERT INTO vault.assertion (organization, client, jti, expires_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING RETURNING 1
"""


async def reserve(work: Work, client: ClientId, *, jti: str, expires: datetime) -> bool:
    """Use an assertion, known by its `jti`; false when it was used before (RFC 7523 section 3)."""
    used = sha256(jti.encode()).digest()
    return bool(await work.fetch(_RESERVE, work.own, raw(client), used, expires))


async def signing_keys(work: Work, provider: KeyProvider) -> list[SigningKey]:
    """Return the signing keys, newest first."""
    query = SigningKeys.select(SigningKeys.kid, SigningKeys.wrapped).where(SigningKeys.organization == work.own)
    rows = await work.run(query.order_by(SigningKeys.recorded_at, ascending=False))
    return [read(provider.unwrap(row["wrapped"], _binding(row["kid"]))) for row in rows]


async def add_signing_key(work: Work, provider: KeyProvider, *, entropy: Entropy, recorded_at: datetime) -> SigningKey:
    """Make a signing key and keep it, wrapped by the root key."""
    key = fresh(entropy)
    wrapped = provider.wrap(scalar(key), _binding(key.kid))
    row = SigningKeys(organization=work.own, kid=key.kid, wrapped=wrapped, recorded_at=recorded_at)
    await work.run(SigningKeys.insert(row))
    return key


def _binding(kid: str) -> Binding:
    return Binding(organization=raw(INSTALLATION), kind="token_signing", owner=kid, version=1)
