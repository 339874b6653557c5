"""Facts: one thing a customer said, or that was said for them. Append-only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from vault.base.errors import Invalid, Unavailable
from vault.base.ids import ClientId, ContactPointId, FactId, ImportId

FactKind = Literal["asked", "granted", "refused", "withdrawn", "objected", "dealing"]
Source = Literal["person", "link", "client", "admin", "import"]
Method = Literal["portal", "one_click", "undo", "stop_word", "form", "phone", "paper", "kiosk", "api", "import", "gpc"]
Instant = Annotated[datetime, Meta(tz=True, description="an instant with its time zone")]
Tag = Annotated[bytes, Meta(min_length=16, max_length=16, description="a keyed tag of something a client gave")]


class Unreadable(Unavailable):
    """What is stored cannot be read as a fact: never a no, never a silence."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What was said: `at` is when it was said, `recorded_at` when we learnt it; both are aware and in UTC.

    `proven` tells whether a grant came with the evidence its class needs; `notice` is the notice's version and `words`
    the hash of the words shown; `until` is an end the grant itself names. `contact_point` is the one it is about.
    `reference` and `idempotency` are tags by which a retry is known. `guardian`: it is of somebody who may speak for a
    child. A dealing, which is no statement, has for purpose and channel `*`, and says in `dealing` what it was.
    `brought_by` is the import it came with.
    """

    id: FactId
    kind: FactKind
    purpose: str
    channel: str
    at: Instant
    recorded_at: Instant
    source: Source
    method: Method
    client: ClientId | None = None
    contact_point: ContactPointId | None = None
    notice: int | None = None
    locale: str | None = None
    words: str | None = None
    until: Instant | None = None
    proven: bool = True
    guardian: bool = False
    dealing: str | None = None
    brought_by: ImportId | None = None
    reference: Tag | None = None
    idempotency: Tag | None = None

    @property
    def in_person(self) -> bool:
        """Whether the customer said it in person: signed in, or by a confirmed double opt-in."""
        return self.source == "person"


def check_instants(*instants: datetime | None) -> None:
    """Refuse a time without an offset, and the calendar's first and last year, which not every zone can tell.

    PostgreSQL takes their ends for infinity, and what it gives back is no fact any more.
    """
    for instant in instants:
        if instant is not None and instant.tzinfo is None:
            raise Invalid("naive_time", "write a time with its offset from UTC, such as 2026-01-31T12:00:00Z")
        if instant is not None and not MINYEAR < instant.year < MAXYEAR:
            raise Invalid("time_out_of_range", "write a time between the years 2 and 9998")


def read(row: Mapping[str, object]) -> Fact:
    """Return the fact stored in `row`, a field to a key; `Unreadable` names the field, never what stands in it."""
    try:
        return msgspec.convert(row, Fact)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("$.")[2].strip("`") or "a field"
        raise Unreadable("unreadable_fact", f"a stored fact cannot be read: {field}") from None
