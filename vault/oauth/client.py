"""A registered client as the token endpoint sees it: how it proves itself, and which scopes it may have."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from hmac import compare_digest

import msgspec

from vault.base.ids import ClientId, OrganizationId
from vault.domain.organization import Action, Authentication


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A client of the organization file. `client_id` is `<slug>.<key>`; `secrets` are `secret_digest`s that live."""

    organization: OrganizationId
    id: ClientId
    client_id: str
    authentication: Authentication
    actions: tuple[Action, ...]
    secrets: tuple[bytes, ...] = ()
    expires: date | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """The actions of its ceiling, and `withdraw`, which every client has: a no must get through."""
        return frozenset({*self.actions, "withdraw"})

    def is_expired(self, now: datetime) -> bool:
        """Whether the client's last day, or its credential's, is over in UTC."""
        today = now.astimezone(UTC).date()
        return any(last is not None and last < today for last in (self.expires, self.authentication.expires))

    def knows(self, secret: str) -> bool:
        """Whether `secret` is one that lives. Every one is compared, each in constant time."""
        digest = secret_digest(secret)
        return any([compare_digest(digest, living) for living in self.secrets])  # noqa: C419 - all of them, always


def secret_digest(secret: str) -> bytes:
    """Return what is stored of a client secret: SHA-256, enough for 256 bits of chance."""
    return sha256(secret.encode()).digest()
