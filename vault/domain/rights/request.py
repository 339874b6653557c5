"""A request: what a customer asks for by right (GDPR Art. 15 to 21), until when it is answered, and how it stands.

A request is late by comparison and nothing else: no job runs when its last day passes. Days are those of the
organization's time zone. What somebody wrote stands in no request: it lies sealed beside it.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from vault.base.errors import Conflict, Invalid
from vault.base.ids import CustomerId, RequestId, Subject
from vault.base.personal import Personal
from vault.domain.organization import Organization

Right = Literal["access", "portability", "rectification", "restriction", "objection", "erasure"]
Outcome = Literal["done", "refused", "withdrawn"]
State = Literal["open", "done", "refused", "withdrawn"]

MONTHS: Final = 1
"""GDPR Art. 12(3): answered without delay, and within a month of the day it was asked for."""
LONGER: Final = 2
"""The same: by how many months that may be longer, once, if the person is told why within the first."""
COPIES: Final = frozenset[Right]({"access", "portability"})
"""What the person alone is handed, and at once."""
AT_ONCE: Final = frozenset[Right]({"restriction", "objection"})
"""What counts from the moment it is asked for: nobody can refuse it, and only the person ends it."""
LONGEST: Final = 2_000
"""Letters in what somebody writes."""
_SHORTEST: Final = 10


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. `field` names what is wrong, where that was asked: never its value."""

    id: RequestId
    right: Right
    asked_at: datetime
    field: str | None = None
    extended_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None

    @property
    def state(self) -> State:
        """How it stands."""
        return self.outcome or "open"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to answer it."""
        return self.outcome is None

    def due(self, zone: str) -> date:
        """Return the last day to answer: the same of a later month, or the last that month has (Reg. 1182/71)."""
        asked = self.asked_at.astimezone(ZoneInfo(zone)).date()
        return _later(asked, MONTHS if self.extended_at is None else MONTHS + LONGER)

    def ends_at(self, zone: str) -> datetime:
        """Return the instant at which the last day is over."""
        return datetime.combine(self.due(zone) + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)

    def is_late(self, now: datetime, *, zone: str) -> bool:
        """Whether the last day passed without an answer."""
        return self.is_open and now >= self.ends_at(zone)

    def days_left(self, now: datetime, *, zone: str) -> int:
        """Return how many days are left after today: 0 on the last one, below that when it is late."""
        return (self.due(zone) - now.astimezone(ZoneInfo(zone)).date()).days

    def extended(self, now: datetime, *, zone: str) -> Request:
        """Return it with two months more; `Conflict` for a second time, or once the first month is over."""
        self._check_open()
        if self.extended_at is not None:
            raise Conflict("extended_before", "a request is extended once, by two months")
        if self.is_late(now, zone=zone):
            raise Conflict("too_late", "the month is over: by now the person had to know that it takes longer")
        return msgspec.structs.replace(self, extended_at=now)

    def done(self, now: datetime) -> Request:
        """Return it answered; `Conflict` for an erasure, which takes its request with it."""
        self._check_open()
        if self.right == "erasure":
            raise Conflict("erase_first", "erase the customer: the request goes with all else")
        return self._closed("done", now)

    def refused(self, now: datetime) -> Request:
        """Return it refused; `Conflict` for what counted from the moment it was asked for."""
        self._check_open()
        if self.right in AT_ONCE:
            raise Conflict("counts_already", "this counted at once; only the person ends it")
        return self._closed("refused", now)

    def withdrawn(self, now: datetime) -> Request:
        """Return it taken back by whoever asked."""
        self._check_open()
        return self._closed("withdrawn", now)

    def _closed(self, outcome: Outcome, now: datetime) -> Request:
        return msgspec.structs.replace(self, outcome=outcome, closed_at=now)

    def _check_open(self) -> None:
        if not self.is_open:
            raise Conflict("answered_before", "this request was answered, or taken back")


class NewRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody asks for. To have something put right, they name the field, and say in `text` what is wrong."""

    right: Right
    field: Annotated[str, Meta(max_length=64)] | None = None
    text: Personal | None = None


class Because(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, in words for the person who asked."""

    reason: Personal


class RequestTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A request as it is listed: no word that anybody wrote. Staff see a `subject`, clients the `customer`."""

    id: RequestId
    right: Right
    state: State
    asked_at: datetime
    due: date
    days_left: int
    late: bool = False
    extended: bool = False
    field: str | None = None
    closed_at: datetime | None = None
    subject: Subject | None = None
    customer: CustomerId | None = None
    written_to: bool | None = None


def told(request: Request, *, now: datetime, zone: str) -> RequestTold:
    """Return how a request is listed."""
    return RequestTold(
        id=request.id,
        right=request.right,
        state=request.state,
        asked_at=request.asked_at,
        due=request.due(zone),
        days_left=request.days_left(now, zone=zone),
        late=request.is_late(now, zone=zone),
        extended=request.extended_at is not None,
        field=request.field,
        closed_at=request.closed_at,
    )


def urgent(requests: Iterable[Request], *, zone: str) -> list[Request]:
    """Return the open ones, whichever is due first: what is late stands before all else."""
    return sorted((one for one in requests if one.is_open), key=lambda one: (one.ends_at(zone), one.id))


def check(wanted: NewRequest, organization: Organization) -> None:
    """Refuse a field nobody declared, and a wrong that is not said."""
    fields = {*organization.attributes, *(channel.reaches for channel in organization.channels.values())}
    if wanted.field is not None and wanted.field not in fields:
        raise Invalid("unknown_field", "name a field by its key, as declared, or none")
    if wanted.right == "rectification" and not wanted.text:
        raise Invalid("text_missing", "say what is wrong")
    if wanted.text is not None and len(wanted.text.reveal()) > LONGEST:
        raise Invalid("text_too_long", f"say it in {LONGEST:,} letters at most")


def check_reason(reason: Personal) -> None:
    """Refuse a reason that says nothing, or too much."""
    length = len(reason.reveal().strip())
    if length < _SHORTEST:
        raise Invalid("reason_too_short", f"say why, in {_SHORTEST} letters at least")
    if length > LONGEST:
        raise Invalid("text_too_long", f"say it in {LONGEST:,} letters at most")


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
