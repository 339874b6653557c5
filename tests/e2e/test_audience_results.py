"""Results of audiences: over which channel each was answered, and what is handed out to whoever reads them."""

from __future__ import annotations

import pytest
from consent_vault import permits

from tests import make
from tests.e2e.screened import NOBODY, everyone, listed, people, read, upload, work
from tests.e2e.test_budgets import budgeted
from tests.stage import Api, Json, Stage, raw_id, refused, said

SENDER = "fernhill.discreet"


async def reachable(api: Api, *channels: str) -> str:
    """Register somebody with an address and a number, who said yes to sales over these channels."""
    points = [make.point("email", make.email()), make.point("phone", make.phone())]
    customer = await api.register(contact_points=points)
    for channel in channels:
        await api.grant(customer, channel=channel)
    return customer


async def test_reading_spends_of_budgets_and_screening_does_not(stage: Stage) -> None:
    await stage.apply(budgeted({"sales": {"day": 1}}))
    api = await stage.client("everything")
    await people(api, yes=1)
    made = await everyone(api, release=["contact"])
    await work(stage)
    assert [line["outcome"] for line in await read(api, made["id"])] == ["allow"]
    [again] = await read(api, made["id"])
    assert (again["outcome"], again["reasons"], "released" in again) == ("defer", ["budget_spent"], False)


async def test_a_result_leads_to_nobody_who_was_erased(stage: Stage, api: Api) -> None:
    [one] = await people(api, yes=1)
    made = await everyone(api)
    await work(stage)
    await stage.erase(one)
    for table in ("audience", "audience_chunk", "audience_result"):
        for row in await stage.rows(f"SELECT * FROM vault.{table}"):  # noqa: S608 - a table of ours
            assert str(raw_id(one)) not in str(dict(row))
    assert await read(api, made["id"]) == [{"line": 1, "outcome": "deny", "reasons": ["unknown_customer"]}]


async def test_a_result_is_read_within_the_ceiling_of_the_client_as_it_is_now(stage: Stage, api: Api) -> None:
    await people(api, yes=1)
    made = await everyone(api)
    await work(stage)
    assert len(await read(api, made["id"])) == 1
    narrow = make.organization()
    narrow["clients"]["everything"]["ceiling"]["purposes"] = ["events"]
    await stage.apply(narrow)
    answer = await api.send("GET", f"/v1/audiences/{made['id']}/result")
    refused(answer, 403, "purpose_not_granted_to_client")
    assert (await api.get(f"/v1/audiences/{made['id']}"))["state"] == "done"  # numbers name nobody


async def test_over_any_channel_each_line_says_which_was_chosen_for_it(stage: Stage, api: Api) -> None:
    customers = [await reachable(api, *yes) for yes in (["email"], ["sms"], ["email", "sms"], [])]
    said(await api.send("PUT", f"/v1/customers/{customers[2]}/preferences", {"order": ["sms", "email"]}))
    lines = [*({"customer": one} for one in [*customers, NOBODY]), b"{quokka\n"]
    made = said(await upload(api, listed(lines), channel="any"))
    await work(stage)
    told = await read(api, made["id"])
    assert [(line["outcome"], line.get("channel")) for line in told[:3]] == [
        ("allow", "email"), ("allow", "sms"), ("allow", "sms"),
    ]  # fmt: skip
    entries = {entry["decision"]: entry for entry in await stage.entries("decision")}
    assert [line["channel"] for line in told[:5]] == [entries[line["decision"]]["channel"] for line in told[:5]]
    assert told[3]["channel"] == (await api.decide(customer=customers[3], channel="any"))["channel"]
    assert told[5] == {"line": 6, "outcome": "error", "error": "malformed_line"}
    shown = await api.get(f"/v1/audiences/{made['id']}")
    assert (shown["channel"], shown["totals"]["reasons"]["opted_in"]) == ("any", 3)


async def test_what_is_handed_out_over_any_channel_is_for_the_one_that_is_told(stage: Stage, api: Api) -> None:
    customers = [await reachable(api, *yes) for yes in (["email"], ["sms"], ["email", "sms"])]
    made = await everyone(api, channel="any", release=["contact"])
    await work(stage)
    await api.say_no("withdrawals", customers[2], channel="email")
    told = {line["customer"]: line for line in await read(api, made["id"])}
    assert [told[one]["channel"] for one in customers] == ["email", "sms", "sms"]
    assert ["@" in told[one]["released"]["contact"] for one in customers] == [True, False, False]


@pytest.mark.parametrize("more", [{}, {"release": ["contact"]}])
async def test_over_one_channel_each_line_names_that_one(stage: Stage, api: Api, more: Json) -> None:
    await people(api, yes=1, no=1)
    made = await everyone(api, **more)
    await work(stage)
    assert [line["channel"] for line in await read(api, made["id"])] == ["email", "email"]
    kept = await stage.rows("SELECT unnest(grounds) AS ground FROM vault.audience_result")
    assert {row["ground"] for row in kept} == {"allow opted_in", "deny never_asked"}


async def test_who_reads_a_result_has_a_permit_for_each_yes_of_that_moment(stage: Stage, api: Api) -> None:
    addresses = [make.email() for _ in range(3)]
    customers = [await api.register(contact_points=[make.point("email", address)]) for address in addresses]
    for customer in customers:
        await api.grant(customer)
    made = await everyone(api, permit_for="discreet", campaign="spring")
    await work(stage)
    assert (made["permit_for"], made["campaign"], await stage.count("vault.permit")) == ("discreet", "spring", 0)
    await api.say_no("withdrawals", customers[1])
    lines = await read(api, made["id"])
    assert [(line["outcome"], "permit" in line) for line in lines] == [
        ("allow", True),
        ("deny", False),
        ("allow", True),
    ]
    sender = (await stage.client("discreet")).sdk
    assert sender is not None
    keys, own = await sender.signing_keys(), (await sender.permit_key()).key
    for line, address in [(lines[0], addresses[0]), (lines[2], addresses[2])]:
        permit = permits.verify(line["permit"], keys, audience=SENDER, address=address, key=own)
        assert (permit.decision, permit.purpose, permit.channel) == (line["decision"], "sales", line["channel"])
        assert (permit.campaign, permit.unsubscribe) == ("spring", line["withdrawal_link"])
        with pytest.raises(permits.OtherAddress):
            permits.verify(line["permit"], keys, audience=SENDER, address=addresses[1], key=own)
    given = {entry["decision"] for entry in await stage.entries("decision") if entry.get("permit_for") == SENDER}
    assert given == {lines[0]["decision"], lines[2]["decision"]}
    assert await stage.count("vault.permit") == await stage.count("vault.reservation") == 2


async def test_a_permit_over_any_channel_is_for_the_one_that_its_line_names(stage: Stage, api: Api) -> None:
    customer = await reachable(api, "sms")
    made = await everyone(api, channel="any", permit_for="discreet", release=["contact"])
    await work(stage)
    [line] = await read(api, made["id"])
    sender = (await stage.client("discreet")).sdk
    assert sender is not None
    number, own = line["released"]["contact"], (await sender.permit_key()).key
    permit = permits.verify(line["permit"], await sender.signing_keys(), audience=SENDER, address=number, key=own)
    assert (line["customer"], line["channel"], permit.channel) == (customer, "sms", "sms")
