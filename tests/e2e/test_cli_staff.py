"""`consent-vault staff`: invite, show, put out."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.command import run, sql
from tests.stage import copy_of

LINK = re.compile(r"http://localhost:8471/console/fernhill/enrol/[A-Za-z0-9_-]{43}")


@pytest_asyncio.fixture
async def trial(server_url: str, furnished: str, key_file: Path) -> AsyncIterator[dict[str, Any]]:
    """The settings of a trial where the sample organization is in force."""
    async with copy_of(server_url, furnished) as url:
        yield {"mode": "trial", "database_url": url, "key_file": key_file}


def add(trial: dict[str, Any], role: str) -> dict[str, str]:
    made: dict[str, str] = json.loads(run("staff", "add", "fernhill", "--role", role, "--json", **trial).well())
    return made


def test_an_invitation_is_shown_once_and_kept_nowhere(trial: dict[str, Any]) -> None:
    said = run("staff", "add", "fernhill", "--role", "auditor", **trial).well().splitlines()
    assert re.fullmatch(r"id    stf_[0-9a-z]{26}", said[0])
    assert said[1] == "role  auditor"
    assert LINK.fullmatch(said[2].removeprefix("link  "))
    assert said[3] == "The link is shown once and kept nowhere. It works once, within the hour."
    kept = sql(trial["database_url"], "SELECT string_agg(i::text, ' ') FROM keystore.invitation i")
    assert said[2].rpartition("/")[2] not in kept


def test_who_there_is_is_shown_without_a_name(trial: dict[str, Any]) -> None:
    first, second = add(trial, "auditor"), add(trial, "admin")
    listed = json.loads(run("staff", "list", "fernhill", "--json", **trial).well())
    assert [(one["id"], one["role"], one["passkeys"]) for one in listed] == [
        (first["id"], "auditor", 0),
        (second["id"], "admin", 0),
    ]
    table = run("staff", "list", "fernhill", **trial).well().splitlines()
    assert re.split(r"  +", table[0]) == ["ID", "ROLE", "COMES BY", "SINCE"]
    assert re.split(r"  +", table[1])[:3] == [first["id"], "auditor", "0 passkeys"]


def test_whoever_is_put_out_is_there_no_more(trial: dict[str, Any]) -> None:
    made = add(trial, "admin")
    said = run("staff", "remove", "fernhill", made["id"], **trial).well()
    assert said == f"{made['id']} is out: no session and no passkey of theirs opens anything any more\n"
    assert json.loads(run("staff", "list", "fernhill", "--json", **trial).well()) == []
    assert (
        "nobody of this organization has that id" in run("staff", "remove", "fernhill", made["id"], **trial).refused()
    )
    made = add(trial, "admin")
    assert json.loads(run("staff", "remove", "fernhill", made["id"], "--json", **trial).well()) == {"id": made["id"]}


def test_what_cannot_be_is_told_in_one_sentence(trial: dict[str, Any]) -> None:
    assert "there is no organization nobody here" in run("staff", "list", "nobody", **trial).refused()
    assert "an id of this kind is stf_" in run("staff", "remove", "fernhill", "somebody", **trial).refused()
    assert run("staff", "add", "fernhill", "--role", "customer", **trial).status == 2
    numbered = {**trial, "issuer": "https://10.0.0.1"}
    said = run("staff", "add", "fernhill", "--role", "admin", **numbered).refused()
    assert said.startswith("passkeys need a vault with a name: set VAULT_ISSUER to https://vault.example")
