"""The console's pages about the log: what stands on them, for whom, and what a look at them leaves behind."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from consent_vault.verify import verify

from tests import make
from tests.e2e.auditing import last, numbering
from tests.e2e.colleague import Colleague, at_the_desk
from tests.e2e.doors import ask, sign_in, somebody
from tests.sequencing import Sequencer, sequencing
from tests.stage import Stage
from tests.visitor import Page, Visitor

WHY: Final = "Complaint 0000-SAMPLE about a message"
NOBODY: Final = "sub_06h0090m41t835kpwqjv10s1y0"
STALE: Final = "UPDATE keystore.session SET signed_in_at = signed_in_at - interval '11 minutes'"


@dataclass(frozen=True)
class Found:
    """Entries of a furnished log, and the customer and subject they are about."""

    allowed: str
    refused: str
    fact: str
    subject: str
    customer: str
    address: str


async def furnish(stage: Stage) -> Found:
    """Let a client ask, before and after a yes and a no."""
    crm = await stage.client("crm")
    customer, address = await somebody(crm)
    other = await crm.register()
    await crm.decide(customer=customer)
    await crm.grant(customer)
    allowed = (await crm.decide(customer=customer, release=["contact"]))["log"]["entry"]
    await crm.say_no("withdrawals", customer, channel="email")
    refused = (await crm.decide(customer=customer))["log"]["entry"]
    await crm.say_no("refusals", other)
    await crm.decide(customer=other)
    [yes, *_] = await stage.entries("fact")
    return Found(
        allowed=allowed,
        refused=refused,
        fact=yes["id"],
        subject=yes["subject"],
        customer=customer,
        address=address,
    )


async def numbered(stage: Stage, folder: Path) -> None:
    """Let everything written so far have its number."""
    async with sequencing(stage, folder) as way:
        await Sequencer(stage, await stage.client("crm"), await stage.organization(), way).step()


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


@pytest_asyncio.fixture
async def log(stage: Stage, tmp_path: Path) -> AsyncIterator[Sequencer]:
    async with numbering(stage, tmp_path) as made:
        yield made


def titles(page: Page) -> list[str]:
    return re.findall(r"<h[23][^>]*>([^<]*)</h", page.html)


async def every(colleague: Colleague, found: Found) -> list[Page]:
    """Open every page about the log that both auditors and admins may."""
    return [
        await colleague.get(place) for place in ("/", "/you", "/search", "/search?kind=", f"/entry/{found.refused}")
    ]


# ── The desk ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_above_every_page_stands_how_the_log_is(auditor: Colleague, found: Found) -> None:
    for page in await every(auditor, found):
        assert page.status == 200
        assert "Log in order" in page.text
        assert re.search(r"\d+ entries", page.text)
        assert "What you read here is an entry too" in page.text
        assert 'class="health-line alarm"' not in page.html


async def test_a_log_that_stopped_is_an_alarm_on_every_page(
    stage: Stage, auditor: Colleague, found: Found, log: Sequencer
) -> None:
    await log.rows("UPDATE vault.log_state SET stopped = 'rolled_back' WHERE organization = $1")
    for page in await every(auditor, found):
        assert 'class="health-line alarm"' in page.html
        assert "The log has stopped" in page.text
        assert "The database is older than what was signed: it was set back." in page.text
    assert "Look at these" in titles(await auditor.get("/"))
    assert await stage.entries("denied") == []


async def test_a_log_that_is_late_is_an_alarm_on_every_page(auditor: Colleague, found: Found, log: Sequencer) -> None:
    await log.rows("UPDATE vault.log_state SET seen_at = seen_at - interval '2 minutes' WHERE organization = $1")
    for page in await every(auditor, found):
        assert 'class="health-line alarm"' in page.html
        assert "The log is late" in page.text


async def test_every_place_says_where_one_is_and_what_one_may_not_enter_is_absent(
    auditor: Colleague, admin: Colleague, found: Found
) -> None:
    for colleague, names in (
        (auditor, ["Overview", "Search", "One customer", "Was it allowed?", "Samples", "Policies", "Imports"]),
        (admin, ["Overview", "Search", "Was it allowed?", "Samples", "Policies", "Imports", "Requests", "Merges"]),
    ):
        for place, here in (
            ("/", "Overview"),
            ("/search", "Search"),
            (f"/entry/{found.fact}", "Search"),
            ("/policies", "Policies"),
        ):
            html = (await colleague.get(place)).html
            nav = html[html.index("<nav") : html.index("</nav>")]
            assert re.findall(r"<a [^>]*>([^<]*)</a>", nav) == names
            assert re.findall(r'aria-current="page">([^<]*)<', nav) == [here]


# ── In numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_overview_of_a_new_log_says_how_to_begin(stage: Stage, auditor: Colleague) -> None:
    await stage.rows("UPDATE vault.log_state SET seen_at = clock_timestamp()")  # templates grow old
    page = await auditor.get("/")
    assert (page.status, page.heading) == (200, "Overview")
    assert titles(page)[-2] == "No question has been asked yet"
    assert "Link in a message, without signing in no such button 2 presses" in page.text
    assert "nothing is signed yet" in page.text
    assert "Look at these" not in page.text


@pytest.mark.usefixtures("found")
async def test_the_overview_counts_what_was_asked_and_said(stage: Stage, auditor: Colleague) -> None:
    before = await stage.count("vault.log_entry")
    page = await auditor.get("/?days=7")
    assert "4 questions in 7 days: 25 % allowed, 0 % told to wait, 75 % not allowed." in page.text
    assert "1 yes above the line, 2 no below it." in page.text
    reasons = re.findall(r"<code>([a-z_]+)</code></a>", page.html)
    assert reasons == ["never_asked", "refused", "withdrawn"]
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th>((?:<td class="n">[^<]*</td>)+)</tr>', page.html)
    cells = [[int(cell) for cell in re.findall(r">([\d,]+)<", row)] for _, row in rows]
    assert len(cells) == 14
    assert [sum(column) for column in zip(*[row for row in cells if len(row) == 3], strict=True)] == [1, 0, 3]
    assert [sum(column) for column in zip(*[row for row in cells if len(row) == 2], strict=True)] == [1, 2]
    assert await stage.count("vault.log_entry") == before


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize(("asked", "days"), [("7", 7), ("30", 30), ("90", 90), ("8", 30), ("x", 30), ("", 30)])
async def test_the_overview_looks_at_a_week_a_month_or_a_quarter(auditor: Colleague, asked: str, days: int) -> None:
    page = await auditor.get(f"/?days={asked}")
    assert f"4 questions in {days} days" in page.text
    assert re.findall(r'<option value="(\d+)" selected>', page.html) == [str(days)]


@pytest.mark.usefixtures("found")
async def test_the_overview_counts_only_its_own_days(auditor: Colleague, log: Sequencer) -> None:
    await log.rows("UPDATE vault.log_leaf SET at = at - interval '20 days' WHERE organization = $1")
    assert "4 questions in 30 days" in (await auditor.get("/")).text
    assert "No question has been asked yet" in (await auditor.get("/?days=7")).text


async def test_messages_that_could_not_be_delivered_are_to_be_looked_at(
    auditor: Colleague, found: Found, log: Sequencer
) -> None:
    await log.rows("UPDATE vault.log_leaf SET kind = 'message_failed' WHERE organization = $1 AND kind = 'fact'")
    page = await auditor.get("/")
    assert "3 messages could not be delivered in these days." in page.text
    assert "/console/fernhill/search?kind=message_failed" in page.links
    assert found.subject not in page.html


# ── Search ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_form_searches_nothing_and_each_search_is_an_entry(
    stage: Stage, auditor: Colleague, found: Found
) -> None:
    page = await auditor.get("/search")
    assert (page.status, await stage.entries("log_searched")) == (200, [])
    page = await auditor.get(f"/search?kind=decision&reason=withdrawn&client=&customer={found.subject}&from=&until=")
    assert "1 entry, newest first" in page.text
    assert f"/console/fernhill/entry/{found.refused}" in page.links
    assert f"/console/fernhill/story?customer={found.subject}" in page.links
    [told] = await stage.entries("log_searched")
    assert (told["filters"], told["found"]) == ({"kind": "decision", "reason": "withdrawn"}, 1)


async def test_what_was_asked_for_stands_in_the_form_again(auditor: Colleague, found: Found) -> None:
    query = f"kind=decision&outcome=deny&purpose=sales&customer={found.subject}&from=2026-01-31&until=2998-02-01"
    page = await auditor.get(f"/search?{query}")
    assert re.findall(r'<option value="([^"]+)" selected>', page.html) == ["decision", "sales", "deny"]
    fields = page.form("/search").fields
    assert (fields["customer"], fields["from"], fields["until"]) == (found.subject, "2026-01-31", "2998-02-01")


async def test_a_search_goes_on_from_page_to_page(auditor: Colleague, log: Sequencer) -> None:
    customer = await log.crm.register()
    for _ in range(60):
        await log.crm.decide(customer=customer)
    while await log.step():
        pass
    first = await auditor.get("/search?kind=decision")
    assert "60 entries, newest first" in first.text
    [older] = [link for link in first.links if "after=" in link]
    second = await auditor.get(older.replace("&amp;", "&"))
    entries = [{link for link in page.links if "/entry/" in link} for page in (first, second)]
    assert ([len(one) for one in entries], entries[0] & entries[1]) == ([50, 10], set())
    assert [link for link in second.links if "after=" in link] == []
    page = await auditor.get(older.replace("kind=decision", "kind=fact"))
    assert (page.status, "This page is not of this search." in page.text) == (422, True)


@pytest.mark.usefixtures("found")
async def test_where_nothing_is_found_it_says_which_filter_excludes_most(auditor: Colleague) -> None:
    page = await auditor.get("/search?kind=decision&reason=minor")
    assert titles(page)[-1] == "Nothing was found"
    assert "Reason excludes most" in page.text


@pytest.mark.usefixtures("found")
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("customer=nobody", "customer"),
        ("from=yesterday", "from"),
        ("from=9999-12-31", "from"),
        ("until=0001-01-01", "until"),
        ("from=2026-02-02&until=2026-02-01", "until"),
        ("kind=No+such", "kind"),
        ("client=x", "kind"),
        ("kind=decision&after=x", "kind"),
    ],
)
async def test_what_cannot_be_looked_for_is_told_at_its_field(
    stage: Stage, auditor: Colleague, query: str, field: str
) -> None:
    page = await auditor.get(f"/search?{query}")
    assert (page.status, page.about.startswith("Error: ")) == (422, True)
    assert f'href="#{field}"' in page.html
    assert await stage.entries("log_searched") == []


async def test_entries_are_taken_home_with_their_proofs(auditor: Colleague, found: Found) -> None:
    page = await auditor.get(f"/search?customer={found.subject}")
    [link] = [link for link in page.links if "/bundle?" in link]
    response = await auditor.send("GET", link)
    assert response.status_code == 200
    held = verify(io.BytesIO(response.content), subject=found.subject)
    assert len(held.found) == 6


# ── An entry ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_decision_is_told_with_its_reasons_and_the_policy_as_it_stood(
    stage: Stage, auditor: Colleague, found: Found
) -> None:
    page = await auditor.get(f"/entry/{found.refused}")
    number = (await stage.rows("SELECT max(number) FROM vault.log_leaf WHERE outcome = 'deny'"))[0][0]
    assert re.fullmatch(r"Entry \d+", page.heading)
    assert int(page.heading.split()[1]) < number
    assert "crm asked about Sales and price offers by email" in page.text
    assert "Nothing was handed out." in page.text
    assert "The customer withdrew consent for this purpose or one above it." in page.text
    assert "Policy withdrawn · GDPR Art. 7(3)" in page.text
    assert "// You said yes once and took it back." in page.text
    assert f"p-{found.subject[4:8]}{found.subject[8:12]}" in page.text
    body = next(
        row["body"]
        for row in await stage.rows("SELECT body FROM vault.log_entry")
        if found.refused.encode() in row["body"]
    )
    assert body.decode() in page.text
    told = await last(stage, "entry_read")
    assert (told["of"], told["subject"]) == (found.refused, found.subject)


async def test_a_yes_says_what_was_handed_out(auditor: Colleague, found: Found) -> None:
    page = await auditor.get(f"/entry/{found.allowed}")
    assert "Allowed" in titles(page)
    assert "Given: contact." in page.text
    assert found.address not in page.html


async def test_an_entry_of_another_kind_tells_what_it_tells(auditor: Colleague, found: Found) -> None:
    page = await auditor.get(f"/entry/{found.fact}")
    assert "Yes said" in titles(page)
    assert "What it tells" in titles(page)
    assert "said granted" in page.text


async def test_an_entrys_bundle_and_proof_are_a_press_away(auditor: Colleague, found: Found) -> None:
    page = await auditor.get(f"/entry/{found.refused}")
    [bundle] = [link for link in page.links if "/bundle?" in link]
    assert verify(io.BytesIO((await auditor.send("GET", bundle)).content)).root
    [proof] = [link for link in page.links if link.endswith("/proof")]
    assert (await auditor.send("GET", proof)).content.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert re.search(
        r"This leaf and \d neighbours give the root of checkpoint \d+\. No witness has signed it yet\.", page.text
    )


async def test_an_entry_without_a_number_says_for_how_long_it_waits(stage: Stage, auditor: Colleague) -> None:
    crm = await stage.client("crm")
    entry = (await crm.decide(customer=await crm.register()))["log"]["entry"]
    page = await auditor.get(f"/entry/{entry}")
    assert (page.status, page.heading) == (200, entry)
    assert re.search(r"Waiting for a number, for \d+\.\d s", page.text)
    assert "Proof that it stands in the log" not in titles(page)


async def test_an_entry_of_somebody_erased_stands(
    stage: Stage, auditor: Colleague, found: Found, log: Sequencer
) -> None:
    await stage.erase(found.customer)
    await log.step()
    page = await auditor.get(f"/entry/{found.refused}")
    assert re.search(r"Its subject was erased on \d+ \w+ \d{4}\. The entry stands\.", page.text)
    story = await auditor.get(f"/story?customer={found.subject}")
    assert re.search(r"7 entries, then erased on \d+ \w+ \d{4}\.", story.text)


async def test_an_entry_let_go_of_still_has_its_proof(auditor: Colleague, found: Found, log: Sequencer) -> None:
    await log.rows(
        "INSERT INTO vault.log_pruned (organization, generation, minimum, entry, recorded_at) "
        "SELECT $1, 1, 256, id, clock_timestamp() FROM vault.log_entry WHERE organization = $1 LIMIT 1"
    )
    page = await auditor.get(f"/entry/{found.fact}")
    assert (page.status, page.heading) == (410, "This entry was let go of")
    assert [link for link in page.links if link.endswith(f"/entries/{found.fact}/proof")]
    story = await auditor.get(f"/story?customer={found.subject}")
    assert "The bytes of entries before 256 were let go of after their years." in story.text
    assert "6 entries, in a search of all" in story.text


@pytest.mark.parametrize("entry", ["ent_06h0090m41t835kpwqjv10s1y0", "x", "cus_06h0090m41t835kpwqjv10s1y0"])
async def test_an_entry_that_is_not_there_is_nowhere(auditor: Colleague, entry: str) -> None:
    assert (await auditor.get(f"/entry/{entry}")).status == 404


async def test_what_is_of_another_organization_is_nowhere(stage: Stage, found: Found) -> None:
    await stage.apply(make.organization(slug="elsewhere"))
    other, _ = await at_the_desk(stage, slug="elsewhere")
    assert (await other.get(f"/entry/{found.refused}")).status == 404
    assert "Nothing was found" in (await other.get(f"/search?customer={found.subject}")).text
    assert "no entry is about them" in (await other.get(f"/story?customer={found.subject}")).text


# ── What lies sealed ─────────────────────────────────────────────────────────────────────────────────────────────────
async def signed_in(stage: Stage) -> str:
    """Let a customer sign in, and return the entry that commits to what their device showed."""
    _, address = await somebody(await stage.client("crm"))
    await sign_in(stage, Visitor(stage.http), address)
    entry = await last(stage, "signed_in")
    assert entry["actor"]["kind"] == "customer"
    return str(entry["id"])


async def test_an_auditor_opens_what_lies_sealed_with_a_reason(stage: Stage) -> None:
    entry = await signed_in(stage)
    auditor, _ = await at_the_desk(stage)
    await auditor.get(f"/entry/{entry}")
    page = await auditor.press(f"/entry/{entry}/details", reason=WHY)
    assert (page.status, page.heading) == (200, "Sealed details")
    assert make.ADDRESS in page.text
    assert make.BROWSER in page.text
    assert page.headers["cache-control"] == "no-store"
    told = await last(stage, "details_opened")
    assert (told["of"], f"/console/fernhill/entry/{told['id']}" in page.links) == (entry, True)


async def test_without_a_reason_or_a_fresh_sign_in_nothing_opens(stage: Stage) -> None:
    entry = await signed_in(stage)
    auditor, _ = await at_the_desk(stage)
    await auditor.get(f"/entry/{entry}")
    page = await auditor.press(f"/entry/{entry}/details", reason="because")
    assert (page.status, "Say why in 10 to 500 letters." in page.text) == (422, True)
    assert page.form("/details").fields["reason"] == "because"
    await stage.rows(STALE)
    page = await auditor.press(f"/entry/{entry}/details", reason=WHY)
    assert (page.status, "within the last ten minutes" in page.text) == (422, True)
    assert await stage.entries("details_opened") == []


async def test_what_was_erased_is_opened_by_nobody(stage: Stage) -> None:
    customer, address = await somebody(await stage.client("crm"))
    await sign_in(stage, Visitor(stage.http), address)
    entry = (await last(stage, "signed_in"))["id"]
    auditor, _ = await at_the_desk(stage)
    await auditor.get(f"/entry/{entry}")
    await stage.erase(customer)
    page = await auditor.press(f"/entry/{entry}/details", reason=WHY)
    assert (page.status, "was erased. The entry stands." in page.text) == (410, True)


# ── One customer ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_story_says_first_what_was_searched_then_how_it_stands_then_all_of_it(
    stage: Stage, auditor: Colleague, found: Found
) -> None:
    page = await auditor.get(f"/story?customer={found.subject}")
    size = (await stage.rows("SELECT max(size) FROM vault.log_checkpoint"))[0][0]
    assert f"6 entries, in a search of all {size}" in page.text
    order = [
        page.text.index(words) for words in ("in a search of all", "Where it stands now", "All entries, newest first")
    ]
    assert order == sorted(order)
    places = [int(place) for place in re.findall(r'class="what">(\d+) ·', page.html)]
    assert places == [6, 5, 4, 3, 2, 1]
    assert found.address not in page.html
    [link] = [link for link in page.links if "/bundle?" in link]
    held = verify(io.BytesIO((await auditor.send("GET", link)).content), subject=found.subject)
    assert len(held.found) == 6
    assert (await last(stage, "story_read"))["subject"] == found.subject


async def test_a_story_is_found_by_an_address_that_is_never_told_back(
    stage: Stage, auditor: Colleague, found: Found
) -> None:
    await auditor.get("/story")
    page = await auditor.press("/story/find", kind="email", value=found.address)
    assert (auditor.at, page.heading) == (
        f"/console/fernhill/story?customer={found.subject}",
        "One customer\N{RIGHT SINGLE QUOTATION MARK}s story",
    )
    await auditor.get("/story")
    nobody = make.email()
    page = await auditor.press("/story/find", kind="email", value=nobody)
    assert "Nobody has this" in titles(page)
    assert nobody not in page.html
    page = await auditor.press("/story/find", kind="email", value="no address")
    assert (page.status, "That is no such address or number." in page.text) == (422, True)
    assert len(await stage.entries("resolved")) == 2


async def test_of_an_address_that_several_share_each_is_offered(stage: Stage, auditor: Colleague) -> None:
    crm, shared = await stage.client("crm"), make.email()
    for _ in range(2):
        await crm.register(contact_points=[make.point("email", shared)])
    await auditor.get("/story")
    page = await auditor.press("/story/find", kind="email", value=shared)
    assert "2 customers share this" in titles(page)
    assert len([link for link in page.links if "story?customer=sub_" in link]) == 2


async def test_a_pseudonym_of_nobody_has_an_empty_story_and_what_is_none_is_told(auditor: Colleague) -> None:
    assert "no entry is about them" in (await auditor.get(f"/story?customer={NOBODY}")).text
    page = await auditor.get("/story?customer=nobody")
    assert (page.status, page.about.startswith("Error: ")) == (422, True)


async def test_a_long_story_is_told_in_pages(auditor: Colleague, log: Sequencer) -> None:
    customer = await log.crm.register()
    for _ in range(120):
        await log.crm.decide(customer=customer)
    while await log.step():
        pass
    subject = (await log.stage.entries("decision"))[0]["subject"]
    page = await auditor.get(f"/story?customer={subject}")
    assert re.findall(r'class="what">(\d+) ·', page.html)[0] == "121"
    [earlier] = [link for link in page.links if "before=" in link]
    page = await auditor.get(earlier)
    places = [int(place) for place in re.findall(r'class="what">(\d+) ·', page.html)]
    assert places == [*range(21, 0, -1)]


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_admin_sees_the_log_and_follows_nobody_in_it(stage: Stage, admin: Colleague, found: Found) -> None:
    for page in await every(admin, found):
        assert page.status == 200
        assert [link for link in page.links if "/story" in link or "/bundle" in link] == []
    for place in ("/story", f"/story?customer={found.subject}", "/story?customer=x"):
        page = await admin.get(place)
        assert (page.status, page.heading) == (403, "This is not for your role")
        assert found.subject not in page.html
    denied = [(entry["action"], entry["reason"]) for entry in await stage.entries("denied")]
    assert denied == [("show_story", "not_allowed")] * 3


async def test_an_admin_opens_nothing_and_finds_nobody(stage: Stage) -> None:
    entry = await signed_in(stage)
    admin, _ = await at_the_desk(stage, "admin")
    page = await admin.get(f"/entry/{entry}")
    assert "Open with a reason" not in page.text
    assert [form for form in page.forms if form.action.endswith("/details")] == []
    csrf = page.form("/sign-out").fields["csrf"]
    for place, data in (
        (f"/entry/{entry}/details", {"reason": WHY}),
        ("/story/find", {"kind": "email", "value": make.email()}),
    ):
        page = await admin.post(place, {"csrf": csrf, **data})
        assert (page.status, page.heading) == (403, "This is not for your role"), place
    assert await stage.entries("details_opened") == await stage.entries("resolved") == []


@pytest.mark.parametrize("place", ["/entry/ent_06h0090m41t835kpwqjv10s1y0/details", "/story/find"])
async def test_a_form_without_the_sessions_token_does_nothing(auditor: Colleague, place: str) -> None:
    data: dict[str, Any] = {"reason": WHY, "kind": "email", "value": make.email()}
    assert (await auditor.post(place, data)).heading == "This page was open too long"
    page = await auditor.post(place, data, **{"sec-fetch-site": "cross-site"})
    assert page.status == 403


@pytest.mark.parametrize("place", ["/", "/you", "/search", "/search?kind=", "/entry/x", "/story", "/story?customer=x"])
async def test_whoever_is_not_signed_in_is_sent_to_the_door(stage: Stage, place: str) -> None:
    assert (await Colleague(stage).get(place)).heading == "Sign in"


async def test_pages_about_the_log_come_under_the_same_headers_and_are_kept_nowhere(
    stage: Stage, auditor: Colleague, found: Found
) -> None:
    await ask(Visitor(stage.http), found.address)
    pages = [*await every(auditor, found), await auditor.get(f"/story?customer={found.subject}")]
    assert len({page.headers["content-security-policy"] for page in pages}) <= 2
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert not re.search(r"<style|style=|\son\w+=|<script(?! src=)|javascript:", page.html)
        assert re.findall(r"https?://[^\"' <]+", page.html) == []
        assert found.address not in page.html
        assert found.customer not in page.html
