"""Everything of an organization, read out of one snapshot: customers page by page, and what is kept of nobody.

A page is a few hundred customers, so memory stays the same however many there are. Nothing is opened here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Record

from vault.domain.fact import Fact
from vault.store.customer.brought import counts, stands, stops
from vault.store.customer.consents import COLUMNS, read_fact
from vault.store.customer.preferences import FIELDS
from vault.store.database import Work

PAGE: Final = 200

_SNAPSHOT: Final = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_CUSTOMERS: Final = """
SELECT c.id, c.locale, c.time_zone, c.country, c.minor_until, c.restricted_since, c.recorded_at, c.family, b.subject,
  d.version AS data_version, d.wrapped AS data_key, p.version AS proof_version, p.wrapped AS proof_key
FROM vault.customer c
JOIN keystore.subject b ON b.organization = $1 AND b.customer = c.id
JOIN keystore.customer_key d ON d.organization = $1 AND d.customer = c.id AND d.kind = 'data'
JOIN keystore.customer_key p ON p.organization = $1 AND p.customer = c.id AND p.kind = 'proof'
WHERE c.organization = $1 AND c.erased_at IS NULL AND ($2::uuid IS NULL OR c.id > $2) ORDER BY c.id LIMIT $3
"""
_OF: Final = f"p.organization = $1 AND p.customer = ANY ($2::uuid[]) AND {stands('p')}"
_ATTRIBUTES: Final = f"SELECT customer, name, sealed FROM vault.attribute p WHERE {_OF} ORDER BY customer, name"  # noqa: S608 - columns of ours
_POINTS: Final = f"""
SELECT customer, id, kind, sealed, tag, is_primary, verified_at, recorded_at FROM vault.contact_point p
WHERE {_OF} ORDER BY customer, id
"""  # noqa: S608 - columns of ours
_REFERENCES: Final = f"""
SELECT customer, id, source, sealed, recorded_at FROM vault.external_reference p WHERE {_OF} ORDER BY customer, id
"""  # noqa: S608 - columns of ours
_WISHES: Final = f"""
SELECT p.customer, p.recorded_at, ROW({FIELDS}) AS wishes FROM vault.preference p
WHERE p.organization = $1 AND p.customer = ANY ($2::uuid[])
"""  # noqa: S608 - columns of ours
_REQUESTS: Final = f"""
SELECT customer, id, wanted, field, asked_at, words, extended_at, extended_because, closed_at, outcome, refused_because
FROM vault.rights_request p WHERE {_OF} ORDER BY customer, id
"""  # noqa: S608 - columns of ours
_MESSAGES: Final = """
SELECT b.customer, r.decision, r.at, r.client, r.sender, r.purpose, r.lineage, r.channel, r.tag, r.state, r.told_at
FROM keystore.subject b JOIN vault.reservation r ON r.organization = $1 AND r.subject = b.subject
WHERE b.organization = $1 AND b.customer = ANY ($2::uuid[]) ORDER BY b.customer, r.at, r.decision
"""
_FACTS: Final = f"""
SELECT f.subject, f.evidence, ROW({COLUMNS}) AS fact FROM vault.fact f
WHERE f.organization = $1 AND f.subject = ANY ($2::uuid[]) AND {counts("f")}
ORDER BY f.subject, f.recorded_at, f.id
"""  # noqa: S608 - columns of ours
_STOPS: Final = f"""
SELECT tag, id, kind, at, channel, until, recorded_at FROM vault.suppression s
WHERE s.organization = $1 AND s.tag = ANY ($2::uuid[]) AND {stops("s")} ORDER BY tag, id
"""  # noqa: S608 - columns of ours
_MARKS: Final = "SELECT tag, recorded_at FROM vault.erasure_mark WHERE organization = $1 AND tag = ANY ($2::uuid[])"
_FACTS_OF: Final = f"SELECT DISTINCT f.subject AS holder FROM vault.fact f WHERE f.organization = $1 AND {counts('f')}"  # noqa: S608 - words of ours
_STOPS_OF: Final = (
    f"SELECT DISTINCT s.tag AS holder FROM vault.suppression s WHERE s.organization = $1 AND {stops('s')}"  # noqa: S608 - words of ours
)
# Those of references that somebody has are among them: a reference lies under no tag that could be looked for.
_MARKS_OF: Final = "SELECT tag AS holder FROM vault.erasure_mark WHERE organization = $1"
_NOBODYS: Final = f"""
SELECT DISTINCT holder FROM ({_FACTS_OF} UNION ALL {_STOPS_OF} UNION ALL {_MARKS_OF}) AS found
LEFT JOIN keystore.subject b ON b.organization = $1 AND b.subject = holder
LEFT JOIN vault.contact_point p ON p.organization = $1 AND p.tag = holder AND {stands("p")}
WHERE b.subject IS NULL AND p.tag IS NULL
"""  # noqa: S608 - words of ours
_HOLDERS: Final = f"DECLARE holders NO SCROLL CURSOR FOR {_NOBODYS} ORDER BY holder"
_ANY: Final = f"{_NOBODYS} LIMIT 1"
_NEXT: Final = f"FETCH {PAGE} FROM holders"
_COUNT: Final = """
SELECT
  (SELECT count(*) FROM vault.customer WHERE organization = $1 AND erased_at IS NULL) AS customers,
  (SELECT count(*) FROM vault.attribute WHERE organization = $1) AS attributes,
  (SELECT count(*) FROM vault.contact_point WHERE organization = $1) AS contact_points,
  (SELECT count(*) FROM vault.external_reference WHERE organization = $1) AS references,
  (SELECT count(*) FROM vault.fact WHERE organization = $1) AS facts,
  (SELECT count(*) FROM vault.suppression WHERE organization = $1) AS stops,
  (SELECT count(*) FROM vault.erasure_mark WHERE organization = $1) AS marks
"""
_KINDS: Final = "SELECT DISTINCT kind FROM vault.contact_point WHERE organization = $1 ORDER BY kind"
_CONFIGURATIONS: Final = """
SELECT c.digest, c.recorded_at, ARRAY(SELECT f.since FROM vault.in_force f
  WHERE f.organization = $1 AND f.digest = c.digest ORDER BY f.since) AS since
FROM vault.configuration c WHERE c.organization = $1 ORDER BY c.recorded_at, c.digest
"""
_MERGES: Final = """
SELECT m.id, m.kept, m.joined, m.recorded_at, u.recorded_at AS undone_at FROM vault.merge m
LEFT JOIN vault.merge_undone u ON u.organization = $1 AND u.merge = m.id WHERE m.organization = $1 ORDER BY m.id
"""
_SUGGESTIONS: Final = """
SELECT one, other, why, recorded_at, apart_at FROM vault.merge_suggestion WHERE organization = $1 ORDER BY one, other
"""
_LEFT_OUT: Final = """
SELECT
  (SELECT count(*) FROM keystore.passkey WHERE organization = $1) AS passkeys,
  (SELECT count(*) FROM vault.claimed_point WHERE organization = $1) AS contact_points_not_yet_proven,
  (SELECT count(*) FROM vault.import_row WHERE organization = $1 AND sealed IS NOT NULL) AS rows_put_aside,
  (SELECT count(*) FROM vault.log_entry WHERE organization = $1) AS log_entries
"""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some customers' rows, and those of everything about them, by customer, subject or tag."""

    customers: list[Record]
    attributes: Mapping[UUID, list[Record]]
    points: Mapping[UUID, list[Record]]
    references: Mapping[UUID, list[Record]]
    wishes: Mapping[UUID, list[Record]]
    requests: Mapping[UUID, list[Record]]
    messages: Mapping[UUID, list[Record]]
    said: Under
    marks: Mapping[UUID, datetime]


class Under(msgspec.Struct, frozen=True, kw_only=True):
    """Facts with their sealed evidence, and suppressions, by what they stand under."""

    facts: Mapping[UUID, list[tuple[Fact, bytes | None]]]
    stops: Mapping[UUID, list[Record]]


async def snapshot(work: Work) -> None:
    """Let all that this work reads be of one instant. Its first statement."""
    await work.fetch(_SNAPSHOT)


async def count(work: Work) -> dict[str, int]:
    """Return roughly what there is, as somebody asks for it."""
    [row] = await work.fetch(_COUNT, work.own)
    return {str(name): int(value) for name, value in row.items()}


async def is_of_nobody(work: Work) -> bool:
    """Whether anything is kept of addresses that nobody has, or of somebody erased."""
    return bool(await work.fetch(_ANY, work.own))


async def left_out(work: Work) -> dict[str, int]:
    """Return how much there is of what no export holds."""
    [row] = await work.fetch(_LEFT_OUT, work.own)
    return {str(name): int(value) for name, value in row.items() if value}


async def kinds(work: Work) -> list[str]:
    """Return the kinds of contact points there are."""
    return [str(row["kind"]) for row in await work.fetch(_KINDS, work.own)]


async def configurations(work: Work) -> list[Record]:
    """Return digest, first day and times in force of each configuration ever used."""
    return await work.fetch(_CONFIGURATIONS, work.own)


async def merges(work: Work) -> list[Record]:
    """Return every merge there ever was, with when it was taken back."""
    return await work.fetch(_MERGES, work.own)


async def suggestions(work: Work) -> list[Record]:
    """Return the pairs who may be one person, and whether somebody said they are not."""
    return await work.fetch(_SUGGESTIONS, work.own)


async def pages(work: Work) -> AsyncIterator[Page]:
    """Yield all customers by id."""
    after: UUID | None = None
    while rows := await work.fetch(_CUSTOMERS, work.own, after, PAGE):
        after = rows[-1]["id"]
        yield await _page(work, rows)


async def nobodys(work: Work) -> AsyncIterator[tuple[list[UUID], Under, Mapping[UUID, datetime]]]:
    """Yield tags and subjects that lead to nobody, in their order, with what stands under them."""
    await work.fetch(_HOLDERS.replace("$1", f"'{work.own}'::uuid"))  # a cursor takes no parameters
    while rows := await work.fetch(_NEXT):
        holders = [row["holder"] for row in rows]
        yield holders, await _under(work, holders), await _marks(work, holders)


async def marks(work: Work, tags: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Return the days since which nobody may be made of what is behind these tags."""
    return await _marks(work, tags)


async def _page(work: Work, rows: list[Record]) -> Page:
    ids = [row["id"] for row in rows]
    points = await _by(work, _POINTS, ids=ids, name="customer")
    tags = [point["tag"] for found in points.values() for point in found]
    return Page(
        customers=rows,
        attributes=await _by(work, _ATTRIBUTES, ids=ids, name="customer"),
        points=points,
        references=await _by(work, _REFERENCES, ids=ids, name="customer"),
        wishes=await _by(work, _WISHES, ids=ids, name="customer"),
        requests=await _by(work, _REQUESTS, ids=ids, name="customer"),
        messages=await _by(work, _MESSAGES, ids=ids, name="customer"),
        said=await _under(work, [*(row["subject"] for row in rows), *tags]),
        marks=await _marks(work, tags),
    )


async def _under(work: Work, holders: Sequence[UUID]) -> Under:
    facts: dict[UUID, list[tuple[Fact, bytes | None]]] = {}
    for row in await work.fetch(_FACTS, work.own, [*holders]):
        facts.setdefault(row["subject"], []).append((read_fact(row["fact"]), row["evidence"]))
    return Under(facts=facts, stops=await _by(work, _STOPS, ids=holders, name="tag"))


async def _marks(work: Work, tags: Sequence[UUID]) -> Mapping[UUID, datetime]:
    return {row["tag"]: row["recorded_at"] for row in await work.fetch(_MARKS, work.own, [*tags])}


async def _by(work: Work, statement: str, *, ids: Sequence[UUID], name: str) -> Mapping[UUID, list[Record]]:
    found: dict[UUID, list[Record]] = {}
    for row in await work.fetch(statement, work.own, [*ids]):
        found.setdefault(row[name], []).append(row)
    return found
