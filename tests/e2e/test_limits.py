"""Limits: so many in a second and never more, for every client and every network, on all workers together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from math import ceil
from typing import Any, cast
from uuid import UUID

import httpx2
import pytest

from tests import make
from tests.make import FakeClock
from tests.stage import ISSUER, Stage, refused
from vault.actions import denials, limits
from vault.actions.client.sweeping import sweep
from vault.base.clock import passed
from vault.base.errors import Invalid, TooMany
from vault.base.ids import raw
from vault.domain.actor import Actor
from vault.store.database import INSTALLATION
from vault.store.keys import Safe

NAME = b"a name, 16 bytes"
NOBODY: Any = {"purpose": "sales", "channel": "email", "customer": "cus_06h0090m41t835kpwqjv10s1y0"}


async def limited(stage: Stage, **declared: int) -> None:
    """Declare how much `only_decide`, `everything` and `only_lookup` may ask."""
    file = make.organization()
    for key in ("only_decide", "everything", "only_lookup"):
        file["clients"][key]["limits"] = make.LIMITS | declared
    await stage.apply(file)
    await (await stage.client("discreet")).send("GET", "/v1/suppressions")  # a limit counts once a worker has seen it


def statuses(answers: Iterable[httpx2.Response]) -> dict[int, int]:
    found = [answer.status_code for answer in answers]
    return {status: found.count(status) for status in sorted(set(found))}


class Second:
    """How many may have got through by now: so many in every second that has begun."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.began = passed()

    def allows(self, got: int, of: int) -> bool:
        seconds = ceil(passed() - self.began)
        return got == min(of, self.limit) if seconds == 1 else got <= self.limit * seconds


def problem(response: httpx2.Response) -> int:
    """Return how long a refusal says to wait, having looked that it is one."""
    refused(response, 429, "too_many_requests")
    return int(response.headers["retry-after"])


async def total(stage: Stage) -> int:
    """Return how many refusals by a limit the log tells of."""
    await stage.tell()
    entries = [entry for entry in await stage.entries("denied") if entry["reason"] == "too_many_requests"]
    return sum(entry.get("times", 1) for entry in entries)


# ── Taking ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_is_taken_at_the_same_time_on_several_workers_is_the_limit_and_no_more(stage: Stage) -> None:
    for _ in range(2):
        await stage.open(clock=FakeClock())
    taken = 0
    waits: set[int] = set()
    second = Second(50)

    async def rush(place: int) -> None:
        nonlocal taken
        for _ in range(60):
            try:
                await limits.take(stage.apps[place].state.vault, INSTALLATION, name=NAME, limit=50)
                taken += 1
            except TooMany as error:
                waits.add(error.retry_after_seconds)

    await asyncio.gather(*(rush(place % 3) for place in range(6)))
    assert second.allows(taken, of=360)
    assert waits <= {1, 2}


async def test_whoever_waits_as_long_as_they_are_told_gets_what_they_want(stage: Stage) -> None:
    vault = stage.vault
    for _ in range(20):
        await limits.take(vault, INSTALLATION, name=NAME, limit=20)
    with pytest.raises(TooMany) as caught:
        await limits.take(vault, INSTALLATION, name=NAME, limit=20, amount=20)
    await asyncio.sleep(caught.value.retry_after_seconds)
    await limits.take(vault, INSTALLATION, name=NAME, limit=20, amount=20)


async def test_more_at_once_than_a_second_allows_makes_no_sense(stage: Stage) -> None:
    with pytest.raises(Invalid, match="over_limit"):
        await limits.take(stage.vault, INSTALLATION, name=NAME, limit=5, amount=6)


async def test_names_and_organizations_have_nothing_to_do_with_each_other(stage: Stage) -> None:
    for organization in (INSTALLATION, await stage.organization()):
        for name in (NAME, NAME[::-1]):
            await limits.take(stage.vault, organization, name=name, limit=5, amount=5)


async def test_rows_of_what_is_over_do_not_stay(stage: Stage) -> None:
    vault = stage.vault
    for place in range(9):
        await limits.take(vault, INSTALLATION, name=bytes([place]) * 16, limit=5)
    before = await stage.count("vault.allowance")
    await stage.rows("UPDATE vault.allowance SET slice = slice - 100")
    for place in range(3):
        await limits.take(vault, INSTALLATION, name=bytes([100 + place]) * 16, limit=5)
    assert await stage.count("vault.allowance") <= before + 3 - 9


async def test_this_process_lets_go_of_purses_that_are_over(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_MOST_PURSES", 3)
    for place in range(3):
        await limits.take(stage.vault, INSTALLATION, name=bytes([place]) * 16, limit=5)
    await asyncio.sleep(0.4)
    await limits.take(stage.vault, INSTALLATION, name=NAME, limit=5)
    assert [*stage.vault.memory.purses] == [(INSTALLATION, NAME)]


async def test_who_asks_without_a_pause_never_waits_for_a_lease(stage: Stage) -> None:
    await limits.take(stage.vault, INSTALLATION, name=NAME, limit=1_000_000)
    async with asyncio.timeout(10):
        while len(await slices(stage)) < 3:
            for _ in range(40):
                await limits.take(stage.vault, INSTALLATION, name=NAME, limit=1_000_000)
                await asyncio.sleep(0.001)


async def slices(stage: Stage) -> list[int]:
    """Return how much was leased of each slice there was anything of."""
    [row] = await stage.rows("SELECT leased FROM vault.allowance WHERE name = $1", UUID(bytes=NAME))
    return [leased for leased in row["leased"] if leased]


# ── Counting exactly ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_counts_are_exact_whoever_counts_at_the_same_time(stage: Stage) -> None:
    await stage.open()

    async def once(place: int) -> bool:
        async with stage.apps[place % 2].state.vault.database.work() as work:
            return await limits.count(work, NAME, window_seconds=3600, limit=5)

    assert sum(await asyncio.gather(*(once(place) for place in range(12)))) == 5


async def test_a_window_moves_on_and_what_is_rolled_back_never_happened(stage: Stage) -> None:
    async def once(window: int = 60) -> bool:
        async with stage.vault.database.work() as work:
            return await limits.count(work, NAME, window_seconds=window, limit=2)

    with pytest.raises(RuntimeError):
        async with stage.vault.database.work() as work:
            assert await limits.count(work, NAME, window_seconds=60, limit=2)
            raise RuntimeError
    assert [await once() for _ in range(3)] == [True, True, False]
    await stage.rows(
        "UPDATE vault.attempt SET happened = ARRAY[happened[1] - $1::interval, happened[2]]", timedelta(seconds=61)
    )
    assert [await once() for _ in range(2)] == [True, False]
    assert await once(window=3600) is False


async def test_what_was_counted_goes_when_its_window_is_over(stage: Stage) -> None:
    async with stage.vault.database.work() as work:
        for place in range(4):
            assert await limits.count(work, bytes([place]) * 16, window_seconds=60, limit=1)
    await stage.rows("UPDATE vault.attempt SET over_at = over_at - interval '2 minutes'")
    for place in (100, 101):
        async with stage.vault.database.work() as work:
            await limits.count(work, bytes([place]) * 16, window_seconds=60, limit=1)
    assert await stage.count("vault.attempt") == 2
    own = await stage.organization()
    async with stage.vault.database.work(own) as work:
        for window in (60, 3600):
            await limits.count(work, window.to_bytes(16), window_seconds=window, limit=1)
    await stage.rows("UPDATE vault.attempt SET over_at = over_at - interval '2 minutes'")
    await stage.client("discreet")
    await sweep(stage.vault)
    rows = await stage.rows("SELECT name FROM vault.attempt WHERE organization = $1", raw(own))
    assert [row["name"].int for row in rows] == [3600]


# ── Clients ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_client_that_asks_too_much_is_told_when_to_ask_again_and_the_log_how_often(stage: Stage) -> None:
    await limited(stage, decisions_per_second=8)
    api = await stage.client("only_decide", "decide")
    second = Second(8)
    answers = await asyncio.gather(*(api.send("POST", "/v1/decisions", NOBODY) for _ in range(20)))
    found = statuses(answers)
    assert second.allows(found[200], of=20)
    assert {problem(answer) for answer in answers if answer.status_code == 429} <= {1, 2}
    assert await total(stage) == found[429] == 20 - found[200]
    assert {entry["action"] for entry in await stage.entries("denied")} == {"decide"}
    other = await stage.client("everything")
    assert (await other.send("POST", "/v1/decisions", NOBODY)).status_code == 200


async def test_refusals_the_log_cannot_be_told_of_now_it_is_told_of_later(stage: Stage) -> None:
    app = await stage.open()
    vault = stage.apps[app].state.vault
    who = Actor(organization=await stage.organization(), kind="client")
    limits.note(vault, who, name="decide")
    await vault.database.close()
    await denials.tell(vault)
    limits.note(vault, who, name="decide")
    assert [*vault.memory.refused.values()] == [2]
    vault.memory.refused.clear()


async def test_each_question_of_a_batch_counts(stage: Stage) -> None:
    await limited(stage, decisions_per_second=10)
    api = await stage.client("only_decide", "decide")
    assert (await api.send("POST", "/v1/decisions/batch", {"questions": [NOBODY] * 7})).status_code == 200
    assert problem(await api.send("POST", "/v1/decisions/batch", {"questions": [NOBODY] * 7})) in {1, 2}
    assert (await api.send("POST", "/v1/decisions/batch", {"questions": [NOBODY] * 3})).status_code == 200
    refused(await api.send("POST", "/v1/decisions/batch", {"questions": [NOBODY] * 11}), 422, "over_limit")


async def test_the_sdk_asks_again_when_it_may_and_makes_batches_small_enough(stage: Stage) -> None:
    await limited(stage, decisions_per_second=10)
    api = await stage.client("only_decide")
    assert api.sdk is not None
    found = await asyncio.gather(*(api.sdk.decide(**NOBODY) for _ in range(14)))
    assert [answer.allowed for answer in found] == [False] * 14


async def test_a_no_gets_through_whatever_else_the_client_asked(stage: Stage) -> None:
    everything = await stage.client("everything")
    customer = await everything.register()
    await limited(stage, requests_per_second=3)
    path = f"/v1/customers/{customer}"
    answers = await asyncio.gather(*(everything.send("GET", path) for _ in range(9)))
    assert statuses(answers)[429]
    assert (await everything.send("POST", f"{path}/withdrawals", {"purpose": "sales"})).status_code == 200
    said_no = make.prompted(customer, "of another day", choices=[{"purpose": "sales", "channel": "email", "say": "no"}])
    assert (await everything.send("POST", "/v1/prompts/answers", said_no)).status_code == 200


async def test_dead_tokens_take_nothing_from_the_client(stage: Stage) -> None:
    await limited(stage, requests_per_second=30)
    api = await stage.client("everything")
    file = make.organization()
    del file["clients"]["everything"]
    await stage.apply(file)
    await (await stage.client("discreet")).send("GET", "/v1/suppressions")
    second = Second(20)
    answers = await asyncio.gather(*(api.send("GET", "/v1/suppressions") for _ in range(30)))
    assert second.allows(statuses(answers)[401], of=30)
    await limited(stage, requests_per_second=30)
    again = await asyncio.gather(*(api.send("GET", "/v1/suppressions") for _ in range(30)))
    assert statuses(again) == {200: 30}


# ── Networks and tokens ──────────────────────────────────────────────────────────────────────────────────────────────
def told(response: httpx2.Response) -> int:
    """Return how long an answer of OAuth says to wait, having looked that it says so in the words of OAuth."""
    assert (response.status_code, response.headers["content-type"]) == (429, "application/json")
    assert response.json()["error"] == "temporarily_unavailable"
    assert response.headers["cache-control"] == "no-store"
    return int(response.headers["retry-after"])


async def test_a_client_gets_so_many_tokens_and_the_assertion_of_a_refusal_is_not_used_up(stage: Stage) -> None:
    await limited(stage, tokens_per_second=3)
    once: dict[str, Any] = {"jti": "once"}
    while (answer := await stage.token("fernhill.only_decide", **once)).status_code == 200:
        once = {"jti": f"{once['jti']}s"}
    await asyncio.sleep(told(answer))
    assert (await stage.token("fernhill.only_decide", **once)).status_code == 200
    assert await total(stage) == 1


async def test_who_cannot_prove_to_be_a_client_takes_nothing_from_it_and_learns_nothing(stage: Stage) -> None:
    await limited(stage, tokens_per_second=3)
    bad = [await stage.token("fernhill.only_decide", iss="somebody") for _ in range(6)]
    assert statuses(bad) == {401: 6}
    second = Second(3)
    good = await asyncio.gather(*(stage.token("fernhill.only_decide") for _ in range(9)))
    assert second.allows(statuses(good)[200], of=9)
    after = await stage.token("fernhill.only_decide", iss="somebody")
    assert (after.status_code, after.content) == (401, bad[0].content)


async def test_a_network_that_fails_is_soon_kept_waiting_and_another_is_not(stage: Stage) -> None:
    app = await stage.open(per_network=40)
    while (answer := await stage.token("fernhill.only_decide", app=app, iss="somebody")).status_code == 401:
        pass
    assert told(answer) in {1, 2}
    for path in ("/oauth/introspect", "/oauth/revoke"):
        told(await stage._https[app].post(path, data={"token": "x"}))
    assert await total(stage) == 3
    elsewhere = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(cast("Any", stage.apps[app]), client=("203.0.113.9", 1)), base_url=ISSUER
    )
    async with elsewhere:
        answer = await elsewhere.get("/oauth/token")


async def test_what_a_network_is_called_is_written_nowhere(stage: Stage) -> None:
    await stage.token("fernhill.only_decide")
    rows = await stage.rows("SELECT name FROM vault.allowance WHERE organization = $1", raw(INSTALLATION))
    assert len(rows) == 1
    [made] = [entry for entry in await stage.entries("keys_made") if "network" in entry["keys"]]
    assert made["keys"] == ["organization", "network"]
    assert rows[0]["name"].bytes == cast("Safe", stage.vault.memory.installation).network(make.ADDRESS)
