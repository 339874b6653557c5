"""Customers are registered once, found, corrected; what cannot be kept is refused and leaves nothing behind."""

from __future__ import annotations

import asyncio
from typing import Any

from tests import make
from tests.stage import Api, Stage, codes, now, refused, said


async def released(api: Api, customer: str, *fields: str) -> dict[str, str]:
    answer = await api.decide(customer=customer, purpose="order_updates", release=list(fields))
    found: dict[str, str] = answer.get("released", {})
    return found


async def test_the_same_reference_is_the_same_customer_who_gains_what_is_new(stage: Stage, api: Api) -> None:
    reference = make.reference()
    first = {"external": [reference], "attributes": {"first_name": "Quokkarina"}}
    again = {
        "external": [reference, make.reference("shop")],
        "contact_points": [make.point("email", make.email())],
        "attributes": {"first_name": "Quokkabert", "last_name": "Quokkafield"},
    }
    one, two, three = [await api.post("/v1/customers", body) for body in (first, again, again)]
    assert [answer["created"] for answer in (one, two, three)] == [True, False, False]
    assert len({answer["id"] for answer in (one, two, three)}) == 1
    shown = await api.get(f"/v1/customers/{one['id']}")
    assert shown["attributes"] == ["first_name", "last_name"]
    assert shown["external"] == ["crm", "shop"]
    assert [point["kind"] for point in shown["contact_points"]] == ["email"]
    assert await released(api, one["id"], "first_name", "last_name") == {
        "first_name": "Quokkarina",
        "last_name": "Quokkafield",
    }
    assert await stage.count("vault.customer") == 1


async def test_without_a_reference_the_same_address_is_another_person(stage: Stage, api: Api) -> None:
    shared = {"contact_points": [make.point("email", make.email())]}
    ids = [(await api.post("/v1/customers", shared))["id"] for _ in range(2)]
    assert len(set(ids)) == 2
    found = await api.post("/v1/customers/lookup", {"contact": shared["contact_points"][0]})
    assert found["customers"] == sorted(ids)


async def test_references_of_two_people_are_a_conflict_that_leaves_nothing(stage: Stage, api: Api) -> None:
    crm, shop = make.reference("crm"), make.reference("shop")
    one = await api.register(external=[crm])
    await api.register(external=[shop])
    before = await stage.written()
    both = make.customer(external=[crm, shop])
    refused(await api.send("POST", "/v1/customers", both), 409, "conflicting_references")
    change = {"external": [shop], "attributes": {"first_name": "Quokkabert"}, "locale": "fr"}
    refused(await api.send("PATCH", f"/v1/customers/{one}", change), 409, "conflicting_references")
    assert await stage.written() == before
    assert (await api.get(f"/v1/customers/{one}"))["locale"] == "en"


UNACCEPTABLE: list[tuple[dict[str, Any], str]] = [
    ({"attributes": {"star_sign": "Quokka"}}, "undeclared_attribute"),
    ({"attributes": {"birth_date": "27.02.1951"}}, "unreadable_birth_date"),
    ({"attributes": {"birth_date": "2951-02-27"}}, "unreadable_birth_date"),
    ({"contact_points": [make.point("email", "quokka at example")]}, "unreadable_email"),
    ({"contact_points": [make.point("email", "quokka@")]}, "unreadable_email"),
    ({"contact_points": [make.point("phone", "0800 QUOKKA")]}, "unreadable_phone"),
    ({"contact_points": [make.point("phone", "12")]}, "unreadable_phone"),
    ({"contact_points": [make.point("pigeon", "Quokka loft")]}, "unknown_contact_point_kind"),
    ({"contact_points": [make.point("postal_address", " \n ")]}, "unreadable_postal_address"),
    ({"contact_points": [], "external": []}, "nobody"),
    ({"time_zone": "Quokka/Island"}, "unknown_time_zone"),
    ({"locale": "Quokka!"}, "invalid_request"),
    ({"locale": "en" + "-quokka" * 9}, "invalid_request"),
    ({"external": [{"source": "crm"}]}, "invalid_request"),
    ({"external": [{"source": "crm", "id": ""}]}, "invalid_request"),
    ({"external": [{"source": "crm", "id": " \t"}]}, "invalid_request"),
    ({"contact_points": [{"kind": "email", "value": 5}]}, "invalid_request"),
    ({"attributes": {"first_name": None}}, "invalid_request"),
    ({"nickname": "Quokka"}, "invalid_request"),
]


async def test_what_cannot_be_kept_is_refused_and_leaves_nothing(stage: Stage, api: Api) -> None:
    for fault, code in UNACCEPTABLE:
        refused(await api.send("POST", "/v1/customers", make.customer() | fault), 422, code)
    assert await stage.count("vault.customer") == await stage.count("keystore.customer_key") == 0


async def test_attributes_are_corrected_and_taken_away(stage: Stage, api: Api) -> None:
    customer = await api.register()
    change = {"attributes": {"first_name": "Quokkabert", "last_name": None}, "locale": "de", "time_zone": "Europe/Rome"}
    shown = said(await api.send("PATCH", f"/v1/customers/{customer}", change))
    assert "last_name" not in shown["attributes"]
    assert (shown["locale"], shown["time_zone"]) == ("de", "Europe/Rome")
    assert await released(api, customer, "first_name", "last_name") == {"first_name": "Quokkabert"}
    entry = (await stage.entries("customer_corrected"))[-1]
    assert entry["fields"] == ["first_name", "last_name", "locale", "time_zone"]
    refused(await api.send("PATCH", f"/v1/customers/{customer}", {"attributes": {"x": "Quokka"}}), 422,
            "undeclared_attribute")  # fmt: skip


async def test_an_empty_correction_is_no_correction(stage: Stage, api: Api) -> None:
    customer = await api.register()
    before = await api.get(f"/v1/customers/{customer}")
    assert said(await api.send("PATCH", f"/v1/customers/{customer}", {})) == before


async def test_the_first_point_of_a_kind_is_primary_until_another_says_so(stage: Stage, api: Api) -> None:
    first, second, third = [make.point("email", make.email()) for _ in range(3)]
    customer = await api.register(contact_points=[first, second])
    await api.grant(customer)
    path = f"/v1/customers/{customer}"
    assert sorted(point["primary"] for point in (await api.get(path))["contact_points"]) == [False, True]
    answer = await api.decide(customer=customer, release=["contact"])
    assert answer["released"]["contact"].lower() == first["value"].lower()
    added = await api.post(f"{path}/contact-points", third | {"primary": True})
    assert (await api.points(customer))["email"] == added["id"]
    answer = await api.decide(customer=customer, release=["contact"])
    assert answer["released"]["contact"].lower() == third["value"].lower()
    said(await api.send("DELETE", f"{path}/contact-points/{added['id']}"))
    answer = await api.decide(customer=customer, release=["contact"])
    assert answer["released"]["contact"].lower() in {first["value"].lower(), second["value"].lower()}


async def test_a_point_that_is_there_is_not_added_again(stage: Stage, api: Api) -> None:
    address = make.email()
    customer = await api.register(contact_points=[make.point("email", address)])
    again = await api.post(f"/v1/customers/{customer}/contact-points", make.point("email", address.upper()))
    assert (again["created"], again["id"]) == (False, (await api.points(customer))["email"])
    assert await stage.count("vault.contact_point") == await stage.count("keystore.blind_index") - 1 == 1


async def test_a_point_of_somebody_else_cannot_be_taken_away(stage: Stage, api: Api) -> None:
    one, two = await api.register(), await api.register()
    theirs = (await api.points(two))["email"]
    response = await api.send("DELETE", f"/v1/customers/{one}/contact-points/{theirs}")
    refused(response, 404, "unknown_contact_point")
    assert (await api.points(two))["email"] == theirs
    body = make.granted(contact_point=theirs)
    refused(await api.send("POST", f"/v1/customers/{one}/grants", body), 404, "unknown_contact_point")


async def test_registrations_with_one_reference_at_once_make_one_customer(stage: Stage, api: Api) -> None:
    body = make.customer()
    answers = await asyncio.gather(*[api.post("/v1/customers", body) for _ in range(20)])
    assert len({answer["id"] for answer in answers}) == 1
    assert sum(answer["created"] for answer in answers) == 1
    assert await stage.count("vault.customer") == 1
    assert await stage.count("vault.contact_point") == 4


async def test_references_in_another_order_at_once_do_not_stand_in_each_others_way(stage: Stage, api: Api) -> None:
    references = [make.reference(source) for source in ("crm", "shop", "till", "web")]
    bodies = [{"external": references[place % 4 :] + references[: place % 4]} for place in range(24)]
    answers = await asyncio.gather(*[api.post("/v1/customers", body) for body in bodies])
    assert len({answer["id"] for answer in answers}) == 1
    shown = await api.get(f"/v1/customers/{answers[0]['id']}")
    assert shown["external"] == ["crm", "shop", "till", "web"]


async def test_a_minor_is_known_by_the_birth_date_and_by_nothing_readable(stage: Stage, api: Api) -> None:
    this_year = now().year
    ages = {str(years): f"{this_year - years}-01-02" for years in (9, 15, 16, 17, 40)}
    minors: dict[str, bool] = {}
    for name, born in ages.items():
        customer = await api.register(attributes={})
        await api.grant(customer)
        said(await api.send("PATCH", f"/v1/customers/{customer}", {"attributes": {"birth_date": born}}))
        minors[name] = (await api.get(f"/v1/customers/{customer}")).get("minor", False)
        assert codes(await api.decide(customer=customer)) == (["minor"] if minors[name] else ["opted_in"])
    assert minors == {"9": True, "15": True, "16": True, "17": False, "40": False}


async def test_a_corrected_birth_date_makes_a_minor_and_unmakes_one_and_without_it_a_minor_stays(api: Api) -> None:
    customer = await api.register()
    for born, minor in (
        (make.birth_date(11), True),
        (make.birth_date(44), False),
        (make.birth_date(8), True),
        (None, True),
    ):
        change = {"attributes": {"birth_date": born}}
        assert said(await api.send("PATCH", f"/v1/customers/{customer}", change)).get("minor", False) == minor


async def test_a_lookup_wants_exactly_one_thing_to_look_for(stage: Stage, api: Api) -> None:
    for body in ({}, {"contact": make.point("email", make.email()), "external": make.reference()}):
        refused(await api.send("POST", "/v1/customers/lookup", body), 422, "one_person")


async def test_nobody_without_the_scope_registers_corrects_or_looks(stage: Stage, api: Api) -> None:
    customer = await api.register()
    narrow = await stage.client("everything", "decide release")
    for method, path, body in (
        ("POST", "/v1/customers", make.customer()),
        ("PATCH", f"/v1/customers/{customer}", {"locale": "de"}),
        ("POST", f"/v1/customers/{customer}/contact-points", make.point("email", make.email())),
        ("DELETE", f"/v1/customers/{customer}/contact-points/{(await api.points(customer))['email']}", None),
        ("GET", f"/v1/customers/{customer}", None),
        ("POST", "/v1/customers/lookup", {"external": make.reference()}),
        ("POST", "/v1/suppressions", {"contact": make.point("email", make.email())}),
        ("GET", "/v1/suppressions", None),
    ):
        refused(await narrow.send(method, path, body), 403, "insufficient_scope")
    assert await stage.count("vault.customer") == 1


async def test_registering_and_correcting_one_customer_at_once_do_not_wait_for_each_other(api: Api) -> None:
    registration = make.customer()
    customer = str((await api.post("/v1/customers", registration))["id"])
    change = {"external": registration["external"], "locale": "de"}
    sent = [
        api.send("POST", "/v1/customers", registration)
        if place % 2
        else api.send("PATCH", f"/v1/customers/{customer}", change)
        for place in range(40)
    ]
    for response in await asyncio.gather(*sent):
        said(response)
