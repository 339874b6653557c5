"""A customer is erased: the keys go, and with them every way from what stays to the person."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from tests import make
from tests.house import Tables, read_tables
from tests.stage import Api, Stage, codes, now, raw_id, refused

GONE = (
    "keystore.customer_key",
    "keystore.subject",
    "keystore.blind_index",
    "vault.contact_point",
    "vault.external_reference",
    "vault.attribute",
)


async def lived(api: Api, registration: dict[str, Any]) -> str:
    """Register somebody about whom much was said."""
    customer = str((await api.post("/v1/customers", registration))["id"])
    await api.grant(customer)
    await api.grant(customer, channel="sms", contact_point=(await api.points(customer))["phone"])
    await api.say_no("withdrawals", customer, purpose="events", at=(now() - timedelta(days=1)).isoformat())
    await api.decide(customer=customer, release=["contact", "first_name"])
    await api.decide(contact=registration["contact_points"][0])
    return customer


def holding(tables: Tables, wanted: UUID) -> set[tuple[str, str]]:
    """Return the columns in which an id stands, as uuid, bytes or text."""
    forms = (wanted.bytes, str(wanted).encode(), wanted.hex.encode())
    found = set()
    for table, rows in tables.items():
        for row in rows:
            for column, value in row.items():
                text = value if isinstance(value, bytes) else str(value).encode()
                if value == wanted or any(form in text for form in forms):
                    found.add((table, column))
    return found


async def test_an_erased_customer_leaves_facts_and_entries_that_lead_to_nobody(stage: Stage, api: Api) -> None:
    registration = make.customer()
    customer = await lived(api, registration)
    before = await read_tables(stage.url)
    [bridge] = before["keystore.subject"]
    tags = {row["tag"] for row in before["keystore.blind_index"]} | {
        row["tag"] for row in before["vault.contact_point"]
    }
    facts = before["vault.fact"]
    certificate = await stage.erase(customer)
    after = await read_tables(stage.url)
    assert {table: len(after[table]) for table in GONE} == dict.fromkeys(GONE, 0)
    assert holding(after, raw_id(customer)) == {("vault.customer", "id")}
    assert holding(after, bridge["subject"]) == {("vault.fact", "subject")}
    for tag in tags:
        assert holding(after, tag) <= {("vault.erasure_mark", "tag")}
    for row in (*before["keystore.customer_key"], *before["vault.attribute"]):
        assert holding(after, row["customer"]) == {("vault.customer", "id")}
    assert [dict(row) for row in after["vault.fact"]] == [dict(row) for row in facts]
    assert len(after["vault.log_entry"]) == len(before["vault.log_entry"]) + 1
    [left] = after["vault.customer"]
    assert (left["locale"], left["time_zone"], left["minor_until"]) == (None, None, None)
    told = [json.loads(row["body"]) for row in after["vault.log_entry"]]
    assert {entry["subject"] for entry in told if "subject" in entry} == {certificate.subject}


async def test_no_instant_leads_from_the_person_to_what_stays(stage: Stage, api: Api) -> None:
    customer = await lived(api, make.customer())
    await stage.erase(customer)
    tables = await read_tables(stage.url)
    of_person = {
        row[column]
        for table, columns in (
            ("vault.customer", ("erased_at", "recorded_at")),
            ("vault.erasure_mark", ("recorded_at",)),
        )
        for row in tables[table]
        for column in columns
    }
    said = {row["recorded_at"] for row in tables["vault.fact"]}
    told = {json.loads(row["body"])["at"] for row in tables["vault.log_entry"]}
    shown = {instant.isoformat(timespec="microseconds").replace("+00:00", "Z") for instant in of_person}
    assert not of_person & said
    assert not shown & told


async def test_a_subject_shares_no_time_with_its_customer(stage: Stage, api: Api) -> None:
    for _ in range(5):
        await api.register()
    for row in await stage.rows("SELECT customer, subject FROM keystore.subject"):
        assert row["customer"].bytes[:5] != row["subject"].bytes[:5]


async def test_the_certificate_says_what_went_what_stays_and_why_it_has_no_date(stage: Stage, api: Api) -> None:
    customer = await lived(api, make.customer())
    address = make.customer()
    await api.post("/v1/suppressions", {"contact": address["contact_points"][0]})
    certificate = await stage.erase(customer)
    assert dict(certificate.gone) == {
        "keys": 2, "subject_bridge": 1, "index_tags": 5, "contact_points": 4, "external_references": 1, "attributes": 8,
        "messages": 0, "sessions": 0, "codes": 0, "passkeys": 0, "details": 0, "preferences": 0, "reservations": 1,
        "rights_requests": 0,
        "quarantined_rows": 0,
    }  # fmt: skip
    assert {one.what: one.count for one in certificate.stays} == {
        "facts and log entries under a random subject": 3,
        "erasure marks": 5,
    }
    assert all(one.why for one in certificate.stays)
    assert certificate.no_backup_after is None
    assert "copies" in (certificate.no_date_because or "")
    [entry] = await stage.entries("erased")
    assert (entry["id"], entry["subject"]) == (certificate.entry, certificate.subject)
    assert entry["gone"] == dict(certificate.gone)


async def test_a_suppression_outlives_whoever_it_stopped(stage: Stage, api: Api) -> None:
    shared = make.point("email", make.email())
    one, two = [await api.register(contact_points=[shared]) for _ in range(2)]
    await api.grant(two)
    await api.post("/v1/suppressions", {"contact": shared})
    certificate = await stage.erase(one)
    assert {stay.what: stay.count for stay in certificate.stays}["suppressions"] == 1
    assert await stage.count("vault.suppression") == 1
    assert codes(await api.decide(customer=two)) == ["suppressed"]


async def test_an_erased_customer_is_unknown_to_everybody(stage: Stage, api: Api) -> None:
    registration = make.customer()
    customer = await lived(api, registration)
    point = (await api.points(customer))["email"]
    await stage.erase(customer)
    answer = await api.decide(customer=customer, release=["contact"])
    assert (codes(answer), answer.get("released")) == (["unknown_customer"], None)
    for by in ({"contact": registration["contact_points"][0]}, {"external": registration["external"][0]}):
        assert codes(await api.decide(**by)) == ["never_asked"]
        assert (await api.post("/v1/customers/lookup", by))["customers"] == []
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/consents", None),
        ("PATCH", "", {"locale": "de"}),
        ("POST", "/grants", make.granted()),
        ("POST", "/objections", {"purpose": "offers"}),
        ("POST", "/contact-points", make.point("email", make.email())),
        ("DELETE", f"/contact-points/{point}", None),
    ):
        refused(await api.send(method, f"/v1/customers/{customer}{path}", body), 404, "unknown_customer")
    assert await stage.count("vault.fact") == 3


async def test_a_client_cannot_bring_back_whom_the_vault_erased(stage: Stage, api: Api) -> None:
    registration = make.customer()
    customer = await lived(api, registration)
    other = await api.register()
    await stage.erase(customer)
    before = await stage.written()
    one, reference = registration["contact_points"][0], registration["external"][0]
    for body in (registration, {"contact_points": [one]}, {"external": [reference]}):
        refused(await api.send("POST", "/v1/customers", body), 403, "not_accepted")
    spelled = one | {"value": one["value"].upper()}
    refused(await api.send("POST", f"/v1/customers/{other}/contact-points", spelled), 403, "not_accepted")
    refused(await api.send("PATCH", f"/v1/customers/{other}", {"external": [reference]}), 403, "not_accepted")
    assert await stage.written() == before


async def test_whoever_shares_the_address_is_left_as_they_were(stage: Stage, api: Api) -> None:
    shared = make.point("email", make.email())
    one, two = make.customer(contact_points=[shared]), make.customer(contact_points=[shared])
    first, second = [str((await api.post("/v1/customers", body))["id"]) for body in (one, two)]
    await api.grant(second)
    shown = await api.get(f"/v1/customers/{second}")
    await stage.erase(first)
    assert await api.get(f"/v1/customers/{second}") == shown
    answer = await api.decide(contact=shared, release=["contact", "first_name"])
    assert answer["released"]["first_name"] == two["attributes"]["first_name"]
    assert answer["released"]["contact"].lower() == shared["value"].lower()
    again = await api.post(f"/v1/customers/{second}/contact-points", shared)
    assert not again["created"]
    assert await api.post("/v1/customers", two) == {"id": second, "created": False}


async def test_erasing_twice_is_erasing_somebody_who_is_not_there(stage: Stage, api: Api) -> None:
    customer = await api.register()
    await stage.erase(customer)
    with pytest.raises(Exception, match="unknown_customer"):
        await stage.erase(customer)


async def test_whoever_waited_for_an_erasure_to_end_finds_nobody(stage: Stage, api: Api) -> None:
    customer = await lived(api, make.customer())
    path = f"/v1/customers/{customer}"
    holder = await asyncpg.connect(stage.url)
    hold = holder.transaction()
    await hold.start()
    await holder.execute("SELECT 1 FROM vault.customer WHERE id = $1 FOR UPDATE", raw_id(customer))
    erasing = asyncio.create_task(stage.erase(customer))
    await waiting(stage, 1)
    behind = [
        asyncio.create_task(api.send("POST", f"{path}/withdrawals", {"purpose": "sales"})),
        asyncio.create_task(api.send("PATCH", path, {"attributes": make.attributes()})),
    ]
    await waiting(stage, 3)
    await hold.rollback()
    await holder.close()
    certificate = await erasing
    for response in await asyncio.gather(*behind):
        refused(response, 404, "unknown_customer")
    facts = await stage.rows("SELECT 1 FROM vault.fact WHERE subject = $1", raw_id(certificate.subject))
    assert len(facts) == certificate.stays[0].count


async def test_whoever_is_erased_while_they_are_shown_is_no_error_of_ours(stage: Stage, api: Api) -> None:
    customer = await lived(api, make.customer())
    holder = await asyncpg.connect(stage.url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE vault.external_reference IN ACCESS EXCLUSIVE MODE")
        showing = asyncio.create_task(api.send("GET", f"/v1/customers/{customer}"))
        await waiting(stage, 1)
        await holder.execute("DELETE FROM keystore.subject WHERE customer = $1", raw_id(customer))
        await holder.execute("UPDATE vault.customer SET erased_at = now() WHERE id = $1", raw_id(customer))
    await holder.close()
    assert (await showing).status_code == 200
    assert len(await stage.entries("customer_read")) == 2  # `lived` looked for the contact points


async def waiting(stage: Stage, most: int) -> None:
    """Wait until so many works stand in line for a lock."""
    async with asyncio.timeout(5):
        while (await stage.rows("SELECT count(*) AS n FROM pg_locks WHERE NOT granted"))[0]["n"] < most:  # noqa: ASYNC110 - PostgreSQL calls nobody
            await asyncio.sleep(0.01)
