"""The one question, and its answer: whether a person may be contacted, for this, over that, now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from vault.base.errors import Invalid
from vault.base.ids import CustomerIdText, DecisionId, EntryId, OrganizationId
from vault.base.personal import Personal
from vault.domain.contact_point import ContactValue
from vault.domain.fact import check_instants
from vault.domain.organization import Key
from vault.domain.standing import State

Asked = Annotated[
    str, Meta(pattern=r"^([a-z][a-z0-9_]{0,62}|\*)$(?!\n)", description="a channel, or `*` for a purpose without")
]
AskedOrAny = Annotated[
    str,
    Meta(
        pattern=r"^([a-z][a-z0-9_]{0,62}|\*)$(?!\n)",
        description="a channel, `any` for whichever is best, or `*` for a purpose without",
    ),
]


Outcome = Literal["allow", "deny", "defer"]

_OTHERS: Final = 2  # ways to name a person that a question leaves out


class Reference(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What another system calls the customer."""

    source: Key
    id: Personal

    def __post_init__(self) -> None:
        """Refuse a blank id where it is read: all whom another system calls nothing would be one person."""
        if not self.id.reveal().strip():
            raise ValueError("Expected an id that is not blank")


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """May I contact this person? Name the person in exactly one of three ways.

    `at` asks about the past and then releases nothing. `release` names `contact` or attributes wanted with a yes.
    `reserve` counts a yes as a message that is sent, until you say what became of it; left out, a release does, and so
    does a permit. `permit_for` names the client that sends: with a yes comes a proof that it verifies by itself.
    `campaign` is your own name for what is sent; it stands in the access log.
    """

    purpose: Key
    channel: AskedOrAny
    customer: CustomerIdText | None = None
    contact: ContactValue | None = None
    external: Reference | None = None
    at: datetime | None = None
    release: Annotated[tuple[Key, ...], Meta(max_length=64)] = ()
    reserve: bool | None = None
    campaign: Key | None = None
    permit_for: Key | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it asks about a customer by their id, now, and for nothing else: most do."""
        return (
            self.contact is None
            and self.external is None
            and self.at is None
            and not self.release
            and self.reserve is None
            and self.permit_for is None
            and self.customer is not None
        )

    @property
    def reserves(self) -> bool:
        """Whether a yes counts as a message."""
        return self.at is None and (
            bool(self.release) or self.permit_for is not None if self.reserve is None else self.reserve
        )

    def check(self, now: datetime) -> None:
        """Refuse a question that names nobody or two, asks about what is to come, or wants fields of the past."""
        if (self.customer, self.contact, self.external).count(None) != _OTHERS:
            raise Invalid("one_person", "name the person by exactly one of customer, contact or external")
        check_instants(self.at)
        if self.at is not None and self.at > now:
            raise Invalid(
                "not_yet", "`at` asks about the past; what will be so nobody knows: leave it out to ask about now"
            )
        if self.at is not None and self.release:
            raise Invalid("release_of_the_past", "a question about the past releases nothing: leave out at or release")
        if self.at is not None and self.reserve:
            raise Invalid("reserve_in_the_past", "a question about the past reserves nothing: leave out at or reserve")
        if self.permit_for is not None and (self.at is not None or self.reserve is False):
            raise Invalid(
                "permit_without_message", "a permit is for a message to be sent now: leave out at and reserve"
            )


class ReasonTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason: its code, the policy and law behind it, and a sentence for whoever builds the client."""

    code: str
    message: str
    policy: str | None = None
    law: str | None = None


class StandingTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was said, for clients that see full reasons."""

    state: State
    until: datetime | None = None


class Withheld(msgspec.Struct, frozen=True, kw_only=True):
    """A field that did not leave, and why."""

    field: str
    code: str
    message: str


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """The signed word that the access log will hold an entry. Keep it: should the entry be missing, it proves that.

    Bytes are base64. `SECURITY.md` says what is signed; `time` is in seconds since 1970, of the database's clock.
    """

    organization: OrganizationId
    key: str
    time: int
    size: int
    index: int
    leaf: str
    path: tuple[str, ...]
    signature: str


class LogTold(msgspec.Struct, frozen=True, kw_only=True):
    """Where the access log holds this answer, and the promise that it will."""

    entry: EntryId
    promise: Promise


class ChannelTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer for one channel, where any was asked about: `reasons` are codes."""

    outcome: Outcome
    reasons: tuple[str, ...]
    defer_until: datetime | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer. `allowed` is true only for `outcome` allow; `released` holds what left with it.

    Nothing but time speaks against `defer`: at `defer_until` the same facts would allow it; ask again then.
    Asked over `any` channel, `channel` is the one chosen and `channels` tells of each that may be asked about.
    `permit` is the proof for the sender that was named, and goes with the message.
    `withdrawal_link` goes into the message: whoever reads it stops it there without signing in (RFC 8058).
    Eight letters of `id`, those before its last, may end the message, written like `7k3m-q9x2`: with them whoever got
    it finds out in the portal why.
    """

    id: DecisionId
    allowed: bool
    outcome: Outcome
    reasons: tuple[ReasonTold, ...]
    channel: str
    configuration: str
    log: LogTold
    standing: StandingTold | None = None
    released: Mapping[str, Personal] | None = None
    withheld: tuple[Withheld, ...] = ()
    withdrawal_link: str | None = None
    defer_until: datetime | None = None
    channels: Mapping[str, ChannelTold] | None = None
    permit: str | None = None
