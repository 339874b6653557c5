"""Without the yes, the address does not leave; with it, only what this client may have for this message."""

from __future__ import annotations

from tests import make
from tests.stage import Stage, codes, now, refused, said


def withheld(answer: dict[str, object]) -> dict[str, str]:
    """Return the code for each field that did not leave."""
    fields = answer.get("withheld", [])
    assert isinstance(fields, list)
    return {one["field"]: one["code"] for one in fields}


async def test_with_a_yes_the_address_of_the_allowed_channel_leaves_and_no_other(stage: Stage) -> None:
    api = await stage.client("everything")
    registration = make.customer()
    values = {point["kind"]: point["value"] for point in registration["contact_points"]}
    customer = str((await api.post("/v1/customers", registration))["id"])
    for channel in ("email", "sms"):
        await api.grant(customer, channel=channel)
    await api.grant(customer, purpose="catalogue", channel="post", notice=1)
    answer = await api.decide(customer=customer, release=["contact", "phone", "email"])
    assert answer["released"] == {"contact": values["email"].replace("Quokkamail", "quokkamail")}
    assert withheld(answer) == {"phone": "field_not_for_channel", "email": "field_not_for_channel"}
    answer = await api.decide(customer=customer, channel="sms", release=["contact"])
    assert answer["released"] == {"contact": values["phone"]}
    answer = await api.decide(customer=customer, purpose="catalogue", channel="post", release=["contact"])
    assert answer["released"] == {"contact": values["postal_address"]}
    assert (await stage.entry(answer))["released"] == ["contact"]


async def test_an_attribute_leaves_for_a_purpose_it_declares_or_one_below(stage: Stage) -> None:
    api = await stage.client("everything")
    registration = make.customer()
    values = registration["attributes"]
    customer = str((await api.post("/v1/customers", registration))["id"])
    await api.grant(customer)
    await api.grant(customer, purpose="personalisation", channel="*", notice=1)
    answer = await api.decide(customer=customer, release=list(values))
    offers = {"first_name", "last_name", "salutation", "language"}
    assert answer["released"] == {name: value for name, value in values.items() if name in offers}
    assert withheld(answer) == dict.fromkeys(values.keys() - offers, "field_not_for_purpose")
    answer = await api.decide(customer=customer, purpose="order_updates", release=list(values))
    assert answer["released"] == {name: value for name, value in values.items() if name != "boot_size"}
    answer = await api.decide(
        customer=customer, purpose="personalisation", channel="*", release=["boot_size", "contact", "country"]
    )
    assert answer["released"] == {"boot_size": values["boot_size"]}
    assert withheld(answer) == {"contact": "field_not_for_channel", "country": "field_not_for_purpose"}


async def test_a_client_gets_the_fields_of_its_ceiling_alone(stage: Stage) -> None:
    api, crm, kestrel = [await stage.client(key) for key in ("everything", "crm", "kestrel_mail")]
    registration = make.customer()
    customer = str((await api.post("/v1/customers", registration))["id"])
    await api.grant(customer)
    wanted = ["contact", "first_name", "last_name", "salutation", "language"]
    answer = await crm.decide(customer=customer, release=wanted)
    assert set(answer["released"]) == {"contact", "first_name", "last_name", "language"}
    assert withheld(answer) == {"salutation": "field_not_granted_to_client"}
    answer = await kestrel.decide(customer=customer, release=wanted)
    assert set(answer["released"]) == {"contact", "first_name", "language"}
    assert set(withheld(answer)) == {"last_name", "salutation"}
    assert (await stage.entry(answer))["withheld"] == withheld(answer)


async def test_a_no_releases_nothing_and_says_nothing_of_fields(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    for before in ("never_asked", "withdrawn"):
        answer = await api.decide(customer=customer, release=["contact", "first_name"])
        assert (codes(answer), "released" in answer, "withheld" in answer) == ([before], False, False)
        await api.grant(customer)
        await api.say_no("withdrawals", customer)


async def test_a_field_that_is_not_filled_does_not_leave(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register(attributes={"first_name": "Quokkarina"})
    await api.grant(customer)
    answer = await api.decide(customer=customer, release=["first_name", "last_name"])
    assert answer["released"] == {"first_name": "Quokkarina"}
    assert (await stage.entry(answer))["released"] == ["first_name"]


async def test_a_question_about_the_past_releases_nothing(stage: Stage) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    await api.grant(customer)
    body = make.asked(customer=customer, at=now().isoformat(), release=["contact"])
    refused(await api.send("POST", "/v1/decisions", body), 422, "release_of_the_past")
    answer = await api.decide(customer=customer, at=now().isoformat())
    assert (answer["allowed"], answer.get("released")) == (True, None)


async def test_releasing_needs_a_scope_of_its_own(stage: Stage) -> None:
    api, narrow = await stage.client("everything"), await stage.client("everything", "decide")
    customer = await api.register()
    await api.grant(customer)
    assert (await narrow.decide(customer=customer))["allowed"]
    response = await narrow.send("POST", "/v1/decisions", make.asked(customer=customer, release=["contact"]))
    refused(response, 403, "insufficient_scope")
    assert 'error="insufficient_scope"' in response.headers["www-authenticate"]
    only = await stage.client("only_release")
    refused(await only.send("POST", "/v1/decisions", make.asked(customer=customer)), 403, "insufficient_scope")


async def test_a_grant_that_names_a_contact_point_counts_for_it_alone(stage: Stage) -> None:
    api = await stage.client("everything")
    first, second = make.email(), make.email()
    customer = await api.register(contact_points=[make.point("email", first)])
    added = await api.post(f"/v1/customers/{customer}/contact-points", make.point("email", second))
    await api.grant(customer, contact_point=added["id"])
    answer = await api.decide(customer=customer, release=["contact"])
    assert answer["released"]["contact"].lower() == second.lower()
    assert codes(await api.decide(contact=make.point("email", second))) == ["opted_in"]
    answer = await api.decide(contact=make.point("email", first), release=["contact"])
    assert (codes(answer), answer.get("released")) == (["never_asked"], None)
    said(await api.send("DELETE", f"/v1/customers/{customer}/contact-points/{added['id']}"))
    answer = await api.decide(customer=customer, release=["contact"])
    assert (codes(answer), answer.get("released")) == (["unreachable"], None)


async def test_asked_by_a_contact_point_that_one_leaves_and_not_the_primary(stage: Stage) -> None:
    api = await stage.client("everything")
    first, second = make.email(), make.email()
    points = [make.point("email", first, primary=True), make.point("email", second)]
    customer = await api.register(contact_points=points)
    await api.grant(customer)
    answer = await api.decide(contact=make.point("email", second), release=["contact"])
    assert answer["released"]["contact"].lower() == second.lower()
    answer = await api.decide(customer=customer, release=["contact"])
    assert answer["released"]["contact"].lower() == first.lower()
