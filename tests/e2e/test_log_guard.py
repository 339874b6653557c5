"""The log is compared with what was signed before more is: what is not so stops it and is named."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests.mail import until
from tests.sequencing import Sequencer, sequencing
from tests.stage import Stage, refused
from vault.actions.log import generations, sequencer, watching
from vault.actions.log.naming import generation_of, head_of
from vault.base.errors import Invalid, Unavailable
from vault.store.database import DatabaseError
from vault.store.log.guard import Guard


@pytest_asyncio.fixture
async def log(stage: Stage, tmp_path: Path) -> AsyncIterator[Sequencer]:
    await stage.rows("UPDATE vault.log_state SET seen_at = clock_timestamp()")  # templates grow old
    async with sequencing(stage, tmp_path / "guard") as own:
        yield Sequencer(stage, await stage.client("everything"), await stage.organization(), own)


@pytest_asyncio.fixture
async def customer(log: Sequencer) -> str:
    customer = await log.crm.register()
    await log.grow(customer, rounds=3)
    return customer


def guarded(log: Sequencer) -> bytes:
    note = log.sequencing.guard.read(log.organization)
    assert note is not None
    return note


async def stopped(log: Sequencer, code: str) -> None:
    """A step stops the log, says so once, and writes nothing else; no later one does anything."""
    before, (generation, size, root, _), kept = await log.written(), await log.state(), guarded(log)
    with capture_logs() as told:
        assert [await log.step(), await log.step()] == [0, 0]
    assert await log.written() == before
    assert await log.state() == (generation, size, root, code)
    assert guarded(log) == kept
    lines = [(line["event"], line["log_level"], line["code"], line["size"]) for line in told]
    assert lines == [("log_stopped", "error", code, size)]
    response = await log.stage.http.get("/health")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "log": "stopped"})


async def test_the_last_checkpoint_is_kept_outside_the_database(log: Sequencer, customer: str) -> None:
    note = await log.one("SELECT note FROM vault.log_checkpoint WHERE organization = $1 ORDER BY size DESC LIMIT 1")
    assert guarded(log) == note
    path = log.sequencing.guard.folder / f"{log.organization}.checkpoint"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


async def test_a_database_restored_to_an_hour_ago_is_noticed(log: Sequencer, customer: str) -> None:
    _, size, _, _ = await log.state()
    await log.grow(customer, rounds=2)
    await log.restore(size)
    await stopped(log, "rolled_back")


@pytest.mark.parametrize("more", [0, 1])
async def test_another_history_than_was_signed_is_noticed(
    log: Sequencer, customer: str, more: int, tmp_path: Path
) -> None:
    _, size, _, _ = await log.state()
    await log.grow(customer, rounds=2)
    await log.restore(size)
    late = await log.one(
        "DELETE FROM vault.log_pending WHERE organization = $1 AND entry = (SELECT entry FROM vault.log_pending "
        "WHERE organization = $1 ORDER BY entry DESC LIMIT 1) RETURNING entry"
    )
    async with sequencing(log.stage, tmp_path / "another") as other:
        for _ in range(1 + more):
            await log.crm.decide(customer=customer)
            assert await log.step(by=other) > 0
    await log.rows("INSERT INTO vault.log_pending VALUES ($1, $2)", late)
    await stopped(log, "forked")


@pytest.mark.parametrize(
    ("table", "damage"),
    [
        ("log_tile", "data = overlay(data placing '\\x00' from 1)"),
        ("log_tile", "data = substr(data, 2)"),
        ("log_tile", "number = number + 1"),
        ("log_state", "root = sha256('another')"),
        ("log_state", "size = size - 1"),
        ("log_checkpoint", "note = overlay(note placing 'X' from 1)"),
        ("log_checkpoint", "note = overlay(note placing '\\x00' from 1)"),
        ("log_checkpoint", "size = size + 1000, note = (SELECT note FROM vault.log_checkpoint ORDER BY size LIMIT 1)"),
        ("log_verifier", "public = CASE algorithm WHEN 'ed25519' THEN sha256('another') ELSE public END"),
    ],
)
async def test_damage_is_named_and_nothing_more_is_signed(
    log: Sequencer, customer: str, table: str, damage: str
) -> None:
    await log.stage.rows(f"CREATE TABLE keep (LIKE vault.{table})")
    await log.rows(f"INSERT INTO keep SELECT * FROM vault.{table} WHERE organization = $1")  # noqa: S608 - ours
    await log.rows(f"UPDATE vault.{table} SET {damage} WHERE organization = $1")  # noqa: S608 - ours
    await log.crm.decide(customer=customer)
    await stopped(log, "damaged")
    await log.rows(f"DELETE FROM vault.{table} WHERE organization = $1")  # noqa: S608 - ours
    await log.rows(f"INSERT INTO vault.{table} SELECT * FROM keep WHERE organization = $1")  # noqa: S608 - ours
    await log.stage.rows("DROP TABLE keep")
    await log.rows("UPDATE vault.log_state SET stopped = NULL WHERE organization = $1")
    assert await log.step() > 0


async def test_an_entry_that_waits_and_is_gone_is_damage(log: Sequencer, customer: str) -> None:
    await log.rows("INSERT INTO vault.log_pending VALUES ($1, gen_random_uuid())")
    await stopped(log, "damaged")
    await log.rows(
        "DELETE FROM vault.log_pending p WHERE organization = $1 AND NOT EXISTS "
        "(SELECT FROM vault.log_entry e WHERE e.organization = p.organization AND e.id = p.entry)"
    )


async def test_a_crash_before_the_guard_was_written_is_made_good(log: Sequencer, customer: str) -> None:
    path = log.sequencing.guard.folder / f"{log.organization}.checkpoint"
    old = path.read_bytes()
    await log.grow(customer, rounds=2)
    path.write_bytes(old)
    await log.grow(customer)
    path.unlink()
    with capture_logs() as told:
        await log.grow(customer)
    assert [line["event"] for line in told] == ["log_guard_missing"]
    assert head_of(guarded(log)).size == (await log.state())[1]


async def test_an_older_checkpoint_never_takes_the_place_of_a_newer_one(log: Sequencer, customer: str) -> None:
    old = guarded(log)
    await log.grow(customer)
    new = guarded(log)
    log.sequencing.guard.write(log.organization, old, newer=lambda one, than: head_of(one).size > head_of(than).size)
    assert guarded(log) == new


async def test_nothing_is_signed_that_cannot_be_guarded(log: Sequencer, customer: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    broken = msgspec.structs.replace(log.sequencing, guard=Guard(tmp_path / "file"))
    before = await log.written()
    await log.crm.decide(customer=customer)
    with pytest.raises(Unavailable) as error:
        await log.step(by=broken)
    assert error.value.code == "log_guard_unreadable"
    (tmp_path / "odd").mkdir()
    (tmp_path / f"odd/{log.organization}.checkpoint").write_bytes(b"no checkpoint")
    with pytest.raises(Unavailable):
        await log.step(by=msgspec.structs.replace(log.sequencing, guard=Guard(tmp_path / "odd")))
    assert await log.written() == before
    assert await log.step() > 0


async def test_a_clock_that_went_back_stops_nothing_for_good_and_signs_nothing(log: Sequencer, customer: str) -> None:
    await log.rows("UPDATE vault.log_checkpoint SET signed_at = signed_at + interval '1 hour' WHERE organization = $1")
    before = await log.written()
    await log.crm.decide(customer=customer)
    with pytest.raises(Unavailable) as error:
        await log.step()
    assert error.value.code == "log_clock_back"
    assert await log.written() == before
    await log.rows("UPDATE vault.log_checkpoint SET signed_at = signed_at - interval '1 hour' WHERE organization = $1")
    assert await log.step() > 0


@pytest.mark.parametrize("table", ["log_leaf", "log_tile", "log_checkpoint"])
async def test_a_full_disk_leaves_nothing_half_written(log: Sequencer, customer: str, table: str) -> None:
    await log.crm.decide(customer=customer)
    before, state = await log.written(), await log.state()
    await full(log, table)
    with pytest.raises(DatabaseError):
        await log.step()
    assert (await log.written(), await log.state()) == (before, state)
    await log.stage.rows(f"DROP TRIGGER full_disk ON vault.{table}")
    assert await log.step() > 0


async def test_on_a_full_disk_nothing_is_answered_that_is_not_logged(log: Sequencer, customer: str) -> None:
    await log.crm.grant(customer)
    before = await log.stage.written()
    await full(log, "log_entry")
    body = {"customer": customer, "purpose": "sales", "channel": "email", "release": ["contact"]}
    problem = refused(await log.crm.send("POST", "/v1/decisions", body), 503, "database_away")
    assert "quokka" not in json.dumps(problem)
    await log.stage.rows("DROP TRIGGER full_disk ON vault.log_entry")
    assert await log.stage.written() == before


async def full(log: Sequencer, table: str) -> None:
    await log.stage.rows(
        "CREATE OR REPLACE FUNCTION public.full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$"
    )
    await log.stage.rows(
        f"CREATE TRIGGER full_disk BEFORE INSERT ON vault.{table} FOR EACH ROW EXECUTE FUNCTION public.full_disk()"
    )


async def test_a_stopped_log_ends_decisions_where_that_is_set_and_nothing_else(log: Sequencer, customer: str) -> None:
    strict = await log.stage.open(on_fork="refuse")
    crm = await log.stage.client("everything", app=strict)
    await crm.decide(customer=customer)
    await log.step()
    path = log.sequencing.guard.folder / f"{log.organization}.checkpoint"
    ahead = path.read_bytes()
    await log.restore((await log.sizes())[0])
    await stopped(log, "rolled_back")
    assert path.read_bytes() == ahead
    asked = {"customer": customer, "purpose": "sales", "channel": "email"}
    refused(await crm.send("POST", "/v1/decisions", asked), 503, "log_stopped")
    await crm.say_no("withdrawals", customer)
    await log.crm.decide(customer=customer)
    await begin(log, "the standby was promoted without the last minute")
    await crm.decide(customer=customer)


async def begin(log: Sequencer, reason: str) -> int:
    actor = await log.stage.operator()
    return await generations.begin(log.stage.vault, log.sequencing, actor=actor, reason=reason)


async def test_the_first_entry_of_a_new_generation_names_the_break(log: Sequencer, customer: str) -> None:
    lost = head_of(guarded(log))
    await log.restore((await log.sizes())[0])
    _, size, root, _ = await log.state()
    await stopped(log, "rolled_back")
    assert await begin(log, "  a backup of three o'clock was restored ") == 2
    [entry] = await log.stage.entries("log_generation")
    assert entry["actor"] == {"kind": "operator"}
    assert {name: entry[name] for name in ("generation", "reason", "stopped", "database", "guard")} == {
        "generation": 2,
        "reason": "a backup of three o'clock was restored",
        "stopped": "rolled_back",
        "database": {"generation": 1, "size": size, "root": root.hex()},
        "guard": {"generation": 1, "size": lost.size, "root": lost.root.hex()},
    }
    kinds = "SELECT kind FROM vault.log_leaf WHERE organization = $1 AND generation = 2 ORDER BY number LIMIT 1"
    assert await log.one(kinds) == "log_generation"
    head = head_of(guarded(log))
    assert (generation_of(head), head.size, head.origin.rpartition("/")[2]) == (2, 1, "g2")
    assert (await log.state())[3] is None
    assert await log.step() > 0
    assert (await log.stage.http.get("/health")).json() == {"status": "ok", "log": "ok"}
    await log.grow(customer)


async def test_a_database_from_before_a_generation_is_noticed_and_never_uses_its_number_again(
    log: Sequencer, customer: str
) -> None:
    await begin(log, "the vault got another name")
    await log.rows("DELETE FROM vault.log_leaf WHERE organization = $1 AND generation = 2")
    await log.rows("DELETE FROM vault.log_checkpoint WHERE organization = $1 AND generation = 2")
    await log.rows(
        "DELETE FROM vault.log_entry WHERE organization = $1 AND position('log_generation'::bytea IN body) > 0"
    )
    note = await log.one("SELECT note FROM vault.log_checkpoint WHERE organization = $1 ORDER BY size DESC LIMIT 1")
    await log.set_state(1, head_of(note).size, head_of(note).root)
    await log.crm.decide(customer=customer)
    await stopped(log, "rolled_back")
    assert await begin(log, "a backup of three o'clock was restored") == 3


@pytest.mark.parametrize("reason", ["", "too short", "         x        ", "x" * 501])
async def test_a_new_generation_wants_a_reason(log: Sequencer, reason: str) -> None:
    with pytest.raises(Invalid):
        await begin(log, reason)
    assert (await log.state())[0] == 1


async def test_a_log_keeps_its_name_when_the_issuer_gets_another(log: Sequencer, customer: str) -> None:
    vault = msgspec.structs.replace(log.stage.vault, issuer="https://elsewhere.example")
    log.stage.apps[0].state.vault = vault
    await log.grow(customer)
    signed = await log.rows("SELECT note FROM vault.log_checkpoint WHERE organization = $1")
    assert len({head_of(row["note"]).origin for row in signed}) == 1


async def test_what_waits_for_more_than_a_minute_is_said_and_what_does_not_is_not(
    log: Sequencer, customer: str
) -> None:
    await log.rows("UPDATE vault.log_state SET seen_at = seen_at - interval '61 seconds' WHERE organization = $1")
    await log.crm.decide(customer=customer)
    assert (await log.stage.http.get("/health")).json()["log"] == "late"
    watch = watching.Watch()
    with capture_logs() as told:
        await watching.look(log.stage.vault, log.sequencing, watch=watch)
        await watching.look(log.stage.vault, log.sequencing, watch=watch)
    late = [line for line in told if line["event"] == "log_late"]
    assert [(line["organization"], line["log_level"]) for line in late] == [(log.organization, "error")]
    assert late[0]["seconds"] >= 61
    await log.step()
    assert (await log.stage.http.get("/health")).json()["log"] == "ok"
    with capture_logs() as told:
        await watching.look(log.stage.vault, log.sequencing, watch=watching.Watch())
    assert [line for line in told if line["event"] == "log_late"] == []


async def test_a_sequencer_that_starts_says_what_stands_still_and_numbers_the_rest(
    log: Sequencer, customer: str
) -> None:
    await log.restore((await log.sizes())[0])
    await log.step()
    epoch = await log.one("SELECT epoch FROM vault.organization WHERE id = $1")
    vault = msgspec.structs.replace(log.stage.vault, sequencing=log.sequencing)
    with capture_logs() as told:
        keepers = [asyncio.create_task(sequencer.keep(vault)) for _ in range(2)]
        await until(lambda: any(line["event"] == "log_stopped" for line in told))
        await begin(log, "a backup of three o'clock was restored")
        await until(lambda: is_done(log))
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
    assert await log.one("SELECT epoch FROM vault.organization WHERE id = $1") > epoch


async def is_done(log: Sequencer) -> bool:
    return int(await log.one("SELECT count(*) FROM vault.log_pending WHERE organization = $1")) == 0
