"""Wishes over HTTP: kept whole, told in codes, gone with the person; a system only ever makes them less."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.e2e.doors import code, somebody
from tests.e2e.test_tokens_exchanged import exchange
from tests.stage import Api, Json, Stage, now, refused, said
from vault.actions.choices import preferences
from vault.base.errors import Invalid
from vault.base.ids import CustomerId
from vault.domain.actor import Actor
from vault.domain.choices.at_most import AtMost
from vault.domain.choices.preference import Wanted

WISHES: Json = {"quiet": {"*": "22:00-07:00", "sms": "20:00-09:00"}, "order": ["email", "sms"], "locale": "de"}
WISHES |= {"at_most": {"*": {"most": 1, "per": "week"}, "sms": {"most": 2, "per": "month"}}}


async def put(api: Api, customer: str, body: Json) -> Json:
    return said(await api.send("PUT", f"/v1/customers/{customer}/preferences", body))


async def person(stage: Stage, customer: str) -> Actor:
    return Actor(organization=await stage.organization(), kind="customer", customer=CustomerId(customer))


async def test_wishes_are_shown_as_they_were_put_and_each_change_is_an_entry_in_codes(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    place = f"/v1/customers/{customer}/preferences"
    assert await api.get(place) == {"locale": "en", "time_zone": "Europe/London"}
    until = (now() + timedelta(days=30)).isoformat()
    shown = await put(api, customer, {**WISHES, "paused_until": until})
    assert {name: shown[name] for name in WISHES} == WISHES
    assert await api.get(place) == shown
    [entry] = await stage.entries("preference_set")
    assert {*entry["fields"]} >= {"paused_until", "quiet", "order", "at_most"}
    assert "22:00" not in str(entry)
    await put(api, customer, {**WISHES, "paused_until": shown["paused_until"]})
    assert len(await stage.entries("preference_set")) == 1
    assert len(await stage.entries("preferences_read")) >= 2


async def test_a_system_only_makes_less_and_the_person_may_do_both(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    had: Json = {"quiet": {"*": "22:00-07:00"}, "at_most": {"*": {"most": 2, "per": "week"}}}
    await put(api, customer, had)
    for more in (
        {}, {**had, "quiet": {"*": "22:00-06:30"}}, {**had, "time_zone": "Asia/Tokyo"}, {**had, "at_most": {}},
        {**had, "at_most": {"*": {"most": 3, "per": "week"}}}, {**had, "at_most": {"*": {"most": 1, "per": "day"}}},
    ):  # fmt: skip
        response = await api.send("PUT", f"/v1/customers/{customer}/preferences", more)
        refused(response, 403, "only_in_person")
    await put(api, customer, {"quiet": {"*": "21:00-07:00"}, "at_most": {"*": {"most": 1, "per": "month"}}})
    me = await person(stage, customer)
    assert (await preferences.prefer(stage.vault, me, wanted=Wanted())).quiet == {}
    limit = {"sms": AtMost(most=1, per="month")}
    await preferences.prefer(stage.vault, me, wanted=Wanted(at_most=limit))
    for days in (30, 60, 90):
        paused = await preferences.pause(stage.vault, me, days=days)
        assert paused.at_most == limit
        assert paused.paused_until is not None
        assert timedelta(days=days) - timedelta(minutes=1) < paused.paused_until - now() < timedelta(days=days + 1)
    refused(await api.send("PUT", f"/v1/customers/{customer}/preferences", {}), 403, "only_in_person")
    assert (await preferences.end_pause(stage.vault, me)).paused_until is None
    with pytest.raises(Invalid):
        await preferences.pause(stage.vault, me, days=31)


async def test_a_customer_on_the_line_has_wishes_read_and_written_down(stage: Stage) -> None:
    crm = await stage.client("crm")
    customer, _ = await somebody(await stage.client("everything"))
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    token = said(await exchange(stage, customer, await code(stage)))["access_token"]
    line = Api(stage.http, token, sdk=None)
    assert said(await line.send("PUT", "/v1/me/preferences", {"quiet": {"sms": "20:00-09:00"}}))["quiet"]
    assert (await line.get("/v1/me/preferences"))["quiet"] == {"sms": "20:00-09:00"}
    refused(await line.send("PUT", "/v1/me/preferences", {}), 403, "only_in_person")


async def test_wishes_go_with_the_person(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    await put(api, customer, WISHES)
    assert (await stage.erase(customer)).gone["preferences"] == 1
    assert await stage.count("vault.preference") == 0
    refused(await api.send("GET", f"/v1/customers/{customer}/preferences"), 404, "unknown_customer")
    refused(await api.send("PUT", f"/v1/customers/{customer}/preferences", WISHES), 404, "unknown_customer")


async def test_wishes_that_make_no_sense_are_bad_requests(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    bodies: list[Json] = [
        {"paused_until": "2020-01-01T00:00:00Z"}, {"quiet": {"pigeon": "22:00-07:00"}}, {"quiet": {"*": "22:10-07:00"}},
        {"order": ["sms", "sms"]}, {"time_zone": "Mars/Olympus"}, {"budget": {}},
        {"at_most": {"pigeon": {"most": 1, "per": "week"}}}, {"at_most": {"*": {"most": 0, "per": "week"}}},
    ]  # fmt: skip
    for body in bodies:
        response = await api.send("PUT", f"/v1/customers/{customer}/preferences", body)
        assert response.status_code in {400, 422}, (body, response.text)
