"""Promises: every answer comes with the vault's word that the log will hold its entry, and proves it if it does not."""

from __future__ import annotations

import asyncio
import io
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from consent_vault import promises as sdk
from consent_vault.promises import Promise
from consent_vault.verify import Refused, verify
from consent_vault.verify.command import main
from consent_vault.verify.promised import PromiseWatch

from tests import make
from tests.promised import shown
from tests.sequencing import Sequencer, sequencing
from tests.stage import Json, Stage
from vault.actions.log.bundles import bundle
from vault.base.ids import ENTRY, fresh, raw
from vault.crypto.keyring import LIFETIME
from vault.domain.actor import Actor
from vault.domain.entry import entry
from vault.store.log import intake

NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


@pytest_asyncio.fixture
async def log(stage: Stage, tmp_path: Path) -> AsyncIterator[Sequencer]:
    """The log of a stage, which takes a step when it is told to."""
    async with sequencing(stage, tmp_path / "guard") as way:
        yield Sequencer(stage, await stage.client("everything"), await stage.organization(), way)


async def key(stage: Stage) -> bytes:
    """Return the public half of the promise key, as its entry tells it."""
    [made] = await stage.entries("promise_key_made")
    return b64decode(made["public"])


async def promised(stage: Stage, promise: Promise) -> Json | None:
    """Return the entry that was promised."""
    rows = await stage.rows("SELECT body FROM vault.log_entry")
    found = [row["body"] for row in rows if sdk.verify(promise, await key(stage), entry=row["body"])]
    return json.loads(found[0]) if found else None


def given(answer: Any) -> Promise:
    """Return the promise in an answer's header."""
    text = shown(answer)
    assert text is not None
    assert sdk.read(answer.headers["log-promise"]) == sdk.read(text)
    return sdk.read(text)


async def export(stage: Stage, log: Sequencer) -> bytes:
    actor = Actor(organization=log.organization, kind="operator")
    return b"".join([part async for part in await bundle(stage.vault, actor)])


def checked(folder: Path, *more: str) -> tuple[int, str]:
    """Hold the promise in a folder against the bundle there; return the command's status and what it says."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        status = main([str(folder / "bundle.zip"), "--promise", str(folder / "promise"), *more])
    return status, said.getvalue()


# ── Given ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_decision_carries_the_promise_of_its_entry(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    await api.grant(customer)
    for asked in (customer, NOBODY):
        decision = await api.decide(customer=asked)
        promise = sdk.read(json.dumps(decision))
        told = await promised(stage, promise)
        assert told is not None
        assert (told["id"], told["decision"]) == (decision["log"]["entry"], decision["id"])
        assert promise.organization == told["organization"]


async def test_the_decisions_of_a_batch_are_promised_by_one_signature(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    questions = {"questions": [make.asked(customer=customer)] * 37}
    answers = (await api.post("/v1/decisions/batch", questions))["decisions"]
    given_with = [sdk.read(json.dumps(answer)) for answer in answers]
    public = await key(stage)
    assert all(sdk.verify(promise, public) for promise in given_with)
    assert {promise.size for promise in given_with} == {len(given_with)}
    assert sorted(promise.index for promise in given_with) == [*range(37)]
    assert len({promise.signature for promise in given_with}) == 1
    assert max(len(promise.path) for promise in given_with) <= 10


async def test_what_was_written_is_promised_in_a_header(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    for method, path, body, kind in (
        ("POST", f"/v1/customers/{customer}/grants", make.granted(), "fact"),
        ("POST", f"/v1/customers/{customer}/withdrawals", {"purpose": "sales"}, "fact"),
        ("GET", f"/v1/customers/{customer}", None, "customer_read"),
        ("GET", "/v1/suppressions", None, "suppressions_read"),
    ):
        told = await promised(stage, given(await api.send(method, path, body)))
        assert told is not None
        assert told["kind"] == kind


async def test_a_token_given_and_a_token_refused_are_promised_to_whoever_proved_who_it_is(stage: Stage) -> None:
    for scope, kind in ((None, "token_issued"), ("unheard_of", "token_refused")):
        told = await promised(stage, given(await stage.token("fernhill.everything", scope=scope)))
        assert told is not None
        assert told["kind"] == kind


@pytest.mark.parametrize("client", ["fernhill.everything", "fernhill.nobody", "nowhere.everything"])
async def test_who_proved_nothing_does_not_learn_from_a_promise_whom_there_is(stage: Stage, client: str) -> None:
    answer = await stage.token(client, aud="https://elsewhere.example")
    assert answer.status_code == 401
    assert "log-promise" not in answer.headers


async def test_a_denial_is_promised(stage: Stage) -> None:
    api = await stage.client("everything", "lookup")
    customer = await (await stage.client("everything")).register()
    for path, body in (("/v1/decisions", make.asked(customer=customer)), (f"/v1/customers/{customer}/grants", {})):
        answer = await api.send("POST", path, body or make.granted())
        assert answer.status_code == 403
        told = await promised(stage, given(answer))
        assert told is not None
        assert (told["kind"], told["reason"]) == ("denied", "insufficient_scope")


async def test_what_wrote_nothing_promises_nothing(stage: Stage) -> None:
    api = await stage.client("everything")
    for answer in (
        await api.send("GET", "/health"),
        await api.send("POST", "/v1/decisions", {"purpose": "unheard_of", "channel": "email"}),
        await api.send("GET", "/v1/customers/cus_06h0090m41t835kpwqjv10s1y0"),
        await stage.http.get("/p/fernhill/"),
    ):
        assert "log-promise" not in answer.headers


async def test_a_stop_promises_one_entry_whether_or_not_anybody_has_the_address(stage: Stage) -> None:
    api = await stage.client("everything")
    await api.register()
    [known] = [point for point in make.customer()["contact_points"] if point["kind"] == "email"]
    for value in (known["value"], "quokka.nobody@elsewhere.example"):
        contact = {"kind": "email", "value": value}
        promise = given(await api.send("POST", "/v1/suppressions", {"contact": contact, "channel": "email"}))
        assert (promise.size, promise.path) == (1, ())


async def test_an_entry_that_names_nobody_cannot_be_guessed_from_its_hash(stage: Stage) -> None:
    api = await stage.client("everything")
    decision = await api.decide(customer=None, contact={"kind": "email", "value": "quokka.nobody@elsewhere.example"})
    assert not decision["allowed"]
    assert len((await stage.entry(decision))["salt"]) == 32
    [*others] = [row["body"] for row in await stage.rows("SELECT body FROM vault.log_entry")]
    without = [body for body in map(json.loads, others) if not {"subject", "salt"} & {*body}]
    assert [body["kind"] for body in without] == ["promise_key_made"]


# ── The key ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_two_processes_at_once_make_one_key_with_one_entry(stage: Stage) -> None:
    await stage.rows("DELETE FROM keystore.promise_key")
    before = len(await stage.entries("promise_key_made"))
    await stage.open()
    first, second = [await stage.client("everything", app=app) for app in (0, 1)]
    for app in stage.apps:
        app.state.vault.memory.promising.clear()
    asked = make.asked(customer=NOBODY)
    answers = await asyncio.gather(*[api.post("/v1/decisions", asked) for api in (first, second) * 4])
    assert len({answer["log"]["promise"]["key"] for answer in answers}) == 1
    assert len(await stage.entries("promise_key_made")) == before + 1


async def test_the_key_is_read_again_after_five_minutes(stage: Stage) -> None:
    api = await stage.client("everything")
    await api.decide(customer=NOBODY)
    [held] = stage.vault.memory.promising.values()
    assert "Ed25519" not in repr(held)
    assert held.is_fresh(held.opened_at)
    old = msgspec.structs.replace(held, opened_at=held.opened_at - LIFETIME)
    stage.vault.memory.promising[await stage.organization()] = old
    await api.decide(customer=NOBODY)
    [fresh] = stage.vault.memory.promising.values()
    assert fresh is not old
    assert fresh.id == held.id


# ── Kept ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_was_promised_is_in_the_log_once_it_is_numbered(
    stage: Stage, log: Sequencer, tmp_path: Path
) -> None:
    decision = await log.crm.decide(customer=NOBODY)
    answer = await log.crm.send("GET", "/v1/suppressions")
    await log.step()
    (tmp_path / "bundle.zip").write_bytes(await export(stage, log))
    for kept in (json.dumps(decision), answer.headers["log-promise"], shown(answer) or ""):
        (tmp_path / "promise").write_text(kept, "utf-8")
        status, told = checked(tmp_path, "--json")
        assert status == 0
        number = json.loads(told)["promised"]
        leaf = await log.one("SELECT hash FROM vault.log_leaf WHERE organization = $1 AND number = $2", number)
        assert leaf == b64decode(sdk.read(kept).leaf)
        kept_as = f"PROMISE KEPT  the promised entry is number {number}; its key is told of in entry"
        assert kept_as in checked(tmp_path)[1]


async def test_an_entry_left_out_is_named_and_one_too_new_is_not_held_against_the_log(
    stage: Stage, log: Sequencer, tmp_path: Path
) -> None:
    decision = await log.crm.decide(customer=NOBODY)
    promise = sdk.read(json.dumps(decision))
    own = raw(decision["log"]["entry"])
    await log.rows("DELETE FROM vault.log_pending WHERE organization = $1 AND entry = $2", own)
    await log.step()
    (tmp_path / "bundle.zip").write_bytes(await export(stage, log))
    (tmp_path / "promise").write_text(json.dumps(decision), "utf-8")
    status, told = checked(tmp_path)
    assert status == 1
    assert "not_covered" in told
    await write(stage, log, at=datetime.fromtimestamp(promise.time + 61, UTC))  # the log goes on without it
    (tmp_path / "bundle.zip").write_bytes(await export(stage, log))
    status, told = checked(tmp_path)
    assert status == 1
    assert "omitted" in told
    assert promise.leaf in told
    await log.rows("INSERT INTO vault.log_pending VALUES ($1, $2)", own)
    await log.step()
    (tmp_path / "bundle.zip").write_bytes(await export(stage, log))
    status, told = checked(tmp_path, "--promise-key", b64encode(await key(stage)).decode())
    assert status == 0
    assert "PROMISE KEPT" in told


async def write(stage: Stage, log: Sequencer, *, at: datetime) -> None:
    """Write an entry of a time, and let it be numbered."""
    own = fresh(ENTRY, stage.vault.clock, entropy=stage.vault.entropy)
    actor = Actor(organization=log.organization, kind="import")
    async with stage.vault.database.work(log.organization) as work:
        await intake.add(work, [(own, entry(own, "lookup_failed", actor=actor, at=at))])
    await log.step()


@pytest.mark.parametrize("kept", ["{}", "[]", "?", "e30", '{"log": 1}', '{"log": {"promise": {"key": 1}}}'])
def test_what_is_no_promise_is_refused(kept: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no promise"):
        sdk.read(kept)
    (tmp_path / "promise").write_text(kept, "utf-8")
    status, told = checked(tmp_path)
    assert status == 2
    assert "no promise" in told


async def test_a_promise_of_nobody_or_of_another_log_proves_nothing(stage: Stage, log: Sequencer) -> None:
    decision = await log.crm.decide(customer=NOBODY)
    await log.step()
    held, promise = await export(stage, log), sdk.read(json.dumps(decision))
    for changed, code in (
        ({"time": promise.time + 1}, "wrong_promise"),
        ({"index": 1, "size": 2}, "wrong_promise"),
        ({"leaf": "A" * 43 + "="}, "wrong_promise"),
        ({"organization": "org_06h0090m41t835kpwqjv10s1y0"}, "unknown_promise_key"),
        ({"key": "0" * 16}, "unknown_promise_key"),
    ):
        watch = PromiseWatch(promise=replace(promise, **changed))
        found = verify(io.BytesIO(held), each=watch.see)
        with pytest.raises(Refused) as refused:
            watch.check(found)
        assert refused.value.code == code
