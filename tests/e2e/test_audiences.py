"""Audiences: many asked about at once, in the background, each with an entry; and whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests import make
from tests.e2e.screened import LINES, NOBODY, SALES, decided, everyone, listed, people, read, upload, work
from tests.stage import Api, Stage, refused, said
from vault.actions.audience import making, screening, working
from vault.base.ids import AudienceId
from vault.domain.audience import job as jobs
from vault.store.audience import chunks

NO_AUDIENCE = "aud_06h0090m41t835kpwqjv10s1y0"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a chunk be two customers, so that few are many chunks."""
    for module in (jobs, screening, making):
        monkeypatch.setattr(module, "CHUNK", 2)
    monkeypatch.setattr(screening, "AHEAD", 2)


@pytest.mark.usefixtures("small")
async def test_everyone_is_asked_about_once_and_each_has_an_entry(stage: Stage, api: Api) -> None:
    customers = await people(api, yes=5, no=4)
    gone = await api.register()
    await stage.erase(gone)
    made = await everyone(api)
    assert (made["state"], made["progress"], made["everyone"]) == ("queued", {"answered": 0, "of": 9}, True)
    later = await api.register()  # is none of everyone any more
    refused(await api.send("GET", f"/v1/audiences/{made['id']}/result"), 409, "audience_underway")
    await work(stage)
    shown = await api.get(f"/v1/audiences/{made['id']}")
    assert (shown["state"], shown["progress"]) == ("done", {"answered": 9, "of": 9})
    assert shown["totals"] == {
        "allow": 5, "deny": 4, "defer": 0, "error": 0, "reasons": {"never_asked": 4, "opted_in": 5}
    }  # fmt: skip
    lines = await read(api, made["id"])
    assert [line["line"] for line in lines] == [*range(1, 10)]
    assert {line["customer"]: line["outcome"] for line in lines} == {
        customer: "allow" if place < 5 else "deny" for place, customer in enumerate(customers)
    }
    assert later not in str(lines)
    assert {*(await decided(stage)).values()} == {1}
    assert await stage.count("vault.audience_chunk") == 0
    assert await stage.count("vault.reservation") == 0
    [ended] = await stage.entries("audience_ended")
    assert (ended["audience"], ended["state"], ended["actor"]["kind"]) == (made["id"], "done", "operator")


@pytest.mark.usefixtures("small")
async def test_a_rubbish_line_is_an_answer_of_its_own_and_stops_nothing(stage: Stage, api: Api) -> None:
    [one, two] = await people(api, yes=2)
    [known] = [make.reference()]
    three = str((await api.post("/v1/customers", make.customer(external=[known])))["id"])
    lines = [
        {"customer": one},
        b"{quokka\n",
        {"external": known},
        {"customer": one, "external": known},
        b"\n",
        {},
        {"customer": NOBODY},
        {"customer": "cus_quokka"},
        {"external": make.reference()},
        {"customer": two, "quokka": 1},
        b"\xff\xfe\n",
        b'{"customer": "' + b"x" * 5000 + b'"}\n',
        json.dumps({"customer": two}).encode(),
    ]
    made = said(await upload(api, listed(lines)))
    assert made["progress"] == {"answered": 0, "of": 12}
    await work(stage)
    told = await read(api, made["id"])
    assert [line.get("error") or [line["outcome"], line["reasons"], line.get("customer")] for line in told] == [
        ["allow", ["opted_in"], one],
        "malformed_line",
        ["deny", ["never_asked"], three],
        "one_person",
        "one_person",
        ["deny", ["unknown_customer"], None],
        "malformed_line",
        ["deny", ["never_asked"], None],
        "malformed_line",
        "malformed_line",
        "line_too_long",
        ["allow", ["opted_in"], two],
    ]
    assert (await api.get(f"/v1/audiences/{made['id']}"))["totals"]["error"] == 7


async def test_a_list_comes_in_any_pieces(stage: Stage, api: Api) -> None:
    customers = await people(api, yes=3)
    body = listed([{"customer": customer} for customer in customers])

    async def parts() -> AsyncIterator[bytes]:
        for place in range(0, len(body), 7):
            yield body[place : place + 7]

    made = said(await upload(api, parts()))
    await work(stage)
    assert [line["customer"] for line in await read(api, made["id"])] == customers


@pytest.mark.usefixtures("small")
async def test_what_is_called_off_ends_and_what_is_answered_stays(stage: Stage, api: Api) -> None:
    await people(api, yes=6)
    made = await everyone(api)
    for _ in range(3):
        await working.once(stage.vault, {})
    shown = said(await api.send("POST", f"/v1/audiences/{made['id']}/cancel"))
    assert shown["state"] == "cancelled"
    assert 0 < shown["progress"]["answered"] < 6
    assert await work(stage) == 0
    assert len(await read(api, made["id"])) == shown["progress"]["answered"] == (await decided(stage)).total()
    assert said(await api.send("POST", f"/v1/audiences/{made['id']}/cancel"))["state"] == "cancelled"
    other = await everyone(api)
    await work(stage)
    refused(await api.send("POST", f"/v1/audiences/{other['id']}/cancel"), 409, "audience_ended")


@pytest.mark.usefixtures("small")
async def test_killed_in_the_middle_of_a_chunk_nobody_is_asked_about_twice_or_left_out(
    stage: Stage, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(api, yes=7)
    made = await everyone(api)
    organization, audience = await stage.organization(), AudienceId(made["id"])
    kept, killed = chunks.keep, 0

    async def dies(*args: Any, **named: Any) -> None:
        nonlocal killed
        await kept(*args, **named)
        killed += 1
        if killed % 2:
            raise asyncio.CancelledError  # all is written, and nothing committed

    monkeypatch.setattr(chunks, "keep", dies)
    for _ in range(40):
        try:
            if not await screening.step(stage.vault, organization, audience=audience):
                break
        except asyncio.CancelledError:
            continue
    assert killed >= 8
    assert (await api.get(f"/v1/audiences/{audience}"))["progress"] == {"answered": 7, "of": 7}
    assert Counter((await decided(stage)).values()) == {1: 7}


@pytest.mark.usefixtures("small")
async def test_many_workers_share_an_audience_and_nobody_is_asked_about_twice(stage: Stage, api: Api) -> None:
    await stage.open()
    await people(api, yes=12)
    made = await everyone(api)
    vaults = [app.state.vault for app in stage.apps] * 2
    lanes = [asyncio.create_task(working._lane(vault, {})) for vault in vaults]
    for _ in range(200):
        if (await api.get(f"/v1/audiences/{made['id']}"))["state"] == "done":
            break
        await asyncio.sleep(0.05)
    for lane in lanes:
        lane.cancel()
    await asyncio.gather(*lanes, return_exceptions=True)
    assert Counter((await decided(stage)).values()) == {1: 12}
    assert len({line["customer"] for line in await read(api, made["id"])}) == 12


async def test_what_is_handed_out_is_decided_afresh_when_it_is_read(stage: Stage, api: Api) -> None:
    [one, two, three] = await people(api, yes=3)
    made = await everyone(api, release=["contact", "first_name"])
    await work(stage)
    assert (await api.get(f"/v1/audiences/{made['id']}"))["totals"]["allow"] == 3
    await api.say_no("withdrawals", two)
    await stage.erase(three)
    lines = await read(api, made["id"])
    assert [line["outcome"] for line in lines] == ["allow", "deny", "deny"]
    assert set(lines[0]["released"]) == {"contact", "first_name"}
    assert lines[0]["withdrawal_link"].startswith("http")
    assert (lines[1]["customer"], lines[1]["reasons"], "released" in lines[1]) == (two, ["withdrawn"], False)
    assert lines[2] == {"line": 3, "outcome": "deny", "reasons": ["unknown_customer"]}
    released = [entry.get("released") for entry in await stage.entries("decision")]
    assert sorted(released, key=bool) == [None, None, None, None, ["contact", "first_name"]]
    assert lines[0]["customer"] == one
    assert await stage.count("vault.reservation") == 1


async def test_only_the_client_that_made_it_sees_it(stage: Stage, api: Api) -> None:
    made = await everyone(api)
    other = await stage.client("only_audience")
    for audience in (made["id"], NO_AUDIENCE):
        for method, path in (("GET", ""), ("GET", "/result"), ("POST", "/cancel")):
            refused(await other.send(method, f"/v1/audiences/{audience}{path}"), 404, "unknown_audience")


async def test_whom_a_client_may_not_ask_about_or_hand_out_it_is_told_at_once(stage: Stage, api: Api) -> None:
    only = await stage.client("only_audience")
    answer = await only.send("POST", "/v1/audiences", {"everyone": True, **SALES, "release": ["contact"]})
    refused(answer, 403, "insufficient_scope")
    narrow = make.organization()
    narrow["clients"]["everything"]["ceiling"]["purposes"] = ["events"]
    await stage.apply(narrow)
    refused(await api.send("POST", "/v1/audiences", {"everyone": True, **SALES}), 403, "purpose_not_granted_to_client")
    refused(
        await api.send("POST", "/v1/audiences", {"everyone": True, **SALES, "purpose": "none"}), 422, "unknown_purpose"
    )
    refused(await api.send("POST", "/v1/audiences", headers=LINES, content=b"{}"), 422, "purpose_and_channel")
    refused(await api.send("POST", "/v1/audiences", {"everyone": False, **SALES}), 422, "invalid_request")
    refused(await api.send("POST", "/v1/audiences", content=b"{}"), 400, "malformed")


@pytest.mark.usefixtures("small")
async def test_a_client_whose_tokens_are_ended_meanwhile_gets_no_further(stage: Stage, api: Api) -> None:
    await people(api, yes=4)
    made = await everyone(api)
    for _ in range(2):
        await working.once(stage.vault, {})
    narrow = make.organization()
    narrow["clients"]["everything"]["ceiling"]["purposes"] = ["events"]
    await stage.apply(narrow)
    await work(stage)
    shown = await api.get(f"/v1/audiences/{made['id']}")
    assert (shown["state"], shown["code"]) == ("failed", "purpose_not_granted_to_client")
    assert shown["progress"]["answered"] < 4
    assert await stage.count("vault.audience_chunk") == 0


async def test_by_reference_only_a_client_asks_that_may_look_somebody_up(stage: Stage, api: Api) -> None:
    await people(api, yes=1)
    only = await stage.client("only_audience")
    made = said(await upload(only, listed([{"external": make.reference()}])))
    await work(stage)
    assert await read(only, made["id"]) == [{"line": 1, "outcome": "error", "error": "lookup_not_granted"}]


async def test_no_more_at_once_than_the_clients_limit(stage: Stage) -> None:
    file = make.organization()
    file["clients"]["everything"]["limits"] = {**make.LIMITS, "audience": 3}
    await stage.apply(file)
    api = await stage.client("everything")
    [one, *_] = await people(api, yes=0, no=2)
    many = listed([{"customer": one}] * 4)
    refused(await upload(api, many), 422, "over_limit")
    assert await stage.count("vault.audience") == await stage.count("vault.audience_chunk") == 0
    await everyone(api)
    refused(await upload(api, listed([{"customer": one}] * 2)), 409, "audience_underway")
    said(await upload(api, listed([{"customer": one}])))
    await work(stage)
    said(await upload(api, listed([{"customer": one}] * 3)))


async def test_the_same_key_is_the_same_audience(stage: Stage, api: Api) -> None:
    [one] = await people(api, yes=1)
    made = await everyone(api, key="once")
    assert (await everyone(api, key="once"))["id"] == made["id"]
    assert (await everyone(api, key="twice"))["id"] != made["id"]
    body = listed([{"customer": one}])
    sent = said(await upload(api, body, key="list"))
    assert said(await upload(api, body, key="list"))["id"] == sent["id"]
    assert await stage.count("vault.audience") == 3
    await work(stage)
    assert len(await stage.entries("audience_made")) == 3


async def test_a_list_that_breaks_off_is_let_go_of(stage: Stage, api: Api, small: None) -> None:
    [one] = await people(api, yes=1)

    async def breaks() -> AsyncIterator[bytes]:
        yield listed([{"customer": one}] * 5)
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError):
        await upload(api, breaks(), key="again")
    assert await work(stage) == 0
    made = said(await upload(api, listed([{"customer": one}]), key="again"))
    await work(stage)
    assert len(await read(api, made["id"])) == 1


async def test_one_that_fails_again_and_again_ends_alone(
    stage: Stage, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(api, yes=1)
    bad, good = await everyone(api), await everyone(api)
    real = screening.screen

    async def fails(*args: Any, **named: Any) -> bool:
        if named["audience"] == bad["id"]:
            raise RuntimeError("quokka")
        return await real(*args, **named)

    monkeypatch.setattr(screening, "screen", fails)
    failures: dict[AudienceId, int] = {}
    for _ in range(8):
        await working.once(stage.vault, failures)
    assert (await api.get(f"/v1/audiences/{bad['id']}"))["code"] == "unexpected"
    assert (await api.get(f"/v1/audiences/{good['id']}"))["state"] == "done"
