"""`consent-vault policy replay` and `policy explain` of a log: what they say, and the status others go by."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.command import Ran, run
from tests.e2e.test_console_log import Found, furnish, numbered
from tests.e2e.test_policy_replay import SUNDAY, ask_again, put_down, put_in_force
from tests.stage import Stage

Type = Callable[..., Awaitable[Ran]]
NO_ENTRY = "ent_06h0090m41t835kpwqjv10s1y0"


@pytest.fixture
def typed(stage: Stage, key_file: Path) -> Type:
    """Types an action of `consent-vault policy` beside the application."""

    async def type_(*arguments: object) -> Ran:
        settings = {"mode": "trial", "database_url": stage.url, "key_file": key_file}
        return await asyncio.to_thread(run, "policy", *arguments, **settings)

    return type_


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    return put_down(tmp_path / "strict", SUNDAY)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A folder of no policies beside the shipped ones."""
    return put_down(tmp_path / "plain", "// Nothing more than what is shipped.\n")


@pytest_asyncio.fixture
async def found(stage: Stage, tmp_path: Path) -> Found:
    made = await furnish(stage)
    await numbered(stage, tmp_path)
    return made


# ── Replay ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_stricter_policies_are_told_as_a_table_and_end_well(typed: Type, found: Found, strict: Path) -> None:
    told = (await typed("replay", "fernhill", strict)).well().splitlines()
    assert told[0] == "1 of the last 4 decisions would come out otherwise."
    assert told[1] == "0 people would be reached who were not, 1 no longer who were."
    assert [line.split() for line in told[3:] if found.allowed in line] == [
        ["sales", "email", "yes", "no", "not_allowed", "1", "1", found.allowed]
    ]
    assert told[3].split() == [
        "purpose",
        "channel",
        "was",
        "would",
        "be",
        "reason",
        "decisions",
        "people",
        "such",
        "as",
    ]


async def test_looser_policies_end_with_the_status_of_a_warning(
    stage: Stage, typed: Type, found: Found, strict: Path, plain: Path
) -> None:
    await put_in_force(stage, strict)
    await (await stage.client("crm")).grant(found.customer)
    assert not (await ask_again(stage, found.customer))["allowed"]
    await numbered(stage, strict.parent)
    ended = await typed("replay", "fernhill", plain)
    assert (ended.status, ended.err) == (1, "")
    assert "1 people would be reached who were not, 0 no longer who were." in ended.out
    as_json = await typed("replay", "fernhill", plain, "--json", "--last", "1")
    assert (as_json.status, as_json.err) == (1, "")
    effect = json.loads(as_json.out)
    assert (effect["decisions"], effect["reached"], effect["lost"], effect["unread"]) == (1, 1, 0, 0)
    assert [(one["before"], one["after"], one["people"]) for one in effect["changes"]] == [("no", "yes", 1)]


async def test_what_changes_nothing_has_no_table(typed: Type, found: Found, plain: Path) -> None:
    told = (await typed("replay", "fernhill", plain)).well().splitlines()
    assert told == [
        "0 of the last 4 decisions would come out otherwise.",
        "0 people would be reached who were not, 0 no longer who were.",
    ]
    effect = json.loads((await typed("replay", "fernhill", plain, "--json")).well())
    assert (effect["decisions"], effect["same"], effect["changes"]) == (4, 4, [])


# ── Explain ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_decision_is_explained_with_the_policies_it_rests_on(typed: Type, found: Found) -> None:
    told = (await typed("explain", "--organization", "fernhill", found.allowed, found.refused)).well()
    first, second = told.split(f"{found.refused}: ")
    assert first.startswith(f"{found.allowed}: yes to sales over email\n")
    assert second.startswith("no to sales over email\n")
    assert "for crm, by configuration " in first
    assert "  opted_in: The customer gave consent for this purpose and channel, and it stands." in first
    assert '@id("opted_in")' in first
    assert '@reason("withdrawn")' in second
    assert "differs" not in told
    machine = json.loads((await typed("explain", "--organization", "fernhill", found.allowed, "--json")).well())
    [one] = machine
    assert (one["decision"]["entry"], one["decision"]["same"], one["decision"]["outcome"]) == (
        found.allowed,
        True,
        "allow",
    )
    assert [ground["policy"] for ground in one["policies"]] == ["opted_in"]


async def test_what_is_no_decision_is_said_in_a_sentence(typed: Type, found: Found) -> None:
    ended = await typed("explain", "--organization", "fernhill", found.fact)
    assert ended.refused() == "this entry tells of no decision; only a decision can be taken again"
    assert "no such entry" in (await typed("explain", "--organization", "fernhill", NO_ENTRY)).refused()
