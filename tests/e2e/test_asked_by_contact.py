"""Asked by an address or a reference, a no tells nothing of who is known; and an address may have several people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import make
from tests.stage import Api, Stage, codes, now, refused, said
from vault.actions import organizations

Json = dict[str, Any]

NOT_OVER = """
@id("fernhill.not_over")
@reason("not_allowed")
forbid (principal, action == Action::"contact", resource) when { context.channel == "%s" };
"""


def bare(answer: Json) -> Json:
    """Return an answer without its ids."""
    return {name: value for name, value in answer.items() if name not in {"id", "log"}}


async def people(stage: Stage, api: Api) -> dict[str, Json]:
    """Register one person for each kind of no, and return how each was registered."""
    kinds = ("silent", "withdrawn", "objected", "suppressed", "minor", "paused", "sms_first")
    registrations = {name: make.customer() for name in kinds}
    ids = {
        name: str((await api.post("/v1/customers", registration))["id"]) for name, registration in registrations.items()
    }
    for name in ("withdrawn", "objected", "suppressed", "minor", "paused"):
        await api.grant(ids[name], at=(now() - timedelta(days=1)).isoformat())
    await api.make_young(ids["minor"])
    await api.say_no("withdrawals", ids["withdrawn"])
    await api.say_no("objections", ids["objected"])
    paused = {"paused_until": (now() + timedelta(days=9)).isoformat()}
    for name, wishes in (("paused", paused), ("sms_first", {"order": ["sms", "email"]})):
        said(await api.send("PUT", f"/v1/customers/{ids[name]}/preferences", wishes))
    await api.post("/v1/suppressions", {"contact": registrations["suppressed"]["contact_points"][0]})
    erased = make.customer()
    await stage.erase(str((await api.post("/v1/customers", erased))["id"]))
    return registrations | {"erased": erased, "unknown": make.customer()}


@pytest.mark.parametrize("key", ["everything", "discreet"])
@pytest.mark.parametrize("by", ["contact", "external"])
@pytest.mark.parametrize("channel", ["email", "any"])
async def test_without_lookup_a_no_is_the_same_for_everybody_known_or_not(
    stage: Stage, key: str, by: str, channel: str
) -> None:
    api = await stage.client("everything")
    blind = await stage.client(key, "decide release")
    answers: dict[str, Json] = {}
    for name, registration in (await people(stage, api)).items():
        point = registration["contact_points"][0] if by == "contact" else registration["external"][0]
        answers[name] = bare(await blind.decide(**{by: point}, channel=channel, release=["contact", "first_name"]))
    assert answers["unknown"]["reasons"][0]["code"] == "never_asked"
    for name, answer in answers.items():
        assert answer == answers["unknown"], name


@pytest.mark.parametrize("channel", ["email", "sms"])
async def test_a_policy_of_one_channel_tells_nothing_of_who_is_known(stage: Stage, channel: str) -> None:
    """The best channel of somebody known may be another than that of anybody, with other reasons."""
    declared = make.written(make.organization())
    await organizations.apply(stage.vault, declared, name="organization.yaml", own={"own.cedar": NOT_OVER % channel})
    api, blind = await stage.client("everything"), await stage.client("everything", "decide release")
    found = [
        bare(await blind.decide(external=one["external"][0], channel="any"))
        for one in (await people(stage, api)).values()
    ]
    assert found == found[:1] * len(found)


async def test_with_lookup_the_reason_of_a_known_person_is_told(stage: Stage) -> None:
    api = await stage.client("everything")
    found = {
        name: codes(await api.decide(external=registration["external"][0]))
        for name, registration in (await people(stage, api)).items()
    }
    assert found == {
        "silent": ["never_asked"],
        "withdrawn": ["withdrawn"],
        "objected": ["objected"],
        "suppressed": ["suppressed"],
        "minor": ["minor"],
        "paused": ["paused"],
        "sms_first": ["never_asked"],
        "erased": ["never_asked"],
        "unknown": ["never_asked"],
    }


async def test_a_yes_by_contact_or_reference_releases_without_lookup(stage: Stage) -> None:
    api, blind = await stage.client("everything"), await stage.client("everything", "decide release")
    registration = make.customer()
    await api.grant(str((await api.post("/v1/customers", registration))["id"]))
    address = registration["contact_points"][0]["value"]
    spelled = make.point("email", f"  {address.upper()} ")
    answer = await blind.decide(contact=spelled, release=["contact", "first_name"])
    assert answer["released"]["first_name"] == registration["attributes"]["first_name"]
    assert answer["released"]["contact"].lower() == address.lower()
    answer = await blind.decide(external=registration["external"][0], release=["contact"])
    assert answer["released"]["contact"].lower() == address.lower()


async def test_an_address_two_people_share_means_neither(stage: Stage) -> None:
    api = await stage.client("everything")
    shared = make.point("email", make.email())
    both = [await api.register(contact_points=[shared]) for _ in range(2)]
    for customer in both:
        await api.grant(customer)
        assert codes(await api.decide(customer=customer)) == ["opted_in"]
    answer = await api.decide(contact=shared, release=["contact", "first_name"])
    assert (codes(answer), answer.get("released")) == (["never_asked"], None)
    assert "subject" not in await stage.entry(answer)


async def test_a_no_about_an_address_binds_everybody_who_has_it_or_will(stage: Stage) -> None:
    api = await stage.client("everything")
    shared = make.point("email", make.email())
    yesterday = (now() - timedelta(days=1)).isoformat()
    speaker, other = [await api.register(contact_points=[shared]) for _ in range(2)]
    for customer in (speaker, other):
        await api.grant(customer, at=yesterday)
    await api.say_no("withdrawals", speaker, channel="email", contact_point=(await api.points(speaker))["email"])
    later = await api.register(contact_points=[make.point("email", make.email(), primary=True), shared])
    await api.grant(later, at=yesterday)
    for customer in (speaker, other, later):
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    await api.grant(other)
    assert codes(await api.decide(customer=other)) == ["opted_in"]
    assert codes(await api.decide(customer=later)) == ["withdrawn"]


async def test_a_no_about_an_address_survives_the_erasure_of_whoever_said_it(stage: Stage) -> None:
    api = await stage.client("everything")
    shared = make.point("email", make.email())
    speaker, other = [await api.register(contact_points=[shared]) for _ in range(2)]
    await api.grant(other, at=(now() - timedelta(days=1)).isoformat())
    await api.say_no("objections", speaker, channel="*", contact_point=(await api.points(speaker))["email"])
    await stage.erase(speaker)
    assert codes(await api.decide(customer=other)) == ["objected"]
    response = await api.send("POST", "/v1/customers", {"contact_points": [shared]})
    refused(response, 403, "not_accepted")


async def test_a_no_about_a_person_leaves_others_on_the_address_alone(stage: Stage) -> None:
    api = await stage.client("everything")
    shared = make.point("email", make.email())
    speaker, other = [await api.register(contact_points=[shared]) for _ in range(2)]
    await api.grant(other)
    await api.say_no("objections", speaker, channel="*")
    assert codes(await api.decide(customer=other)) == ["opted_in"]


async def test_a_no_about_a_number_binds_the_channels_that_reach_it(stage: Stage) -> None:
    api = await stage.client("everything")
    shared, own = make.point("phone", make.phone()), make.point("email", make.email())
    speaker = await api.register(contact_points=[shared])
    other = await api.register(contact_points=[shared, own])
    for channel in ("sms", "voice", "email"):
        await api.grant(other, channel=channel, at=(now() - timedelta(days=1)).isoformat())
    await api.say_no("withdrawals", speaker, channel="*", contact_point=(await api.points(speaker))["phone"])
    found = {channel: codes(await api.decide(customer=other, channel=channel)) for channel in ("sms", "voice", "email")}
    assert found == {"sms": ["withdrawn"], "voice": ["withdrawn"], "email": ["opted_in"]}


async def test_a_removed_address_is_found_no_more(stage: Stage) -> None:
    api = await stage.client("everything")
    address = make.point("email", make.email())
    customer = await api.register(contact_points=[address])
    await api.grant(customer)
    assert codes(await api.decide(contact=address)) == ["opted_in"]
    said(await api.send("DELETE", f"/v1/customers/{customer}/contact-points/{(await api.points(customer))['email']}"))
    assert codes(await api.decide(contact=address)) == ["never_asked"]
    assert (await api.post("/v1/customers/lookup", {"contact": address}))["customers"] == []
