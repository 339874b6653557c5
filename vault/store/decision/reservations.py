"""Reservations: each message that was allowed and is to be sent, what budgets count and outcomes are told of.

They hang on the subject and go with the bridge. What is counted is counted in a statement after the one that locks:
one that did both would count what stood before it began to wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import (
    CUSTOMER,
    SUBJECT,
    ClientId,
    ContactPointId,
    CustomerId,
    DecisionId,
    Subject,
    array,
    raw,
    show,
)
from vault.domain.decision.outcome import Reserved, SendState
from vault.store.customer import brought
from vault.store.database import Work
from vault.store.decision.questions import SOUGHT, Sought

# One order for all: two batches that locked in the order of their questions would wait for each other.
_HOLD: Final = f"""
{SOUGHT}, whole AS (
  SELECT customer FROM sought UNION
  SELECT m.id FROM sought s JOIN vault.customer c ON c.organization = $1 AND c.id = s.customer
  JOIN vault.customer m ON m.organization = $1 AND m.family = c.family
)
SELECT c.id FROM vault.customer c WHERE c.organization = $1 AND c.id IN (SELECT customer FROM whole)
ORDER BY c.id FOR NO KEY UPDATE OF c
"""  # noqa: S608 - columns of ours
_ADD: Final = """
INSERT INTO vault.reservation
  (organization, subject, decision, at, client, sender, purpose, lineage, channel, tag, state, told_at)
SELECT $1, n.subject, n.decision, $2, n.client, n.sender, n.purpose, string_to_array(n.lineage, ' '), n.channel,
  (SELECT p.tag FROM vault.contact_point p
   WHERE p.organization = $1 AND p.customer = n.customer AND p.id = n.point), 'reserved', NULL
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[], $10::text[],
  $11::uuid[]) AS n (subject, decision, customer, client, sender, purpose, lineage, channel, point)
WHERE NOT EXISTS (SELECT FROM vault.reservation r WHERE r.organization = $1 AND r.subject = n.subject
                  AND r.decision = n.decision AND r.state <> 'not_sent' AND r.at > $12)
ON CONFLICT DO NOTHING
"""
_OF: Final = """
SELECT subject, at, purpose, channel, tag, state FROM vault.reservation
WHERE organization = $1 AND decision = $2 AND $3 IN (client, sender) ORDER BY at DESC LIMIT 1
"""
_HELD: Final = f"{_OF} FOR UPDATE"
_TELL: Final = """
UPDATE vault.reservation SET state = $5, told_at = $6
WHERE organization = $1 AND subject = $2 AND decision = $3 AND at = $4
"""
# Whoever has the contact point, found by the index that the one who reserved has of it: there is none of tags.
_SHARING: Final = f"""
SELECT DISTINCT b.subject FROM keystore.subject own
JOIN vault.contact_point p ON p.organization = $1 AND p.customer = own.customer AND p.tag = $3
JOIN keystore.blind_index i ON i.organization = $1 AND i.customer = own.customer AND i.owner = p.id
JOIN keystore.blind_index o ON o.organization = $1 AND o.field = i.field AND o.version = i.version AND o.tag = i.tag
  AND {brought.stands("o")}
JOIN keystore.subject b ON b.organization = $1 AND b.customer = o.customer
WHERE own.organization = $1 AND own.subject = $2 ORDER BY b.subject
"""  # noqa: S608 - a condition of ours
_SINCE: Final = """
SELECT purpose, at FROM vault.reservation
WHERE organization = $1 AND subject = ANY ($2::uuid[]) AND state <> 'not_sent' AND at >= $3 ORDER BY at
"""
_SWEEP: Final = """
DELETE FROM vault.reservation WHERE organization = $1 AND at < clock_timestamp() - interval '92 days'
"""


class NewReservation(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is allowed. `lineage` is empty where no budget binds; `point` is what was handed out or named.

    `sender` is who got a permit for it, and may tell of it like who asked.
    """

    customer: CustomerId
    subject: Subject
    decision: DecisionId
    client: ClientId
    sender: ClientId | None
    purpose: str
    lineage: tuple[str, ...]
    channel: str
    point: ContactPointId | None


async def hold(work: Work, customers: Iterable[CustomerId], *, sought: Sequence[Sought]) -> set[CustomerId]:
    """Wait, in the order of their ids, for whoever reserves for the same people, until this work ends."""
    rows = await work.fetch(
        _HOLD, work.own, array(customers), [field for field, _ in sought], [tag for _, tag in sought]
    )
    return {show(CUSTOMER, row["id"]) for row in rows}


async def add(work: Work, new: Sequence[NewReservation], *, at: datetime, since: datetime) -> None:
    """Store what a batch reserves; a decision that has reserved later than `since` reserves nothing new."""
    ordered = sorted(new, key=lambda one: (raw(one.subject), raw(one.decision)))
    columns = (
        [raw(one.subject) for one in ordered],
        [raw(one.decision) for one in ordered],
        [raw(one.customer) for one in ordered],
        [raw(one.client) for one in ordered],
        [one.sender and raw(one.sender) for one in ordered],
        [one.purpose for one in ordered],
        [" ".join(one.lineage) for one in ordered],
        [one.channel for one in ordered],
        [one.point and raw(one.point) for one in ordered],
    )
    await work.fetch(_ADD, work.own, at, *columns, since)


async def since(work: Work, subjects: Sequence[Subject], *, at: datetime) -> dict[str, list[datetime]]:
    """Return when messages to somebody were allowed, by purpose, but those that were not sent."""
    found: dict[str, list[datetime]] = {}
    for row in await work.fetch(_SINCE, work.own, [raw(one) for one in subjects], at):
        found.setdefault(row["purpose"], []).append(row["at"])
    return found


async def of(work: Work, decision: DecisionId, *, client: ClientId, held: bool = False) -> Reserved | None:
    """Return the last reservation of a decision that this client asked or sends for; `held`, until this work ends."""
    rows = await work.fetch(_HELD if held else _OF, work.own, raw(decision), raw(client))
    if not rows:
        return None
    [row] = rows
    return Reserved(
        subject=show(SUBJECT, row["subject"]),
        at=row["at"],
        purpose=row["purpose"],
        channel=row["channel"],
        tag=row["tag"],
        state=row["state"],
    )


async def tell(work: Work, decision: DecisionId, *, of: Reserved, state: SendState, at: datetime) -> None:
    """Store what became of a message."""
    await work.fetch(_TELL, work.own, raw(of.subject), raw(decision), of.at, state, at)


async def sharing(work: Work, subject: Subject, *, tag: UUID) -> list[Subject]:
    """Return everybody who has a contact point of somebody's; nobody once it was taken away."""
    return [show(SUBJECT, row["subject"]) for row in await work.fetch(_SHARING, work.own, raw(subject), tag)]


async def sweep(work: Work) -> None:
    """Forget those of which no budget counts anything and nobody will tell anything more: a complaint takes weeks.

    The portal shows what came in the last 13 weeks, so they stay a day longer than that.
    """
    await work.fetch(_SWEEP, work.own)
