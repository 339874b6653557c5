"""Audiences: many customers screened at once, and what came out, a line for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from consent_vault.answers import Instant, Released, released
from consent_vault.problems import Unavailable
from consent_vault.questions import Reference, identifier

NDJSON = "application/x-ndjson"


class Progress(Struct, frozen=True, kw_only=True):
    """How many have their answer, of how many."""

    answered: int
    of: int


class Totals(Struct, frozen=True, kw_only=True):
    """How many got which outcome. `reasons` counts each code; one answer may have several."""

    allow: int = 0
    deny: int = 0
    defer: int = 0
    error: int = 0
    reasons: Mapping[str, int] = {}


class Audience(Struct, frozen=True, kw_only=True):
    """How far an audience is. `code` says why it failed."""

    id: str
    state: str
    purpose: str
    channel: str
    everyone: bool
    progress: Progress
    totals: Totals
    made_at: Instant
    release: tuple[str, ...] = ()
    permit_for: str | None = None
    campaign: str | None = None
    ended_at: Instant | None = None
    code: str | None = None

    @property
    def over(self) -> bool:
        """Whether its result can be read."""
        return self.state in {"done", "cancelled", "failed"}


class AudienceLine(Struct, frozen=True, kw_only=True):
    """One line of a result: `line` is its place in your list, or among everyone.

    `error` says why a line of your list could not be asked about. What is `released` was decided when it was read, for
    `channel`: asked over `any`, the one that was chosen.
    """

    line: int
    outcome: str
    customer: str | None = None
    decision: str | None = None
    channel: str | None = None
    reasons: tuple[str, ...] = ()
    defer_until: Instant | None = None
    error: str | None = None
    released: Released = field(default_factory=Released)
    withheld: Mapping[str, str] | None = None
    withdrawal_link: str | None = None
    permit: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether the answer is yes."""
        return self.outcome == "allow"


def listed(customers: Iterable[str | Reference]) -> bytes:
    """Return a list of customers as it is sent: each by id or by what another system calls them."""
    return b"".join([msgspec.json.encode(_member(one)) + b"\n" for one in customers])


def heard(body: bytes) -> tuple[AudienceLine, ...]:
    """Return the lines of a result; one that was broken off, or cannot be read, is none."""
    *lines, end = body.splitlines() or [b""]
    try:
        found = tuple(_LINE.decode(line) for line in lines)
        if msgspec.json.decode(end) == {"end": len(found)}:
            return found
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass
    raise Unavailable("broken_off", "the result did not come whole; read it again")


def _member(one: str | Reference) -> Mapping[str, Any]:
    return {"external": one} if isinstance(one, Reference) else {"customer": identifier("cus", one)}


_LINE = msgspec.json.Decoder(AudienceLine, dec_hook=released)
