"""`log`: the sequencer numbers and signs what waits, on a durable PostgreSQL, while nobody else works; then an auditor
verifies a bundle of it, on one core, with what the SDK brings.
"""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from consent_vault.verify import verify

from tests.bench.result import held
from tests.bench.servers import settings
from tests.bench.world import world
from vault.actions.log import sequencer
from vault.actions.log.bundles import bundle
from vault.actions.log.parts import Sequencing
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.ids import ENTRY, OrganizationId, fresh
from vault.domain.actor import Actor
from vault.domain.entry import entry
from vault.parts import open_vault
from vault.store import log
from vault.store.database import open_database
from vault.store.log.guard import Guard
from vault.store.log.sequence import SEQUENCER

BUDGET = {"sequenced_per_second": 20_000, "verified_per_second": 50_000}
_AT_ONCE = 5_000


async def sequence(*, entries: int = 100_000, rounds: int = 3) -> dict[str, Any]:
    """Measure how many entries a second get their number and are verified, `rounds` times `entries` of them."""
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
            raw = await _export(vault, organization)
        finally:
            guard.cleanup()
            await database.close()
    measured = {"sequenced_per_second": median(rates), "verified_per_second": _verify(raw, rounds=rounds)}
    shown = {name: round(rate) for name, rate in measured.items()}
    return held("log", {"entries": entries, "bundle_bytes": len(raw), **shown}, at_least=BUDGET)


async def _export(vault: Vault, organization: OrganizationId) -> bytes:
    """Return a bundle of the whole log."""
    operator = Actor(organization=organization, kind="operator")
    return b"".join([part async for part in await bundle(vault, operator)])


def _verify(raw: bytes, *, rounds: int) -> float:
    """Return how many leaves a second are verified, a subject being searched for in each."""
    rates = []
    for _ in range(rounds):
        begun = time.perf_counter()
        manifest = verify(io.BytesIO(raw), subject="sub_06h0090m41t835kpwqjv10s1y0").manifest
        rates.append((manifest.end - manifest.start) / (time.perf_counter() - begun))
    return median(rates)


async def _write(vault: Vault, organization: OrganizationId, *, entries: int) -> None:
    """Write entries as long as those of decisions."""
    actor = Actor(organization=organization, kind="client", key="crm")
    told: dict[str, Any] = {"purpose": "sales", "outcome": "deny", "reasons": ["never_asked"], "facts": ["x" * 30] * 20}
    for start in range(0, entries, _AT_ONCE):
        async with vault.database.work(organization) as work:
            ids = [fresh(ENTRY, vault.clock, entropy=vault.entropy) for _ in range(min(_AT_ONCE, entries - start))]
            now = vault.clock.now()
            await log.add(work, [(one, entry(one, "decision", actor=actor, at=now, **told)) for one in ids])
