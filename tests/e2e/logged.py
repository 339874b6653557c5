"""A log to take home: some hundred entries in a vault of its own, numbered in several steps, and bundles of it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from consent_vault.verify import Verified, verify

from tests.stage import copy_of
from vault.actions.log import sequencer
from vault.actions.log.bundles import bundle
from vault.actions.log.parts import Sequencing
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.ids import ENTRY, OrganizationId, Subject, fresh, raw
from vault.base.settings import Settings
from vault.domain.actor import Actor
from vault.domain.entry import entry
from vault.parts import open_vault
from vault.store import log
from vault.store.database import open_database
from vault.store.log.guard import Guard
from vault.store.log.sequence import SEQUENCER

OURS = Subject("sub_06h0090m41t835kpwqjv10s1y0")
OTHERS = Subject("sub_06h0090m41t835kpwqjv10s1y4")
STEPS = (40, 260, 212, 100, 7)
"""How many entries each step numbers: a tile is passed, one is filled exactly, and the last is partial."""


class Logged:
    """A vault with a log, and the database below as its superuser sees it."""

    def __init__(self, vault: Vault, sequencing: Sequencing, *, url: str, organization: OrganizationId) -> None:
        self.vault = vault
        self.sequencing = sequencing
        self.url = url
        self.organization = organization

    async def write(self, count: int) -> int:
        """Write entries, every tenth about `OURS`, let them be numbered, and return how many were."""
        actor = Actor(organization=self.organization, kind="import")
        made = []
        for place in range(count):
            own = fresh(ENTRY, self.vault.clock, entropy=self.vault.entropy)
            told: dict[str, Any] = {"subject": OTHERS if place % 10 else OURS, "outcome": "deny", "reasons": ["no"]}
            made.append((own, entry(own, "decision", actor=actor, at=self.vault.clock.now(), **told)))
        async with self.vault.database.work(self.organization) as work:
            await log.add(work, made)
        return await sequencer.step(self.vault, self.sequencing, organization=self.organization)

    async def export(self, *, start: int = 0, end: int | None = None, subject: Subject | None = None) -> bytes:
        """Return a bundle."""
        actor = Actor(organization=self.organization, kind="operator")
        return b"".join([part async for part in await bundle(self.vault, actor, start=start, end=end, subject=subject)])

    async def execute(self, *statements: str) -> None:
        """Write into the database as its superuser; `$1` is the organization."""
        connection = await asyncpg.connect(self.url)
        try:
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement, *([raw(self.organization)] if "$1" in statement else []))
        finally:
            await connection.close()

    async def value(self, statement: str) -> Any:
        """Look into the database as its superuser; `$1` is the organization."""
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetchval(statement, raw(self.organization))
        finally:
            await connection.close()


def check(raw_bundle: bytes, **asked: Any) -> Verified:
    """Verify a bundle as an auditor does."""
    return verify(io.BytesIO(raw_bundle), **asked)


@asynccontextmanager
async def logged(server_url: str, furnished: str, *, key_file: Path, guard: Path) -> AsyncIterator[Logged]:
    """Yield a vault with the log of `STEPS`."""
    async with copy_of(server_url, furnished) as url, open_vault(Settings(key_file=key_file), url) as vault:
        organization = await find(vault, "fernhill")
        database = await open_database(url, size=2, role=SEQUENCER)
        try:
            sequencing = Sequencing(database=database, guard=Guard(guard))
            kept = Logged(vault, sequencing, url=url, organization=organization)
            waiting = await kept.value("SELECT count(*) FROM vault.log_pending WHERE organization = $1")
            first, *rest = STEPS
            assert await kept.write(first - waiting) == first
            for count in rest:
                assert await kept.write(count) == count
            yield kept
        finally:
            await database.close()
