"""Two organizations with equal data side by side: nothing crosses from one to the other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import make
from tests.house import read_tables
from tests.stage import Api, Stage, codes, raw_id, refused

OTHER = "larkspur"
NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


@pytest.fixture
async def both(stage: Stage) -> tuple[Api, Api]:
    """A client of each."""
    await stage.apply(make.organization(OTHER))
    return await stage.client("everything"), await stage.client("everything", slug=OTHER)


async def twins(both: tuple[Api, Api], registration: dict[str, Any]) -> tuple[str, str]:
    """Register the same person in both."""
    one, two = [str((await api.post("/v1/customers", registration))["id"]) for api in both]
    return one, two


async def test_the_same_person_is_another_customer_in_each(stage: Stage, both: tuple[Api, Api]) -> None:
    registration = make.customer()
    here, there = await twins(both, registration)
    assert here != there
    for api, own in zip(both, (here, there), strict=True):
        for by in ({"contact": registration["contact_points"][0]}, {"external": registration["external"][0]}):
            assert (await api.post("/v1/customers/lookup", by))["customers"] == [own]
    tables = await read_tables(stage.url)
    for table, column in (("keystore.blind_index", "tag"), ("vault.contact_point", "tag")):
        tags = [row[column] for row in tables[table]]
        assert len(tags) == len(set(tags))


async def test_an_id_of_the_other_organization_is_an_id_nobody_has(stage: Stage, both: tuple[Api, Api]) -> None:
    api, other = both
    here, _ = await twins(both, make.customer())
    await api.grant(here)
    point = (await api.points(here))["email"]
    asked: list[dict[str, Any]] = [
        {"customer": here, "release": ["contact"]},
        {"customer": NOBODY, "release": ["contact"]},
    ]
    theirs, nobodys = [await other.decide(**question) for question in asked]
    assert codes(theirs) == ["unknown_customer"]
    assert {**theirs, "id": 0, "log": 0} == {**nobodys, "id": 0, "log": 0}
    before = await stage.written()
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/consents", None),
        ("PATCH", "", {"locale": "de"}),
        ("POST", "/grants", make.granted()),
        ("POST", "/withdrawals", {"purpose": "offers"}),
        ("POST", "/contact-points", make.point("email", make.email())),
        ("DELETE", f"/contact-points/{point}", None),
    ):
        problem = refused(await other.send(method, f"/v1/customers/{here}{path}", body), 404, "unknown_customer")
        stranger = await other.send(method, f"/v1/customers/{NOBODY}{path}", body)
        assert stranger.json() == problem
    assert await stage.written() == before


async def test_a_word_said_to_one_is_not_said_to_the_other(stage: Stage, both: tuple[Api, Api]) -> None:
    registration = make.customer()
    here, there = await twins(both, registration)
    for api, own in zip(both, (here, there), strict=True):
        await api.grant(own)
    api, other = both
    await api.say_no("objections", here, channel="*", contact_point=(await api.points(here))["email"])
    assert codes(await api.decide(customer=here)) == ["objected"]
    assert codes(await other.decide(customer=there)) == ["opted_in"]
    for entry in await stage.entries("decision"):
        assert len(entry["facts"]) == (3 if entry["reasons"] == ["objected"] else 1)


async def test_a_stop_in_one_is_no_stop_in_the_other(both: tuple[Api, Api]) -> None:
    registration = make.customer()
    here, there = await twins(both, registration)
    for api, own in zip(both, (here, there), strict=True):
        await api.grant(own)
    api, other = both
    await api.post("/v1/suppressions", {"contact": registration["contact_points"][0]})
    assert codes(await api.decide(customer=here)) == ["suppressed"]
    assert codes(await other.decide(customer=there)) == ["opted_in"]
    assert len((await api.get("/v1/suppressions"))["suppressions"]) == 1
    assert (await other.get("/v1/suppressions"))["suppressions"] == []


async def test_an_erasure_in_one_leaves_the_other_alone(stage: Stage, both: tuple[Api, Api]) -> None:
    registration = make.customer()
    here, there = await twins(both, registration)
    await both[1].grant(there)
    await stage.erase(here)
    answer = await both[1].decide(customer=there, release=["contact", "first_name"])
    assert set(answer["released"]) == {"contact", "first_name"}
    refused(await both[0].send("POST", "/v1/customers", registration), 403, "not_accepted")
    assert (await both[1].post("/v1/customers", registration)) == {"id": there, "created": False}


async def test_a_key_of_the_one_is_no_key_of_the_other(both: tuple[Api, Api]) -> None:
    here, there = await twins(both, make.customer())
    facts = [await api.grant(own, key="k") for api, own in zip(both, (here, there), strict=True)]
    assert facts[0]["id"] != facts[1]["id"]
    answers = [await api.decide(customer=NOBODY, key="k") for api in both]
    assert answers[0]["id"] != answers[1]["id"]


async def test_an_assertion_for_one_client_gives_no_token_of_its_namesake(stage: Stage, both: tuple[Api, Api]) -> None:
    response = await stage.token("fernhill.crm", iss=f"{OTHER}.crm")
    assert response.status_code == 401
    response = await stage.token(f"{OTHER}.nobody")
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert both


async def test_every_entry_lies_in_the_log_of_its_own_organization(stage: Stage, both: tuple[Api, Api]) -> None:
    here, there = await twins(both, make.customer())
    for api, own in zip(both, (here, there), strict=True):
        await api.grant(own)
        await api.decide(customer=own, release=["contact"])
    tables = await read_tables(stage.url)
    owners = {row["subject"]: row["organization"] for row in tables["keystore.subject"]}
    counts: dict[Any, int] = {}
    for row in tables["vault.log_entry"]:
        entry = json.loads(row["body"])
        assert raw_id(entry["organization"]) == row["organization"]
        if "subject" in entry:
            assert owners[raw_id(entry["subject"])] == row["organization"]
            counts[row["organization"]] = counts.get(row["organization"], 0) + 1
    assert sorted(counts.values()) == [3, 3]
