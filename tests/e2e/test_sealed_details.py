"""What a person's device showed lies sealed beside the entry, which commits to it: opened with a reason, or never."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
import pytest_asyncio

from tests import make
from tests.e2e.auditing import Desk, desk, last, numbering
from tests.e2e.colleague import at_the_desk
from tests.e2e.doors import ask, code, sign_in, somebody
from tests.stage import Api, Stage, raw_id, refused
from tests.statements import statements
from tests.visitor import Visitor
from vault.base.canonical import canonical
from vault.store.database import INSTALLATION
from vault.store.log import details

Json = dict[str, Any]

OTHER: Final = "larkspur"
WHY: Final = "Quokkarina complained about a sign-in of hers"
NOBODY: Final = "ent_06h0090m41t835kpwqjv10s1y0"
STALE: Final = "UPDATE keystore.session SET signed_in_at = signed_in_at - interval '11 minutes'"


@pytest_asyncio.fixture
async def person(api: Api) -> tuple[str, str]:
    return await somebody(api, attributes=make.attributes())


@pytest_asyncio.fixture
async def auditor(stage: Stage) -> Desk:
    return await desk(stage)


async def of(stage: Stage, kind: str, actor: str = "customer") -> Json:
    """Return the newest entry of a kind by this kind of actor."""
    return [entry for entry in await stage.entries(kind) if entry["actor"]["kind"] == actor][-1]


async def open_details(desk: Desk, entry: str, reason: str = WHY) -> httpx2.Response:
    return await desk.send("POST", f"/entries/{entry}/details", json={"reason": reason})


async def open_name(desk: Desk, subject: str, *fields: str, reason: str = WHY) -> httpx2.Response:
    return await desk.send("POST", "/names", json={"subject": subject, "fields": [*fields], "reason": reason})


# ── Committed ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.usefixtures("visitor")
async def test_a_sign_ins_entry_opens_to_the_very_address_and_browser(stage: Stage, auditor: Desk) -> None:
    entry = await of(stage, "signed_in")
    assert re.fullmatch("[0-9a-f]{64}", entry["details"])
    response = await open_details(auditor, entry["id"])
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    told = await last(stage, "details_opened")
    opened = {"address": make.ADDRESS, "user_agent": make.BROWSER, "reason": None, "finding": None}
    assert response.json() == {"entry": entry["id"], "by": told["id"], "matches": True, "gone": [], **opened}
    assert (told["of"], told["subject"], told["outcome"]) == (entry["id"], entry["subject"], "opened")
    assert told["actor"]["kind"] == "auditor"


async def test_all_that_is_done_on_a_device_commits_to_it(
    stage: Stage, visitor: Visitor, person: tuple[str, str]
) -> None:
    other = Visitor(stage.http)
    await ask(other, person[1])
    await other.press("/sign-in/code", code="000 000")
    await ask(other, make.email())
    await visitor.get("/")
    await visitor.press("/sign-out")
    await at_the_desk(stage)
    for kind in ("sign_in_asked", "sign_in_failed", "signed_in", "signed_out", "message_queued", "message_withheld"):
        entries = await stage.entries(kind)
        assert entries, kind
        assert all(re.fullmatch("[0-9a-f]{64}", entry["details"]) for entry in entries), kind
    [made] = await stage.entries("passkey_made")
    rows = {row["entry"]: row["subject"] for row in await stage.rows("SELECT * FROM vault.log_detail")}
    assert rows[raw_id(made["id"])] is None  # of staff: no customer's erasure ends it
    for kind in ("sign_in_asked", "signed_in", "signed_out"):
        for entry in await stage.entries(kind):
            subject = rows[raw_id(entry["id"])]
            assert subject == (raw_id(entry["subject"]) if "subject" in entry else None), kind


async def test_two_that_are_alike_commit_to_different_things(stage: Stage, person: tuple[str, str]) -> None:
    for _ in range(2):
        await ask(Visitor(stage.http), person[1])
    first, second = [entry["details"] for entry in await stage.entries("sign_in_asked")]
    assert first != second


async def test_a_system_and_the_command_line_show_no_device(stage: Stage, api: Api) -> None:
    customer = await api.register()
    await api.grant(customer)
    await api.decide(customer=customer)
    await stage.erase(customer)
    assert (await api.send("GET", f"/v1/customers/{customer}")).status_code == 404
    assert await stage.count("vault.log_detail") == 0


async def test_a_stranger_is_sealed_under_a_key_of_the_organization(stage: Stage, auditor: Desk) -> None:
    await ask(Visitor(stage.http), make.email())
    entry = await of(stage, "sign_in_asked")
    assert "subject" not in entry
    opened = (await open_details(auditor, entry["id"])).json()
    assert (opened["address"], opened["user_agent"]) == (make.ADDRESS, make.BROWSER)
    assert "subject" not in await last(stage, "details_opened")


async def test_an_organization_from_before_there_was_such_a_key_gets_it(stage: Stage, auditor: Desk) -> None:
    await stage.rows("DELETE FROM vault.log_detail")
    await stage.rows("DELETE FROM keystore.index_key WHERE name = 'details'")
    stage.vault.memory.here.clear()
    before = len(await stage.entries("keys_made"))
    for _ in range(2):
        await ask(Visitor(stage.http), make.email())
    made = (await stage.entries("keys_made"))[before:]
    assert [one["keys"] for one in made if one["organization"] != INSTALLATION] == [["details"]]
    entry = await of(stage, "sign_in_asked")
    assert (await open_details(auditor, entry["id"])).json()["address"] == make.ADDRESS


async def test_a_refusal_commits_too_and_goes_with_its_customer(stage: Stage, visitor: Visitor, auditor: Desk) -> None:
    await stage.rows(STALE + " WHERE role = 'customer'")
    await visitor.get("/erase")
    await visitor.press("/erase")
    entry = await of(stage, "denied")
    assert "subject" not in entry
    assert (await open_details(auditor, entry["id"])).json()["address"] == make.ADDRESS
    await visitor.press("/erase", code=await code(stage))
    refused(await open_details(auditor, entry["id"]), 410, "details_gone")


# ── Opened ───────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.usefixtures("visitor")
async def test_it_is_opened_after_the_commit_of_the_entry_that_tells_of_it(
    stage: Stage, auditor: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, unseal = await of(stage, "signed_in"), details.unseal
    async with statements(stage.vault) as sent:

        def listening(*given: Any, **more: Any) -> Any:
            asyncio.get_running_loop().call_soon(sent.append, "UNSEAL")  # as the driver tells of statements
            return unseal(*given, **more)

        monkeypatch.setattr(details, "unseal", listening)
        assert (await open_details(auditor, entry["id"])).status_code == 200
    place = sent.index("UNSEAL")
    assert "COMMIT" in sent[place - 1]
    assert any("INSERT INTO vault.log_entry" in one for one in sent[:place])


@pytest.mark.usefixtures("visitor")
async def test_the_reason_lies_sealed_beside_the_opening_and_another_auditor_may_read_it(
    stage: Stage, auditor: Desk
) -> None:
    entry = await of(stage, "signed_in")
    await open_details(auditor, entry["id"])
    first = await last(stage, "details_opened")
    assert WHY not in json.dumps(first)
    other = await desk(stage)
    opened = (await open_details(other, first["id"], "Looking into who looked")).json()
    assert (opened["reason"], opened["matches"]) == (WHY, True)
    assert opened["address"] == make.ADDRESS  # of the auditor's own device


@pytest.mark.usefixtures("visitor")
async def test_without_a_reason_nothing_opens(stage: Stage, auditor: Desk) -> None:
    entry = await of(stage, "signed_in")
    for reason in ("", "complaint", " " * 20, "x" * 501):
        refused(await open_details(auditor, entry["id"], reason), 422, "no_reason")
    response = await auditor.send("POST", f"/entries/{entry['id']}/details", json={})
    refused(response, 422, "invalid_request")
    assert await stage.entries("details_opened") == []


@pytest.mark.usefixtures("visitor")
async def test_an_admin_opens_nothing(stage: Stage) -> None:
    admin, entry = await desk(stage, "admin"), await of(stage, "signed_in")
    refused(await open_details(admin, entry["id"]), 403, "not_allowed")
    refused(await open_name(admin, entry["subject"], "first_name"), 403, "not_allowed")
    assert [one["action"] for one in await stage.entries("denied")] == ["open_details", "open_name"]


@pytest.mark.usefixtures("visitor")
async def test_whoever_signed_in_a_while_ago_signs_in_again_first(stage: Stage, auditor: Desk) -> None:
    entry = await of(stage, "signed_in")
    await stage.rows(STALE)
    refused(await open_details(auditor, entry["id"]), 403, "sign_in_again")
    refused(await open_name(auditor, entry["subject"], "first_name"), 403, "sign_in_again")


@pytest.mark.usefixtures("visitor")
async def test_another_organization_opens_nothing(stage: Stage) -> None:
    await stage.apply(make.organization(OTHER))
    theirs, entry = await desk(stage, slug=OTHER), await of(stage, "signed_in")
    refused(await open_details(theirs, entry["id"]), 404, "no_details")
    refused(await open_name(theirs, entry["subject"], "first_name"), 404, "unknown_subject")
    theirs.base = "/v1/log/fernhill"
    assert (await open_details(theirs, entry["id"])).status_code in {401, 403}
    assert await stage.entries("details_opened") == await stage.entries("name_opened") == []


async def test_an_entry_that_committed_to_nothing_has_nothing_to_open(
    stage: Stage, auditor: Desk, person: tuple[str, str]
) -> None:
    [registered] = await stage.entries("customer_registered")
    refused(await open_details(auditor, registered["id"]), 404, "no_details")
    refused(await open_details(auditor, NOBODY), 404, "no_details")
    assert (await open_details(auditor, "ent_x")).status_code in {404, 422}


# ── Erased ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_erasing_ends_it_and_the_commitment_stays(stage: Stage, visitor: Visitor, auditor: Desk) -> None:
    before = await of(stage, "signed_in")
    await open_details(auditor, before["id"])
    looked = await last(stage, "details_opened")
    await visitor.get("/erase")
    await visitor.press("/erase")
    erased = await last(stage, "erased")
    assert erased["gone"]["details"] > 0
    assert "details" not in erased  # its key was gone already
    assert await stage.rows("SELECT * FROM vault.log_detail WHERE subject IS NOT NULL") == []
    assert await of(stage, "signed_in") == before
    refused(await open_details(auditor, before["id"]), 410, "details_gone")
    told = await last(stage, "details_opened")
    assert (told["of"], told["outcome"], told["subject"]) == (before["id"], "gone", before["subject"])
    opened = (await open_details(auditor, looked["id"])).json()  # the auditor's own device is no customer's
    assert (opened["gone"], opened["reason"], opened["address"]) == (["reason"], None, make.ADDRESS)


async def test_a_customer_erased_in_the_same_moment_leaves_nothing_that_opens(
    stage: Stage, visitor: Visitor, auditor: Desk
) -> None:
    entry = await of(stage, "signed_in")
    [row] = await stage.rows("SELECT * FROM vault.log_detail WHERE entry = $1", raw_id(entry["id"]))
    await visitor.get("/erase")
    await visitor.press("/erase")
    insert = "INSERT INTO vault.log_detail VALUES ($1, $2, $3, $4, $5)"
    await stage.rows(insert, *row.values())  # as if it had been written while the erasure ran
    refused(await open_details(auditor, entry["id"]), 410, "details_gone")
    await stage.rows("DELETE FROM vault.log_detail WHERE entry = $1", raw_id(entry["id"]))


# ── Changed ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.usefixtures("visitor")
async def test_a_commitment_that_was_changed_is_noticed(stage: Stage, auditor: Desk) -> None:
    entry = await of(stage, "signed_in")
    flipped = canonical(entry | {"details": f"{int(entry['details'], 16) ^ 1:064x}"})
    change = "UPDATE vault.log_entry SET body = $2 WHERE id = $1"
    await stage.rows(change, raw_id(entry["id"]), flipped)
    opened = (await open_details(auditor, entry["id"])).json()
    assert (opened["matches"], opened["address"]) == (False, make.ADDRESS)
    await stage.rows(change, raw_id(entry["id"]), canonical(entry))
    assert (await open_details(auditor, entry["id"])).json()["matches"]


@pytest.mark.usefixtures("visitor")
async def test_details_of_another_entry_do_not_open_here(stage: Stage, auditor: Desk) -> None:
    asked, entered = await of(stage, "sign_in_asked"), await of(stage, "signed_in")
    swap = (
        "UPDATE vault.log_detail a SET sealed = b.sealed FROM vault.log_detail b "
        "WHERE a.entry = ANY ($1) AND b.entry = ANY ($1) AND a.entry <> b.entry"
    )
    both = [raw_id(asked["id"]), raw_id(entered["id"])]
    await stage.rows(swap, both)
    opened = (await open_details(auditor, entered["id"])).json()
    assert (opened["matches"], opened["address"], opened["gone"]) == (False, None, [])
    await stage.rows(swap, both)


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_name_opens_with_a_reason_and_the_log_tells_which_fields(stage: Stage, api: Api, auditor: Desk) -> None:
    registration = make.customer()
    await api.post("/v1/customers", registration)
    subject = (await last(stage, "customer_registered"))["subject"]
    response = await open_name(auditor, subject, "last_name", "email", "first_name", "last_name")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    told = await last(stage, "name_opened")
    opened = response.json()
    assert (opened["subject"], opened["by"]) == (subject, told["id"])
    email = registration["contact_points"][0]["value"]
    wanted = {name: registration["attributes"][name] for name in ("first_name", "last_name")} | {"email": email}
    assert {one["field"]: one["value"].lower() for one in opened["fields"]} == {
        name: value.lower() for name, value in wanted.items()
    }
    assert told["fields"] == ["email", "first_name", "last_name"]
    assert (told["subject"], told["outcome"], WHY in json.dumps(told)) == (subject, "opened", False)
    assert (await open_details(auditor, told["id"])).json()["reason"] == WHY


@pytest.mark.usefixtures("visitor")
async def test_only_declared_fields_open_and_what_is_not_filled_is_not_there(stage: Stage, auditor: Desk) -> None:
    subject = (await of(stage, "signed_in"))["subject"]
    refused(await open_name(auditor, subject, "first_name", "Quokka"), 422, "unknown_field")
    assert (await open_name(auditor, subject)).status_code == 422
    refused(await open_name(auditor, subject, "first_name", reason="because"), 422, "no_reason")
    refused(await open_name(auditor, "sub_06h0090m41t835kpwqjv10s1y0", "first_name"), 404, "unknown_subject")
    assert (await open_name(auditor, "sub_x", "first_name")).status_code == 422
    assert await stage.entries("name_opened") == []
    assert (await open_name(auditor, subject, "phone")).json()["fields"] == []


async def test_of_somebody_erased_no_name_opens_and_the_log_tells_who_tried(
    stage: Stage, api: Api, auditor: Desk, tmp_path: Path
) -> None:
    customer = await api.register()
    subject = (await last(stage, "customer_registered"))["subject"]
    async with numbering(stage, tmp_path) as sequencer:
        await sequencer.step()
    await stage.erase(customer)
    refused(await open_name(auditor, subject, "first_name"), 410, "customer_erased")
    told = await last(stage, "name_opened")
    assert (told["subject"], told["outcome"], told["fields"]) == (subject, "gone", ["first_name"])
    [row] = await stage.rows(
        "SELECT subject FROM vault.log_detail WHERE entry = $1 AND what = 'reason'", raw_id(told["id"])
    )
    assert row["subject"] is None


@pytest.mark.usefixtures("visitor")
async def test_without_the_token_of_a_page_nothing_opens(stage: Stage, auditor: Desk) -> None:
    entry = await of(stage, "signed_in")
    place = f"/v1/log/fernhill/entries/{entry['id']}/details"
    response = await auditor.colleague.send("POST", place, json={"reason": WHY})
    refused(response, 403, "bad_csrf_token")
    response = await auditor.send(
        "POST", f"/entries/{entry['id']}/details", json={"reason": WHY}, headers={"sec-fetch-site": "cross-site"}
    )
    refused(response, 403, "another_site")
    assert await stage.entries("details_opened") == []


async def test_the_customer_is_told_who_looked_and_why(stage: Stage, visitor: Visitor, auditor: Desk) -> None:
    entry = await of(stage, "signed_in")
    assert "The reason:" not in (await visitor.get("/asked")).text
    await open_details(auditor, entry["id"], "A sign-in was reported to us")
    await open_name(auditor, entry["subject"], "first_name", "email", reason="A letter <b>went</b> astray")
    page = await visitor.get("/asked")
    name = page.text.index("An auditor opened: E-mail address, First name")
    assert name < page.text.index("A letter <b>went</b> astray") < page.text.index("An auditor opened on which device")
    assert "The reason: A sign-in was reported to us" in page.text
    page = await visitor.get("/asked?lang=de")
    assert "Jemand, der prüft, hat geöffnet: E-Mail-Adresse, Vorname" in page.text


async def test_nobody_else_is_told(stage: Stage, api: Api, visitor: Visitor, auditor: Desk) -> None:
    await open_name(auditor, (await of(stage, "signed_in"))["subject"], "first_name", reason="A letter went astray")
    other = Visitor(stage.http)
    _, address = await somebody(api)
    await sign_in(stage, other, address)
    assert "astray" not in (await other.get("/asked")).text
    assert "astray" in (await visitor.get("/asked")).text
