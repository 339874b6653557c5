"""Imports: each one's row, how far it got, and its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from vault.base.errors import Unknown
from vault.base.ids import CLIENT, IMPORT, ORGANIZATION, ClientId, ImportId, OrganizationId, raw, show
from vault.domain.importing.told import State
from vault.store.database import Work

_COLUMNS: Final = "id, digest, exported_at, dry, state, code, client, made_at, ended_at, made"
_ADD: Final = f"""
INSERT INTO vault.import (organization, {_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8, NULL, 0)
"""  # noqa: S608 - columns of ours
_READ: Final = f"SELECT {_COLUMNS} FROM vault.import WHERE organization = $1 AND id = $2"  # noqa: S608 - likewise
# One that was taken back, or refused, is done anew.
_BY_DIGEST: Final = f"""
SELECT {_COLUMNS} FROM vault.import i
WHERE organization = $1 AND digest = $2 AND dry = $3 AND state NOT IN ('receiving', 'queued', 'refused')
  AND NOT EXISTS (SELECT FROM vault.import_undone u WHERE u.organization = i.organization AND u.import = i.id)
ORDER BY made_at DESC LIMIT 1
"""  # noqa: S608 - likewise
_BEGIN: Final = "UPDATE vault.import SET state = 'staging', digest = $3 WHERE organization = $1 AND id = $2"
_MOVE: Final = "UPDATE vault.import SET state = $3 WHERE organization = $1 AND id = $2"
_MADE: Final = "UPDATE vault.import SET made = made + $3 WHERE organization = $1 AND id = $2"
_END: Final = """
UPDATE vault.import SET state = $3, code = $4, ended_at = clock_timestamp() WHERE organization = $1 AND id = $2
"""
_AGAIN: Final = """
UPDATE vault.import SET state = 'settling', dry = false, made = 0, ended_at = NULL
WHERE organization = $1 AND id = $2 AND dry AND state = 'done' RETURNING id
"""
# An undoing takes the row for itself; who counts what was made does not stand in the way.
_HOLD: Final = f"""
SELECT {_COLUMNS} FROM vault.import WHERE organization = $1 AND id = $2 AND state = $3 FOR KEY SHARE
"""  # noqa: S608 - likewise
_KEPT: Final = ("vault.import_row", "vault.import_piece", "keystore.import_tag")
_ALL: Final = (*_KEPT, "vault.import_file", "keystore.import_key")


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An import's row. `made`: how many customers it made, or would have."""

    id: ImportId
    digest: str
    exported_at: datetime
    dry: bool
    state: State
    code: str | None
    client: ClientId | None
    made_at: datetime
    ended_at: datetime | None
    made: int


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """An import to be made. Its digest is known when its files are."""

    id: ImportId
    exported_at: datetime
    dry: bool
    digest: str = ""
    client: ClientId | None = None


async def add(work: Work, new: NewJob, *, state: State, at: datetime) -> None:
    """Store an import."""
    client = None if new.client is None else raw(new.client)
    await work.fetch(_ADD, work.own, raw(new.id), new.digest, new.exported_at, new.dry, state, client, at)


async def read(work: Work, import_: ImportId) -> Job | None:
    """Return an import."""
    return _job(await work.fetch(_READ, work.own, raw(import_)))


async def found(work: Work, import_: ImportId) -> Job:
    """Return an import; `Unknown` when there is none of this id."""
    job = await read(work, import_)
    if job is None:
        raise Unknown("unknown_import", "there is no such import")
    return job


async def hold(work: Work, import_: ImportId, *, state: State) -> Job | None:
    """Keep an import in a state until this work ends; none if it is in another."""
    return _job(await work.fetch(_HOLD, work.own, raw(import_), state))


async def take(work: Work, import_: ImportId) -> Job | None:
    """Keep an import for this work alone, whatever its state: whoever settles waits, and then finds another state."""
    return _job(await work.fetch(f"{_READ} FOR UPDATE", work.own, raw(import_)))


async def undoing(work: Work) -> list[tuple[OrganizationId, ImportId]]:
    """Return the imports, of all organizations, that are undone and have left somebody to erase."""
    rows = await work.fetch("SELECT organization, id FROM vault.import WHERE state = 'undoing' ORDER BY 1, 2")
    return [(show(ORGANIZATION, row["organization"]), show(IMPORT, row["id"])) for row in rows]


async def by_digest(work: Work, digest: str, *, dry: bool) -> Job | None:
    """Return the import of the same files, read in the same way, that still counts."""
    return _job(await work.fetch(_BY_DIGEST, work.own, digest, dry))


async def begin(work: Work, import_: ImportId, *, digest: str) -> None:
    """Say that an import whose files were received is being staged."""
    await work.fetch(_BEGIN, work.own, raw(import_), digest)


async def move(work: Work, import_: ImportId, *, state: State) -> None:
    """Say what is done with it now."""
    await work.fetch(_MOVE, work.own, raw(import_), state)


async def count_made(work: Work, import_: ImportId, *, customers: int) -> None:
    """Add customers that it made."""
    if customers:
        await work.fetch(_MADE, work.own, raw(import_), customers)


async def end(work: Work, import_: ImportId, *, state: State, code: str | None = None) -> None:
    """Say that it ended, and why if it was refused."""
    await work.fetch(_END, work.own, raw(import_), state, code)


async def carry_out(work: Work, import_: ImportId) -> bool:
    """Let an import that was only looked at begin in earnest; false if it is no such import."""
    return bool(await work.fetch(_AGAIN, work.own, raw(import_)))


async def clear(work: Work, import_: ImportId) -> None:
    """Take away its rows and their tags; what is known of the import and its files stays."""
    for table in _KEPT:
        await work.long(f"DELETE FROM {table} WHERE organization = $1 AND import = $2", work.own, raw(import_))  # noqa: S608 - ours


async def drop(work: Work, import_: ImportId) -> None:
    """Take an import away as if it had never been."""
    for table in _ALL:
        await work.long(f"DELETE FROM {table} WHERE organization = $1 AND import = $2", work.own, raw(import_))  # noqa: S608 - ours
    await work.fetch("DELETE FROM vault.import WHERE organization = $1 AND id = $2", work.own, raw(import_))


def _job(rows: list[Any]) -> Job | None:
    if not rows:
        return None
    [row] = rows
    return Job(
        id=show(IMPORT, row["id"]),
        digest=row["digest"],
        exported_at=row["exported_at"],
        dry=row["dry"],
        state=row["state"],
        code=row["code"],
        client=None if row["client"] is None else show(CLIENT, row["client"]),
        made_at=row["made_at"],
        ended_at=row["ended_at"],
        made=row["made"] or 0,
    )
