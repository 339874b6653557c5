"""Implied consent: after a purchase or an inquiry a law may stand for a yes, for a while, and never against a no."""

from __future__ import annotations

from datetime import timedelta

from tests import make
from tests.stage import Api, Stage, codes, now, refused, said

YEAR = timedelta(days=365)


async def somebody(api: Api, country: str) -> str:
    return await api.register(attributes=make.attributes(country=country))


async def deal(api: Api, customer: str, **told: object) -> None:
    await api.post(f"/v1/customers/{customer}/dealings", {"what": "purchased"} | told)


async def test_a_purchase_in_canada_carries_an_offer_until_its_clock_has_run_out(stage: Stage, api: Api) -> None:
    customer = await somebody(api, "Canada")
    assert codes(await api.decide(customer=customer)) == ["never_asked"]
    bought = now() - YEAR
    await deal(api, customer, at=bought.isoformat())
    answer = await api.decide(customer=customer, release=["contact"])
    assert (answer["allowed"], codes(answer)) == (True, ["implied_consent"])
    assert answer["reasons"][0]["law"] == "CASL s. 10(9)"
    entry = await stage.entry(answer)
    assert (entry["standing"], entry["flat"]["implied"]) == ("granted", "casl")
    assert len(entry["facts"]) == 1
    long_ago = await api.decide(customer=customer, at=(bought - timedelta(seconds=1)).isoformat())
    assert codes(long_ago) == ["never_asked"]
    [sales] = [
        one
        for one in (await api.get(f"/v1/customers/{customer}/consents"))["consents"]
        if (one["purpose"], one["channel"]) == ("sales", "email")
    ]
    assert (sales["state"], sales["implied"]) == ("granted", "casl")


async def test_a_no_outweighs_it_and_a_purchase_after_the_no_does_not_bring_it_back(api: Api) -> None:
    customer = await somebody(api, "CA")
    await deal(api, customer)
    await api.say_no("withdrawals", customer)
    await deal(api, customer)
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_the_soft_opt_in_wants_the_address_given_and_a_refusal_offered(api: Api) -> None:
    customer = await somebody(api, "Germany")
    await deal(api, customer, met=["email_at_purchase"])
    assert codes(await api.decide(customer=customer)) == ["never_asked"]
    await deal(api, customer, met=["email_at_purchase", "refusal_offered"])
    assert codes(await api.decide(customer=customer)) == ["implied_consent"]
    assert codes(await api.decide(customer=customer, channel="sms")) == ["never_asked"]
    assert codes(await api.decide(customer=customer, purpose="back_in_stock")) == ["never_asked"]


async def test_over_any_channel_it_counts_for_whichever_the_law_is_of(stage: Stage, api: Api) -> None:
    customer = await somebody(api, "Germany")
    await deal(api, customer, met=["email_at_purchase", "refusal_offered"])
    declared = make.organization()
    sales = declared["purposes"]["offers"]["children"]["sales"]
    for _ in sales["channels"]:
        sales["channels"] = [*sales["channels"][1:], sales["channels"][0]]
        await stage.apply(declared)
        answer = await api.decide(customer=customer, channel="any")
        assert (codes(answer), answer["channel"]) == (["implied_consent"], "email")


async def test_over_any_channel_the_entry_names_what_the_answer_rests_on_over_each(stage: Stage, api: Api) -> None:
    points = [make.point("email", make.email()), make.point("phone", make.phone())]
    customer = await api.register(contact_points=points, attributes=make.attributes(country="Germany"))
    await deal(api, customer, met=["email_at_purchase", "refusal_offered"])
    await api.grant(customer, channel="voice")
    said(await api.send("PUT", f"/v1/customers/{customer}/preferences", {"order": ["voice"]}))
    answer = await api.decide(customer=customer, channel="any")
    assert (answer["channel"], answer["channels"]["email"]["reasons"]) == ("voice", ["implied_consent"])
    assert len((await stage.entry(answer))["facts"]) == 2


async def test_where_the_country_is_unknown_nothing_is_implied(api: Api) -> None:
    customer = await somebody(api, "Narnia")
    await deal(api, customer, met=["email_at_purchase", "refusal_offered"])
    assert codes(await api.decide(customer=customer)) == ["never_asked"]
    known = await api.send("PATCH", f"/v1/customers/{customer}", {"attributes": {"country": "FR"}})
    assert known.status_code == 200
    assert codes(await api.decide(customer=customer)) == ["implied_consent"]
    await api.send("PATCH", f"/v1/customers/{customer}", {"attributes": {"country": None}})
    assert codes(await api.decide(customer=customer)) == ["never_asked"]


async def test_a_dealing_told_twice_is_one_and_none_lies_in_the_future(stage: Stage, api: Api) -> None:
    customer = await somebody(api, "CA")
    path = f"/v1/customers/{customer}/dealings"
    told = {"what": "inquired", "reference": "order 1"}
    first, again = await api.post(path, told), await api.post(path, told)
    assert (again["id"], again["repeated"]) == (first["id"], True)
    keyed = [await api.post(path, {"what": "purchased"}, key="k1") for _ in range(2)]
    assert keyed[0]["id"] == keyed[1]["id"]
    refused(await api.send("POST", path, {"what": "inquired"}, key="k1"), 409, "idempotency_key_reused")
    later = {"what": "purchased", "at": (now() + YEAR).isoformat()}
    refused(await api.send("POST", path, later), 422, "dated_in_future")
    facts = await stage.rows("SELECT kind, purpose, dealing FROM vault.fact")
    assert {(row["kind"], row["purpose"], row["dealing"]) for row in facts} == {
        ("dealing", "*", "inquired"),
        ("dealing", "*", "purchased"),
    }


async def test_the_country_goes_with_the_customer(stage: Stage, api: Api) -> None:
    customer = await somebody(api, "CA")
    assert [row["country"] for row in await stage.rows("SELECT country FROM vault.customer")] == ["CA"]
    await stage.erase(customer)
    assert [row["country"] for row in await stage.rows("SELECT country FROM vault.customer")] == [None]
