"""Erasing a customer's rows: keys, bridge, index, contact points, references and attributes go, in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from vault.base.ids import CustomerId, raw
from vault.store.database import Work
from vault.store.keys import CustomerKey, Safe
from vault.store.tables import ExternalReferences

_ERASE: Final = """
WITH keys AS (DELETE FROM keystore.customer_key WHERE organization = $1 AND customer = $2 RETURNING 1),
bridge AS (DELETE FROM keystore.subject WHERE organization = $1 AND customer = $2 RETURNING 1),
tags AS (DELETE FROM keystore.blind_index WHERE organization = $1 AND customer = $2 RETURNING 1),
points AS (DELETE FROM vault.contact_point WHERE organization = $1 AND customer = $2 RETURNING 1),
refs AS (DELETE FROM vault.external_reference WHERE organization = $1 AND customer = $2 RETURNING 1),
fields AS (DELETE FROM vault.attribute WHERE organization = $1 AND customer = $2 RETURNING 1),
mail AS (DELETE FROM vault.outbox WHERE organization = $1 AND customer = $2 RETURNING 1),
sessions AS (DELETE FROM keystore.session WHERE organization = $1 AND customer = $2 RETURNING 1),
codes AS (DELETE FROM keystore.code WHERE organization = $1 AND (customer = $2 OR tag IN
          (SELECT tag FROM keystore.blind_index WHERE organization = $1 AND customer = $2)) RETURNING 1),
passkeys AS (DELETE FROM keystore.passkey WHERE organization = $1 AND customer = $2 RETURNING 1),
claims AS (DELETE FROM vault.claimed_point WHERE organization = $1 AND customer = $2 RETURNING 1),
wishes AS (DELETE FROM vault.preference WHERE organization = $1 AND customer = $2 RETURNING 1),
asked AS (DELETE FROM vault.rights_request WHERE organization = $1 AND customer = $2 RETURNING 1),
messages AS (DELETE FROM vault.reservation WHERE organization = $1 AND subject IN
             (SELECT subject FROM keystore.subject WHERE organization = $1 AND customer = $2) RETURNING 1),
details AS (DELETE FROM vault.log_detail WHERE organization = $1 AND subject IN
            (SELECT subject FROM keystore.subject WHERE organization = $1 AND customer = $2) RETURNING 1),
permits AS (UPDATE vault.permit SET point = NULL WHERE organization = $1 AND subject IN
            (SELECT subject FROM keystore.subject WHERE organization = $1 AND customer = $2)),
found AS (SELECT t.import, t.place, t.tag FROM vault.import i JOIN keystore.import_tag t
          ON t.organization = $1 AND t.import = i.id AND t.tag IN
          (SELECT tag FROM keystore.blind_index WHERE organization = $1 AND customer = $2)
          JOIN vault.import_row r ON r.organization = $1 AND r.import = t.import AND r.place = t.place
          WHERE i.organization = $1 AND r.verdict IN ('reject', 'review')),
aside AS (UPDATE vault.import_row r SET sealed = NULL FROM found
          WHERE r.organization = $1 AND r.import = found.import AND r.place = found.place AND r.sealed IS NOT NULL
          RETURNING 1),
joined AS (DELETE FROM keystore.import_tag t USING found
           WHERE t.organization = $1 AND t.import = found.import AND t.place = found.place AND t.tag = found.tag),
refused AS (DELETE FROM keystore.no_passkey WHERE organization = $1 AND customer = $2),
gone AS (UPDATE vault.customer SET erased_at = date_trunc('day', $3::timestamptz),
         recorded_at = date_trunc('day', recorded_at), locale = NULL, time_zone = NULL, minor_until = NULL,
         restricted_since = NULL, country = NULL, family = NULL
         WHERE organization = $1 AND id = $2)
SELECT (SELECT count(*) FROM keys) AS keys, (SELECT count(*) FROM bridge) AS subject_bridge,
  (SELECT count(*) FROM tags) AS index_tags,
  (SELECT count(*) FROM points) + (SELECT count(*) FROM claims) AS contact_points,
  (SELECT count(*) FROM refs) AS external_references, (SELECT count(*) FROM fields) AS attributes,
  (SELECT count(*) FROM mail) AS messages, (SELECT count(*) FROM sessions) AS sessions,
  (SELECT count(*) FROM codes) AS codes, (SELECT count(*) FROM passkeys) AS passkeys,
  (SELECT count(*) FROM details) AS details, (SELECT count(*) FROM wishes) AS preferences,
  (SELECT count(*) FROM messages) AS reservations,
  (SELECT count(*) FROM asked) AS rights_requests, (SELECT count(*) FROM aside) AS quarantined_rows
"""
_TAGS: Final = "SELECT tag FROM vault.contact_point WHERE organization = $1 AND customer = $2 ORDER BY tag"


async def erase(work: Work, customer: CustomerId, *, at: datetime) -> dict[str, int]:
    """Delete all that names a customer; return how much of what went. The row stays, empty: the id stays taken.

    Its dates lose their time of day: an exact instant would name the log entry of the same, and with it the subject.
    """
    [row] = await work.fetch(_ERASE, work.own, raw(customer), at)
    return {str(name): int(count) for name, count in row.items()}


async def tags(work: Work, customer: CustomerId) -> list[UUID]:
    """Return the tags of a customer's contact points, of those that an undone import brought, too."""
    return [row["tag"] for row in await work.fetch(_TAGS, work.own, raw(customer))]


async def references(work: Work, safe: Safe, *, key: CustomerKey) -> list[tuple[str, bytes]]:
    """Return source and id of a customer's references, opened: their tags are made once more and then they go."""
    query = ExternalReferences.select(
        ExternalReferences.id, ExternalReferences.source, ExternalReferences.sealed
    ).where((ExternalReferences.organization == safe.organization) & (ExternalReferences.customer == key.customer))
    return [
        (
            row["source"],
            safe.open(key, "external_reference", column="id", row=row["id"], sealed=row["sealed"]).reveal().encode(),
        )
        for row in await work.run(query)
    ]
