"""Organizations: the configuration in force, every one before it, and the epoch that grows with each change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec
from asyncpg import Record
from piccolo.query import Select

from vault.base.ids import ORGANIZATION, OrganizationId, raw, show
from vault.store.database import Work
from vault.store.tables import Configurations, Organizations
from vault.tlog.hashes import EMPTY

_EPOCH: Final = "SELECT epoch, clock_timestamp() AS now FROM vault.organization WHERE id = $1"
_KEEP: Final = """
INSERT INTO vault.configuration (organization, digest, document, recorded_at) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
"""
_BEGIN_LOG: Final = """
INSERT INTO vault.log_state (organization, slug, generation, size, root, seen_at) VALUES ($1, $2, 1, 0, $3, $4)
"""
# Under the organization's lock no two can share an instant, whatever becomes of PostgreSQL's clock.
_IN_FORCE: Final = """
INSERT INTO vault.in_force (organization, since, digest)
SELECT $1, greatest(clock_timestamp(), max(since) + interval '1 microsecond'), $2
FROM vault.in_force WHERE organization = $1
"""
_AT: Final = """
SELECT since, digest FROM vault.in_force WHERE organization = $1
ORDER BY since > $2, CASE WHEN since > $2 THEN since END, since DESC LIMIT 1
"""
_GROW: Final = "UPDATE vault.organization SET epoch = epoch + 1, configuration = $2 WHERE id = $1"
_IDS: Final = """
SELECT clock_timestamp() AS now,
  ARRAY(SELECT ROW(slug, id) FROM vault.organization WHERE slug = ANY ($1::text[])) AS ids
"""
_HOLD: Final = "SELECT FROM vault.organization WHERE id = $1 FOR SHARE"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An organization's row."""

    id: OrganizationId
    slug: str
    epoch: int
    configuration: str


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration, and since when it was in force."""

    digest: str
    since: datetime


def digest(document: bytes) -> str:
    """Return what a configuration is called: the SHA-256 of its canonical JSON, in hex."""
    return sha256(document).hexdigest()


async def by_slug(work: Work, slug: str, *, lock: bool = False) -> Kept | None:
    """Return the organization of that slug; `lock` holds its row until this work ends."""
    query = _select().where(Organizations.slug == slug)
    return _kept(await work.run(query.lock_rows("UPDATE") if lock else query))


async def by_id(work: Work) -> Kept | None:
    """Return the organization."""
    return _kept(await work.run(_select().where(Organizations.id == work.own)))


async def ids(work: Work, slugs: Iterable[str]) -> tuple[dict[str, OrganizationId], datetime]:
    """Return which organizations have these slugs, and PostgreSQL's time."""
    [row] = await work.fetch(_IDS, [*slugs])
    return {slug: show(ORGANIZATION, own) for slug, own in row["ids"]}, row["now"]


async def every(work: Work) -> list[Kept]:
    """Return all organizations, by slug."""
    return [_row(row) for row in await work.run(_select().order_by(Organizations.slug))]


async def epoch(work: Work) -> tuple[int, datetime] | None:
    """Return the epoch and PostgreSQL's time: the first query of every action but the gatherer's, which reads both."""
    rows = await work.fetch(_EPOCH, work.own)
    return (rows[0]["epoch"], rows[0]["now"]) if rows else None


async def add(work: Work, organization: Kept, *, recorded_at: datetime) -> None:
    """Store a new organization, and begin its log."""
    await work.fetch(_BEGIN_LOG, raw(organization.id), organization.slug, EMPTY, recorded_at)
    await work.run(
        Organizations.insert(
            Organizations(
                id=raw(organization.id),
                slug=organization.slug,
                epoch=organization.epoch,
                configuration=organization.configuration,
                recorded_at=recorded_at,
            )
        )
    )


async def configure(work: Work, digest: str, *, document: bytes, recorded_at: datetime) -> None:
    """Keep a configuration for good and put it in force; every worker takes it up with its next query."""
    await work.fetch(_KEEP, work.own, digest, document, recorded_at)
    await work.fetch(_IN_FORCE, work.own, digest)
    await work.fetch(_GROW, work.own, digest)


async def in_force(work: Work, at: datetime) -> InForce | None:
    """Return the configuration in force at an instant; before there was any, the first."""
    rows = await work.fetch(_AT, work.own, at)
    return InForce(digest=rows[0]["digest"], since=rows[0]["since"]) if rows else None


async def configuration(work: Work, digest: str) -> bytes | None:
    """Return a configuration ever used, as canonical JSON."""
    rows = await work.run(
        Configurations.select(Configurations.document).where(
            (Configurations.organization == work.own) & (Configurations.digest == digest)
        )
    )
    return rows[0]["document"] if rows else None


async def grow(work: Work) -> None:
    """Let the epoch grow, so that every worker reads anew before it decides."""
    await work.run(
        Organizations.update({Organizations.epoch: Organizations.epoch + 1}).where(Organizations.id == work.own)
    )


async def hold(work: Work) -> None:
    """Let the epoch stand still until this work ends, which must not let it grow: two would wait for each other."""
    await work.fetch(_HOLD, work.own)


def _select() -> Select[Organizations]:
    return Organizations.select(Organizations.id, Organizations.slug, Organizations.epoch, Organizations.configuration)


def _kept(rows: list[Record]) -> Kept | None:
    return _row(rows[0]) if rows else None


def _row(row: Record) -> Kept:
    return Kept(
        id=show(ORGANIZATION, row["id"]),
        slug=row["slug"],
        epoch=row["epoch"],
        configuration=row["configuration"],
    )
