"""`consent-vault log capability`: made, told once, listed, ended."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.command import run
from tests.stage import copy_of


@pytest_asyncio.fixture
async def trial(server_url: str, furnished: str, key_file: Path, tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """The settings of a trial where the sample organization is in force."""
    async with copy_of(server_url, furnished) as url:
        yield {"mode": "trial", "database_url": url, "key_file": key_file, "data": tmp_path}


def listed(trial: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("log", "capability", "list", "fernhill", "--json", **trial).well())
    return found


def test_a_capability_is_told_once_listed_and_ended(trial: dict[str, Any]) -> None:
    assert run("log", "capability", "list", "fernhill", **trial).well() == "There is none.\n"
    said = run("log", "capability", "add", "fernhill", **trial).well()
    found = re.fullmatch(r"(cap_\w+) was made\. .*\n\n(/log/fernhill/g1/[A-Za-z0-9_-]{43})\n", said)
    assert found is not None, said
    [kept] = listed(trial)
    assert (kept["id"], kept["made_by"], kept["ended_at"]) == (found[1], "operator", None)
    assert found[2].rpartition("/")[2] not in run("log", "capability", "list", "fernhill", **trial).well()
    assert found[1] in run("log", "capability", "end", "fernhill", found[1], **trial).well()
    assert listed(trial)[0]["ended_at"] is not None
    assert ", ended " in run("log", "capability", "list", "fernhill", **trial).well()


def test_what_is_no_capability_is_not_ended(trial: dict[str, Any]) -> None:
    assert "cap_ and 26 characters" in run("log", "capability", "end", "fernhill", "cap_1", **trial).refused()
    unknown = "cap_06h0090m41t835kpwqjv10s1y0"
    assert "no such capability" in run("log", "capability", "end", "fernhill", unknown, **trial).refused()


def test_machines_are_answered_in_json(trial: dict[str, Any]) -> None:
    made = json.loads(run("log", "capability", "add", "fernhill", "--json", **trial).well())
    assert made["path"].startswith("/log/fernhill/g1/")
    ended = run("log", "capability", "end", "fernhill", made["id"], "--json", **trial).well()
    assert json.loads(ended) == {"ended": made["id"]}
