"""Facts: read under a subject, added together with their log entry. Nothing changes or removes one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from vault.base.ids import CLIENT, CONTACT_POINT, FACT, IMPORT, ContactPointId, FactId, Kind, Subject, raw, show
from vault.base.personal import Personal
from vault.domain import fact
from vault.domain.fact import Fact, FactKind, Instant, Method, Source
from vault.store import log
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.keys import CustomerKey, Safe
from vault.store.log import Entry

_FOLDED: Final = (
    "id", "kind", "purpose", "channel", "at", "recorded_at", "source", "method", "contact_point", "notice", "until",
    "proven", "guardian", "dealing",
)  # fmt: skip
_REST: Final = ("brought_by", "client", "locale", "words", "reference", "idempotency")
_NAMES: Final = (*_FOLDED, *_REST)
_SHOWN: Final[Mapping[str, Kind[Any]]] = {
    "id": FACT,
    "client": CLIENT,
    "contact_point": CONTACT_POINT,
    "brought_by": IMPORT,
}

FOLDED: Final = ", ".join(f"f.{name}" for name in _FOLDED)
"""The columns the fold reads: a decision needs no more."""
Folded = tuple[
    str, FactKind, str, str, Instant, Instant, Source, Method, str | None, int | None, Instant | None, bool, bool,
    str | None,
]  # fmt: skip
"""Those columns, where a row of them comes as JSON."""
BROUGHT: Final = f"{FOLDED}, f.brought_by"
"""The same, and the import that brought each."""
COLUMNS: Final = ", ".join(f"f.{name}" for name in _NAMES)
_EVERY: Final = f"SELECT {COLUMNS} FROM vault.fact f WHERE f.organization = $1 AND f.subject = $2"  # noqa: S608 - columns of ours
_READ: Final = f"{_EVERY} AND {brought.counts('f')}"
_INSTANT: Final = """
SELECT greatest(clock_timestamp(), max(recorded_at) + interval '1 microsecond') AS instant
FROM vault.fact WHERE organization = $1 AND subject = $2
"""
_EVIDENCE: Final = """
SELECT id, evidence FROM vault.fact WHERE organization = $1 AND id = ANY ($2::uuid[]) AND evidence IS NOT NULL
"""
_ADD: Final = log.adding("""
  INSERT INTO vault.fact (organization, subject, id, kind, purpose, channel, at, recorded_at, source, method, client,
    contact_point, notice, locale, words, until, proven, guardian, dealing, reference, idempotency, evidence,
    brought_by)
  SELECT $1, * FROM unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::timestamptz[],
    $10::timestamptz[], $11::text[], $12::text[], $13::uuid[], $14::uuid[], $15::int[], $16::text[], $17::text[],
    $18::timestamptz[], $19::boolean[], $20::boolean[], $21::text[], $22::uuid[], $23::uuid[], $24::bytea[],
    $25::uuid[])
""")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about to be stored: whom it is of, its sealed evidence, and the entry that tells of it."""

    subject: Subject
    fact: Fact
    entry: Entry
    evidence: bytes | None = None


def read_fact(row: Sequence[Any]) -> Fact:
    """Return the fact in a row of `FOLDED` or of all columns; what cannot be read is an error (law 10)."""
    values = dict(zip(_NAMES, row, strict=False))
    for name, kind in _SHOWN.items():
        if (value := values.get(name)) is not None:
            values[name] = show(kind, value)
    for name in ("reference", "idempotency"):
        if (value := values.get(name)) is not None:
            values[name] = value.bytes
    return fact.read(values)


def fold(row: Folded, own: FactId, *, points: Mapping[str, ContactPointId]) -> Fact:
    """Return the fact in a row of `FOLDED` that came as JSON, with its id and those of contact points as shown."""
    (
        _, kind, purpose, channel, at, recorded_at, source, method, contact_point, notice, until, proven, guardian,
        dealing,
    ) = row  # fmt: skip
    return Fact(
        id=own,
        kind=kind,
        purpose=purpose,
        channel=channel,
        at=at,
        recorded_at=recorded_at,
        source=source,
        method=method,
        contact_point=None if contact_point is None else points[contact_point],
        notice=notice,
        until=until,
        proven=proven,
        guardian=guardian,
        dealing=dealing,
    )


async def read(work: Work, subject: Subject) -> list[Fact]:
    """Return every fact under a subject that counts."""
    return [read_fact(tuple(row)) for row in await work.fetch(_READ, work.own, raw(subject))]


async def every(work: Work, subject: Subject) -> list[Fact]:
    """Return every fact under a subject, those that an undone import brought among them."""
    return [read_fact(tuple(row)) for row in await work.fetch(_EVERY, work.own, raw(subject))]


async def instant(work: Work, subject: Subject) -> datetime:
    """Return PostgreSQL's time, later than the subject's last fact. Under the customer's lock no fact can share it."""
    rows = await work.fetch(_INSTANT, work.own, raw(subject))
    moment: datetime = rows[0]["instant"]
    return moment


async def add(work: Work, kept: Sequence[Kept]) -> None:
    """Store facts and the entries that tell of them: neither is ever stored without the other."""
    facts = [one.fact for one in kept]
    await log.add(
        work,
        [one.entry for one in kept],
        [raw(one.subject) for one in kept],
        [raw(fact.id) for fact in facts],
        [fact.kind for fact in facts],
        [fact.purpose for fact in facts],
        [fact.channel for fact in facts],
        [fact.at for fact in facts],
        [fact.recorded_at for fact in facts],
        [fact.source for fact in facts],
        [fact.method for fact in facts],
        [_raw(fact.client) for fact in facts],
        [_raw(fact.contact_point) for fact in facts],
        [fact.notice for fact in facts],
        [fact.locale for fact in facts],
        [fact.words for fact in facts],
        [fact.until for fact in facts],
        [fact.proven for fact in facts],
        [fact.guardian for fact in facts],
        [fact.dealing for fact in facts],
        [fact.reference and UUID(bytes=fact.reference) for fact in facts],
        [fact.idempotency and UUID(bytes=fact.idempotency) for fact in facts],
        [one.evidence for one in kept],
        [_raw(fact.brought_by) for fact in facts],
        by=_ADD,
    )


async def evidence(work: Work, facts: Sequence[FactId]) -> dict[FactId, bytes]:
    """Return the evidence that lies sealed with facts."""
    rows = await work.fetch(_EVIDENCE, work.own, [raw(fact) for fact in facts])
    return {show(FACT, row["id"]): row["evidence"] for row in rows}


def unseal(safe: Safe, key: CustomerKey, *, fact: FactId, sealed: bytes) -> Personal:
    """Open the evidence of a fact: JSON, a name to a value."""
    return safe.open(key, "fact", column="evidence", row=raw(fact), sealed=sealed)


def _raw(shown: str | None) -> UUID | None:
    return None if shown is None else raw(shown)
