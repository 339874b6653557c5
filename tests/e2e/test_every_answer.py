"""A client asks, and every kind of answer there is comes back: complete, ordered, and no more than it may know."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests import make
from tests.stage import Api, Stage, codes, now
from vault.actions.customer import consents, suppressions
from vault.base.ids import CustomerId
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.contact_point import ContactValue
from vault.domain.statement import NewGrant
from vault.domain.suppression import NewSuppression, SuppressionKind

DOUBLE = {"asked_at": "1951-02-27", "asked_ip": "quokka", "confirmed_at": "1951-02-27", "confirmed_ip": "quokka"}
Before = Callable[[Stage, Api, str], Awaitable[Any]]


async def imported(stage: Stage, customer: str, **given: Any) -> None:
    """Record a yes as a file brings it."""
    actor = Actor(organization=await stage.organization(), kind="import")
    evidence = {name: Personal(value) for name, value in given.pop("evidence", {}).items()}
    said: dict[str, Any] = {"purpose": "sales", "channel": "email", "notice": 2, "locale": "en"} | given
    await consents.grant(stage.vault, actor, customer=CustomerId(customer), said=NewGrant(**said, evidence=evidence))


async def stopped(stage: Stage, kind: SuppressionKind, point: str, value: str) -> None:
    """Suppress a contact point as a file does."""
    actor = Actor(organization=await stage.organization(), kind="import")
    contact = ContactValue(kind=point, value=Personal(value))
    await suppressions.suppress(stage.vault, actor, new=NewSuppression(contact=contact, kind=kind))


async def nothing(_stage: Stage, _api: Api, _customer: str) -> None:
    """Nobody said anything."""


def yes(**given: Any) -> Before:
    async def say(_stage: Stage, api: Api, customer: str) -> None:
        await api.grant(customer, **given)

    return say


def no(what: str, **given: Any) -> Before:
    async def say(_stage: Stage, api: Api, customer: str) -> None:
        await api.grant(customer, at=(now() - timedelta(days=1)).isoformat())
        await api.say_no(what, customer, **given)

    return say


def file(**given: Any) -> Before:
    async def say(stage: Stage, _api: Api, customer: str) -> None:
        await imported(stage, customer, **given)

    return say


async def ran_out(_stage: Stage, api: Api, customer: str) -> None:
    said, until = (now() - timedelta(days=days) for days in (2, 1))
    await api.grant(customer, at=said.isoformat(), until=until.isoformat())


ANSWERS: list[tuple[str, Before, dict[str, str], list[str]]] = [
    ("never_asked", nothing, {}, ["never_asked"]),
    ("double_opt_in", yes(purpose="newsletter"), {"purpose": "newsletter"}, ["double_opt_in_pending", "unverified"]),
    ("evidence", file(), {}, ["evidence_missing"]),
    ("granted", yes(), {}, ["opted_in"]),
    ("imported", file(evidence=make.evidence()), {}, ["opted_in"]),
    ("withdrawn", no("withdrawals"), {}, ["withdrawn"]),
    ("withdrawn_above", no("withdrawals", purpose="offers"), {}, ["withdrawn"]),
    ("withdrawn_elsewhere", no("withdrawals", channel="sms"), {}, ["opted_in"]),
    ("refused", no("refusals"), {}, ["refused"]),
    ("objected", no("objections"), {}, ["objected"]),
    ("expired", ran_out, {}, ["consent_expired"]),
    ("outdated", yes(notice=1), {}, ["notice_outdated"]),
    ("unverified", file(purpose="newsletter", evidence=DOUBLE), {"purpose": "newsletter"}, ["unverified"]),
    ("without_channel", nothing, {"purpose": "personalisation", "channel": "*"}, ["never_asked"]),
    (
        "without_channel_yes",
        yes(purpose="personalisation", channel="*", notice=1),
        {"purpose": "personalisation", "channel": "*"},
        ["opted_in"],
    ),
    ("contract", no("withdrawals", purpose="service"), {"purpose": "order_updates"}, ["service_message"]),
    ("contract_objected", no("objections", purpose="service"), {"purpose": "account"}, ["service_message"]),
    ("duty", no("objections", purpose="service"), {"purpose": "safety_recall"}, ["legal_obligation"]),
]


@pytest.mark.parametrize(("before", "asked", "expected"), [one[1:] for one in ANSWERS], ids=[one[0] for one in ANSWERS])
async def test_what_was_said_decides(stage: Stage, before: Before, asked: dict[str, str], expected: list[str]) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    await before(stage, api, customer)
    answer = await api.decide(customer=customer, **asked)
    assert codes(answer) == expected
    allowing = {"opted_in", "service_message", "legal_obligation"}
    assert (answer["allowed"], answer["outcome"]) == ((True, "allow") if set(expected) <= allowing else (False, "deny"))
    assert all(reason["message"] and reason["policy"] for reason in answer["reasons"])
    assert answer["channel"] == asked.get("channel", "email")
    assert answer["configuration"]


async def test_somebody_without_a_number_is_unreachable_by_text(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register(contact_points=[make.point("email", make.email())])
    await api.grant(customer, channel="sms")
    assert codes(await api.decide(customer=customer, channel="sms")) == ["unreachable"]
    assert codes(await api.decide(customer=customer, channel="voice")) == ["never_asked", "unreachable"]


async def test_an_id_nobody_has_is_an_unknown_customer(stage: Stage) -> None:
    api = await stage.client("everything")
    answer = await api.decide(customer="cus_06h0090m41t835kpwqjv10s1y0", release=["contact"])
    assert (codes(answer), answer.get("released"), answer.get("standing")) == (["unknown_customer"], None, None)


async def test_a_client_outside_its_ceiling_hears_of_that_and_of_nothing_else(stage: Stage) -> None:
    everything, crm = await stage.client("everything"), await stage.client("crm")
    customer = await everything.register()
    await everything.grant(customer, purpose="back_in_stock", channel="sms", notice=1)
    for who in (customer, "cus_06h0090m41t835kpwqjv10s1y0"):
        wide = await crm.decide(customer=who, purpose="back_in_stock", channel="email")
        assert codes(wide) == ["purpose_not_granted_to_client"]
        assert codes(await crm.decide(customer=who, channel="sms")) == ["channel_not_granted_to_client"]
        both = await crm.decide(customer=who, purpose="back_in_stock", channel="sms", release=["contact"])
        assert codes(both) == ["purpose_not_granted_to_client", "channel_not_granted_to_client"]
        assert set(both) == {"id", "allowed", "outcome", "reasons", "channel", "configuration", "log"}
        told = await stage.entry(both)
        assert not {"subject", "facts", "flat", "standing"} & set(told)


async def test_a_purpose_of_the_ceiling_does_not_bring_those_below_it(stage: Stage) -> None:
    api, crm = await stage.client("everything"), await stage.client("crm")
    customer = await api.register()
    assert codes(await crm.decide(customer=customer, purpose="service")) == ["service_message"]
    assert codes(await crm.decide(customer=customer, purpose="order_updates")) == ["purpose_not_granted_to_client"]


async def test_every_refusal_that_applies_is_told_strongest_first(stage: Stage) -> None:
    api = await stage.client("everything")
    address = make.email()
    customer = await api.register(
        contact_points=[make.point("email", address)], attributes=make.attributes(birth_date=make.birth_date(10))
    )
    await api.say_no("withdrawals", customer, purpose="newsletter")
    await api.post("/v1/suppressions", {"contact": make.point("email", address)})
    answer = await api.decide(customer=customer, purpose="newsletter")
    assert codes(answer) == ["minor", "suppressed", "withdrawn", "unverified"]
    assert answer["standing"]["state"] == "withdrawn"
    assert [reason.get("law") for reason in answer["reasons"]] == [
        "GDPR Art. 8", None, "GDPR Art. 7(3)", "GDPR Art. 5(1)(d)",
    ]  # fmt: skip


async def test_a_client_with_plain_reasons_sees_no_minor_no_stop_and_no_objection(stage: Stage) -> None:
    api, discreet = await stage.client("everything"), await stage.client("discreet")
    address = make.email()
    minor = await api.register()
    stop = await api.register(contact_points=[make.point("email", address)])
    objecting = await api.register()
    for customer in (minor, stop):
        await api.grant(customer)
    await api.make_young(minor)
    await api.post("/v1/suppressions", {"contact": make.point("email", address)})
    await api.say_no("objections", objecting)
    seen = {full: codes(await api.decide(customer=who)) for full, who in (("m", minor), ("s", stop), ("o", objecting))}
    assert seen == {"m": ["minor"], "s": ["suppressed"], "o": ["objected"]}
    answers = [await discreet.decide(customer=who) for who in (minor, stop, objecting)]
    for answer in answers:
        assert set(answer) == {"id", "allowed", "outcome", "reasons", "channel", "configuration", "log"}
        [reason] = answer["reasons"]
        assert (set(reason), reason["code"]) == ({"code", "message"}, "not_allowed")
    assert len({str(answer["reasons"]) for answer in answers}) == 1


async def test_plain_reasons_keep_what_the_client_can_act_on(stage: Stage) -> None:
    api, discreet = await stage.client("everything"), await stage.client("discreet")
    address = make.email()
    customer = await api.register(contact_points=[make.point("email", address)])
    await api.say_no("withdrawals", customer)
    await api.post("/v1/suppressions", {"contact": make.point("email", address)})
    answer = await discreet.decide(customer=customer)
    assert codes(answer) == ["not_allowed", "withdrawn"]
    assert answer["reasons"][1]["law"] == "GDPR Art. 7(3)"


async def test_a_minor_gets_the_order_update_and_no_offer(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    await api.grant(customer)
    await api.grant(customer, purpose="personalisation", channel="*", notice=1)
    await api.make_young(customer, years=12)
    assert codes(await api.decide(customer=customer)) == ["minor"]
    assert codes(await api.decide(customer=customer, purpose="personalisation", channel="*")) == ["minor"]
    assert codes(await api.decide(customer=customer, purpose="order_updates")) == ["service_message"]


async def test_a_complaint_stops_offers_and_no_password_reset_but_a_bounce_stops_both(stage: Stage) -> None:
    api = await stage.client("everything")
    address = make.email()
    customer = await api.register(contact_points=[make.point("email", address)])
    await api.grant(customer)
    await stopped(stage, "complaint", "email", address)
    assert codes(await api.decide(customer=customer)) == ["suppressed"]
    assert codes(await api.decide(customer=customer, purpose="account")) == ["service_message"]
    await stopped(stage, "bounce", "email", address)
    assert codes(await api.decide(customer=customer, purpose="account")) == ["suppressed"]


async def test_a_stop_binds_everybody_on_the_number_and_only_until_it_ends(stage: Stage) -> None:
    api = await stage.client("everything")
    number = make.phone()
    first, second = [await api.register(contact_points=[make.point("phone", number)]) for _ in range(2)]
    for customer in (first, second):
        await api.grant(customer, channel="sms")
        await api.grant(customer, channel="voice")
    await api.post("/v1/suppressions", {"contact": make.point("phone", number), "channel": "sms"})
    for customer in (first, second):
        assert codes(await api.decide(customer=customer, channel="sms")) == ["suppressed"]
        assert codes(await api.decide(customer=customer, channel="voice")) == ["opted_in"]
    ended = {"at": (now() - timedelta(days=2)).isoformat(), "until": (now() - timedelta(days=1)).isoformat()}
    await api.post("/v1/suppressions", {"contact": make.point("phone", number), "channel": "voice", **ended})
    assert codes(await api.decide(customer=first, channel="voice")) == ["opted_in"]


async def test_a_question_about_the_past_is_answered_as_it_stood_then(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    said, asked = (now() - timedelta(days=days) for days in (3, 2))
    await api.grant(customer, at=said.isoformat())
    await api.say_no("withdrawals", customer, at=(now() - timedelta(days=1)).isoformat())
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    past = await api.decide(customer=customer, at=asked.isoformat())
    assert (codes(past), past.get("released")) == (["opted_in"], None)
    assert codes(await api.decide(customer=customer, at=(said - timedelta(days=1)).isoformat())) == ["never_asked"]
