"""The log followed: each entry a line, in order, whatever happens in between; nothing twice and nothing left out."""

# ruff: noqa: S603 - our own command
from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from tests.command import COMMAND, environment, run
from tests.e2e.logged import Logged, logged
from tests.mail import until
from vault.actions.log import generations
from vault.base.canonical import canonical
from vault.domain.actor import Actor

SIZE = 619


@pytest_asyncio.fixture
async def kept(server_url: str, furnished: str, key_file: Path, tmp_path: Path) -> AsyncIterator[Logged]:
    async with logged(server_url, furnished, key_file=key_file, guard=tmp_path / "guard") as kept:
        yield kept


@pytest.fixture
def settings(kept: Logged, key_file: Path, tmp_path: Path) -> dict[str, Any]:
    return {"mode": "trial", "database_url": kept.url, "key_file": key_file, "data": tmp_path}


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def follow(settings: dict[str, Any], *more: str) -> list[dict[str, Any]]:
    return lines(run("log", "follow", "fernhill", "--once", *more, **settings).well())


async def test_each_entry_is_a_line_in_the_order_of_the_log(kept: Logged, settings: dict[str, Any]) -> None:
    found = follow(settings)
    assert [(one["generation"], one["number"]) for one in found] == [(1, number) for number in range(SIZE)]
    for one in found:
        assert one["hash"] == sha256(b"\0" + canonical(one["entry"])).hexdigest()


async def test_it_goes_on_where_it_was(kept: Logged, settings: dict[str, Any]) -> None:
    assert [one["number"] for one in follow(settings, "--from", "600")] == [*range(600, SIZE)]
    assert follow(settings, "--from", str(SIZE)) == []
    await kept.write(1)
    told = [one["entry"] for one in follow(settings, "--from", f"1/{SIZE}")]
    assert [(one["kind"], one.get("start")) for one in told[:2]] == [("log_followed", 600), ("log_followed", SIZE)]


@pytest.mark.parametrize("wrong", ["620", "2/0", "-1", "nonsense", "0/1"])
async def test_a_place_that_is_none_is_refused(kept: Logged, settings: dict[str, Any], wrong: str) -> None:
    done = run("log", "follow", "fernhill", "--once", f"--from={wrong}", **settings)
    assert (done.status, done.out) == (2, "")


async def test_a_new_generation_is_a_line_of_its_own(kept: Logged, settings: dict[str, Any]) -> None:
    actor = Actor(organization=kept.organization, kind="operator")
    await generations.begin(kept.vault, kept.sequencing, actor=actor, reason="a test of what comes after")
    *_, last, turn, first = follow(settings, "--from", "1/617")
    assert turn == {"generation": 2, "begins_after": SIZE}
    assert (last["generation"], last["number"]) == (1, SIZE - 1)
    assert (first["generation"], first["number"], first["entry"]["kind"]) == (2, 0, "log_generation")
    assert "has 2 generations" in run("log", "follow", "fernhill", "--once", "--from", "617", **settings).refused()


async def test_a_pruned_entry_is_a_line_with_its_hash(kept: Logged, settings: dict[str, Any]) -> None:
    before = follow(settings, "--from", "255")
    await kept.execute(
        "UPDATE vault.log_leaf SET at = at - interval '7 years' WHERE organization = $1 AND number < 300"
    )
    run("log", "prune", **settings).well()
    after = follow(settings, "--from", "255")
    assert after[0] == {"generation": 1, "number": 255, "hash": before[0]["hash"], "pruned": True}
    assert after[1] == before[1]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DELETE FROM vault.log_leaf WHERE organization = $1 AND number = 300", "entry 300 is gone"),
        ("DELETE FROM vault.log_leaf WHERE organization = $1 AND number >= 610", "entry 610 is gone"),
        (
            (
                "DELETE FROM vault.log_entry e USING vault.log_leaf l "
                "WHERE l.organization = $1 AND entry = id AND number = 300"
            ),
            "entry 300 has lost its body",
        ),
        (
            (
                "UPDATE vault.log_entry e SET body = body || ' ' FROM vault.log_leaf l "
                "WHERE l.organization = $1 AND entry = id AND number = 300"
            ),
            "entry 300 is not the one that was numbered",
        ),
    ],
)
async def test_what_is_missing_or_other_ends_the_following_and_is_named(
    kept: Logged, settings: dict[str, Any], statement: str, named: str
) -> None:
    await kept.execute(statement)
    actor = Actor(organization=kept.organization, kind="operator")
    await generations.begin(kept.vault, kept.sequencing, actor=actor, reason="so that the first one is over")
    done = run("log", "follow", "fernhill", "--once", **settings)
    assert (done.status, named in done.err) == (2, True)
    assert all(line["number"] < 610 for line in lines(done.out))


async def test_it_follows_what_comes_waits_for_the_database_and_ends_when_told_to(
    kept: Logged, settings: dict[str, Any], server_url: str, tmp_path: Path
) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    with out.open("wb") as written, err.open("wb") as said:
        process = subprocess.Popen(  # noqa: ASYNC220 - our own command
            [COMMAND, "log", "follow", "fernhill", "--from", "600"],
            stdout=written,
            stderr=said,
            env=environment(**settings),
        )
    try:
        await until(lambda: len(out.read_bytes().splitlines()) == 19)
        assert await kept.write(5) == 6  # and the entry that tells of the following
        await until(lambda: len(out.read_bytes().splitlines()) == 25)
        await _cut_off(kept, server_url, allow="false")
        await until(lambda: b"log_follow_waits" in err.read_bytes())
        await _cut_off(kept, server_url, allow="true")
        await kept.write(2)
        await until(lambda: len(out.read_bytes().splitlines()) == 27)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(partial(process.wait, timeout=20)) == 0
    finally:
        process.kill()
        process.wait()
    assert [one["number"] for one in lines(out.read_text())] == [*range(600, 627)]
    assert {line["event"] for line in lines(err.read_text())} <= {"log_follow_waits", "library"}


@pytest.mark.parametrize("ends", ["reader", "told"])
async def test_it_ends_cleanly_with_its_reader_or_though_nobody_reads(
    kept: Logged, settings: dict[str, Any], ends: str
) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(  # noqa: ASYNC220 - our own command
        [COMMAND, "log", "follow", "fernhill"], stdout=writing, stderr=subprocess.PIPE, env=environment(**settings)
    )
    os.close(writing)
    first = await asyncio.to_thread(os.read, reading, 100)
    assert first.startswith(b'{"generation":1,"number":0,')
    if ends == "reader":
        os.close(reading)
    else:
        process.send_signal(signal.SIGTERM)
    _, said = await asyncio.to_thread(partial(process.communicate, timeout=20))
    assert (process.returncode, said) == (141 if ends == "reader" else 0, b"")


async def _cut_off(kept: Logged, server_url: str, *, allow: str) -> None:
    """Let nobody in any more, and put out who is; or let them in again."""
    name = urlsplit(kept.url).path.removeprefix("/")
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {allow}')
        if allow == "false":
            await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    finally:
        await connection.close()
