"""An audience: what is asked about whom, how far its screening is, and what a client may do with it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from vault.base.errors import Conflict, Invalid
from vault.base.ids import AudienceId, CustomerId
from vault.base.personal import Personal
from vault.domain.audience.totals import Ground, Totals
from vault.domain.decision.question import AskedOrAny, Question
from vault.domain.organization import ANY, Key

State = Literal["receiving", "queued", "running", "done", "cancelled", "failed"]
Told = Literal["queued", "running", "done", "cancelled", "failed"]

CHUNK: Final = 1_000
"""How many are decided in one transaction."""
MOST: Final = 1_000_000
"""How many a client may have screened at once, if its limits say nothing else."""
ENDED: Final = frozenset[State]({"done", "cancelled", "failed"})


class Screening(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked about each. Of a yes at that moment, reading the result hands out `release` and a permit."""

    purpose: str
    channel: str
    release: tuple[str, ...] = ()
    permit_for: str | None = None
    campaign: str | None = None

    @property
    def hands_out(self) -> bool:
        """Whether reading the result decides each line afresh."""
        return bool(self.release) or self.permit_for is not None

    def channel_of(self, ground: Ground) -> str | None:
        """Return the channel that lines of this ground were answered for."""
        return ground.channel if self.channel == ANY else self.channel

    def about(self, customer: CustomerId) -> Question:
        """Return the question that screens a customer: it hands out and reserves nothing."""
        return Question(purpose=self.purpose, channel=self.channel, customer=customer, campaign=self.campaign)

    def afresh(self, customer: CustomerId) -> Question:
        """Return the question that is asked about a customer when the result is read."""
        return msgspec.structs.replace(self.about(customer), release=self.release, permit_for=self.permit_for)


class NewAudience(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Screen everyone there is now. For a list, upload it as `application/x-ndjson` and ask in the query.

    With `release` (`contact` or attributes) or `permit_for` (the client that sends) nothing leaves before the result is
    read, and then each is decided afresh. `campaign` is your own name for what is sent.
    """

    everyone: Literal[True]
    purpose: Key
    channel: AskedOrAny
    release: Annotated[tuple[Key, ...], Meta(max_length=64)] = ()
    permit_for: Key | None = None
    campaign: Key | None = None

    @property
    def screening(self) -> Screening:
        """What is asked about each."""
        return Screening(
            purpose=self.purpose,
            channel=self.channel,
            release=self.release,
            permit_for=self.permit_for,
            campaign=self.campaign,
        )


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How many have their answer, of how many."""

    answered: int
    of: int


class AudienceTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An audience as its client sees it. `code` says why it failed; `totals` count what is answered so far."""

    id: AudienceId
    state: Told
    purpose: str
    channel: str
    everyone: bool
    progress: Progress
    totals: Totals
    made_at: datetime
    release: tuple[str, ...] = ()
    permit_for: str | None = None
    campaign: str | None = None
    ended_at: datetime | None = None
    code: str | None = None


class AudienceLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a result. `line` is its place in your list, or among everyone.

    `customer` stands where there is one still. `error` says why a line of your list could not be asked about.
    `channel` stands beside each `decision`: what is handed out is for that one. Asked over `any`, it is the one chosen.
    """

    line: int
    outcome: Literal["allow", "deny", "defer", "error"]
    customer: str | None = None
    decision: str | None = None
    channel: str | None = None
    reasons: tuple[str, ...] = ()
    defer_until: Annotated[datetime, Meta(tz=True)] | None = None
    error: str | None = None
    released: Mapping[str, Personal] | None = None
    withheld: Mapping[str, str] | None = None
    withdrawal_link: str | None = None
    permit: str | None = None


class AudienceEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of a result, with how many stand before it: a result without it was broken off."""

    end: int


def check_size(size: int, *, underway: int, limit: int | None) -> None:
    """Refuse more at once than a client's limit: alone, or with what is `underway` for it already."""
    if size > (most := MOST if limit is None else limit):
        raise Invalid("over_limit", "this is more at once than this client's limit of an audience")
    if size + underway > most:
        raise Conflict("audience_underway", "with what is screened for you already this is over your limit; wait")


def check_ended(state: State) -> None:
    """Refuse the result of what is still under way."""
    if state not in ENDED:
        raise Conflict("audience_underway", "this audience is still being screened; ask again when it is done")
