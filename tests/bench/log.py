"""`log`: the sequencer numbers and signs what waits, on a durable PostgreSQL, while nobody else works."""

from __future__ import annotations

import os
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.servers import settings
from tests.bench.world import machine, world
from vault.actions.log import sequencer
from vault.actions.log.parts import Sequencing
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.app import open_vault
from vault.base.ids import ENTRY, EntryId, OrganizationId, fresh
from vault.domain.actor import Actor
from vault.domain.entry import entry
from vault.store import log
from vault.store.database import open_database
from vault.store.log.guard import Guard
from vault.store.log.sequence import SEQUENCER

BUDGET = {"sequenced_per_second": 20_000}
_AT_ONCE = 5_000


async def sequence(*, entries: int = 100_000, rounds: int = 3) -> dict[str, Any]:
    """Measure how many entries a second get their number, `rounds` times `entries` of them."""
    async with world(0), open_vault(settings(), os.environ["BENCH_DATABASE"]) as vault:
        organization = await find(vault, "fernhill")
        database = await open_database(os.environ["BENCH_DATABASE"], size=2, role=SEQUENCER)
        guard = TemporaryDirectory()
        try:
            sequencing = Sequencing(database=database, guard=Guard(Path(guard.name)))
            rates = []
            for _ in range(rounds):
                await _write(vault, organization, entries=entries)
                begun = time.perf_counter()
                while await sequencer.step(vault, sequencing, organization=organization):
                    pass
                rates.append(entries / (time.perf_counter() - begun))
        finally:
            guard.cleanup()
            await database.close()
    rate = median(rates)
    met = rate >= BUDGET["sequenced_per_second"]
    return {**machine(), "entries": entries, "sequenced_per_second": round(rate), "budget": BUDGET, "met": met}


async def _write(vault: Vault, organization: OrganizationId, *, entries: int) -> None:
    """Write entries as long as those of decisions."""
    actor = Actor(organization=organization, kind="client", key="crm")
    told: dict[str, Any] = {"purpose": "sales", "outcome": "deny", "reasons": ["never_asked"], "facts": ["x" * 30] * 20}
    for start in range(0, entries, _AT_ONCE):
        async with vault.database.work(organization) as work:
            ids = [
                EntryId(fresh(ENTRY, vault.clock, entropy=vault.entropy)) for _ in range(min(_AT_ONCE, entries - start))
            ]
            now = vault.clock.now()
            await log.add(work, [(one, entry(one, "decision", actor=actor, at=now, **told)) for one in ids])
