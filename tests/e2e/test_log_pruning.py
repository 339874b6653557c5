"""Retention: bodies of the log go after the years the file declares, and every proof stays as it was."""

# ruff: noqa: S608 - every statement is made of words that stand here
from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from consent_vault.verify import Refused

from tests.command import run
from tests.e2e.logged import OURS, Logged, check, logged
from vault.actions.audit import entries
from vault.actions.log import pruning
from vault.actions.log.archive import Archive
from vault.actions.log.pruning import prune
from vault.base.errors import Conflict, Gone
from vault.base.ids import ENTRY, show
from vault.domain.actor import Actor
from vault.store.database import open_database
from vault.store.log.pruned import RETENTION

SIZE = 619
AGE = "UPDATE vault.log_leaf SET at = at - interval '7 years' WHERE organization = $1 AND number < {}"
BODY = "UPDATE vault.log_entry SET body = {} WHERE organization = $1 AND id = ({})"
OF = "SELECT entry FROM vault.log_leaf WHERE organization = $1 AND number = {}"
BODIES = (
    "SELECT array_agg(number ORDER BY number) FROM vault.log_leaf l JOIN vault.log_entry e ON e.id = l.entry "
    "WHERE l.organization = $1"
)


@pytest_asyncio.fixture
async def kept(server_url: str, furnished: str, key_file: Path, tmp_path: Path) -> AsyncIterator[Logged]:
    async with logged(server_url, furnished, key_file=key_file, guard=tmp_path / "guard") as kept:
        yield kept


async def pruned(kept: Logged, *, dry_run: bool = False) -> list[tuple[int, int]]:
    retention = await open_database(kept.url, size=1, role=RETENTION)
    try:
        actor = Actor(organization=kept.organization, kind="operator")
        found = await prune(kept.vault, retention, actor=actor, dry_run=dry_run)
    finally:
        await retention.close()
    assert {(one.organization, one.generation) for one in found} <= {("fernhill", 1)}
    return [(one.start, one.end) for one in found]


async def last_entry(kept: Logged) -> dict[str, Any]:
    newest = "SELECT body FROM vault.log_entry WHERE organization = $1 ORDER BY id DESC LIMIT 1"
    told: dict[str, Any] = json.loads(await kept.value(newest))
    return told


def files(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        return {name: file.read(name) for name in file.namelist()}


def rebuilt(found: dict[str, bytes]) -> bytes:
    archive = Archive()
    return b"".join([*[archive.file(name, data) for name, data in found.items()], archive.end()])


async def test_only_whole_entry_bundles_go_whose_every_entry_is_old_enough(kept: Logged) -> None:
    assert await pruned(kept) == []
    await kept.execute(AGE.format(255))
    assert await pruned(kept) == []
    await kept.execute(AGE.format(SIZE).replace("number", "number <> 300 AND number"))
    assert await pruned(kept) == [(0, 256)]
    assert await kept.value(BODIES) == [*range(256, SIZE)]
    await kept.execute(AGE.format(SIZE))
    assert await pruned(kept) == [(256, 512)]
    assert await pruned(kept) == []
    assert await kept.value(BODIES) == [*range(512, SIZE)]


async def test_an_entry_tells_from_where_to_where_and_a_dry_run_does_nothing(kept: Logged) -> None:
    await kept.execute(AGE.format(600))
    before = await last_entry(kept)
    assert await pruned(kept, dry_run=True) == [(0, 512)]
    assert await last_entry(kept) == before
    assert len(await kept.value(BODIES)) == SIZE
    await pruned(kept)
    told = await last_entry(kept)
    assert [told[name] for name in ("kind", "generation", "start", "end", "keep")] == ["log_pruned", 1, 0, 512, "P72M"]
    assert await kept.value("SELECT entry::text FROM vault.log_pruned WHERE organization = $1") is not None


async def test_a_bundle_over_pruned_entries_verifies_and_names_them(kept: Logged) -> None:
    before = check(await kept.export(subject=OURS))
    assert (before.manifest.pruned, before.announced) == (0, None)
    await kept.execute(AGE.format(600))
    await pruned(kept)
    found = check(await kept.export(subject=OURS))
    assert (found.manifest.start, found.manifest.pruned, found.manifest.end) == (0, 512, SIZE)
    assert found.root == before.root
    assert found.announced is None
    assert found.found == tuple(number for number in before.found if number >= 512)
    await kept.write(1)
    later = check(await kept.export())
    assert later.announced is not None
    assert later.announced >= SIZE


@pytest.mark.parametrize(("start", "end", "held"), [(0, 300, 300), (256, 300, 300), (0, 512, 512), (300, None, 512)])
async def test_any_range_over_pruned_entries_verifies(kept: Logged, start: int, end: int | None, held: int) -> None:
    await kept.execute(AGE.format(600))
    await pruned(kept)
    bundle = await kept.export(start=start, end=end)
    assert check(bundle).manifest.pruned == held
    assert not any(name.startswith("tile/entries/000") for name in files(bundle))


async def test_a_body_missing_where_nothing_was_pruned_is_named(kept: Logged) -> None:
    await kept.execute(AGE.format(300))
    await pruned(kept)
    await kept.execute(f"DELETE FROM vault.log_entry WHERE organization = $1 AND id = ({OF.format(530)})")
    with pytest.raises(Conflict, match="the body of entry 530 is gone"):
        await kept.export()


async def test_an_entry_without_its_body_is_gone_where_it_was_pruned_and_damage_elsewhere(kept: Logged) -> None:
    await kept.execute(AGE.format(300))
    await pruned(kept)
    await kept.execute(f"DELETE FROM vault.log_entry WHERE organization = $1 AND id = ({OF.format(530)})")
    auditor = Actor(organization=kept.organization, kind="auditor", signed_in_at=kept.vault.clock.now())
    for number, refusal in ((3, Gone), (530, Conflict)):
        entry = show(ENTRY, await kept.value(OF.format(number)))
        with pytest.raises(refusal, match=f"entry {number} "):
            await entries.entry(kept.vault, auditor, entry=entry)


async def test_tampering_after_pruning_is_named(kept: Logged) -> None:
    await kept.execute(AGE.format(600))
    await pruned(kept)
    bundle = await kept.export()
    whole = files(bundle)
    tile = whole["tile/0/000"]
    for name, changed, index in (
        ("tile/0/000", tile[:320] + bytes(32) + tile[352:], 0),  # of a pruned entry, the tree is known to be wrong
        ("tile/entries/002.p/107", whole["tile/entries/002.p/107"].replace(b'"deny"', b'"okay"', 1), 512),
        ("manifest.json", whole["manifest.json"].replace(b'"pruned":512', b'"pruned":256'), 256),
    ):
        with pytest.raises(Refused) as caught:
            check(rebuilt(whole | {name: changed}))
        assert caught.value.index == index, name
    await kept.execute(BODY.format("body || ' '", OF.format(600)))
    with pytest.raises(Refused) as caught:
        check(await kept.export())
    assert (caught.value.code, caught.value.index) == ("wrong_entry", 600)


async def test_a_bundle_that_claims_a_pruning_nobody_announced_shows_no_entry_for_it(kept: Logged) -> None:
    whole = files(await kept.export())
    whole["manifest.json"] = whole["manifest.json"].replace(b',"start"', b',"pruned":256,"start"')
    del whole["tile/entries/000"]
    assert check(rebuilt(whole)).announced is None
    for wrong in (b"0", b"100", b"620", b'"256"', b"null", b"-256"):
        with pytest.raises(Refused, match="malformed_manifest"):
            manifest = whole["manifest.json"].replace(b'"pruned":256', b'"pruned":' + wrong)
            check(rebuilt(whole | {"manifest.json": manifest}))


async def test_what_a_crash_left_of_pruned_bodies_goes_with_the_next_run(kept: Logged) -> None:
    await kept.execute(
        AGE.format(300),
        "INSERT INTO vault.log_pruned VALUES ($1, 1, 256, '01900000-0000-7000-8000-000000000000', now())",
    )
    assert check(await kept.export()).manifest.pruned == 256
    assert len(await kept.value(BODIES)) == SIZE
    assert await pruned(kept) == []
    assert await kept.value(BODIES) == [*range(256, SIZE)]


async def test_what_lies_sealed_beside_an_entry_goes_with_its_body(kept: Logged) -> None:
    detail = "INSERT INTO vault.log_detail SELECT $1, ({}), 'device', NULL, 'sealed'"
    await kept.execute(AGE.format(300), detail.format(OF.format(200)), detail.format(OF.format(270)))
    await pruned(kept)
    left = "SELECT array_agg(number) FROM vault.log_detail d JOIN vault.log_leaf l USING (organization, entry)"
    assert await kept.value(f"{left} WHERE d.organization = $1") == [270]


async def test_nothing_goes_that_no_mark_covers(kept: Logged) -> None:
    from vault.store.log.pruned import sweep  # noqa: PLC0415 - the statement alone

    retention = await open_database(kept.url, size=1, role=RETENTION)
    async with retention.work(kept.organization) as work:
        assert await sweep(work, 1, start=0, end=SIZE) == 0
    await retention.close()
    connection = await asyncpg.connect(kept.url, server_settings={"role": RETENTION})
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("INSERT INTO vault.log_pruned SELECT * FROM vault.log_pruned")
    await connection.close()


async def test_the_worker_prunes_by_itself(kept: Logged) -> None:
    await kept.execute(AGE.format(300))
    retention = await open_database(kept.url, size=2, role=RETENTION)
    sequencing = msgspec.structs.replace(kept.sequencing, retention=retention)
    duty = asyncio.create_task(pruning.keep(msgspec.structs.replace(kept.vault, sequencing=sequencing)))
    while await kept.value(BODIES.replace("array_agg(number ORDER BY number)", "min(number)")) != 256:
        assert not duty.done()
        await asyncio.sleep(0.1)
    duty.cancel()
    with suppress(asyncio.CancelledError):
        await duty
    await retention.close()


async def test_the_command_prunes_every_organization_or_one(kept: Logged, key_file: Path) -> None:
    settings: dict[str, Any] = {"mode": "trial", "database_url": kept.url, "key_file": key_file}
    assert run("log", "prune", **settings).well() == "Nothing is to go.\n"
    await kept.execute(AGE.format(600))
    asked = run("log", "prune", "fernhill", "--dry-run", **settings).well()
    assert asked == "fernhill, generation 1: entries 0 to 511 would lose their bodies\n"
    told = json.loads(run("log", "prune", "--json", **settings).well())
    assert told == [{"organization": "fernhill", "generation": 1, "start": 0, "end": 512}]
    assert check(await kept.export()).manifest.pruned == 512
    assert "no organization" in run("log", "prune", "nobody", **settings).refused()
