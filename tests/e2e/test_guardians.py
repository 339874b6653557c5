"""Children: no client says yes to offers for one, a guardian may for a while, and the child's no goes before all."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests import make
from tests.e2e.doors import sign_in
from tests.stage import Api, Stage, codes, refused, said
from tests.visitor import Visitor

Json = dict[str, Any]

GUARDIAN: Final[Json] = {
    "guardian": True,
    "evidence": {"guardian_name": "Quokkabeth Quokkafield", "document": "Quokka 7"},
}
TAG: Final = "/v1/customers/{}/grants"


@pytest.fixture(autouse=True)
async def declared(stage: Stage) -> None:
    """Declare what shows that somebody may speak for a child."""
    file = make.organization()
    file["evidence"]["guardian"] = {"needs": ["guardian_name", "document"]}
    await stage.apply(file)


async def child(api: Api, years: int = 9, **given: Any) -> str:
    return await api.register(attributes=make.attributes(birth_date=make.birth_date(years)), **given)


async def state(api: Api, customer: str) -> Json:
    consents = (await api.get(f"/v1/customers/{customer}/consents"))["consents"]
    found: Json = next(one for one in consents if (one["purpose"], one["channel"]) == ("sales", "email"))
    return found


# ── What a client may say for a child ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("given", [{}, {"purpose": "personalisation", "channel": "*", "notice": 1}])
async def test_no_client_says_yes_to_an_offer_or_a_profile_for_a_child(stage: Stage, api: Api, given: Json) -> None:
    customer = await child(api)
    before = await stage.count("vault.fact")
    refused(await api.send("POST", TAG.format(customer), make.granted(**given)), 403, "minor")
    discreet = await stage.client("discreet", "capture")
    plain = refused(await discreet.send("POST", TAG.format(customer), make.granted(**given)), 403, "minor")
    assert "guardian" in plain["detail"]  # it may have the birth date
    assert await stage.count("vault.fact") == before


async def test_a_client_that_may_not_know_an_age_is_told_no_more_than_that_it_is_not_allowed(stage: Stage) -> None:
    file = make.organization()
    file["evidence"]["guardian"] = {"needs": ["document"]}
    file["clients"]["discreet"]["ceiling"]["fields"].remove("birth_date")
    await stage.apply(file)
    api, discreet = await stage.client("everything"), await stage.client("discreet")
    young, grown = await child(api), await api.register()
    by_itself = await discreet.send("POST", TAG.format(young), make.granted())
    for_somebody_of_age = await discreet.send("POST", TAG.format(grown), make.granted(**GUARDIAN))
    assert refused(by_itself, 403, "not_allowed") == refused(for_somebody_of_age, 403, "not_allowed")
    assert said(await discreet.send("POST", TAG.format(young), make.granted(**GUARDIAN)))


async def test_what_is_no_offer_a_client_may_still_say_for_a_child(api: Api) -> None:
    customer = await child(api)
    await api.grant(customer, purpose="surveys", notice=1)
    assert codes(await api.decide(customer=customer, purpose="surveys")) == ["opted_in"]


async def test_a_guardian_says_yes_until_majority_and_for_nobody_of_age(stage: Stage, api: Api) -> None:
    customer = await child(api)
    assert codes(await api.decide(customer=customer)) == ["minor", "never_asked"]
    await api.grant(customer, **GUARDIAN)
    answer = await api.decide(customer=customer, release=["contact"])
    assert (answer["allowed"], codes(answer)) == (True, ["opted_in"])
    assert (await stage.entry(answer))["flat"]["guardian"] is True
    [until] = await stage.rows("SELECT c.minor_until::text || ' 00:00:00+00' AS at FROM vault.customer c "
                               "WHERE minor_until IS NOT NULL")  # fmt: skip
    [fact] = await stage.rows("SELECT until AT TIME ZONE 'UTC' || '+00' AS until FROM vault.fact")
    assert fact["until"] == until["at"]
    [entry] = [one for one in await stage.entries("fact") if one["said"] == "granted"]
    assert entry["guardian"] is True
    grown = await api.register()
    refused(await api.send("POST", TAG.format(grown), make.granted(**GUARDIAN)), 403, "not_minor")


@pytest.mark.parametrize("evidence", [{}, {"document": "Quokka 7"}, {"document": "Quokka 7", "guardian_name": " "}])
async def test_a_guardians_yes_comes_with_its_evidence(api: Api, evidence: Json) -> None:
    body = make.granted(guardian=True, evidence=evidence)
    problem = refused(await api.send("POST", TAG.format(await child(api)), body), 422, "evidence_missing")
    assert "guardian_name, document" in problem["detail"]


async def test_where_no_evidence_is_declared_nobody_speaks_for_a_child(stage: Stage, api: Api) -> None:
    file = make.organization()
    del file["evidence"]["guardian"]
    await stage.apply(file)
    refused(await api.send("POST", TAG.format(await child(api)), make.granted(**GUARDIAN)), 422, "no_guardians")


async def test_no_guardian_allows_a_profile(api: Api) -> None:
    body = make.granted(purpose="personalisation", channel="*", notice=1, **GUARDIAN)
    refused(await api.send("POST", TAG.format(await child(api)), body), 403, "minor")


# ── The child ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("how", ["withdrawals", "refusals", "objections"])
async def test_a_childs_no_holds_against_every_later_yes_of_a_guardian(api: Api, how: str) -> None:
    customer = await child(api)
    await api.grant(customer, **GUARDIAN)
    await api.say_no(how, customer)
    await api.grant(customer, **GUARDIAN)
    assert not (await api.decide(customer=customer))["allowed"]
    assert (await state(api, customer))["state"] in {"withdrawn", "refused", "objected"}


async def test_a_guardian_may_take_a_yes_back_and_say_it_again(api: Api) -> None:
    customer = await child(api)
    await api.grant(customer, **GUARDIAN)
    await api.say_no("withdrawals", customer, guardian=True)
    assert codes(await api.decide(customer=customer)) == ["minor", "withdrawn"]
    await api.grant(customer, **GUARDIAN)
    assert codes(await api.decide(customer=customer)) == ["opted_in"]


async def test_a_child_leaves_by_a_link_and_by_a_stop_word(stage: Stage, api: Api) -> None:
    number = make.phone()
    customer = await child(api, contact_points=[make.point("email", make.email()), make.point("phone", number)])
    await api.grant(customer, **GUARDIAN)
    await api.grant(customer, channel="sms", **GUARDIAN)
    link = (await api.decide(customer=customer, release=["contact"]))["withdrawal_link"]
    assert (await stage.http.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    await api.post("/v1/inbound/sms", {"from": number, "text": "stop", "id": "1"})
    for channel in ("email", "sms"):
        await api.grant(customer, channel=channel, **GUARDIAN)
        assert "withdrawn" in codes(await api.decide(customer=customer, channel=channel))


# ── Growing up ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_at_majority_it_takes_a_word_of_ones_own(stage: Stage, api: Api) -> None:
    customer = await child(api)
    await api.grant(customer, **GUARDIAN)
    await stage.rows("UPDATE vault.fact SET until = clock_timestamp()")  # as if it were the day
    await stage.rows("UPDATE vault.customer SET minor_until = current_date WHERE minor_until IS NOT NULL")
    assert codes(await api.decide(customer=customer)) == ["consent_expired"]
    assert (await state(api, customer))["state"] == "expired"
    await api.grant(customer)
    assert codes(await api.decide(customer=customer)) == ["opted_in"]


async def test_who_turns_out_to_be_of_age_is_no_more_spoken_for(api: Api) -> None:
    customer = await child(api)
    await api.grant(customer, **GUARDIAN)
    await api.make_young(customer, years=44)
    assert codes(await api.decide(customer=customer)) == ["consent_expired"]
    assert (await state(api, customer))["state"] == "expired"


# ── What the child sees ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_child_reads_who_said_yes_and_can_say_no(stage: Stage, api: Api) -> None:
    address = make.email()
    customer = await child(api, contact_points=[make.point("email", address)], locale="en")
    visitor = Visitor(stage.http)
    await sign_in(stage, visitor, address)
    page = (await visitor.get("/p/fernhill/")).text
    assert "You are under 16, and nobody who may has said yes for you." in page
    await api.grant(customer, **GUARDIAN)
    page = (await visitor.get("/p/fernhill/")).text
    assert "Somebody who may speak for you said yes" in page
    assert "somebody who may speak for you said yes" in (await visitor.get("/p/fernhill/history")).text
