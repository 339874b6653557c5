"""Lines of an export: a person, what was said, what is kept of addresses that nobody has. One JSON object each.

What is written can be read back to the letter; what cannot is an error that names a field, never what stands in it.
Instants keep their microseconds, for the fold sorts by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta

from vault.base.errors import Invalid
from vault.base.ids import (
    SHOWN,
    ClientId,
    ContactPointId,
    CustomerId,
    DecisionId,
    FactId,
    MergeId,
    RequestId,
    SuppressionId,
)
from vault.base.personal import Personal
from vault.domain.choices.preference import Preference
from vault.domain.decision.outcome import SendState
from vault.domain.fact import Fact, FactKind, Instant, Method, Source
from vault.domain.rights.request import Outcome, Right
from vault.domain.suppression import Suppression, SuppressionKind

PointState = Literal["unverified", "verified", "bouncing"]
Line = TypeVar("Line", bound=msgspec.Struct)
_Holder = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
_Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
_Customer = Annotated[CustomerId, Meta(pattern="^cus" + SHOWN)]
_Point = Annotated[ContactPointId, Meta(pattern="^ctp" + SHOWN)]
_Fact = Annotated[FactId, Meta(pattern="^fct" + SHOWN)]
_Suppression = Annotated[SuppressionId, Meta(pattern="^sup" + SHOWN)]
_Request = Annotated[RequestId, Meta(pattern="^rgt" + SHOWN)]
_Merge = Annotated[MergeId, Meta(pattern="^mrg" + SHOWN)]
_Decision = Annotated[DecisionId, Meta(pattern="^dec" + SHOWN)]


class FactLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What was said, by whom it was written down (a client by its key), and what shows it. No name of a retry."""

    id: _Fact
    kind: FactKind
    purpose: str
    channel: str
    at: Instant
    recorded_at: Instant
    source: Source
    method: Method
    client: str | None = None
    contact_point: _Point | None = None
    notice: int | None = None
    locale: str | None = None
    words: str | None = None
    until: Instant | None = None
    proven: bool = True
    guardian: bool = False
    dealing: str | None = None
    evidence: Mapping[str, Personal] = {}


class SaidLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that a customer said."""

    customer: _Customer
    said: FactLine


class StopLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A suppression."""

    id: _Suppression
    kind: SuppressionKind
    at: Instant
    recorded_at: Instant
    channel: str | None = None
    until: Instant | None = None


class PointLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A contact point, and what binds everybody who has it. `state` is told, and read from nowhere.

    `marked_at`: since when imports and clients may make nobody of it again, as somebody who had it was erased.
    """

    id: _Point
    kind: str
    value: Personal
    primary: bool
    state: PointState
    recorded_at: Instant
    verified_at: Instant | None = None
    stops: tuple[StopLine, ...] = ()
    said: tuple[FactLine, ...] = ()
    marked_at: Instant | None = None


class ReferenceLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What another system calls somebody."""

    id: _Point
    source: str
    value: Personal
    recorded_at: Instant
    marked_at: Instant | None = None


class WishLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wishes, since when."""

    recorded_at: Instant
    wishes: Preference


class RequestLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What somebody asked for by right, and what was written about it."""

    id: _Request
    right: Right
    asked_at: Instant
    field: str | None = None
    extended_at: Instant | None = None
    closed_at: Instant | None = None
    outcome: Outcome | None = None
    words: Personal | None = None
    extended_because: Personal | None = None
    refused_because: Personal | None = None


class MessageLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A message that was allowed: budgets count it. `point` is where it went, while that is still theirs."""

    decision: _Decision
    at: Instant
    client: str
    purpose: str
    lineage: tuple[str, ...]
    channel: str
    state: SendState
    sender: str | None = None
    point: _Point | None = None
    told_at: Instant | None = None


class PersonLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A customer, with all that is kept of them but what they said. `family` is who stays, of those merged."""

    id: _Customer
    registered_at: Instant
    family: _Customer | None = None
    locale: str | None = None
    time_zone: str | None = None
    country: str | None = None
    minor_until: date | None = None
    restricted_since: Instant | None = None
    attributes: Mapping[str, Personal] = {}
    contact_points: tuple[PointLine, ...] = ()
    external: tuple[ReferenceLine, ...] = ()
    preferences: WishLine | None = None
    requests: tuple[RequestLine, ...] = ()
    messages: tuple[MessageLine, ...] = ()


class MergeLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """That two customers are one person, and when that was taken back, if it was."""

    id: _Merge
    kept: _Customer
    joined: _Customer
    recorded_at: Instant
    undone_at: Instant | None = None


class SuggestionLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Two customers who may be one person, and when somebody said that they are not."""

    one: _Customer
    other: _Customer
    why: tuple[str, ...]
    recorded_at: Instant
    apart_at: Instant | None = None


class HolderLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is kept of nobody here: under the tag of an address, or under the random subject of somebody erased."""

    holder: _Holder
    said: tuple[FactLine, ...] = ()
    stops: tuple[StopLine, ...] = ()
    marked_at: Instant | None = None


class ConfigurationLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A configuration ever used, to the byte, and since when it was in force."""

    digest: _Digest
    recorded_at: Instant
    since: tuple[Instant, ...]
    document: msgspec.Raw


def fact_line(fact: Fact, *, client: str | None, evidence: Mapping[str, Personal] | None = None) -> FactLine:
    """Return the line of a fact. What stands for a caller's own names is left out: it is read by our keys alone."""
    kept = {name: getattr(fact, name) for name in FactLine.__struct_fields__ if name not in {"client", "evidence"}}
    return FactLine(**kept, client=client, evidence=evidence or {})


def fact_of(line: FactLine, *, client: ClientId | None) -> Fact:
    """Return the fact in a line; its evidence lies sealed beside it."""
    kept = {name: getattr(line, name) for name in FactLine.__struct_fields__ if name not in {"client", "evidence"}}
    return Fact(**kept, client=client)


def state_of(verified_at: datetime | None, stops: tuple[StopLine, ...], *, now: datetime) -> PointState:
    """Return how a contact point stands: what comes back from it counts for more than that it was once theirs."""
    if any(one.kind == "bounce" and one.at <= now and (one.until is None or now < one.until) for one in stops):
        return "bouncing"
    return "unverified" if verified_at is None else "verified"


def stop_line(suppression: Suppression, *, recorded_at: datetime) -> StopLine:
    """Return the line of a suppression."""
    return StopLine(**msgspec.structs.asdict(suppression), recorded_at=recorded_at)


def suppression_of(line: StopLine) -> Suppression:
    """Return the suppression in a line."""
    return Suppression(id=line.id, kind=line.kind, at=line.at, channel=line.channel, until=line.until)


def write(line: msgspec.Struct) -> bytes:
    """Return a line with its end."""
    return _ENCODER.encode(line) + b"\n"


def read(text: bytes, kind: type[Line]) -> Line:
    """Return the line; `Invalid` names the field that cannot be read."""
    try:
        found: Line = _decoder(kind).decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        field = str(error).rpartition("$.")[2].strip("`") if " - at `$." in str(error) else "a line"
        raise Invalid("unreadable_export", f"the export cannot be read: {field}") from None
    return found


def _reveal(value: Personal) -> str:
    return value.reveal()


def _personal(_: type, value: object) -> Personal:
    if not isinstance(value, str):
        raise TypeError("Expected `str`")
    return Personal(value)


@cache
def _decoder(kind: type[Line]) -> msgspec.json.Decoder[Line]:
    return msgspec.json.Decoder(kind, dec_hook=_personal)


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_reveal)
