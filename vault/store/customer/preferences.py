"""Preferences: one row of each customer who wishes anything. It goes with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from vault.base.ids import CustomerId, raw
from vault.domain.choices.at_most import AtMost
from vault.domain.choices.preference import Preference
from vault.store.database import Work

FIELDS: Final = "p.paused_until, p.quiet, p.channel_order, p.at_most"
"""What `read_preference` reads, of the table as `p`."""
_READ: Final = f"SELECT {FIELDS} FROM vault.preference p WHERE p.organization = $1 AND p.customer = $2"  # noqa: S608 - columns of ours
_KEEP: Final = """
INSERT INTO vault.preference (organization, customer, paused_until, quiet, channel_order, at_most, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organization, customer) DO UPDATE
SET paused_until = excluded.paused_until, quiet = excluded.quiet, channel_order = excluded.channel_order,
  at_most = excluded.at_most, recorded_at = excluded.recorded_at
"""


async def of(work: Work, customer: CustomerId) -> Preference:
    """Return what a customer wishes; who wished nothing has an empty one."""
    rows = await work.fetch(_READ, work.own, raw(customer))
    return read_preference(tuple(rows[0])) if rows else Preference()


async def keep(work: Work, customer: CustomerId, *, preference: Preference, at: datetime) -> None:
    """Store what a customer wishes, in the place of what they wished before."""
    quiet, at_most = (msgspec.json.encode(one).decode() for one in (preference.quiet, preference.at_most))
    order = list(preference.order)
    await work.fetch(_KEEP, work.own, raw(customer), preference.paused_until, quiet, order, at_most, at)


def read_preference(row: Sequence[Any]) -> Preference:
    """Return the preference that `FIELDS` hold."""
    paused_until, quiet, order, at_most = row
    return Preference(
        paused_until=paused_until,
        quiet=msgspec.json.decode(quiet, type=dict[str, str]),
        order=tuple(order),
        at_most=msgspec.json.decode(at_most, type=dict[str, AtMost]),
    )
