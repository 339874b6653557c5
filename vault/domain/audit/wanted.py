"""What is looked for in the log, what is found, and the place from which a search goes on. Codes and pseudonyms alone.

A filter is a code or an id of ours by its form; that there is such a code only the log itself can say.
"""

from __future__ import annotations

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from vault.base.errors import Invalid
from vault.base.ids import CLIENT, STAFF, SUBJECT, ClientId, EntryId, Id, Kind, Subject, read
from vault.domain.entry import stamp
from vault.domain.fact import Instant

LONGEST: Final = 50  # hits on a page

_CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_PLACE: Final = struct.Struct(">IQ8s")
_CODES: Final = ("actor", "kind", "outcome", "reason", "purpose")


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where an entry stands: its number, in a generation of the log."""

    generation: int
    number: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the entries looked for have in common. Nothing given means all of them.

    `actor` is a kind of actor, or one of the staff by id; `since` is the first instant, `until` the one after the last.
    """

    subject: Subject | None = None
    client: ClientId | None = None
    actor: str | None = None
    kind: str | None = None
    outcome: str | None = None
    reason: str | None = None
    purpose: str | None = None
    since: Instant | None = None
    until: Instant | None = None

    def check(self) -> None:
        """Refuse what cannot be in any log; `Invalid` names the filter."""
        if self.subject is not None:
            _check_id("subject", self.subject, kind=SUBJECT)
        if self.client is not None:
            _check_id("client", self.client, kind=CLIENT)
        if (self.actor or "").startswith(f"{STAFF}_"):
            _check_id("actor", self.actor or "", kind=STAFF)
        for name in _CODES:
            value: str | None = getattr(self, name)
            if value is not None and not _CODE.fullmatch(value):
                raise Invalid("bad_filter", f"{name} is a code: lower-case letters, digits and underscores")
        if any(instant is not None and instant.tzinfo is None for instant in (self.since, self.until)):
            raise Invalid("bad_filter", "since and until are instants with their zone")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise Invalid("bad_filter", "since comes before until")

    def given(self) -> dict[str, str]:
        """Return the filters that are set, as they are told."""
        found: dict[str, str] = {}
        for name in self.__struct_fields__:
            value: str | datetime | None = getattr(self, name)
            if value is not None:
                found[name] = stamp(value) if isinstance(value, datetime) else value
        return found


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that was found, as far as the search knows it. `staff` is who acted, where that was one of the staff."""

    number: int
    entry: EntryId
    generation: int
    at: datetime
    kind: str
    actor: str | None
    staff: str | None = None
    client: ClientId | None = None
    subject: Subject | None = None
    purpose: str | None = None
    outcome: str | None = None
    reasons: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what was found, newest first, and how much there is in all.

    `after` is where the next page begins, if there is one. Where there is nothing, `excludes` names the filter that
    excludes most. `waiting` entries have no number yet, and are found once they do.
    """

    hits: list[Hit]
    count: int
    after: str | None
    excludes: str | None
    waiting: int = 0


def spelled(place: Place, wanted: Wanted) -> str:
    """Return the cursor for whatever comes after a place, good for this search alone."""
    packed = _PLACE.pack(place.generation, place.number, _digest(wanted))
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def read_place(text: str, wanted: Wanted) -> Place:
    """Return the place a cursor of this search names; `Invalid` for any other text."""
    try:
        packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        generation, number, digest = _PLACE.unpack(packed)
    except (ValueError, struct.error):
        raise _bad_cursor() from None
    place = Place(generation=generation, number=number)
    if digest != _digest(wanted) or number >= 1 << 63 or generation >= 1 << 31 or spelled(place, wanted) != text:
        raise _bad_cursor()
    return place


def _digest(wanted: Wanted) -> bytes:
    return sha256(msgspec.json.encode(sorted(wanted.given().items()))).digest()[:8]


def _check_id(name: str, value: str, *, kind: Kind[Id]) -> None:
    try:
        read(kind, value)
    except Invalid:
        raise Invalid("bad_filter", f"{name}: an id of this kind is {kind}_ and 26 characters") from None


def _bad_cursor() -> Invalid:
    return Invalid("bad_cursor", "this is no cursor of this search; begin at its first page")
