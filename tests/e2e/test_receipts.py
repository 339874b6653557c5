"""Customers take home what they said: signed receipts, verified offline, in the portal and over the API."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from consent_vault import receipts
from consent_vault.promises import decode, key_id

from tests import make
from tests.e2e.doors import code, sign_in, somebody
from tests.e2e.test_imports import loaded, sheet
from tests.e2e.test_tokens_exchanged import exchange
from tests.stage import ISSUER, Api, Stage, refused, said
from tests.visitor import Page, Visitor
from vault.actions.record.receipts import receipts as all_receipts
from vault.base.ids import CUSTOMER, show
from vault.domain.actor import Actor
from vault.domain.receipt.check import check

NOBODYS: Final = "fct_06h0090m41t835kpwqjv10s1y0"
ME: Final = "/v1/me/receipts"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def keys(visitor: Visitor) -> dict[str, Any]:
    page = await visitor.get("/keys.json")
    assert page.status == 200
    found: dict[str, Any] = json.loads(page.html)
    return found


def link(page: Page, ending: str = "") -> str:
    [found] = [one for one in page.links if "/history/receipts/" in one and one.endswith(ending)]
    return found.removeprefix("/p/fernhill")


async def test_a_yes_is_taken_home_with_its_words_and_verifies_with_nothing_but_the_published_key(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await somebody(api)
    yes = await api.grant(customer)
    await sign_in(stage, visitor, address)
    assert (await keys(visitor)).keys() == {"keys"}
    history = await visitor.get("/history")
    assert "One file, 1 receipt, for your own records" in history.text
    [plain, _] = [one for one in history.links if "/history/receipts/" in one]
    file = await visitor.get(plain.removeprefix("/p/fernhill"))
    assert (file.status, file.headers["cache-control"]) == (200, "no-store")
    name = f'attachment; filename="consent-receipt-{yes["id"][-8:]}.json"'
    assert file.headers["content-disposition"] == name
    document = json.loads(file.html)
    assert check(document) == []
    assert receipts.verify(file.html, await keys(visitor))
    assert not receipts.verify(file.html.replace("Fernhill Outdoor Ltd", "Larkspur Ltd"), await keys(visitor))
    [record] = document["dpv:hasRecordOfActivity"]
    assert record["dct:identifier"] == yes["id"]
    assert record["dpv:hasDataSubject"]["dct:identifier"] == customer
    assert record["dpv:hasConsentControl"]["dpv:isExercisedAt"] == f"{ISSUER}/p/fernhill/"
    [fact] = await stage.entries("fact")
    assert fact["subject"] not in file.html
    assert "quokka" not in file.html.lower()
    [issued] = await stage.entries("receipts_issued")
    told = (issued["subject"], issued["format"], issued["receipts"], issued["facts"])
    assert told == (fact["subject"], "iso-27560", [document["dct:identifier"]], [yes["id"]])
    assert customer not in json.dumps(issued)


async def test_the_key_of_receipts_is_an_entry_of_the_log(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await sign_in(stage, visitor, address)
    file = await visitor.get("/history/receipts")
    [made] = await stage.entries("promise_key_made")
    assert receipts.verify(file.html, decode(made["public"]))
    [published] = (await keys(visitor))["keys"]
    assert published["kid"] == made["key"] == key_id(decode(made["public"]))


async def test_no_key_is_made_by_looking(stage: Stage, visitor: Visitor) -> None:
    before = await stage.written()
    page = await visitor.get("/keys.json")
    assert page.headers["content-type"] == "application/jwk-set+json"
    assert json.loads(page.html) in ({"keys": []}, await keys(visitor))
    assert await stage.written() == before


async def test_a_yes_can_be_had_in_kantara_s_format_and_a_no_cannot(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await api.say_no("withdrawals", customer, purpose="sales", channel="email")
    await sign_in(stage, visitor, address)
    history = await visitor.get("/history")
    file = await visitor.get(link(history, "?format=kantara"))
    document = json.loads(file.html)
    assert check(document) == []
    assert receipts.verify(file.html, await keys(visitor))
    assert file.headers["content-disposition"].endswith('-kantara.json"')
    assert document["services"][0]["purposes"][0]["termination"].startswith("Ended: withdrawn on")
    [no] = [one for one in await stage.entries("fact") if one["said"] == "withdrawn"]
    page = await visitor.get(f"/history/receipts/{no['fact']}?format=kantara")
    assert page.status == 422
    every = json.loads((await visitor.get("/history/receipts?format=kantara")).html)
    assert [one["why"] for one in every["without"]] == ["no_yes"]
    assert len(every["receipts"]) == 1


async def test_all_receipts_come_in_one_file_that_verifies(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await api.say_no("withdrawals", customer, purpose="offers", channel="*")
    await sign_in(stage, visitor, address)
    file = await visitor.get("/history/receipts")
    every = json.loads(file.html)
    assert file.headers["content-disposition"] == 'attachment; filename="consent-receipts.json"'
    assert len(every["receipts"]) == 2
    assert every["without"] == []
    assert receipts.verify(file.html, await keys(visitor))
    for one in every["receipts"]:
        assert check(one) == []
        states = [event["@type"][0] for event in one["dpv:hasRecordOfActivity"][0]["dpv:hasConsentStatus"]]
        assert states[-1] == "dpv:ConsentWithdrawn"
    [issued] = await stage.entries("receipts_issued")
    assert len(issued["receipts"]) == 2


async def test_a_claim_nobody_could_show_has_no_receipt_and_what_was_missing_is_said(stage: Stage) -> None:
    await loaded(stage, sheet(f"{make.email()};Quokka;ja;;01.02.2024;"))
    [row] = await stage.rows("SELECT id FROM vault.customer")
    customer = show(CUSTOMER, row["id"])
    own = Actor(organization=await stage.organization(), kind="customer", customer=customer)
    every = await all_receipts(stage.vault, own)
    assert every.receipts == []
    [none] = every.without
    assert (none.why, bool(none.missing)) == ("evidence_missing", True)


async def test_whoever_said_nothing_is_offered_nothing(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await sign_in(stage, visitor, address)
    page = await visitor.get("/history")
    assert "Download all receipts" not in page.text
    assert not any("receipts" in one for one in page.links)
    assert json.loads((await visitor.get("/history/receipts")).html) == {"receipts": [], "without": []}


@pytest.mark.parametrize("fact", [NOBODYS, "wombat", "fct_"])
async def test_what_somebody_else_said_is_not_there(stage: Stage, api: Api, visitor: Visitor, fact: str) -> None:
    other, _ = await somebody(api)
    foreign = (await api.grant(other))["id"]
    _, address = await somebody(api)
    await sign_in(stage, visitor, address)
    pages = [await visitor.get(f"/history/receipts/{one}") for one in (fact, foreign)]
    assert [page.status for page in pages] == [404, 404]
    assert pages[0].html == pages[1].html
    assert await stage.entries("receipts_issued") == []


async def test_whoever_acts_for_somebody_hands_out_what_its_ceiling_names_alone(stage: Stage, api: Api) -> None:
    customer, _ = await somebody(api)
    ours, hidden = await api.grant(customer), await api.grant(customer, purpose="catalogue", channel="post", notice=1)
    crm = await stage.client("crm")
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    token = said(await exchange(stage, customer, await code(stage)))["access_token"]
    bearing = {"authorization": f"Bearer {token}"}
    answer = await stage.http.get(ME, headers=bearing)
    assert answer.headers["content-disposition"] == 'attachment; filename="consent-receipts.json"'
    [one] = said(answer)["receipts"]
    assert one["dpv:hasRecordOfActivity"][0]["dct:identifier"] == ours["id"]
    kantara = said(await stage.http.get(f"{ME}/{ours['id']}?format=kantara", headers=bearing))
    assert kantara["piiPrincipalId"] == customer
    refused(await stage.http.get(f"{ME}/{hidden['id']}", headers=bearing), 404, "unknown_fact")
    assert (await stage.http.get(f"{ME}?format=pdf", headers=bearing)).status_code == 422


async def test_a_stranger_is_sent_to_the_door(visitor: Visitor) -> None:
    for place in ("/history/receipts", f"/history/receipts/{NOBODYS}"):
        await visitor.get(place)
        assert visitor.at == "/p/fernhill/sign-in"
