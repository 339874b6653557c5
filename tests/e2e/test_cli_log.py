"""`consent-vault log`: shown, begun anew, and what `doctor` says of it; worked by a worker as it runs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.command import run, sql
from tests.stage import copy_of
from vault.tlog.key import COSIGNATURE_ML_DSA, PLAIN, read_vkey
from vault.tlog.sign import opened

REASON = "a backup of three o'clock was restored"
STOP = "UPDATE vault.log_state SET stopped = 'rolled_back' WHERE slug = 'fernhill'"


@pytest_asyncio.fixture
async def trial(server_url: str, furnished: str, key_file: Path, tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """The settings of a trial where the sample organization is in force."""
    async with copy_of(server_url, furnished) as url:
        yield {"mode": "trial", "database_url": url, "key_file": key_file, "data": tmp_path}


def show(trial: dict[str, Any], slug: str = "fernhill") -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(run("log", "show", slug, "--json", **trial).out)
    return shown


def test_a_log_nobody_signed_yet_is_shown_as_that(trial: dict[str, Any]) -> None:
    said = run("log", "show", "_", **trial).well().splitlines()
    assert said[1:] == ["generation 1, 0 entries, goes on", "", "Nothing is signed yet."]


def test_a_new_generation_is_begun_and_shown_with_what_verifies_it(trial: dict[str, Any]) -> None:
    sql(trial["database_url"], STOP)
    assert run("log", "show", "fernhill", **trial).status == 1
    assert "fernhill: its access log is stopped (rolled_back)" in run("doctor", **trial).out
    said = run("log", "new-generation", "fernhill", "--reason", REASON, **trial).well()
    assert said == "Generation 2 has begun; its first entry names the break.\n"
    shown = show(trial)
    assert (shown["generation"], shown["size"], shown["stopped"]) == (2, 1, None)
    verifiers = [read_vkey(vkey) for vkey in shown["vkeys"]]
    assert {one.kind for one in verifiers} == {PLAIN, COSIGNATURE_ML_DSA}
    assert {one.name for one in verifiers} == {shown["origin"]}
    assert shown["origin"].endswith("/log/fernhill/g2")
    assert len(opened(shown["note"].encode(), verifiers).signatures) == 2
    lines = run("log", "show", "fernhill", **trial).well()
    assert all(part in lines for part in (*shown["note"].splitlines(), *shown["vkeys"]))
    assert (trial["data"] / "log-guard").is_dir()
    assert "access log" not in run("doctor", **trial).out


def test_a_reason_is_asked_for(trial: dict[str, Any]) -> None:
    assert "reason" in run("log", "new-generation", "fernhill", "--reason", "oops", **trial).refused()
    assert show(trial)["generation"] == 1


def test_doctor_says_when_nobody_numbers_entries(trial: dict[str, Any]) -> None:
    assert "access log" not in run("doctor", **trial).out
    sql(trial["database_url"], "UPDATE vault.log_state SET seen_at = seen_at - interval '2 hours'")
    found = run("doctor", **trial).out
    assert "fernhill: entries of its access log have been waiting for 2 hours or more" in found


def test_witnesses_are_keys_that_cosign_and_where_to_ask_them(trial: dict[str, Any]) -> None:
    for wrong in ("nonsense", "https://witness.example", "a+00000000+AAAA=https://witness.example"):
        said = run("log", "new-generation", "fernhill", "--reason", REASON, log_witnesses=wrong, **trial).refused()
        assert "VAULT_LOG_WITNESSES" in said
