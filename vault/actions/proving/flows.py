"""Proofs under way: which code is waited for, where it went, and what is done with it; sealed in a cookie.

What was chosen waits here and nowhere else, and counts for nobody but who chose it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.actions.vault import Here
from vault.base.ids import ContactPointId, CustomerId
from vault.base.personal import Personal
from vault.base.spelling import spelled, unspelled
from vault.crypto.box import SealError
from vault.domain.choices.asked import Yes

_USE: Final = "proof"
_LONGEST: Final = 3072


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A code that is waited for. `reach` is where it went; `yes` is said with it; `instead` goes once it is proved."""

    code: UUID
    customer: CustomerId
    point: ContactPointId
    reach: str
    ends_at: datetime
    yes: Yes | None = None
    instead: ContactPointId | None = None

    def __repr__(self) -> str:
        return f"Proof({self.point})"

    @property
    def sent_to(self) -> Personal:
        """Where the code went."""
        return Personal(self.reach)


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A code is on its way to a contact point; `flow` is what the cookie carries."""

    point: ContactPointId
    flow: str

    def __repr__(self) -> str:
        return f"Waiting({self.point})"


def sealed(here: Here, proof: Proof) -> str:
    """Return a proof under way as the cookie carries it."""
    return spelled(here.safe.ticket(_USE, msgspec.json.encode(proof)))


def opened(here: Here, cookie: str | None, *, customer: CustomerId, now: datetime) -> Proof | None:
    """Return the proof of a cookie; none for one that is over, forged, or of anybody but this customer."""
    if not cookie or len(cookie) > _LONGEST:
        return None
    try:
        proof = msgspec.json.decode(here.safe.read(_USE, unspelled(cookie)), type=Proof)
    except (SealError, ValueError):
        return None
    return proof if proof.customer == customer and now < proof.ends_at else None
