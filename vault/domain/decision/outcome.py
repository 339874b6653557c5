"""What became of a message that was allowed: what a client may tell of it, and what that means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from vault.base.errors import Conflict
from vault.base.ids import DecisionId, Subject
from vault.domain.suppression import SuppressionKind
from vault.domain.timing.budget import LAPSE

SendOutcome = Literal["sent", "not_sent", "bounced", "complained"]
SendState = Literal["reserved", "sent", "not_sent", "bounced", "complained"]

STOPS: Final[Mapping[SendOutcome, SuppressionKind]] = {"bounced": "bounce", "complained": "complaint"}
"""The suppressions that outcomes are."""
_AFTER: Final[Mapping[SendState, frozenset[SendOutcome]]] = {
    "reserved": frozenset({"sent", "not_sent", "bounced", "complained"}),
    "sent": frozenset({"bounced", "complained"}),  # it left, and was turned away or not welcome
    "not_sent": frozenset(),
    "bounced": frozenset(),
    "complained": frozenset(),
}
_SAYS_SO_TOO: Final = ("complained", "sent")
"""Whoever complained had it: that it was sent is nothing new."""


class OutcomeTold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of the message. `not_sent` gives back what was reserved; the last two stop the address or number.

    What nobody tells anything of within 24 hours counts as sent.
    """

    outcome: SendOutcome


class OutcomeKept(msgspec.Struct, frozen=True, kw_only=True):
    """What is known now of the message that a decision allowed. `repeated`: it was known already."""

    decision: DecisionId
    outcome: SendState
    repeated: bool


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation: `tag` is of the contact point that was handed out or named, if there was one."""

    subject: Subject
    at: datetime
    purpose: str
    channel: str
    tag: UUID | None
    state: SendState


def is_new(reserved: Reserved, told: SendOutcome, *, now: datetime) -> bool:
    """Whether an outcome says something new; `Conflict` where it contradicts what was said, or what silence said."""
    if told == reserved.state or (reserved.state, told) == _SAYS_SO_TOO:
        return False
    if told not in _AFTER[reserved.state]:
        raise Conflict("outcome_contradicts", f"of this message you said already: {reserved.state}")
    if told == "not_sent" and now >= reserved.at + LAPSE:
        raise Conflict("reservation_lapsed", "nobody said anything for 24 hours, so this message counts as sent")
    return True
