"""Any channel: the best of those that may be asked about, and a word on each of the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import make
from tests.stage import Api, Stage, codes, now, refused

PURPOSE = "sales"


@pytest.fixture
async def crm(stage: Stage) -> Api:
    return await stage.client("everything")


async def somebody(crm: Api) -> str:
    """Register somebody with an address and a number."""
    return await crm.register(contact_points=[make.point("email", make.email()), make.point("phone", make.phone())])


async def both(crm: Api, **yes: Any) -> str:
    """Register somebody who said yes to e-mail and text messages."""
    customer = await somebody(crm)
    for channel in ("email", "sms"):
        await crm.grant(customer, channel=channel, **yes)
    return customer


async def test_the_first_that_is_allowed_wins_and_alone_hands_out_its_address(crm: Api, stage: Stage) -> None:
    customer = await somebody(crm)
    await crm.grant(customer, channel="email")
    answer = await crm.decide(customer=customer, channel="any", release=["contact"])
    assert (answer["allowed"], answer["channel"]) == (True, "email")
    assert "@" in answer["released"]["contact"]
    assert {channel: one["outcome"] for channel, one in answer["channels"].items()} == {
        channel: "allow" if channel == "email" else "deny" for channel in answer["channels"]
    }
    entry = await stage.entry(answer)
    assert entry["channel"] == "email"
    assert set(entry["any"]) == set(answer["channels"])
    assert all(one["flat"]["channel"] == channel for channel, one in entry["any"].items())


async def test_the_customers_order_decides_among_several(crm: Api) -> None:
    customer = await somebody(crm)
    for channel in ("email", "sms"):
        await crm.grant(customer, channel=channel)
    assert (await crm.decide(customer=customer, channel="any"))["channel"] == "email"
    wishes = {"order": ["sms", "email"]}
    assert (await crm.send("PUT", f"/v1/customers/{customer}/preferences", wishes)).status_code == 200
    assert (await crm.decide(customer=customer, channel="any"))["channel"] == "sms"


async def test_where_the_customer_named_no_order_what_is_verified_comes_first(crm: Api, stage: Stage) -> None:
    customer = await both(crm)
    assert (await crm.decide(customer=customer, channel="any"))["channel"] == "email"
    await stage.rows("UPDATE vault.contact_point SET verified_at = recorded_at WHERE kind = 'phone'")
    assert (await crm.decide(customer=customer, channel="any"))["channel"] == "sms"
    await stage.rows("UPDATE vault.contact_point SET verified_at = recorded_at WHERE kind = 'email'")
    assert (await crm.decide(customer=customer, channel="any"))["channel"] == "email"


@pytest.mark.parametrize("declared_first", ["email", "sms"])
async def test_of_what_is_alike_that_which_disturbs_least_comes_first(stage: Stage, declared_first: str) -> None:
    declared = make.organization()
    channels = declared["purposes"]["offers"]["children"][PURPOSE]["channels"]
    channels.sort(key=lambda channel: channel != declared_first)
    await stage.apply(declared)
    crm = await stage.client("everything")
    answer = await crm.decide(customer=await both(crm), channel="any")
    assert next(iter(answer["channels"])) == declared_first
    assert answer["channel"] == "email"


@pytest.mark.parametrize(("email", "sms", "soonest"), [("09:00", "07:00", "sms"), ("07:00", "09:00", "email")])
async def test_of_several_that_have_to_wait_the_one_that_is_free_first_comes_first(
    crm: Api, email: str, sms: str, soonest: str
) -> None:
    customer = await both(crm, at="2025-03-05T00:00:00Z")
    wishes = {"quiet": {"email": f"22:00-{email}", "sms": f"22:00-{sms}"}, "time_zone": "Europe/London"}
    assert (await crm.send("PUT", f"/v1/customers/{customer}/preferences", wishes)).status_code == 200
    answer = await crm.decide(customer=customer, channel="any", at="2025-07-01T23:00:00Z")
    assert (answer["outcome"], answer["channel"]) == ("defer", soonest)
    assert datetime.fromisoformat(answer["defer_until"]) == datetime(2025, 7, 2, 6, tzinfo=UTC)
    assert {channel for channel, one in answer["channels"].items() if one["outcome"] == "defer"} == {"email", "sms"}


@pytest.mark.parametrize("first", ["email", "sms"])
async def test_the_one_that_wins_alone_is_reserved(stage: Stage, crm: Api, first: str) -> None:
    customer = await both(crm)
    wishes = {"order": [first]}
    assert (await crm.send("PUT", f"/v1/customers/{customer}/preferences", wishes)).status_code == 200
    answer = await crm.decide(customer=customer, channel="any", release=["contact"])
    assert (answer["allowed"], answer["channel"]) == (True, first)
    assert (await stage.entry(answer))["reserved"] is True
    assert [row["channel"] for row in await stage.rows("SELECT channel FROM vault.reservation")] == [first]


async def test_where_none_is_allowed_it_waits_for_the_earliest_or_is_a_no(crm: Api) -> None:
    customer = await somebody(crm)
    answer = await crm.decide(customer=customer, channel="any")
    assert (answer["outcome"], codes(answer)) == ("deny", ["never_asked"])
    await crm.grant(customer, channel="email")
    until = now() + timedelta(days=30)
    wishes = {"paused_until": until.isoformat()}
    assert (await crm.send("PUT", f"/v1/customers/{customer}/preferences", wishes)).status_code == 200
    answer = await crm.decide(customer=customer, channel="any")
    assert (answer["outcome"], answer["channel"]) == ("defer", "email")
    assert answer["defer_until"] == answer["channels"]["email"]["defer_until"]
    assert "released" not in answer


async def test_a_channel_beyond_the_ceiling_is_not_among_them(stage: Stage, crm: Api) -> None:
    customer = await somebody(crm)
    answer = await crm.decide(customer=customer, channel="any")
    declared = make.organization()
    mine = declared["clients"]["everything"]["ceiling"]["channels"]
    assert set(answer["channels"]) <= set(mine)
    declared["clients"]["everything"]["ceiling"]["channels"] = ["email"]
    await stage.apply(declared)
    answer = await crm.decide(customer=customer, channel="any")
    assert set(answer["channels"]) == {"email"}


async def test_a_purpose_nobody_granted_is_refused_before_anybody_is_looked_up(stage: Stage) -> None:
    crm = await stage.client("crm")
    answer = await crm.decide(customer=await crm.register(), channel="any", purpose="newsletter")
    assert codes(answer) == ["purpose_not_granted_to_client"]
    assert "channels" not in answer
    assert "subject" not in await stage.entry(answer)


async def test_no_channel_may_be_called_any(stage: Stage) -> None:
    declared = make.organization()
    declared["channels"]["any"] = declared["channels"]["email"]
    with pytest.raises(Exception, match="best channel"):
        await stage.apply(declared)
    api = await stage.client("everything")
    assert refused(await api.send("POST", "/v1/decisions", {"purpose": "sales", "channel": "any"}), 422, "one_person")
