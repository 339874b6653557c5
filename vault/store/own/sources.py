"""Sources: which systems know a customer under a name of their own, and since when. Never the name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from vault.base.ids import CustomerId, raw
from vault.store.customer import brought
from vault.store.database import Work

_OF: Final = f"""
SELECT r.source, min(r.recorded_at) AS since FROM vault.external_reference r
WHERE r.organization = $1 AND r.customer = ANY ($2::uuid[]) AND {brought.stands("r")}
GROUP BY r.source ORDER BY since, r.source
"""  # noqa: S608 - a condition of ours


async def of(work: Work, customers: Sequence[CustomerId]) -> dict[str, datetime]:
    """Return each source with when it first told of the customer, the earliest first."""
    return {row["source"]: row["since"] for row in await work.fetch(_OF, work.own, [raw(one) for one in customers])}
