"""The log searched: newest first, counted exactly, page by page; and what a search tells of itself in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests import make
from tests.e2e.auditing import Desk, desk, last, numbering
from tests.sequencing import Sequencer
from tests.stage import Json, Stage, refused
from vault.base.files import shipped


class Searched:
    """A log with twelve decisions about one customer, and one about another that waits."""

    def __init__(self, stage: Stage, auditor: Desk, log: Sequencer, *, decided: list[Json], subject: str) -> None:
        self.stage = stage
        self.auditor = auditor
        self.log = log
        self.decided = decided
        self.subject = subject

    async def find(self, **filters: str | int) -> Json:
        return await self.auditor.get("/search", **filters)


@pytest_asyncio.fixture
async def searched(stage: Stage, tmp_path: Path) -> AsyncIterator[Searched]:
    auditor = await desk(stage)
    async with numbering(stage, tmp_path) as log:
        customer = await log.crm.register()
        await log.crm.grant(customer)
        decided = [await log.crm.decide(customer=customer, purpose=purpose) for purpose in ("sales", "newsletter") * 6]
        subject = (await stage.entry(decided[0]))["subject"]
        while await log.step():
            pass
        yield Searched(stage, auditor, log, decided=decided, subject=subject)


async def test_what_is_found_is_counted_exactly_and_comes_newest_first(searched: Searched) -> None:
    found = await searched.find(kind="decision")
    assert found["count"] == 12 == len(found["hits"])
    assert [hit["entry"] for hit in found["hits"]] == [one["log"]["entry"] for one in reversed(searched.decided)]
    numbers = [hit["number"] for hit in found["hits"]]
    assert numbers == sorted(numbers, reverse=True)
    assert (found["after"], found["excludes"]) == (None, None)
    [hit, *_] = found["hits"]
    assert (hit["actor"], hit["subject"], hit["purpose"]) == ("client", searched.subject, "newsletter")
    assert hit["generation"] == 1
    assert hit["reasons"]


@pytest.mark.parametrize("name", ["subject", "client", "actor", "kind", "outcome", "reason", "purpose"])
async def test_each_filter_finds_what_has_it_and_nothing_else(searched: Searched, name: str) -> None:
    everything = (await searched.find())["hits"]
    pattern = next(hit for hit in everything if hit["kind"] == "decision")
    value = pattern["reasons"][0] if name == "reason" else pattern[name]

    def has(hit: Json) -> bool:
        return value in hit["reasons"] if name == "reason" else hit.get(name) == value

    found = await searched.find(**{name: value})
    assert found["count"] == len(found["hits"]) == sum(map(has, everything)) > 0
    assert all(map(has, found["hits"]))


async def test_since_is_the_first_instant_and_until_the_one_after_the_last(searched: Searched) -> None:
    hits = (await searched.find(kind="decision"))["hits"]
    at = hits[5]["at"]
    newer, older = await searched.find(kind="decision", since=at), await searched.find(kind="decision", until=at)
    assert (newer["count"], older["count"]) == (6, 6)
    later = (datetime.fromisoformat(at) + timedelta(microseconds=1)).isoformat()
    assert (await searched.find(kind="decision", since=at, until=later))["count"] == 1


async def test_a_cursor_leads_through_all_pages_and_each_entry_comes_once(searched: Searched) -> None:
    seen: list[str] = []
    page = await searched.find(kind="decision", limit=5)
    while True:
        assert page["count"] == 12
        seen += [hit["entry"] for hit in page["hits"]]
        if page["after"] is None:
            break
        await searched.log.crm.decide(customer=await searched.log.crm.register())  # what comes meanwhile moves nothing
        page = await searched.find(kind="decision", limit=5, after=page["after"])
    assert seen == [one["log"]["entry"] for one in reversed(searched.decided)]


async def test_one_of_the_staff_is_found_by_id_and_all_of_them_by_their_kind(searched: Searched) -> None:
    await searched.log.step()
    mine = await searched.find(actor="auditor")
    [staff] = {hit["staff"] for hit in mine["hits"]}
    assert (await searched.find(actor=staff))["count"] == mine["count"] > 0
    assert (await searched.find(actor="stf_06h0090m41t835kpwqjv10s1y0"))["count"] == 0


async def test_a_refusal_is_found_by_its_code(searched: Searched) -> None:
    stranger = await searched.stage.client("only_lookup")
    refused(await stranger.send("POST", "/v1/decisions", make.asked()), 403, "insufficient_scope")
    await searched.log.step()
    assert (await searched.find(kind="denied", reason="insufficient_scope"))["count"] == 1


async def test_what_waits_for_its_number_is_not_found_and_is_counted(searched: Searched) -> None:
    while await searched.log.step():
        pass
    await searched.log.crm.decide(customer=await searched.log.crm.register())
    found = await searched.find(kind="decision")
    assert found["count"] == 12
    assert found["waiting"] >= 2
    while await searched.log.step():
        pass
    found = await searched.find(kind="decision")
    assert (found["count"], found["waiting"]) == (13, 0)


@pytest.mark.parametrize(
    ("filters", "excludes"),
    [
        ({"kind": "decision", "purpose": "no_such_purpose"}, "purpose"),
        ({"kind": "erased", "outcome": "allow"}, "kind"),
        ({"kind": "erased", "purpose": "sales", "actor": "client"}, "kind"),
        ({"reason": "no_such_reason"}, "reason"),
        ({"kind": "one", "outcome": "two"}, "kind"),
    ],
)
async def test_where_nothing_is_found_the_filter_that_excludes_most_is_named(
    searched: Searched, filters: dict[str, str], excludes: str
) -> None:
    found = await searched.find(**filters)
    assert (found["hits"], found["count"], found["excludes"]) == ([], 0, excludes)


async def test_a_search_is_an_entry_that_tells_its_codes(searched: Searched) -> None:
    await searched.find(kind="decision", purpose="sales", subject=searched.subject)
    told = await last(searched.stage, "log_searched")
    assert told["filters"] == {"kind": "decision", "purpose": "sales"}
    assert (told["subject"], told["found"]) == (searched.subject, 6)
    assert told["actor"]["kind"] == "auditor"
    assert "unknown" not in told


async def test_a_word_that_nothing_in_the_log_has_is_not_written_into_it(searched: Searched) -> None:
    await searched.find(kind="decision", reason="maria_of_fernhill")
    told = await last(searched.stage, "log_searched")
    assert (told["filters"], told["unknown"]) == ({"kind": "decision"}, ["reason"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "cus_06h0090m41t835kpwqjv10s1y0"},
        {"subject": "sub_1"},
        {"client": "crm"},
        {"actor": "stf_1"},
        {"actor": "A"},
        {"kind": "a b"},
        {"reason": "no\n"},
        {"purpose": "quokka@quokkamail.example"},
        {"since": "yesterday"},
        {"since": "2026-01-01T00:00:00"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"limit": 51},
        {"limit": 0},
        {"after": "AAAA"},
        {"after": "\u00e9"},
    ],
)
async def test_a_filter_that_cannot_be_is_refused(searched: Searched, wrong: dict[str, Any]) -> None:
    response = await searched.auditor.send("GET", "/search", params=wrong)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json"), response.text
    if "quokka" in str(wrong):  # whoever types an address into a search has put it into the URL themselves
        searched.stage.seen.exchanges.pop()


@pytest.mark.parametrize("wrong", [{"puropse": "sales"}, {"number": "1"}, {"kind": ["decision", "fact"]}])
async def test_a_filter_nobody_knows_finds_nothing_at_all(searched: Searched, wrong: dict[str, Any]) -> None:
    response = await searched.auditor.send("GET", "/search", params=wrong)
    refused(response, 422, "unknown_parameter")


async def test_a_cursor_of_another_search_is_refused(searched: Searched) -> None:
    after = (await searched.find(kind="decision", limit=5))["after"]
    for filters in ({"kind": "fact"}, {}, {"kind": "decision", "purpose": "sales"}):
        response = await searched.auditor.send("GET", "/search", params=filters | {"after": after})
        refused(response, 422, "bad_cursor")


async def test_nothing_of_another_organization_is_ever_found(searched: Searched) -> None:
    await searched.stage.apply(make.organization("ridgeway"))
    other = await desk(searched.stage, slug="ridgeway")
    found = await other.get("/search", kind="decision")
    assert (found["count"], found["hits"]) == (0, [])
    assert (await other.get("/search", subject=searched.subject))["count"] == 0


async def test_a_log_from_before_is_marked_by_the_migration_as_the_sequencer_marks(
    searched: Searched,
) -> None:
    stranger = await searched.stage.client("only_lookup")
    refused(await stranger.send("POST", "/v1/decisions", make.asked()), 403, "insufficient_scope")
    await searched.log.step()
    leaves = "SELECT * FROM vault.log_leaf ORDER BY organization, number"
    marked = await searched.stage.rows(leaves)
    assert {"client", "operator"} <= {row["actor"].partition("/")[0] for row in marked}
    await searched.stage.rows(
        "UPDATE vault.log_leaf SET actor = NULL, outcome = CASE WHEN kind <> 'fact' THEN outcome END, "
        "reasons = CASE WHEN kind = 'decision' THEN reasons ELSE '{}' END"
    )
    assert await searched.stage.rows(leaves) != marked
    text = (shipped("migrations") / "0010_search.sql").read_text("utf-8")
    await searched.stage.rows(f"UPDATE {text.partition('UPDATE ')[2].partition(';')[0]}")
    assert await searched.stage.rows(leaves) == marked
