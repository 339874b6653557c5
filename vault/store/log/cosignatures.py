"""What witnesses said of our checkpoints, and of which they were not asked yet. In the role `vault_sequencer`."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.base.ids import ORGANIZATION, OrganizationId, show
from vault.store.database import Work

# Of every log, the last checkpoint that this witness has not cosigned.
_OPEN: Final = """
SELECT s.organization, s.generation, c.size, c.note, coalesce(o.size, 0) AS old FROM vault.log_state s
JOIN LATERAL (
  SELECT size, note FROM vault.log_checkpoint WHERE organization = s.organization AND generation = s.generation
  ORDER BY size DESC LIMIT 1
) c ON true
LEFT JOIN LATERAL (
  SELECT size FROM vault.log_cosignature
  WHERE organization = s.organization AND generation = s.generation AND witness = $1 ORDER BY size DESC LIMIT 1
) o ON true
WHERE s.stopped IS NULL AND c.size > coalesce(o.size, 0) ORDER BY s.organization
"""
_ADD: Final = """
INSERT INTO vault.log_cosignature (organization, generation, size, witness, line, recorded_at)
VALUES ($1, $2, $3, $4, $5, clock_timestamp()) ON CONFLICT DO NOTHING
"""
_READ: Final = """
SELECT line FROM vault.log_cosignature WHERE organization = $1 AND generation = $2 AND size = $3 ORDER BY witness
"""
_SEEN: Final = """
SELECT max(recorded_at) AS at FROM vault.log_cosignature WHERE organization = $1 AND generation = $2
"""


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint that a witness is to cosign, and the size it cosigned last; 0 for none."""

    organization: OrganizationId
    generation: int
    size: int
    note: bytes
    old: int


async def uncosigned(work: Work, witness: str) -> list[Open]:
    """Return each log's last checkpoint, where this witness has not cosigned it."""
    return [
        Open(
            organization=show(ORGANIZATION, row["organization"]),
            generation=row["generation"],
            size=row["size"],
            note=row["note"],
            old=row["old"],
        )
        for row in await work.fetch(_OPEN, witness)
    ]


async def add(work: Work, of: Open, *, witness: str, line: str) -> None:
    """Keep a cosignature that holds, as a line of the note."""
    await work.fetch(_ADD, work.own, of.generation, of.size, witness, line)


async def lines(work: Work, generation: int, *, size: int) -> list[str]:
    """Return the lines that witnesses add to the note of a checkpoint."""
    return [row["line"] for row in await work.fetch(_READ, work.own, generation, size)]


async def last(work: Work, generation: int) -> datetime | None:
    """Return when a witness cosigned last."""
    rows = await work.fetch(_SEEN, work.own, generation)
    return rows[0]["at"] if rows else None
