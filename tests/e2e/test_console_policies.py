"""The policies at the console: read by whoever answers for them, and others tried on the log before they count."""

from __future__ import annotations

from html import unescape
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from tests import make
from tests.e2e.colleague import Colleague, at_the_desk
from tests.e2e.test_console_log import Found, furnish, numbered
from tests.e2e.test_policy_replay import LOOSE, SUNDAY
from tests.stage import Stage, refused
from tests.visitor import Page
from vault.actions.organizations import apply
from vault.actions.policies import drafts, replaying
from vault.pages.forms import LARGEST

SCRIPT: Final = "</textarea><script>alert(1)</script>"
OURS: Final = {"sec-fetch-site": "same-origin"}


@pytest_asyncio.fixture
async def found(stage: Stage, tmp_path: Path) -> Found:
    made = await furnish(stage)
    await numbered(stage, tmp_path)
    return made


@pytest_asyncio.fixture
async def auditor(stage: Stage) -> Colleague:
    return (await at_the_desk(stage))[0]


@pytest_asyncio.fixture
async def admin(stage: Stage) -> Colleague:
    return (await at_the_desk(stage, "admin"))[0]


async def test_auditors_and_admins_read_each_policy_in_force_and_that_they_did_is_an_entry(
    stage: Stage, auditor: Colleague, admin: Colleague, found: Found
) -> None:
    for colleague in (auditor, admin):
        page = await colleague.get("/policies")
        assert (page.status, page.heading) == (200, "Policies")
        assert "You said yes to this, and you have not taken it back." in page.text
        assert "GDPR Art. 6(1)(a)" in page.text
        assert "Each can be read aloud to the person it is about." in page.text
        configuration = stage.vault.memory.here[await stage.organization()].configuration
        assert f"{configuration[:4]} {configuration[4:8]}" in page.text
        assert "Your own" not in page.text
        assert row(page, "opted_in").endswith(" 1")
        assert row(page, "objected").endswith(" 0")
        assert page.html.count('aria-current="page"') == 1
    assert [entry["actor"]["kind"] for entry in await stage.entries("policies_read")] == ["auditor", "admin"]
    assert "Policies read" in (await auditor.get("/search?kind=policies_read")).text


async def test_what_an_organization_forbids_itself_is_marked_and_stands_in_the_form(
    stage: Stage, admin: Colleague
) -> None:
    await in_force(stage, {"organization/silence.cedar": SUNDAY})
    page = await admin.get("/policies")
    assert "Your own: what you forbid beside the vault" in page.text
    assert "fernhill.silence Own" in page.text
    assert "Of this we write to nobody for now." in page.text
    assert text_of(page).strip() == SUNDAY.strip()


async def test_a_stricter_draft_says_whom_it_would_silence_and_nothing_is_kept(
    stage: Stage, auditor: Colleague, admin: Colleague, found: Found
) -> None:
    configuration = stage.vault.memory.here[await stage.organization()].configuration
    for colleague in (auditor, admin):
        await colleague.get("/policies")
        page = await colleague.press("/policies/replay", policies=SUNDAY)
        assert (page.status, page.heading) == (200, "Tried on the log")
        assert "1 would have been answered otherwise" in page.text
        assert "1 person would not have been reached who were." in page.text
        assert "Nobody would be reached who was not before." in page.text
        assert "sales, email Allowed Not allowed not_allowed" in page.text
        [link] = [link for link in page.links if link.endswith(found.allowed)]
        assert (await colleague.get(link)).status == 200
        assert text_of(page).strip() == SUNDAY.strip()
        assert found.subject not in page.html
    assert len(await stage.entries("policies_replayed")) == 2
    await admin.get("/policies")
    assert stage.vault.memory.here[await stage.organization()].configuration == configuration
    assert "fernhill.silence" not in admin.page.html
    assert len(await stage.entries("configuration")) == 1


async def test_whom_a_looser_draft_would_reach_is_an_alarm(
    stage: Stage, admin: Colleague, found: Found, tmp_path: Path
) -> None:
    await in_force(stage, {"organization/silence.cedar": SUNDAY})
    await (await stage.client("crm")).grant(found.customer)
    await (await stage.client("crm")).decide(customer=found.customer)
    await numbered(stage, tmp_path)
    await admin.get("/policies")
    page = await admin.press("/policies/replay", policies="")
    assert "1 person would be reached who were not before." in page.text
    assert "These policies are looser than those in force." in page.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LOOSE, "an organization may only add forbids; it can be stricter than the vault, never looser"),
        ("forbid (principal", "unexpected end of input"),
        (SUNDAY.replace('@reason("not_allowed")', ""), "it tells no reason"),
        (SUNDAY.replace("Purpose", "Purple"), "Purple"),
        (SUNDAY.replace(");", ") when { " + "(" * 5_000 + "true" + ")" * 5_000 + " };"), "brackets and operators"),
        ("// nothing\n" * 100_000, "room for 65,536 letters in all"),
        (SCRIPT, "unexpected token"),
    ],
    ids=["permit", "half", "reason", "schema", "deep", "long", "script"],
)
async def test_what_is_wrong_is_said_and_what_was_typed_stands_there_still(
    stage: Stage, admin: Colleague, found: Found, text: str, says: str
) -> None:
    await admin.get("/policies")
    page = await admin.press("/policies/replay", policies=text)
    assert (page.status, page.about) == (422, "Error: Tried on the log")
    assert says in page.text
    assert text_of(page).strip() == text.strip()
    assert "<script>alert" not in page.html
    assert await stage.entries("policies_replayed") == []


async def test_a_file_takes_the_place_of_the_text(stage: Stage, admin: Colleague, found: Found) -> None:
    async def send(content: bytes) -> Page:
        await admin.get("/policies")
        form = admin.page.form("/policies/replay")
        data = {**form.fields, "policies": "permit", "last": "100000"}
        data.pop("file")
        file = {"file": ("own.cedar", content, "text/plain")}
        answer = await admin.send("POST", form.action, data=data, files=file, headers=OURS)
        return Page(answer)

    page = await send(SUNDAY.replace("\n", "\r\n").encode())
    assert "1 would have been answered otherwise" in page.text
    assert text_of(page).strip() == SUNDAY.strip()
    assert '<option value="100000" selected' in page.html
    for content, says in ((b"\xff\xfe", "save it as UTF-8"), (b"a\x00b", "This file is no text.")):
        page = await send(content)
        assert (page.status, says in page.text) == (422, True)
    assert "permit" in (await send(b"")).text  # none was chosen


async def test_no_other_site_and_no_old_page_tries_anything(stage: Stage, admin: Colleague, found: Found) -> None:
    await admin.get("/policies")
    form = admin.page.form("/policies/replay")
    old = await admin.post(form.action, form.fields | {"csrf": "quokka"})
    assert (old.status, old.heading) == (403, "This page was open too long")
    multipart = {"content-type": "multipart/form-data; boundary=x"}
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "cross-site", **multipart}):
        assert (await admin.send("POST", form.action, content=b"--x--", headers=headers)).status_code == 403
    for broken in (b"--x", b"quokka", b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\xff\r\n--x--\r\n'):
        answer = await admin.send("POST", form.action, content=broken, headers={**OURS, **multipart})
        assert answer.status_code in {400, 403, 422}
    huge = await admin.send("POST", form.action, data={"policies": "x" * 3_000_000}, headers=OURS)
    assert huge.status_code == 413
    assert len("x" * 3_000_000) > LARGEST
    assert await stage.entries("policies_replayed") == []


async def test_without_a_question_there_is_nothing_to_try_them_on(admin: Colleague) -> None:
    page = await admin.get("/policies")
    assert row(page, "opted_in").endswith(" 0")
    page = await admin.press("/policies/replay", policies=SUNDAY)
    assert "No question has been asked yet, so there is nothing to try them on." in page.text


async def test_whoever_waits_is_told_when_there_was_no_time_for_more(
    admin: Colleague, found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "SECONDS", 0.0)
    monkeypatch.setattr(replaying, "_PAGE", 1)
    await admin.get("/policies")
    page = await admin.press("/policies/replay", policies=SUNDAY)
    assert "Of the last 1 questions" in page.text
    assert "There was no time for more." in page.text


async def in_force(stage: Stage, own: dict[str, str]) -> None:
    await apply(stage.vault, make.written(make.organization()), name="organization.yaml", own=own)


def row(page: Page, policy: str) -> str:
    """Return the row of a policy, up to its last cell."""
    _, _, rest = page.html.partition(f'<th scope="row"><code>{policy}</code>')
    cells = rest.partition("</tr>")[0].split("<td")
    last = cells[-1].partition(">")[2].replace("</td>", "")
    return f"{policy} {last.replace('</a>', '').rpartition('>')[2]}"


def text_of(page: Page) -> str:
    """Return what stands in the field for policies."""
    return unescape(page.html.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0])


# ── For programs ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_system_of_an_admin_has_policies_checked_and_tried(stage: Stage, found: Found) -> None:
    api = await stage.client("everything")
    assert await api.post("/v1/policies/check", {"policies": {"silence.cedar": SUNDAY}}) == {"problems": []}
    both = {"policies": {"silence.cedar": SUNDAY, "loose.cedar": LOOSE.replace("silence", "loose")}}
    [problem, *more] = (await api.post("/v1/policies/check", both))["problems"]
    assert problem.startswith("organization/loose.cedar, fernhill.loose: an organization may only add forbids")
    effect = await api.post("/v1/policies/replay", {"policies": {"silence.cedar": SUNDAY}, "last": 1000})
    assert (effect["reached"], effect["lost"], effect["cut"]) == (0, 1, False)
    [change] = effect["changes"]
    assert (change["before"], change["after"], change["reason"]) == ("yes", "no", "not_allowed")
    assert change["examples"] == [found.allowed]
    refused(await api.send("POST", "/v1/policies/replay", both), 422, "bad_policy")
    assert [entry["problems"] for entry in await stage.entries("policies_checked")] == [0, 1 + len(more)]
    assert len(await stage.entries("policies_replayed")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"policies": {"../contact.cedar": SUNDAY}},
        {"policies": {"vault.cedarschema": SUNDAY}},
        {"policies": {f"{number}.cedar": "" for number in range(101)}},
        {"policies": {"long.cedar": "/" * 70_000}},
        {"policies": {}, "last": 0},
        {"policies": {}, "last": 100_001},
        {"policies": [SUNDAY]},
        {},
    ],
    ids=range(8),
)
async def test_what_is_no_set_of_policies_is_refused(stage: Stage, body: dict[str, object]) -> None:
    api = await stage.client("everything")
    refused(await api.send("POST", "/v1/policies/replay", body), 422, "invalid_request")
    assert await stage.entries("policies_replayed") == []
