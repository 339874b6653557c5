"""Who acts: a client with its token, or the operator at the machine."""

from __future__ import annotations

from typing import Literal

import msgspec

from vault.base.errors import Denied
from vault.base.ids import ClientId, OrganizationId
from vault.domain.organization import Action


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever acts, in one organization. `key` is the client's key in the organization file, `token` its token's id."""

    organization: OrganizationId
    kind: Literal["client", "operator", "import"]
    client: ClientId | None = None
    key: str | None = None
    scopes: frozenset[str] = frozenset()
    token: str | None = None

    def need(self, *scopes: Action) -> None:
        """Refuse a client whose token has none of `scopes` (RFC 6750 section 3.1, insufficient_scope)."""
        if self.kind == "client" and self.scopes.isdisjoint(scopes):
            raise Denied("insufficient_scope", f"this needs a token with the scope {' or '.join(scopes)}")
