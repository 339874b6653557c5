"""Permits: the proof of a yes that its sender verifies alone; and what takes one back while it is on its way."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg
import pytest
import pytest_asyncio
from consent_vault import Contact, permits

from tests import make
from tests.evaluating import SALES, asking
from tests.stage import Api, Json, Stage, codes, now, raw_id, refused, said
from vault.actions.choices import preferences
from vault.actions.client import clients, sweeping
from vault.base.ids import CustomerId
from vault.domain.actor import Actor

SENDER: Final = "fernhill.discreet"


class Letter:
    """A message that may be sent: to whom, and the permit for it."""

    def __init__(self, customer: str, address: str, answer: Json) -> None:
        self.customer = customer
        self.address = address
        self.answer = answer
        self.permit = str(answer["permit"])


async def letter(api: Api, **asked: Any) -> Letter:
    """Register somebody who said yes, and ask for a permit."""
    address = make.email()
    customer = await api.register(contact_points=[make.point("email", address), make.point("phone", make.phone())])
    for channel in ("email", "sms"):
        await api.grant(customer, channel=channel)
    given = {"customer": customer, "permit_for": "discreet", "campaign": "spring"} | asked
    return Letter(customer, address, await api.decide(**given))


async def verified(sender: Api, one: Letter, **given: Any) -> permits.Permit:
    assert sender.sdk is not None
    key = await sender.sdk.permit_key()
    plain: dict[str, Any] = {"audience": SENDER, "address": one.address, "key": key.key} | given
    return permits.verify(one.permit, await sender.sdk.signing_keys(), **plain)


async def revoked(sender: Api) -> dict[str, tuple[str, str]]:
    assert sender.sdk is not None
    return {one.decision: (one.outcome, one.reason) for one in await sender.sdk.revoked_permits()}


@pytest_asyncio.fixture
async def sender(stage: Stage) -> Api:
    return await stage.client("discreet")


# ── Given ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_yes_comes_with_a_permit_that_its_sender_verifies_alone(stage: Stage, api: Api, sender: Api) -> None:
    one = await letter(api)
    permit = await verified(sender, one)
    assert (permit.decision, permit.purpose, permit.channel, permit.campaign) == (
        one.answer["id"], "sales", "email", "spring",
    )  # fmt: skip
    assert permit.unsubscribe == one.answer["withdrawal_link"]
    assert 0 < permit.expires_at - permit.given_at <= 15 * 60
    entry = await stage.entry(one.answer)
    assert (entry["permit_for"], entry["campaign"], entry["reserved"]) == (SENDER, "spring", True)
    assert "to" not in entry


async def test_it_names_nobody_and_the_same_person_to_each_sender_otherwise(
    stage: Stage, api: Api, sender: Api
) -> None:
    one = await letter(api)
    told = urlsafe_b64decode(one.permit.split(".")[1] + "==").decode()
    subject = (await stage.entry(one.answer))["subject"]
    assert not any(word in told for word in (one.customer, one.address, one.address.lower(), subject))
    people = {(await verified(sender, one)).person}
    again = await api.decide(customer=one.customer, permit_for="discreet")
    people.add((await verified(sender, Letter(one.customer, one.address, again))).person)
    assert len(people) == 1
    other = await api.decide(customer=one.customer, permit_for="everything")
    claims = json.loads(urlsafe_b64decode(other["permit"].split(".")[1] + "=="))
    assert claims["sub"] not in people
    assert claims["to"] != json.loads(told)["to"]


@pytest.mark.parametrize(
    "form", ["QUOKKA.{}@quokkamail.EXAMPLE", "quokka.{}@quokkamail.example", " Quokka.{}@quokkamail.example"]
)
async def test_an_address_is_the_same_however_it_is_spelled(api: Api, sender: Api, form: str) -> None:
    one = await letter(api)
    number = one.address.partition("@")[0].partition(".")[2]
    await verified(sender, one, address=form.format(number))


async def test_for_another_audience_address_or_key_it_is_none(api: Api, sender: Api) -> None:
    one = await letter(api)
    with pytest.raises(permits.OtherAudience):
        await verified(sender, one, audience="fernhill.everything")
    with pytest.raises(permits.OtherAddress):
        await verified(sender, one, address=make.email())
    assert api.sdk is not None
    with pytest.raises(permits.OtherAddress):
        await verified(sender, one, key=(await api.sdk.permit_key()).key)


async def test_without_being_asked_for_or_with_a_no_there_is_none(stage: Stage, api: Api) -> None:
    customer = await api.register()
    no = await api.decide(customer=customer, permit_for="discreet")
    assert (no["allowed"], no.get("permit")) == (False, None)
    await api.grant(customer)
    assert (await api.decide(customer=customer)).get("permit") is None
    assert await stage.count("vault.permit") == 0
    assert all("permit_for" not in entry for entry in await stage.entries("decision"))


async def test_over_any_channel_it_is_for_the_one_chosen(api: Api, sender: Api) -> None:
    one = await letter(api, channel="any")
    permit = await verified(sender, one)
    assert permit.channel == one.answer["channel"] == "email"


async def test_an_enforcement_point_gets_it_in_the_context(api: Api) -> None:
    one = await letter(api)
    context = {**SALES, "permit_for": "discreet", "campaign": "spring"}
    body = asking(one.customer, context=context)
    assert (await api.post("/access/v1/evaluation", body))["context"]["permit"].count(".") == 2


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"permit_for": "nobody"}, "unknown_sender"),
        ({"permit_for": "only_decide"}, "unknown_sender"),
        ({"permit_for": "discreet", "reserve": False}, "permit_without_message"),
        ({"permit_for": "discreet", "at": "2026-01-01T00:00:00Z"}, "permit_without_message"),
    ],
)
async def test_a_permit_that_makes_no_sense_is_a_bad_question(api: Api, asked: Json, code: str) -> None:
    question = make.asked(customer=await api.register(), **asked)
    refused(await api.send("POST", "/v1/decisions", question), 422, code)


async def test_the_key_is_handed_to_its_sender_with_an_entry(stage: Stage, api: Api, sender: Api) -> None:
    assert sender.sdk is not None
    assert api.sdk is not None
    own = await sender.sdk.permit_key()
    assert own.client_id == SENDER
    assert own.key != (await api.sdk.permit_key()).key
    assert own.key not in repr(own)
    assert len(await stage.entries("permit_key_read")) == 2
    nosy = await stage.client("only_decide")
    for path in ("/v1/permits/key", "/v1/permits/revoked"):
        refused(await nosy.send("GET", path), 403, "insufficient_scope")


async def test_the_sender_tells_what_became_of_it_and_nobody_else(stage: Stage, api: Api, sender: Api) -> None:
    one = await letter(api)
    path = f"/v1/decisions/{one.answer['id']}/outcome"
    stranger = await stage.client("only_outcome")
    refused(await stranger.send("POST", path, {"outcome": "sent"}), 404, "unknown_decision")
    assert [said(await sender.send("POST", path, {"outcome": "sent"}))["repeated"] for _ in range(2)] == [False, True]
    await sender.post(path, {"outcome": "bounced"})
    assert await revoked(sender) == {one.answer["id"]: ("deny", "not_allowed")}


# ── Taken back ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def _withdraw(_: Stage, api: Api, one: Letter) -> None:
    await api.say_no("withdrawals", one.customer)


async def _withdraw_above(_: Stage, api: Api, one: Letter) -> None:
    await api.say_no("withdrawals", one.customer, purpose="offers", channel="*")


async def _object(_: Stage, api: Api, one: Letter) -> None:
    await api.say_no("objections", one.customer, channel="*")


async def _suppress(_: Stage, api: Api, one: Letter) -> None:
    assert api.sdk is not None
    await api.sdk.suppress(Contact(kind="email", value=one.address))


async def _no_of_another(_: Stage, api: Api, one: Letter) -> None:
    other = await api.register(contact_points=[make.point("email", one.address)])
    point = (await api.points(other))["email"]
    await api.say_no("withdrawals", other, contact_point=point)


async def _restrict(stage: Stage, _: Api, one: Letter) -> None:
    await stage.rows("UPDATE vault.customer SET restricted_since = now() WHERE id = $1", raw_id(one.customer))


async def _erase(stage: Stage, _: Api, one: Letter) -> None:
    await stage.erase(one.customer)


async def _remove(_: Stage, api: Api, one: Letter) -> None:
    assert api.sdk is not None
    await api.sdk.remove_contact_point(one.customer, (await api.points(one.customer))["email"])


async def _suspend(stage: Stage, _: Api, __: Letter) -> None:
    await clients.suspend(stage.vault, await stage.operator(), key="everything")


async def _pause(stage: Stage, _: Api, one: Letter) -> None:
    me = Actor(
        organization=await stage.organization(),
        kind="customer",
        customer=CustomerId(one.customer),
        signed_in_at=stage.vault.clock.now(),
    )
    await preferences.pause(stage.vault, me, days=30)


async def _becomes_a_minor(_: Stage, api: Api, one: Letter) -> None:
    await api.make_young(one.customer)


async def _yes_to_old_words(_: Stage, api: Api, one: Letter) -> None:
    await api.grant(one.customer, notice=1)


async def _wish_for_quiet(_: Stage, api: Api, one: Letter) -> None:
    clock = datetime.now(ZoneInfo("Europe/London"))
    begin, end = (clock + timedelta(hours=hours) for hours in (-2, 2))
    wishes = {"quiet": {"*": f"{begin:%H}:00-{end:%H}:00"}}
    said(await api.send("PUT", f"/v1/customers/{one.customer}/preferences", wishes))


Deed = Callable[[Stage, Api, Letter], Awaitable[None]]


@pytest.mark.parametrize(
    ("deed", "told"),
    [
        (_withdraw, ("deny", "withdrawn")),
        (_withdraw_above, ("deny", "withdrawn")),
        (_object, ("deny", "not_allowed")),
        (_suppress, ("deny", "not_allowed")),
        (_no_of_another, ("deny", "withdrawn")),
        (_restrict, ("deny", "not_allowed")),
        (_erase, ("deny", "unknown_customer")),
        (_remove, ("deny", "unreachable")),
        (_suspend, ("deny", "client_suspended")),
        (_pause, ("defer", "paused")),
        (_becomes_a_minor, ("deny", "not_allowed")),
        (_yes_to_old_words, ("deny", "notice_outdated")),
        (_wish_for_quiet, ("defer", "quiet_hours")),
    ],
)
async def test_what_is_taken_back_on_the_way_is_told_at_once_and_to_its_sender_alone(
    stage: Stage, api: Api, sender: Api, deed: Deed, told: tuple[str, str]
) -> None:
    bystander, one = await letter(api), await letter(api)
    theirs = await letter(api, permit_for="only_outcome")
    assert await revoked(sender) == {}
    await deed(stage, api, one)
    found = await revoked(sender)
    assert found[one.answer["id"]] == told
    if deed is not _suspend:
        assert set(found) == {one.answer["id"]}
        assert (await stage.entry(bystander.answer))["permit_for"] == SENDER
    assert theirs.answer["id"] not in found
    path = await stage.client("only_outcome")
    if deed is not _suspend:
        assert await path.get("/v1/permits/revoked") == {"revoked": []}


@pytest.mark.parametrize("country", ["DE", None])
async def test_whoever_moves_away_takes_back_what_a_law_of_their_country_implied(
    api: Api, sender: Api, country: str | None
) -> None:
    customers = [await api.register(attributes=make.attributes(country="CA")) for _ in range(2)]
    for customer in customers:
        await api.post(f"/v1/customers/{customer}/dealings", {"what": "purchased"})
    moved, _ = [await api.decide(customer=customer, permit_for="discreet") for customer in customers]
    assert codes(moved) == ["implied_consent"]
    assert await revoked(sender) == {}
    said(await api.send("PATCH", f"/v1/customers/{customers[0]}", {"attributes": {"country": country}}))
    said(await api.send("PUT", f"/v1/customers/{customers[1]}/preferences", {"order": ["email"]}))  # looked at as well
    assert await revoked(sender) == {moved["id"]: ("deny", "never_asked")}


async def test_what_was_under_way_when_it_was_given_takes_it_back_too(stage: Stage, api: Api, sender: Api) -> None:
    customer = await api.register()
    await api.grant(customer)
    other = await asyncpg.connect(stage.url)
    begun = other.transaction()
    await begun.start()
    await other.execute("UPDATE vault.customer SET minor_until = '2999-01-01'")
    answer = await api.decide(customer=customer, permit_for="discreet")
    assert await revoked(sender) == {}
    await begun.commit()
    await other.close()
    assert await revoked(sender) == {answer["id"]: ("deny", "not_allowed")}


async def test_a_new_yes_that_ends_sooner_ends_what_is_on_its_way(api: Api, sender: Api) -> None:
    one = await letter(api)
    await api.grant(one.customer, until=(now() + timedelta(seconds=5)).isoformat())
    over = now() + timedelta(seconds=30)
    found = await revoked(sender)
    while not found and now() < over:
        found = await revoked(sender)
    assert found == {one.answer["id"]: ("deny", "consent_expired")}


@pytest.mark.parametrize(("purpose", "channel"), [("surveys", "email"), ("sales", "sms"), ("events", "*")])
async def test_a_no_to_something_else_takes_none_back(api: Api, sender: Api, purpose: str, channel: str) -> None:
    one = await letter(api)
    await api.say_no("withdrawals", one.customer, purpose=purpose, channel=channel)
    assert await revoked(sender) == {}


async def test_said_again_a_yes_gives_it_back(api: Api, sender: Api) -> None:
    one = await letter(api)
    await api.say_no("withdrawals", one.customer)
    await api.grant(one.customer)
    assert await revoked(sender) == {}


async def test_one_that_is_over_by_every_clock_is_told_of_no_more_and_forgotten(
    stage: Stage, api: Api, sender: Api
) -> None:
    one = await letter(api)
    await _withdraw(stage, api, one)
    for minutes, told in ((-1, {one.answer["id"]}), (4, {one.answer["id"]}), (6, set())):
        await stage.rows("UPDATE vault.permit SET expires_at = now() - make_interval(mins => $1)", minutes)
        assert set(await revoked(sender)) == told
    await sweeping.sweep(stage.vault)
    assert await stage.count("vault.permit") == 0


async def test_asked_again_by_the_same_key_it_is_the_same_permit(stage: Stage, api: Api) -> None:
    one = await letter(api)
    asked = {"customer": one.customer, "permit_for": "discreet", "key": "k"}
    first, again = [await api.decide(**asked) for _ in range(2)]
    assert first["id"] == again["id"]
    assert await stage.count("vault.permit") == 2


async def test_whoever_is_suspended_is_no_sender(stage: Stage, api: Api) -> None:
    await clients.suspend(stage.vault, await stage.operator(), key="discreet")
    question = make.asked(customer=await api.register(), permit_for="discreet")
    refused(await api.send("POST", "/v1/decisions", question), 422, "unknown_sender")
