"""The sequencer: what was written gets its number, once, and every checkpoint is signed and extends the one before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import asyncpg
import pytest_asyncio

from tests.stage import Stage
from vault.actions.log import sequencer
from vault.actions.log.naming import origin
from vault.actions.log.parts import Sequencing
from vault.base.ids import OrganizationId, raw
from vault.store.database import open_database
from vault.store.log.guard import Guard
from vault.store.log.sequence import SEQUENCER
from vault.tlog import checkpoint
from vault.tlog.hashes import leaf_hash
from vault.tlog.key import COSIGNATURE_ML_DSA, PLAIN, Kind, Verifier
from vault.tlog.proof import Tree
from vault.tlog.sign import opened
from vault.tlog.tile import Tile
from vault.tlog.verify import check_consistency


@pytest_asyncio.fixture
async def sequencing(stage: Stage, tmp_path: Path) -> AsyncIterator[Sequencing]:
    database = await open_database(stage.url, size=4, role=SEQUENCER)
    yield Sequencing(database=database, guard=Guard(tmp_path / "guard"))
    await database.close()


async def numbered(stage: Stage, sequencing: Sequencing, *, rounds: int) -> OrganizationId:
    """Let a client be answered so many times, with a step of the log after each."""
    crm = await stage.client("everything")
    customer = await crm.register()
    organization = await stage.organization()
    for _ in range(rounds):
        await crm.decide(customer=customer)
        assert await sequencer.step(stage.vault, sequencing, organization=organization) > 0
    return organization


async def kept(stage: Stage, statement: str, organization: OrganizationId) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(stage.url)
    try:
        return await connection.fetch(statement, raw(organization))
    finally:
        await connection.close()


async def test_each_entry_gets_one_number_and_nothing_waits(stage: Stage, sequencing: Sequencing) -> None:
    organization = await numbered(stage, sequencing, rounds=3)
    rows = await kept(
        stage,
        "SELECT number, hash, body FROM vault.log_entry e LEFT JOIN vault.log_leaf l "
        "ON l.organization = e.organization AND l.entry = e.id WHERE e.organization = $1 ORDER BY number",
        organization,
    )
    assert [row["number"] for row in rows] == list(range(len(rows)))
    assert all(row["hash"] == leaf_hash(row["body"]) for row in rows)
    assert await sequencer.step(stage.vault, sequencing, organization=organization) == 0


async def test_every_checkpoint_is_signed_by_both_keys_and_extends_the_one_before(
    stage: Stage, sequencing: Sequencing
) -> None:
    organization = await numbered(stage, sequencing, rounds=5)
    public = await kept(stage, "SELECT algorithm, public FROM vault.log_verifier WHERE organization = $1", organization)
    notes = await kept(
        stage, "SELECT note, size FROM vault.log_checkpoint WHERE organization = $1 ORDER BY size", organization
    )
    rows = await kept(stage, "SELECT * FROM vault.log_tile WHERE organization = $1", organization)
    tiles = {Tile(level=row["level"], index=row["number"], width=row["width"]): row["data"] for row in rows}
    name = origin(stage.vault.issuer, "fernhill", generation=1)
    kinds: dict[str, Kind] = {"ed25519": PLAIN, "ml-dsa-44": COSIGNATURE_ML_DSA}
    verifiers = [Verifier(name=name, kind=kinds[row["algorithm"]], public=row["public"]) for row in public]
    heads = []
    for row in notes:
        note = opened(row["note"], verifiers)
        assert len(note.signatures) == 2
        heads.append(checkpoint.read(note.text))
    assert len(heads) == 5
    for before, after in pairwise(heads):
        proof = Tree(after.size, tiles.__getitem__).consistency(before.size)
        check_consistency(proof, old_size=before.size, old_root=before.root, new_size=after.size, new_root=after.root)


async def test_two_sequencers_at_once_leave_no_gap_and_no_double(stage: Stage, sequencing: Sequencing) -> None:
    crm = await stage.client("everything")
    customer = await crm.register()
    organization = await stage.organization()
    for _ in range(10):
        await asyncio.gather(
            *(crm.decide(customer=customer) for _ in range(5)),
            *(sequencer.step(stage.vault, sequencing, organization=organization) for _ in range(3)),
        )
    while await sequencer.step(stage.vault, sequencing, organization=organization):
        pass
    rows = await kept(stage, "SELECT number FROM vault.log_leaf WHERE organization = $1 ORDER BY number", organization)
    entries = await kept(stage, "SELECT count(*) FROM vault.log_entry WHERE organization = $1", organization)
    assert [row["number"] for row in rows] == list(range(entries[0]["count"]))
