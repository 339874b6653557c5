"""Audiences: each one's row, found by its own client alone, and by the workers while it is under way."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from vault.base.ids import AUDIENCE, ORGANIZATION, AudienceId, ClientId, OrganizationId, raw, show
from vault.domain.actor import Actor
from vault.domain.audience.job import Screening, State
from vault.store.database import Work

_COLUMNS: Final = "id, actor, screening, everyone, state, size, planned, after, until, code, made_at, ended_at"
_ADD: Final = """
INSERT INTO vault.audience (organization, id, client, actor, screening, everyone, repeat, state, size, planned, after,
  until, code, made_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, NULL, $10, NULL, $11, NULL)
"""
_OF: Final = f"SELECT {_COLUMNS} FROM vault.audience WHERE organization = $1 AND id = $2 AND client = $3"  # noqa: S608 - ours
_READ: Final = f"SELECT {_COLUMNS} FROM vault.audience WHERE organization = $1 AND id = $2"  # noqa: S608 - ours
_REPEATED: Final = f"""
SELECT {_COLUMNS} FROM vault.audience WHERE organization = $1 AND client = $2 AND repeat = $3
"""  # noqa: S608 - columns of ours
_HOLD: Final = f"""
SELECT {_COLUMNS} FROM vault.audience
WHERE organization = $1 AND id = $2 AND state IN ('queued', 'running') FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - columns of ours
_UNDERWAY: Final = """
SELECT organization, id FROM vault.audience WHERE state IN ('queued', 'running') ORDER BY made_at LIMIT 100
"""
_SIZES: Final = """
SELECT coalesce(sum(size), 0)::bigint AS size FROM vault.audience
WHERE organization = $1 AND client = $2 AND state IN ('queued', 'running')
"""
_EVERYONE: Final = """
SELECT (SELECT count(*) FROM vault.customer WHERE organization = $1 AND erased_at IS NULL) AS size,
  (SELECT id FROM vault.customer WHERE organization = $1 ORDER BY id DESC LIMIT 1) AS last
"""
_QUEUE: Final = """
UPDATE vault.audience SET state = 'queued', size = $3
WHERE organization = $1 AND id = $2 AND state = 'receiving' RETURNING id
"""
_END: Final = """
WITH ended AS (
  UPDATE vault.audience SET state = $3, code = $4, ended_at = clock_timestamp(), after = NULL, until = NULL
  WHERE organization = $1 AND id = $2 AND state IN ('queued', 'running') RETURNING id
)
SELECT id FROM ended
"""
_DROP: Final = "DELETE FROM vault.audience WHERE organization = $1 AND id = $2 AND state = 'receiving'"
_RUN: Final = "UPDATE vault.audience SET state = 'running' WHERE organization = $1 AND id = $2 AND state = 'queued'"
_PLAN: Final = """
UPDATE vault.audience SET after = $3, planned = $4, until = CASE WHEN $5 THEN until END,
  size = CASE WHEN $5 THEN size ELSE $4 END
WHERE organization = $1 AND id = $2
"""
_SWEEP: Final = """
WITH gone AS (
  DELETE FROM vault.audience WHERE organization = $1
  AND (ended_at < clock_timestamp() - interval '30 days'
    OR (state = 'receiving' AND made_at < clock_timestamp() - interval '1 day'))
  RETURNING id
), chunks AS (
  DELETE FROM vault.audience_chunk WHERE organization = $1 AND audience IN (SELECT id FROM gone)
)
DELETE FROM vault.audience_result WHERE organization = $1 AND audience IN (SELECT id FROM gone)
"""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An audience's row. Of everyone, those after `after` and up to `until` are not planned yet."""

    id: AudienceId
    actor: Actor
    screening: Screening
    everyone: bool
    state: State
    size: int
    planned: int
    after: UUID | None
    until: UUID | None
    code: str | None
    made_at: datetime
    ended_at: datetime | None


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """An audience to be made, by a client with its token. `until` is the last of everyone."""

    id: AudienceId
    client: ClientId
    actor: Actor
    screening: Screening
    repeat: UUID | None
    everyone: bool = False
    size: int = 0
    until: UUID | None = None


async def add(work: Work, new: NewJob, *, state: State, at: datetime) -> None:
    """Store an audience."""
    await work.fetch(
        _ADD,
        work.own,
        raw(new.id),
        raw(new.client),
        msgspec.json.encode(new.actor),
        msgspec.json.encode(new.screening),
        new.everyone,
        new.repeat,
        state,
        new.size,
        new.until,
        at,
    )


async def of(work: Work, audience: AudienceId, *, client: ClientId) -> Job | None:
    """Return an audience of this client."""
    return _job(await work.fetch(_OF, work.own, raw(audience), raw(client)))


async def read(work: Work, audience: AudienceId) -> Job | None:
    """Return an audience, for whoever works on it."""
    return _job(await work.fetch(_READ, work.own, raw(audience)))


async def repeated(work: Work, client: ClientId, *, repeat: UUID) -> Job | None:
    """Return the audience that this client made with the same key."""
    return _job(await work.fetch(_REPEATED, work.own, raw(client), repeat))


async def hold(work: Work, audience: AudienceId) -> Job | None:
    """Hold an audience that is under way until this work ends; none if it is not, or somebody else holds it."""
    return _job(await work.fetch(_HOLD, work.own, raw(audience)))


async def underway(work: Work) -> list[tuple[OrganizationId, AudienceId]]:
    """Return what is under way in all organizations, the oldest first."""
    return [(show(ORGANIZATION, row["organization"]), show(AUDIENCE, row["id"])) for row in await work.fetch(_UNDERWAY)]


async def size_underway(work: Work, client: ClientId) -> int:
    """Return how many lines are under way for a client."""
    return int((await work.fetch(_SIZES, work.own, raw(client)))[0]["size"])


async def everyone(work: Work) -> tuple[int, UUID | None]:
    """Return how many customers there are, and the last of them."""
    [row] = await work.fetch(_EVERYONE, work.own)
    return row["size"], row["last"]


async def queue(work: Work, audience: AudienceId, *, size: int) -> bool:
    """Let an audience begin whose list was received; false if it is no longer being received."""
    return bool(await work.fetch(_QUEUE, work.own, raw(audience), size))


async def run(work: Work, audience: AudienceId) -> None:
    """Say that it has begun."""
    await work.fetch(_RUN, work.own, raw(audience))


async def plan(work: Work, job: Job, *, after: UUID, planned: int, more: bool) -> None:
    """Say how far everyone is planned, and whether there is `more` to plan."""
    await work.fetch(_PLAN, work.own, raw(job.id), after, planned, more)


async def end(work: Work, audience: AudienceId, *, state: State, code: str | None = None) -> bool:
    """End an audience; false if it has ended already."""
    return bool(await work.fetch(_END, work.own, raw(audience), state, code))


async def drop(work: Work, audience: AudienceId) -> None:
    """Let go of an audience whose list was not received whole."""
    await work.fetch(_DROP, work.own, raw(audience))


async def sweep(work: Work) -> None:
    """Forget audiences some weeks after their end, and lists that broke off."""
    await work.fetch(_SWEEP, work.own)


def _job(rows: list[Any]) -> Job | None:
    if not rows:
        return None
    [row] = rows
    return Job(
        id=show(AUDIENCE, row["id"]),
        actor=msgspec.json.decode(row["actor"], type=Actor),
        screening=msgspec.json.decode(row["screening"], type=Screening),
        everyone=row["everyone"],
        state=row["state"],
        size=row["size"],
        planned=row["planned"],
        after=row["after"],
        until=row["until"],
        code=row["code"],
        made_at=row["made_at"],
        ended_at=row["ended_at"],
    )
