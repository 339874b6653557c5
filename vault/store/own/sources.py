"""Sources: which systems know a customer under a name of their own, and since when. Never the name."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from vault.base.ids import CustomerId, raw
from vault.store.database import Work

_OF: Final = """
SELECT source, min(recorded_at) AS since FROM vault.external_reference
WHERE organization = $1 AND customer = $2 GROUP BY source ORDER BY since, source
"""


async def of(work: Work, customer: CustomerId) -> dict[str, datetime]:
    """Return each source with when it first told of the customer, the earliest first."""
    return {row["source"]: row["since"] for row in await work.fetch(_OF, work.own, raw(customer))}
