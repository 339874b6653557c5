"""Permits that are not over: one row each, so that what withdraws them in flight is found.

A row names no address and goes some minutes after its permit is over. Of whoever was erased it stays until then, or
nobody could tell the sender.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from vault.base.ids import (
    CLIENT,
    CONTACT_POINT,
    CUSTOMER,
    DECISION,
    ClientId,
    ContactPointId,
    CustomerId,
    DecisionId,
    Subject,
    raw,
    show,
)
from vault.store.database import Work

_ADD: Final = """
INSERT INTO vault.permit
  (organization, decision, subject, point, named, client, sender, purpose, channel, expires_at, horizon)
SELECT $1, n.decision, n.subject, n.point, n.named, n.client, n.sender, n.purpose, n.channel, n.expires_at,
  $2::text::xid
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::bool[], $7::uuid[], $8::uuid[], $9::text[], $10::text[],
            $11::timestamptz[])
  AS n (decision, subject, point, named, client, sender, purpose, channel, expires_at)
ON CONFLICT (organization, decision) DO UPDATE SET
  point = excluded.point, named = excluded.named, expires_at = excluded.expires_at, horizon = excluded.horizon
"""
# A row's xmin is the transaction that wrote it; one younger than the horizon of a permit may have ended after what the
# permit rests on was read, whenever it began. Whoever is suspected for nothing is found to be innocent.
# A yes said again may end sooner; of a customer anything may be other than it was: a birth date, a country, whether
# they are still one with another.
# Whoever was merged is looked at whole, so they are always suspected.
# What is over is told of for as long as its row stays: by the clock of its sender it may not be over yet.
_WHOLE: Final = """SELECT b.customer UNION SELECT m.id FROM vault.customer o
  JOIN vault.customer m ON m.organization = $1 AND m.family = o.family
  WHERE o.organization = $1 AND o.id = b.customer"""
_LATER: Final = "age({}.xmin) <= age(p.horizon)"
_SUSPECTS: Final = f"""
SELECT p.decision, p.purpose, p.channel, p.named, p.client, b.customer,
  (SELECT c.id FROM vault.contact_point c
   WHERE c.organization = $1 AND c.customer IN ({_WHOLE}) AND c.id = p.point) AS point
FROM vault.permit p
LEFT JOIN keystore.subject b ON b.organization = $1 AND b.subject = p.subject
WHERE p.organization = $1 AND p.sender = $2 AND p.expires_at > $4::timestamptz - interval '5 minutes' AND (
  p.client = ANY ($3::uuid[]) OR b.customer IS NULL
  OR NOT EXISTS (SELECT FROM vault.contact_point c
                 WHERE c.organization = $1 AND c.customer IN ({_WHOLE}) AND c.id = p.point)
  OR EXISTS (SELECT FROM vault.customer c WHERE c.organization = $1 AND c.id = b.customer
             AND (c.restricted_since IS NOT NULL OR c.family IS NOT NULL OR {_LATER.format("c")}))
  OR EXISTS (SELECT FROM vault.preference w
             WHERE w.organization = $1 AND w.customer = b.customer AND (w.paused_until > $4 OR {_LATER.format("w")}))
  OR EXISTS (SELECT FROM vault.fact f WHERE f.organization = $1 AND f.subject = p.subject AND {_LATER.format("f")})
  OR EXISTS (SELECT FROM vault.contact_point c
             JOIN vault.fact f ON f.organization = $1 AND f.subject = c.tag
             WHERE c.organization = $1 AND c.customer = b.customer AND {_LATER.format("f")})
  OR EXISTS (SELECT FROM vault.contact_point c
             JOIN vault.suppression s ON s.organization = $1 AND s.tag = c.tag
             WHERE c.organization = $1 AND c.customer = b.customer AND c.id = p.point AND {_LATER.format("s")})
  OR EXISTS (SELECT FROM vault.import_undone u WHERE u.organization = $1 AND {_LATER.format("u")})
)
ORDER BY p.decision
"""  # noqa: S608 - a statement of ours
_HORIZON: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text AS horizon"
_SWEEP: Final = (
    "DELETE FROM vault.permit WHERE organization = $1 AND expires_at < clock_timestamp() - interval '5 minutes'"
)


class NewPermit(msgspec.Struct, frozen=True, kw_only=True):
    """A permit. `point` is where the message goes; `named`: the question named it."""

    customer: CustomerId
    subject: Subject
    decision: DecisionId
    client: ClientId
    sender: ClientId
    purpose: str
    channel: str
    point: ContactPointId
    named: bool
    at: datetime
    expires_at: datetime


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A permit about which something was said since; `client` asked for it.

    There is no customer who was erased, and no contact point that was taken away.
    """

    decision: DecisionId
    purpose: str
    channel: str
    named: bool
    client: ClientId
    customer: CustomerId | None
    point: ContactPointId | None


async def horizon(work: Work) -> str:
    """Return the oldest transaction under way: asked before what permits rest on is read."""
    [row] = await work.fetch(_HORIZON)
    return str(row["horizon"])


async def add(work: Work, new: Sequence[NewPermit], *, horizon: str) -> None:
    """Store permits; one that is given again under the same decision is in the place of the first."""
    ordered = sorted(new, key=lambda one: raw(one.decision))
    columns = (
        [raw(one.decision) for one in ordered],
        [raw(one.subject) for one in ordered],
        [raw(one.point) for one in ordered],
        [one.named for one in ordered],
        [raw(one.client) for one in ordered],
        [raw(one.sender) for one in ordered],
        [one.purpose for one in ordered],
        [one.channel for one in ordered],
        [one.expires_at for one in ordered],
    )
    if ordered:
        await work.fetch(_ADD, work.own, horizon, *columns)


async def suspects(work: Work, sender: ClientId, *, orphans: Sequence[ClientId], now: datetime) -> list[Suspect]:
    """Return the permits of a sender that may hold no longer. `orphans` are clients that may ask nothing."""
    rows = await work.fetch(_SUSPECTS, work.own, raw(sender), [raw(one) for one in orphans], now)
    return [
        Suspect(
            decision=show(DECISION, row["decision"]),
            purpose=row["purpose"],
            channel=row["channel"],
            named=row["named"],
            client=show(CLIENT, row["client"]),
            customer=row["customer"] and show(CUSTOMER, row["customer"]),
            point=row["point"] and show(CONTACT_POINT, row["point"]),
        )
        for row in rows
    ]


async def sweep(work: Work) -> None:
    """Forget permits that are over, whatever clock reads them."""
    await work.fetch(_SWEEP, work.own)
