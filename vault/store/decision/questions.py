"""Everything a batch of questions reads, in one query: epoch, time, references resolved, facts of all subjects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from vault.base.ids import CONTACT_POINT, SUBJECT, ContactPointId, CustomerId, array, show
from vault.domain.decision.basis import Person
from vault.domain.merging.merged import Join
from vault.domain.merging.whole import wholes
from vault.domain.standing import Instants
from vault.store.customer import brought
from vault.store.customer.merges import STANDS
from vault.store.database import Work
from vault.store.decision.people import Row, columns, people, rows_in
from vault.store.keys import VERSION

Sought = tuple[str, UUID]
"""A field of the blind index, and a tag."""


def sought(index: str = "") -> str:
    """Return how the customers who are meant are found: by id, or by the blind index where `index` holds for it."""
    return f"""
WITH sought AS (
  SELECT DISTINCT customer FROM (
    SELECT unnest($2::text::uuid[]) AS customer
    UNION ALL
    SELECT i.customer FROM unnest($3::text[], $4::uuid[]) AS s (field, tag)
    CROSS JOIN LATERAL (SELECT b.customer FROM keystore.blind_index b
                        WHERE b.organization = $1 AND b.field = s.field AND b.version = {VERSION} AND b.tag = s.tag
                        {index} OFFSET 0) AS i
  ) AS named
)
"""  # noqa: S608 - a number of ours


_BY_ID: Final = "WITH sought AS (SELECT customer FROM unnest($2::text::uuid[]) AS named (customer))"
_OF_FAMILIES: Final = """
WITH sought AS (SELECT id AS customer FROM vault.customer WHERE organization = $1 AND family = ANY ($2::text::uuid[]))
"""


# OFFSET 0 and LIMIT 1 keep each look-up by itself, through its key: joined freely, they read whole organizations
# wherever PostgreSQL has not yet counted how large those are.
def _people(meant: str, *, first: int, undone: bool, more: str = "") -> str:
    """Return the statement for the customers who are meant, and what it returns `more` of each.

    `first` is the number of its parameter with the purposes; then come whether what was spent counts, and `known_at`.
    Where an import was `undone`, what it brought is left out; elsewhere nothing is asked for it.
    """
    known = f"${first + 2}"
    read = columns(
        purposes=f"${first}::text[]",
        counted=f"${first + 1}::boolean",
        point=f"AND {brought.stands('p', known=known)}" if undone else "",
        stop=f"AND {brought.stops('s', known=known)}" if undone else "",
        fact=f"AND {brought.counts('f', known=known)}" if undone else "",
    )
    return f"""
{meant}SELECT o.epoch, clock_timestamp() AS now, (
  SELECT json_agg(json_build_array({read}{more})) FROM sought
  CROSS JOIN LATERAL (SELECT id, minor_until, time_zone, country, restricted_since, family FROM vault.customer
                      WHERE organization = $1 AND id = sought.customer LIMIT 1) AS c
  CROSS JOIN LATERAL (SELECT subject FROM keystore.subject
                      WHERE organization = $1 AND customer = c.id LIMIT 1) AS b
  LEFT JOIN LATERAL (SELECT paused_until, quiet, channel_order, at_most FROM vault.preference
                     WHERE organization = $1 AND customer = c.id LIMIT 1) AS w ON true
) AS people FROM vault.organization o WHERE o.id = $1
"""  # noqa: S608 - columns of ours


def _more(*, undone: bool) -> str:
    """Return what else is read where a blind index was looked into, or somebody was merged."""
    found = f"AND {brought.stands('i', known='$7')}" if undone else ""
    return f""",
    CASE WHEN c.family IS NOT NULL THEN
      (SELECT json_agg(json_build_array(j.subject, m.recorded_at)) FROM vault.merge m
       JOIN keystore.subject j ON j.organization = $1 AND j.customer = m.kept
       WHERE m.organization = $1 AND m.joined = c.id AND {STANDS}) END,
    CASE WHEN cardinality($3::text[]) > 0 THEN
      (SELECT json_agg(json_build_array(i.field, i.tag, i.owner)) FROM keystore.blind_index i
       WHERE i.organization = $1 AND i.customer = c.id AND i.tag = ANY ($4::uuid[]) {found}) END"""  # noqa: S608 - columns of ours


class _Statements(NamedTuple):
    """The statement for customers by their ids alone, which costs least; by ids or tags; for whole families."""

    by_id: str
    people: str
    families: str


def _statements(*, undone: bool) -> _Statements:
    index, more = f"AND {brought.stands('b', known='$7')}" if undone else "", _more(undone=undone)
    return _Statements(
        by_id=_people(_BY_ID, first=3, undone=undone),
        people=_people(sought(index), first=5, undone=undone, more=more),
        families=_people(_OF_FAMILIES, first=5, undone=undone, more=more),
    )


SOUGHT: Final = sought()
"""The customers who are meant, those whom nothing names any more but an undone import among them."""
_ALL: Final = _statements(undone=False)
_STANDING: Final = _statements(undone=True)


class How(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent is read of everybody where it is `counted`, else of those who wish for so many at most.

    Whoever knows that no import was `undone` spares the looking for what one brought; with `known_at`, what one brought
    that was undone later counts.
    """

    counted: bool = False
    undone: bool = True
    known_at: datetime | None = None


USUALLY: Final = How()


class Read(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the query returned, at one instant of PostgreSQL's clock.

    `found` tells for each sought tag which customers have it, and the id of the contact point or reference it is of.
    """

    epoch: int
    now: datetime
    people: dict[CustomerId, Person]
    found: Mapping[Sought, Sequence[tuple[CustomerId, ContactPointId]]]

    @cached_property
    def present(self) -> Instants:
        """The instants of whatever is asked about now."""
        return Instants(now=self.now)


async def read(
    work: Work,
    customers: Sequence[CustomerId],
    *,
    sought: Sequence[Sought],
    purposes: Iterable[str],
    how: How = USUALLY,
) -> Read:
    """Read the batch, with the facts about these purposes. An erased or unknown customer is not among the people."""
    fields, tags = [field for field, _ in sought], [tag for _, tag in sought]
    statements = _STANDING if how.undone else _ALL
    rest = (list(purposes), how.counted, *((how.known_at,) if how.undone else ()))
    asked = array(dict.fromkeys(customers))
    by = (statements.people, work.own, asked, fields, tags) if sought else (statements.by_id, work.own, asked)
    [(epoch, now, text)] = await work.fetch(*by, *rest)
    rows = rows_in(text)
    merged = {row.customer: row.family for row in rows if row.family is not None}
    if merged:  # a family is read in one statement, for all of it to be of one instant

        async def told(statement: str, whom: Iterable[str]) -> list[Row]:
            [(_, _, text)] = await work.fetch(statement, work.own, f"{{{','.join(whom)}}}", fields, tags, *rest)
            return rows_in(text)

        whole = await told(statements.families, set(merged.values()))
        gone = set(merged) - {row.customer for row in whole}  # taken out since the first
        alone = await told(statements.people, gone) if gone else []
        rows = [*(row for row in rows if row.family is None), *whole, *alone]
    each = people(rows)
    by_id = {person.customer: person for person in each}
    found: dict[Sought, list[tuple[CustomerId, ContactPointId]]] = {}
    for person, row in zip(each, rows, strict=True) if sought else ():
        for field, tag, owner in row.found or ():
            found.setdefault((field, tag), []).append((person.customer, show(CONTACT_POINT, owner)))
    if merged:
        by_id |= _merged(rows, each)
        found = {place: _once(holders, by_id) for place, holders in found.items()}
    return Read(epoch=epoch, now=now, people=by_id, found=found)


def _merged(rows: Iterable[Row], people: Iterable[Person]) -> dict[CustomerId, Person]:
    """Return the one person each customer is who was merged."""
    families: dict[str, list[tuple[Row, Person]]] = {}
    for row, person in zip(rows, people, strict=True):
        if row.family is not None:
            families.setdefault(row.family, []).append((row, person))
    found: dict[CustomerId, Person] = {}
    for family, members in families.items():
        members.sort(key=lambda member: (member[0].customer != family, member[0].customer))
        joins = [
            Join(kept=show(SUBJECT, kept), joined=one.subject, at=at)
            for row, one in members
            for kept, at in row.joins or ()
        ]
        found |= {one.customer: one for one in wholes([one for _, one in members], joins)}
    return found


def _once(
    holders: Sequence[tuple[CustomerId, ContactPointId]], people: Mapping[CustomerId, Person]
) -> list[tuple[CustomerId, ContactPointId]]:
    """Return who has something, one person once: by whoever of them stays, if they have it."""
    ordered = sorted(holders, key=lambda held: (held[0] not in people[held[0]].family[:1], held))
    by_family: dict[CustomerId, tuple[CustomerId, ContactPointId]] = {}
    for customer, owner in ordered:
        by_family.setdefault(next(iter(people[customer].family), customer), (customer, owner))
    return [*by_family.values()]
