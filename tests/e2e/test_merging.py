"""Two records of one person: merged they stand at the strictest until the person speaks, and can be parted again."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any, cast
from zipfile import ZipFile

from tests import make
from tests.e2e.colleague import at_the_desk
from tests.e2e.doors import sign_in
from tests.stage import Api, Json, Stage, codes, now, refused, said
from tests.visitor import Visitor
from vault.actions.audit import replays
from vault.base.ids import CustomerId, EntryId
from vault.domain.actor import Actor
from vault.store.customer import merges

NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


async def someone(api: Api, **given: Any) -> tuple[str, str]:
    """Register somebody with an address; return the id and the address."""
    address = make.email()
    points = [make.point("email", address), make.point("phone", make.phone())]
    return await api.register(contact_points=points, **given), address


async def merge(api: Api, kept: str, joined: str) -> Json:
    return await api.post(f"/v1/customers/{kept}/merge", {"customer": joined})


async def stands(api: Api, customer: str, purpose: str = "sales", channel: str = "email") -> str:
    consents = (await api.get(f"/v1/customers/{customer}/consents"))["consents"]
    return next(str(one["state"]) for one in consents if (one["purpose"], one["channel"]) == (purpose, channel))


async def test_the_stricter_stands_for_both_ids_and_for_every_address(api: Api, stage: Stage) -> None:
    (one, mine), (other, theirs) = await someone(api), await someone(api)
    for who in (one, other):
        await api.grant(who)
        await api.grant(who, channel="sms")
    await api.grant(one, purpose="events", notice=1)
    await api.say_no("withdrawals", other, purpose="sales", channel="email")
    shown = await merge(api, one, other)
    assert (shown["id"], shown["merged"]) == (one, [other])
    assert len(shown["contact_points"]) == 4
    for who in (one, other):
        assert await stands(api, who) == "withdrawn"
        assert await stands(api, who, channel="sms") == "granted"
        assert await stands(api, who, "events") == "never_asked"
        assert codes(await api.decide(customer=who)) == ["withdrawn"]
        assert (await api.decide(customer=who, channel="sms"))["allowed"]
    for address in (mine, theirs):
        assert codes(await api.decide(contact=make.point("email", address))) == ["withdrawn"]
        assert (await api.post("/v1/customers/lookup", {"contact": make.point("email", address)})) == {
            "customers": [one]
        }
    for decision in (await api.decide(customer=other), await api.decide(customer=one, channel="sms")):
        entry = await stage.entry(decision)
        assert len(entry["parts"]) == 2
        auditor = Actor(organization=await stage.organization(), kind="auditor", signed_in_at=now())
        again = await replays.replay(stage.vault, auditor, entry=EntryId(entry["id"]))
        assert (again.same, again.differences) == (True, ())
    merged = await stage.entries("customer_merged")
    assert len({entry["subject"] for entry in merged}) == len(merged) == 2


async def test_what_either_holds_is_handed_out_and_the_first_wins(api: Api) -> None:
    first = {"first_name": "Quokkarina"}
    (one, mine), (other, theirs) = await someone(api, attributes=first), await someone(api)
    for who in (one, other):
        await api.grant(who)
    await merge(api, one, other)
    wanted = ["contact", "first_name", "last_name"]
    for who, address in ((one, mine), (other, theirs)):
        answer = await api.decide(contact=make.point("email", address), release=wanted)
        assert answer["released"]["contact"] == address.replace("Mail", "mail").replace("Quokkamail", "quokkamail")
        assert answer["released"]["first_name"] == "Quokkarina"
        assert answer["released"]["last_name"].startswith("Quokkafield")
        assert (await api.decide(customer=who, release=["first_name"]))["released"] == first


async def test_parted_again_each_stands_as_before_with_what_was_said_to_each_since(api: Api, stage: Stage) -> None:
    (one, _), (other, _), (third, _) = [await someone(api) for _ in range(3)]
    for who in (one, other, third):
        await api.grant(who)
    await api.say_no("objections", third, purpose="sales")
    await merge(api, one, other)
    shown = await merge(api, other, third)  # a chain is one person
    assert (shown["id"], set(shown["merged"])) == (one, {other, third})
    assert [await stands(api, who) for who in (one, other, third)] == ["objected"] * 3
    answer = await api.send("POST", f"/v1/customers/{one}/unmerge")
    refused(answer, 409, "not_merged")
    apart = said(await api.send("POST", f"/v1/customers/{third}/unmerge"))
    assert (apart["id"], apart.get("merged")) == (third, None)
    assert [await stands(api, who) for who in (one, other, third)] == ["granted", "granted", "objected"]
    await api.say_no("withdrawals", other, purpose="sales", channel="email")
    assert await stands(api, one) == "withdrawn"
    await cast("Any", api.sdk).unmerge(other)
    assert [await stands(api, who) for who in (one, other)] == ["granted", "withdrawn"]
    assert await stage.count("vault.merge") == await stage.count("vault.merge_undone") == 2


async def test_who_cannot_be_one_is_not_merged(api: Api, stage: Stage) -> None:
    born = make.attributes(birth_date=make.birth_date(40))
    (one, _), (other, _), (older, _) = await someone(api), await someone(api), await someone(api, attributes=born)
    await merge(api, one, other)
    before = await stage.written()
    for kept, joined, status, code in (
        (one, one, 422, "same_customer"),
        (other, one, 409, "already_merged"),
        (older, other, 409, "different_birth_dates"),
        (one, NOBODY, 404, "unknown_customer"),
        (NOBODY, one, 404, "unknown_customer"),
    ):
        answer = await api.send("POST", f"/v1/customers/{kept}/merge", {"customer": joined})
        refused(answer, status, code)
    assert await stage.written() == before


async def test_a_yes_in_person_after_the_merge_settles_it(api: Api, stage: Stage) -> None:
    (one, mine), (other, theirs) = await someone(api), await someone(api)
    await api.grant(one)
    await api.say_no("withdrawals", other, purpose="sales", channel="email")
    await merge(api, one, other)
    visitor = Visitor(stage.http)
    await sign_in(stage, visitor, theirs)
    page = await visitor.get("/")
    assert "Where they did not say the same, the stricter one counts." in page.text
    assert "The stricter one counts until you choose again." in (await visitor.get("/history")).text
    asked = (await visitor.get("/asked")).text
    assert asked.count("found that two of our records are both you") == 1
    details = (await visitor.get("/details")).text.lower()
    assert mine.lower() in details
    assert theirs.lower() in details
    page = await visitor.get("/rights")
    await visitor.post("/rights-requests", page.forms[0].fields | {"right": "access"})
    with ZipFile(BytesIO(visitor.last.content)) as archive:
        told = json.loads(archive.read("copy.json"))
    assert {point["value"].lower() for point in told["contact_points"]} >= {mine.lower(), theirs.lower()}
    assert {one["fact"]["kind"] for one in told["said"]} == {"granted", "withdrawn"}
    assert len(told["evidence"]) == 1
    page = await visitor.get("/")
    [form] = [one for one in page.forms if (one.fields.get("purpose"), one.fields.get("channel")) == ("sales", "email")]
    assert form.fields["say"] == "yes"
    await visitor.send("POST", visitor._full("/choices"), data=form.fields)
    assert [await stands(api, who) for who in (one, other)] == ["granted", "granted"]
    assert (await api.decide(customer=one))["allowed"]
    page = await visitor.get("/")
    assert "the stricter one counts" not in page.text
    assert "You said so again on" in (await visitor.get("/history")).text


async def test_erasing_one_erases_the_whole_person(api: Api, stage: Stage) -> None:
    (one, mine), (other, theirs) = await someone(api), await someone(api)
    await merge(api, one, other)
    certificate = await stage.erase(other)
    assert certificate.gone["keys"] == 4
    assert [await stage.count(f"vault.{name}") for name in ("merge", "merge_undone", "contact_point")] == [0, 0, 0]
    for who in (one, other):
        refused(await api.send("GET", f"/v1/customers/{who}"), 404, "unknown_customer")
    for address in (mine, theirs):
        answer = await api.send("POST", "/v1/customers", make.customer(contact_points=[make.point("email", address)]))
        refused(answer, 403, "not_accepted")


async def test_staff_decides_on_what_was_suggested_and_sees_no_value(api: Api, stage: Stage) -> None:
    admin, _ = await at_the_desk(stage, "admin")
    assert "Nothing waits to be decided." in (await admin.get("/merges")).text
    (one, _), (other, _), (third, _) = [await someone(api) for _ in range(3)]
    organization = await stage.organization()
    async with stage.vault.database.work(organization) as work:
        pairs = [(CustomerId(other), CustomerId(one), ["plus_tag"]), (CustomerId(one), CustomerId(third), ["nickname"])]
        await merges.suggest(work, pairs)
        await merges.suggest(work, pairs[:1])
    page = await admin.get("/merges")
    assert page.text.count("Known since") == 2
    assert "what follows a plus sign" in page.text
    assert "cus_" not in page.html
    assert "quokka" not in page.html.lower()
    page = await admin.press("/merges")
    assert "They are one person from now on." in page.text
    assert (await api.get(f"/v1/customers/{one}"))["merged"] == [other]
    page = await admin.press("/merges/apart")
    assert "Nothing waits to be decided." in page.text
    page = await admin.press("/merges/back")
    assert "They are two people, as before." in page.text
    assert "merged" not in await api.get(f"/v1/customers/{one}")
    kinds = [await stage.entries(kind) for kind in ("customer_merged", "customer_unmerged", "customer_kept_apart")]
    assert [len(entries) for entries in kinds] == [2, 2, 2]
    assert len(await stage.entries("merges_read")) == 5
