"""What an import brought: whom, and what each of them said."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.base.ids import CUSTOMER, CustomerId, ImportId, raw, show
from vault.store.database import Work

_SAID: Final = """
SELECT c.id, f.kind, f.purpose, f.channel, f.proven FROM vault.customer c
LEFT JOIN keystore.subject s ON s.organization = $1 AND s.customer = c.id
LEFT JOIN vault.fact f ON f.organization = $1 AND f.subject = s.subject AND f.brought_by = $2
WHERE c.organization = $1 AND c.brought_by = $2 ORDER BY c.id, f.at, f.id
"""
_FACTS: Final = """
SELECT count(*) AS n FROM vault.fact f JOIN keystore.subject s ON s.organization = $1 AND s.subject = f.subject
WHERE f.organization = $1 AND f.brought_by = $2
"""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody said. A yes without the evidence it needs has the verdict `pending`."""

    verdict: str
    purpose: str
    channel: str


async def said(work: Work, import_: ImportId) -> dict[CustomerId, list[Said]]:
    """Return whom an import made, and what it says they said."""
    found: dict[CustomerId, list[Said]] = {}
    for row in await work.fetch(_SAID, work.own, raw(import_)):
        own = found.setdefault(show(CUSTOMER, row["id"]), [])
        if row["kind"] is not None:
            verdict = "pending" if row["kind"] == "granted" and not row["proven"] else row["kind"]
            own.append(Said(verdict=verdict, purpose=row["purpose"], channel=row["channel"]))
    return found


async def count_facts(work: Work, import_: ImportId) -> int:
    """Return how many facts an import brought about its people; a no that binds an address counts with each."""
    return int((await work.fetch(_FACTS, work.own, raw(import_)))[0]["n"])
