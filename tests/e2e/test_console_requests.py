"""Requests at the console: the most urgent first, answered with a reason, and not a word or a value of anybody."""

from __future__ import annotations

import pytest_asyncio

from tests.e2e.colleague import Colleague, at_the_desk
from tests.e2e.doors import sign_in, somebody
from tests.stage import Stage
from tests.visitor import Visitor

WRONG = "My quokka boots are 44, not 43."


@pytest_asyncio.fixture
async def admin(stage: Stage) -> Colleague:
    return (await at_the_desk(stage, "admin"))[0]


@pytest_asyncio.fixture
async def visitor(stage: Stage) -> Visitor:
    visitor = Visitor(stage.http)
    _, address = await somebody(await stage.client("everything"))
    await sign_in(stage, visitor, address)
    return visitor


async def use(visitor: Visitor, right: str, **fields: str) -> None:
    """Ask for something by right."""
    page = await visitor.get("/rights")
    await visitor.post("/rights-requests", page.forms[0].fields | {"right": right} | fields)


async def test_an_admin_sees_what_was_asked_for_and_never_what_was_written(
    stage: Stage, admin: Colleague, visitor: Visitor
) -> None:
    assert "Nothing waits for an answer." in (await admin.get("/requests")).text
    await use(visitor, "rectification", field="boot_size", text=WRONG)
    await use(visitor, "objection")
    await stage.rows(
        "UPDATE vault.rights_request SET asked_at = asked_at - interval '40 days' WHERE wanted = 'objection'"
    )
    page = await admin.get("/requests")
    assert page.heading == "Requests"
    assert page.text.index("Object to adverts") < page.text.index("Correct what is wrong")
    assert "1 request is late." in page.text
    assert "boot_size" in page.text
    assert "quokka" not in page.html.lower()
    [subject] = {entry["subject"] for entry in await stage.entries("right_asked")}
    assert f"p-{subject[4:8]}" in page.text
    assert "cus_" not in page.html
    assert [entry["found"] for entry in await stage.entries("rights_requests_read")] == [0, 2]


async def test_each_answer_is_an_entry_and_a_letter_and_the_person_reads_the_reason(
    stage: Stage, admin: Colleague, visitor: Visitor
) -> None:
    await use(visitor, "rectification", field="boot_size", text=WRONG)
    page = await admin.get("/requests")
    assert sorted(form.action.rpartition("/")[2] for form in page.forms if "/requests/" in form.action) == [
        "done", "extend", "refuse",
    ]  # fmt: skip
    page = await admin.press("/extend", reason="too short")
    assert (page.status, page.about) == (422, "Error: Requests")
    assert "Say why in 10 letters at least." in page.text
    assert "too short</textarea>" in page.html
    page = await admin.press("/extend", reason="The maker of the boots looks for it.")
    assert "The customer is sent a letter that there is an answer." in page.text
    assert not [form for form in page.forms if form.action.endswith("/extend")]
    assert "The maker of the boots looks for it." in (await visitor.get("/rights")).text
    await admin.get("/requests")
    page = await admin.press("/refuse", reason="The boots are the right ones.")
    assert "Refused" in page.text
    assert "The boots are the right ones." in (await visitor.get("/rights")).text
    assert "The boots" not in page.html
    kinds = [(entry["kind"], entry["actor"]["kind"]) for kind in ("right_extended", "right_refused")
             for entry in await stage.entries(kind)]  # fmt: skip
    assert kinds == [("right_extended", "admin"), ("right_refused", "admin")]
    asked = await visitor.get("/asked")
    assert "Somebody who runs our systems said no to what you asked for" in asked.text


async def test_what_was_answered_or_taken_back_meanwhile_is_told_and_nothing_is_changed(
    stage: Stage, admin: Colleague, visitor: Visitor
) -> None:
    await use(visitor, "rectification", text=WRONG)
    page = await admin.get("/requests")
    done = page.form("/done")
    page = await visitor.get("/rights")
    [form] = [one for one in page.forms if one.action.endswith("/take-back")]
    await visitor.post(form.action, form.fields)
    page = await admin.post(done.action, done.fields)
    assert (page.status, "It was answered or taken back meanwhile." in page.text) == (422, True)
    for act in ("done", "refuse", "extend"):
        gone = await admin.post(f"/requests/rgt_06h0090m41t835kpwqjv10s1y0/{act}", done.fields | {"reason": "x" * 20})
        assert gone.status == 404
        assert (await admin.post(f"/requests/nothing/{act}", done.fields | {"reason": "x" * 20})).status == 404
    assert await stage.entries("right_done") == []


async def test_buttons_that_cannot_be_are_absent_and_an_auditor_has_no_such_page(
    stage: Stage, admin: Colleague, visitor: Visitor
) -> None:
    await use(visitor, "restriction")
    page = await admin.get("/requests")
    acts = {form.action.rpartition("/")[2] for form in page.forms if "/requests/" in form.action}
    assert acts == {"done", "extend"}
    done = page.form("/done")
    auditor, _ = await at_the_desk(stage)
    assert not [link for link in auditor.page.links if link.endswith("/requests")]
    assert (await auditor.get("/requests")).status == 403
    fields = done.fields | {"csrf": auditor.page.forms[0].fields["csrf"] if auditor.page.forms else ""}
    assert (await auditor.post(done.action, fields)).status == 403
    assert await stage.entries("right_done") == []
    page = await admin.post(done.action, done.fields)
    assert "Done" in page.text


async def test_somebody_without_an_address_is_to_be_told_some_other_way(
    stage: Stage, admin: Colleague, visitor: Visitor
) -> None:
    await use(visitor, "rectification", text="wrong")
    await stage.rows("UPDATE vault.contact_point SET kind = 'pigeon' WHERE kind = 'email'")
    await admin.get("/requests")
    page = await admin.press("/done")
    assert "tell them some other way" in page.text
    await stage.rows("UPDATE vault.contact_point SET kind = 'email' WHERE kind = 'pigeon'")
