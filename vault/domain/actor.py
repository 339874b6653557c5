"""Who acts: a client with its token, a person signed in, whoever holds a link, or the operator at the machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from vault.base.errors import Denied
from vault.base.ids import ClientId, CustomerId, OrganizationId, SessionId, StaffId
from vault.domain.reach import Reach
from vault.domain.sign_in.device import Device

ActorKind = Literal["client", "customer", "auditor", "admin", "operator", "import", "link"]

FRESH: Final = timedelta(minutes=10)
"""How long a sign-in counts as just now, for what wants one."""


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever acts, in one organization.

    `key` is a client's key in the organization file; `token` its token's id, `issued_at` when it was issued, `reach`
    how far it goes, where None is the whole ceiling. A customer acts in a `session`, or by a client's token while both
    talk (RFC 8693): then `client`, `key` and `token` are the client's. Staff acts in a session. `device` is there where
    somebody's own shows itself: of a system's none does.
    """

    organization: OrganizationId
    kind: ActorKind
    client: ClientId | None = None
    key: str | None = None
    scopes: frozenset[str] = frozenset()
    token: str | None = None
    issued_at: datetime | None = None
    reach: Reach | None = None
    customer: CustomerId | None = None
    staff: StaffId | None = None
    session: SessionId | None = None
    signed_in_at: datetime | None = None
    device: Device | None = None

    @property
    def at_the_machine(self) -> bool:
        """Whether nobody asks through a door: the command line may do everything, and is logged."""
        return self.kind in {"operator", "import"}

    @property
    def me(self) -> CustomerId:
        """The customer who acts, or for whom somebody does; `Denied` for everybody else."""
        if self.customer is None:
            raise Denied("not_allowed", "this is for customers themselves")
        return self.customer

    def is_fresh(self, now: datetime) -> bool:
        """Whether this person signed in no longer than ten minutes ago; by a client's token nobody ever did."""
        return self.signed_in_at is not None and now - self.signed_in_at <= FRESH
