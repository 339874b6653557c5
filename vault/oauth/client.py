"""A registered client as the authorization server sees it: how it proves itself, and how far it may go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final

import msgspec

from vault.base.ids import ClientId, OrganizationId
from vault.domain.organization import Authentication, Ceiling
from vault.oauth import jwk

_SHOWN: Final = 8


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A client of the organization file. `client_id` is `<slug>.<key>`; `secrets` are `secret_digest`s that live.

    `keys` is the JWK set that was fetched from the client's `jwks_uri`; without one, the file's counts. A set is parsed
    once for as long as it stays the same object. `dated` is the date a token for it bears now, if not by our clock: it
    orders the token among what ends tokens, whatever any clock says.
    """

    organization: OrganizationId
    id: ClientId
    client_id: str
    authentication: Authentication
    ceiling: Ceiling
    secrets: tuple[bytes, ...] = ()
    keys: Mapping[str, Any] | None = None
    expires: date | None = None
    suspended: bool = False
    acts_for_customers: bool = False
    dated: datetime | None = None

    @property
    def published(self) -> tuple[jwk.Key, ...]:
        """The keys that may prove it."""
        return jwk.published(self.authentication.jwks if self.keys is None else self.keys)

    @property
    def must_bind(self) -> bool:
        """Whether it is declared so that each of its tokens is bound to a key of its own (FAPI 2.0 section 5.3.2)."""
        return self.authentication.profile == "fapi2"

    def is_expired(self, now: datetime) -> bool:
        """Whether the client's last day, or its credential's, is over in UTC."""
        today = now.astimezone(UTC).date()
        return any(last is not None and last < today for last in (self.expires, self.authentication.expires))

    def named(self, secret: str) -> str | None:
        """Return what to call `secret` where it is shown, if it is one that lives: the beginning of its digest.

        Every one is compared, each in constant time.
        """
        digest = secret_digest(secret)
        fits = [compare_digest(digest, living) for living in self.secrets]  # all of them, always
        return secret_name(digest) if any(fits) else None


def secret_digest(secret: str) -> bytes:
    """Return what is stored of a client secret: SHA-256, enough for 256 bits of chance."""
    return sha256(secret.encode()).digest()


def secret_name(digest: bytes) -> str:
    """Return what a secret is called where it is shown: the beginning of its digest."""
    return digest[:_SHOWN].hex()
