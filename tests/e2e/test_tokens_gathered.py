"""Requests for tokens that come at once share a transaction, and nothing of one ever becomes another's."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import jwt
import pytest

from tests import make
from tests.stage import ISSUER, JWT_BEARER, Stage, raw_id, said
from tests.statements import statements
from vault.actions.client import batch

OTHER = "larkspur"


def form(client_id: str, stage: Stage, **claims: Any) -> dict[str, str]:
    """Return a token request with an assertion of its own."""
    signed = make.assertion(client_id, audience=ISSUER, now=stage.vault.clock.now(), **claims)
    return {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER, "client_assertion": signed}


async def ask(stage: Stage, asked: dict[str, str], app: int = 0) -> httpx2.Response:
    return await stage._https[app].post("/oauth/token", data=asked)


def jti(answer: httpx2.Response) -> str:
    claims = jwt.decode(said(answer)["access_token"], options={"verify_signature": False})
    return str(claims["jti"])


def rides(sent: list[str]) -> int:
    """Return how often entries were written: once for each batch."""
    return sum("INSERT INTO vault.log_entry" in statement for statement in sent)


async def test_many_at_once_share_few_commits_and_each_gets_its_own(stage: Stage) -> None:
    keys = ["crm", "everything", "discreet", "only_decide"]
    await ask(stage, form("fernhill.crm", stage))
    async with statements(stage.vault) as sent:
        answers = await asyncio.gather(*(ask(stage, form(f"fernhill.{keys[place % 4]}", stage)) for place in range(60)))
    assert 1 <= rides(sent) <= 6
    assert len({jti(answer) for answer in answers}) == 60
    for place, answer in enumerate(answers):
        claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
        assert claims["client_id"] == f"fernhill.{keys[place % 4]}"
    entries = {entry["jti"]: entry for entry in await stage.entries("token_issued")}
    assert {jti(answer) for answer in answers} <= entries.keys()


async def test_what_is_in_order_is_read_by_one_statement_and_written_by_one(stage: Stage) -> None:
    await ask(stage, form("fernhill.crm", stage))
    async with statements(stage.vault) as sent:
        said(await ask(stage, form("fernhill.crm", stage)))
    own = [one for one in sent if any(table in one for table in ("vault.organization", "vault.log_entry"))]
    [_, written] = own
    assert "INSERT INTO vault.assertion" in written
    assert "INSERT INTO vault.log_entry" in written


async def test_of_many_at_once_one_that_was_used_takes_nobody_along(stage: Stage) -> None:
    """Another process saw it used, so this one learns it from the statement that writes, and answers them all anew."""
    await stage.open()
    used = form("fernhill.crm", stage)
    said(await ask(stage, used, 1))
    await ask(stage, form("fernhill.crm", stage))
    fresh = [form("fernhill.crm", stage) for _ in range(6)]
    answers = await asyncio.gather(*(ask(stage, one) for one in (*fresh[:3], used, *fresh[3:])))
    assert [answer.status_code for answer in answers] == [200, 200, 200, 401, 200, 200, 200]
    told = [entry["reason"] for entry in await stage.entries("token_refused")]
    assert told == ["replayed"]
    issued = [entry["jti"] for entry in await stage.entries("token_issued")]
    assert len({*issued}) == len(issued) == 8
    assert {jti(answer) for answer in answers if answer.status_code == 200} <= {*issued}


async def test_of_two_with_the_same_assertion_in_one_batch_one_wins(stage: Stage) -> None:
    await ask(stage, form("fernhill.crm", stage))
    gatherer = stage.vault.memory.token_gatherers[await stage.organization()]
    busy: list[asyncio.Task[None]] = [asyncio.create_task(asyncio.sleep(60)) for _ in range(gatherer._width)]
    gatherer._lanes |= {*busy}
    same = form("fernhill.crm", stage)
    waiting = [asyncio.create_task(ask(stage, same)) for _ in range(2)]
    while len(gatherer._waiting) < 2:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)
    gatherer._lanes -= {*busy}
    async with statements(stage.vault) as sent:
        assert (await ask(stage, form("fernhill.crm", stage))).status_code == 200
        assert sorted([(await one).status_code for one in waiting]) == [200, 401]
    assert rides(sent) == 1
    for one in busy:
        one.cancel()


async def test_what_is_not_written_at_once_is_answered_as_it_is_by_then(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that is taken back meanwhile does not live."""
    there = await stage.open()
    token = said(await ask(stage, form("fernhill.crm", stage)))["access_token"]
    at_once = batch._written_at_once

    async def too_late(*_: object) -> None:
        monkeypatch.setattr(batch, "_written_at_once", at_once)
        taken = await stage._https[there].post("/oauth/revoke", data={**form("fernhill.crm", stage), "token": token})
        assert taken.status_code == 200

    monkeypatch.setattr(batch, "_written_at_once", too_late)
    answer = await stage.http.post("/oauth/introspect", data={**form("fernhill.crm", stage), "token": token})
    assert answer.json() == {"active": False}
    [entry] = await stage.entries("token_introspected")
    assert entry["active"] is False


async def test_of_two_with_the_same_assertion_exactly_one_wins(stage: Stage) -> None:
    await stage.open()
    for _ in range(5):
        same = form("fernhill.crm", stage)
        answers = await asyncio.gather(*(ask(stage, same, app) for app in (0, 1, 0, 1, 0, 0)))
        assert sorted(answer.status_code for answer in answers) == [200, *[401] * 5]
        for answer in answers:
            if answer.status_code == 401:
                assert answer.json()["error"] == "invalid_client"
    assert {entry["reason"] for entry in await stage.entries("token_refused")} == {"replayed"}


async def test_one_that_fails_fails_alone(stage: Stage) -> None:
    wrong = [
        form("fernhill.crm", stage, aud="https://elsewhere.example"),
        form("fernhill.crm", stage, exp=1),
        form("fernhill.nobody", stage),
        {**form("fernhill.crm", stage), "client_assertion": "no.such.thing"},
        {**form("fernhill.crm", stage), "scope": "import"},
    ]
    right = [form("fernhill.crm", stage) for _ in wrong]
    await ask(stage, form("fernhill.crm", stage))
    answers = await asyncio.gather(*(ask(stage, one) for pair in zip(wrong, right, strict=True) for one in pair))
    assert [answer.status_code for answer in answers[1::2]] == [200] * len(right)
    assert [answer.json()["error"] for answer in answers[::2]] == [*["invalid_client"] * 4, "invalid_scope"]


async def test_a_batch_is_of_one_organization(stage: Stage) -> None:
    await stage.apply(make.organization(OTHER))
    for slug in ("fernhill", OTHER):
        await ask(stage, form(f"{slug}.crm", stage))
    async with statements(stage.vault) as sent:
        answers = await asyncio.gather(*(ask(stage, form(f"{slug}.crm", stage)) for slug in ("fernhill", OTHER) * 10))
    assert [answer.status_code for answer in answers] == [200] * 20
    assert 2 <= rides(sent) <= 8
    own = {await stage.organization(slug): slug for slug in ("fernhill", OTHER)}
    for entry in await stage.entries("token_issued"):
        [row] = await stage.rows(
            "SELECT organization FROM vault.client WHERE id = $1::uuid", raw_id(entry["actor"]["client"])
        )
        assert raw_id(entry["organization"]) == row["organization"]
        assert entry["organization"] in own


async def test_who_is_nobody_here_is_written_down_by_the_installation(stage: Stage) -> None:
    for asked in (form("nowhere.crm", stage), {"grant_type": "client_credentials"}, {}):
        answer = await ask(stage, asked)
        assert answer.status_code in {400, 401}
    entries = await stage.entries("token_refused")
    assert {entry["organization"] for entry in entries} == {"org_00000000000000000000000000"}
    assert [entry["error"] for entry in entries] == ["invalid_client", "invalid_client", "invalid_request"]


async def test_a_caller_who_hangs_up_takes_nobody_along(stage: Stage) -> None:
    await ask(stage, form("fernhill.crm", stage))
    leaving = asyncio.create_task(ask(stage, form("fernhill.crm", stage)))
    staying = [asyncio.create_task(ask(stage, form("fernhill.crm", stage))) for _ in range(4)]
    gatherer = stage.vault.memory.token_gatherers[await stage.organization()]
    while not gatherer._lanes:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)
    leaving.cancel()
    assert [(await one).status_code for one in staying] == [200] * 4
    with pytest.raises(asyncio.CancelledError):
        await leaving
    stage.seen.lost_tokens = 1


async def test_the_answer_leaves_after_the_commit(stage: Stage) -> None:
    """A database that cannot commit gives no token."""
    await ask(stage, form("fernhill.crm", stage))
    await stage.rows("""
        CREATE FUNCTION vault.never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
    """)
    await stage.rows("""
        CREATE CONSTRAINT TRIGGER never AFTER INSERT ON vault.log_entry DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION vault.never();
    """)
    answer = await ask(stage, form("fernhill.crm", stage))
    assert answer.status_code == 500
    assert "access_token" not in answer.text
    await stage.rows("DROP TRIGGER never ON vault.log_entry")
    assert len(await stage.entries("token_issued")) == 1
