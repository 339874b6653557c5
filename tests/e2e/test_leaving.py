"""Leaving by a link from a message: opening it changes nothing, one press stops, and the very next decision refuses."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx2
import pytest

from tests import make
from tests.stage import Api, Json, Stage, codes
from tests.visitor import Page, Visitor
from vault.actions.leaving import links, undoing
from vault.domain.leaving.link import Link

ONE_CLICK: Final = {"List-Unsubscribe": "One-Click"}
BROWSER: Final = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "accept-language": "en"}


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http, **BROWSER)


async def linked(api: Api, customer: str | None = None, **asked: Any) -> tuple[str, str]:
    """Say yes to sales by e-mail, or as `asked` says; return who, and where the link of an answer leads."""
    customer = customer or await api.register()
    await api.grant(customer, **asked)
    return customer, await way_out(api, customer, **asked)


async def way_out(api: Api, customer: str, **asked: Any) -> str:
    """Return where the link of an allowing answer leads."""
    question = {name: asked[name] for name in ("purpose", "channel") if name in asked}
    answer = await api.decide(customer=customer, **question)
    assert answer["allowed"], answer
    return str(answer["withdrawal_link"]).partition(":8471")[2]


async def facts(stage: Stage) -> list[Json]:
    """Return what the entries of facts tell, but for their ids."""
    kept = ("said", "purpose", "channel", "source", "method")
    return [{name: entry[name] for name in kept} for entry in await stage.entries("fact")]


def undo_of(page: Page) -> str:
    return page.form("/undo").fields["undo"]


# ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_scanner_may_look_five_hundred_times_and_the_press_after_it_works(stage: Stage, api: Api) -> None:
    customer, link = await linked(api)
    other, there = await linked(api)
    before, entries = await stage.written(), await stage.count("vault.log_entry")
    shown = set()
    for turn in range(250):
        for place in (link, there):
            response = await stage.http.request(
                "HEAD" if turn % 3 == 0 else "GET", place, headers={"purpose": "prefetch"}
            )
            assert (response.status_code, response.headers.get("set-cookie")) == (200, None)
            shown.add((place, response.text))
    assert len({text for _, text in shown if text}) == 2
    assert (await stage.written(), await stage.count("vault.log_entry")) == (before, entries)
    assert (await api.decide(customer=customer))["allowed"]
    response = await stage.http.post(link, data={"scope": "this"})
    assert response.status_code == 200
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    assert (await api.decide(customer=other))["allowed"]


async def test_the_page_names_purpose_and_way_and_never_the_person(api: Api, visitor: Visitor) -> None:
    _, link = await linked(api)
    page = await visitor._look("GET", link)
    assert page.heading == "Stop these e-mails?"
    assert "a message of Sales and price offers. One press, and it is done." in page.text
    form, less = page.forms
    assert [(button.words, button.value) for button in form.buttons] == [
        ("Stop Sales and price offers by e-mail", "this"),
        ("Stop everything from Fernhill Outdoor Ltd", "all"),
    ]
    assert [button.words for button in less.buttons] == ["At most once a month", "Pause for 60 days"]
    assert "quokka" not in page.html.lower()
    assert "Opening this page changed nothing." in page.text


async def test_it_is_in_the_language_of_whoever_opens_it(api: Api, stage: Stage) -> None:
    _, link = await linked(api)
    german = await Visitor(stage.http, **{"accept-language": "de"})._look("GET", link)
    assert german.heading == "E-Mails abbestellen?"
    assert german.forms[0].buttons[0].words == "„Aktionen und Preise“ per E-Mail abbestellen"
    french = Visitor(stage.http, **{"accept-language": "de"})
    page = await french._look("GET", f"{link}?lang=fr")
    assert page.heading == "Arrêter ces e-mails\u202f?"
    page = await french.press(f"{link}", button=0)
    assert page.heading == "Arrêté"


async def test_a_link_is_known_to_the_one_it_was_made_for_and_nothing_of_it_can_be_read(stage: Stage, api: Api) -> None:
    customer, link = await linked(api)
    token = link.removeprefix("/u/")
    assert len(token) <= 110
    [row] = await stage.rows("SELECT subject FROM keystore.subject")
    assert row["subject"].bytes not in urlsafe_b64decode(token + "==")
    assert b"sales" not in urlsafe_b64decode(token + "==")
    assert customer not in token


# ── Pressing ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_press_is_a_withdrawal_and_the_next_decision_of_every_process_refuses(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, link = await linked(api)
    second = await stage.client("everything", app=await stage.open())
    assert (await second.decide(customer=customer))["allowed"]
    await visitor._look("GET", link)
    page = await visitor.press(link, button=0)
    assert (page.heading, page.status) == ("Stopped", 200)
    assert "No more Sales and price offers by e-mail. It counted the moment you pressed" in page.text
    for one in (api, second):
        answer = await one.decide(customer=customer)
        assert codes(answer) == ["withdrawn"]
        assert "withdrawal_link" not in answer
    assert (await facts(stage))[-1] == {
        "said": "withdrawn", "purpose": "sales", "channel": "email", "source": "link", "method": "form",
    }  # fmt: skip
    [*_, entry] = await stage.entries("fact")
    assert entry["actor"] == {"kind": "link"}
    assert visitor.cookies == {}


async def test_one_click_gets_a_bare_answer_whatever_its_form_and_no_cookie(stage: Stage, api: Api) -> None:
    parts = '--q\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--q--\r\n'
    for given in (
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": parts, "headers": {"content-type": "multipart/form-data; boundary=q"}},
        {
            "data": ONE_CLICK | {"scope": "all"},
            "headers": {"sec-fetch-site": "cross-site", "origin": "https://mail.example"},
        },
    ):
        customer, link = await linked(api)
        await api.grant(customer, purpose="events", notice=1)
        response: httpx2.Response = await stage.http.post(link, **given)
        assert (response.status_code, response.content, response.headers.get("set-cookie")) == (200, b"", None)
        assert codes(await api.decide(customer=customer)) == ["withdrawn"]
        assert (await api.decide(customer=customer, purpose="events"))["allowed"]
        assert (await facts(stage))[-1]["method"] == "one_click"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"content": b"\xff\xfe\x00"},
        {"content": b"x" * 1_000_000},
        {"json": {"scope": "all"}},
        {"data": {"scope": "nothing"}},
        {"content": "&".join(f"a{number}=1" for number in range(90)), "headers": {"content-type": "text/plain"}},
        {"data": {}, "headers": {"cookie": "__Host-consent-vault-portal=forged", "sec-fetch-site": "cross-site"}},
    ],
    ids=["nothing", "no text", "a megabyte", "json", "an unknown scope", "many fields", "another site"],
)
async def test_it_acts_whatever_the_body(stage: Stage, api: Api, given: Any) -> None:
    customer, link = await linked(api)
    response = await stage.http.post(link, **given)
    assert response.status_code == 200
    assert "Stopped" in response.text
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_pressed_again_it_answers_the_same_and_says_nothing_twice(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    _, link = await linked(api)
    first = await visitor._look("POST", link)
    before, entries = await stage.written(), await stage.count("vault.log_entry")
    for _ in range(3):
        again = await visitor._look("POST", link)
        assert (again.heading, again.status) == (first.heading, 200)
        assert "It was already stopped on" in again.text
        assert "/undo" not in again.html
        assert (await stage.http.post(link, data=ONE_CLICK)).content == b""
    assert (await stage.written(), await stage.count("vault.log_entry")) == (before, entries)


async def test_whoever_said_yes_again_since_is_stopped_again_by_the_same_link(api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    await visitor._look("POST", link)
    await api.grant(customer)
    assert (await api.decide(customer=customer))["allowed"]
    await visitor._look("POST", link)
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_everything_stops_at_once_but_what_belongs_to_an_order(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    yeses = [("events", "email"), ("sales", "sms"), ("surveys", "email"), ("personalisation", "*")]
    for purpose, channel in yeses:
        await api.grant(customer, purpose=purpose, channel=channel, notice=1 if purpose != "sales" else 2)
    await visitor._look("GET", link)
    page = await visitor.press(link, button=1)
    assert page.heading == "Everything is stopped"
    for purpose, channel in (*yeses, ("sales", "email")):
        assert codes(await api.decide(customer=customer, purpose=purpose, channel=channel)) == ["withdrawn"], purpose
    assert (await api.decide(customer=customer, purpose="order_updates"))["allowed"]
    said = [fact for fact in await facts(stage) if fact["source"] == "link"]
    assert {(fact["purpose"], fact["channel"]) for fact in said} == {
        ("offers", "*"), ("research", "*"), ("personalisation", "*"),
    }  # fmt: skip
    again = await visitor._look("POST", link, data={"scope": "all"})
    assert "It was already stopped on" in again.text


async def test_what_rests_on_an_interest_is_objected_to_and_never_undone(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    file = make.organization()
    file["purposes"]["research"]["basis"] = "legitimate_interest"
    await stage.apply(file)
    customer = await api.register()
    link = await way_out(api, customer, purpose="surveys")
    page = await visitor._look("POST", link)
    assert "/undo" not in page.html
    assert codes(await api.decide(customer=customer, purpose="surveys")) == ["objected"]
    assert (await facts(stage))[-1]["said"] == "objected"


async def test_a_link_is_given_with_what_can_be_stopped_and_with_nothing_of_the_past(api: Api) -> None:
    customer, _ = await linked(api)
    assert "withdrawal_link" not in await api.decide(customer=customer, purpose="order_updates")
    assert "withdrawal_link" not in await api.decide(customer=customer, at=datetime.now(UTC).isoformat())
    assert "withdrawal_link" not in await api.decide(customer=customer, channel="sms")
    asked = {
        "subject": {"type": "client", "id": "fernhill.everything"},
        "action": {"name": "contact"},
        "resource": {"type": "customer", "id": customer},
        "context": {"purpose": "sales", "channel": "email"},
    }
    answer = await api.post("/access/v1/evaluation", asked)
    assert answer["context"]["withdrawal_link"].startswith("http://127.0.0.1:8471/u/")


async def test_what_the_file_has_dropped_since_is_stopped_all_the_same(stage: Stage, visitor: Visitor) -> None:
    file = make.organization()
    children = file["purposes"]["offers"]["children"]
    children["walks"] = {**children["events"], "title": {"en": "Walks"}}
    file["clients"]["everything"]["ceiling"]["purposes"].append("walks")
    await stage.apply(file)
    wider = await stage.client("everything", "decide lookup capture create")
    customer = await wider.register()
    await wider.grant(customer, purpose="walks", channel="sms", notice=1)
    link = await way_out(wider, customer, purpose="walks", channel="sms")
    await stage.apply(make.organization())
    page = await visitor._look("GET", link)
    assert page.forms[0].buttons[0].words == "Stop these messages"
    page = await visitor.press(link)
    assert "No more of these messages." in page.text
    assert "/undo" not in page.html
    await stage.apply(file)
    assert codes(await wider.decide(customer=customer, purpose="walks", channel="sms")) == ["withdrawn"]


# ── Gone ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def gone(stage: Stage, place: str) -> str:
    """Look and press where a link leads nowhere; return the one page that is shown."""
    shown = []
    for method in ("GET", "POST", "HEAD"):
        response = await stage.http.request(method, place, headers={"accept-language": "en"})
        assert (response.status_code, response.headers.get("set-cookie")) == (404, None)
        shown.append(response.text)
    assert shown[0] == shown[1]
    return shown[0]


async def test_too_old_mangled_forged_and_foreign_look_the_same(stage: Stage, api: Api) -> None:
    await stage.apply(make.organization("nahr"))
    customer, link = await linked(api)
    there = await stage.client("everything", slug="nahr")
    _, foreign = await linked(there)
    entries = await stage.count("vault.log_entry")
    places = {
        "mangled": link[:-6] + ("A" if link[-6] != "A" else "B") + link[-5:],
        "cut": link[:-20],
        "longer": f"{link}AA",
        "with a mark": f"{link}!",
        "same bytes spelled otherwise": link[:-1] + chr(ord(link[-1]) ^ 1),
        "foreign": link[:27] + foreign[27:],
        "too old": await aged(stage, link),
    }
    shown = {name: await gone(stage, place) for name, place in places.items()}
    assert len(set(shown.values())) == 1, shown.keys()
    text = shown["cut"]
    assert "This link leads nowhere" in text
    assert 'href="/p/fernhill/sign-in"' in text
    assert 'href="/p/fernhill/stop-address"' in text
    nobodys = {await gone(stage, f"/u/{token}") for token in ("x", "A" * 110, "%00", "é" * 40, "a" * 3000)}
    assert len(nobodys) == 1
    assert "fernhill" not in nobodys.pop().lower()
    assert await stage.count("vault.log_entry") == entries
    assert (await api.decide(customer=customer))["allowed"]


async def aged(stage: Stage, link: str) -> str:
    """Return a link like this one whose message went out 24 months ago."""
    opened = await links.look(stage.vault, link.removeprefix("/u/"))
    assert opened is not None
    assert isinstance(opened.link, Link)
    sent = opened.now.replace(year=opened.now.year - 2, day=min(opened.now.day, 28))
    old = Link(
        about="person",
        subject=opened.link.subject,
        purpose="sales",
        channel="email",
        sent_at=sent.replace(microsecond=0),
    )
    address = links.address(opened.here, old, issuer="")
    assert address is not None
    return address


async def test_a_link_of_somebody_erased_still_answers_that_it_is_done(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    known, link = await linked(api)
    erased, lost = await linked(api)
    await stage.erase(erased)
    before = await stage.written()
    pages = {}
    for who, place in (("known", link), ("erased", lost)):
        response = await stage.http.get(place)
        pages[who] = response.text.replace(place, "…")
    assert pages["known"] == pages["erased"]
    for scope in ("this", "all"):
        page = await visitor._look("POST", lost, data={"scope": scope})
        assert (page.status, page.heading) == (200, "Stopped" if scope == "this" else "Everything is stopped")
    assert (await stage.http.post(lost, data=ONE_CLICK)).status_code == 200
    assert await stage.written() == before
    assert (await api.decide(customer=known))["allowed"]


async def test_a_link_binds_in_its_own_organization_alone(stage: Stage, api: Api, visitor: Visitor) -> None:
    await stage.apply(make.organization("nahr"))
    there = await stage.client("everything", slug="nahr")
    customer, link = await linked(api)
    other, _ = await linked(there)
    await visitor._look("POST", link, data={"scope": "all"})
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    assert (await there.decide(customer=other))["allowed"]


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_slip_is_taken_back_with_the_words_that_are_shown(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    german = await Visitor(stage.http, **{"accept-language": "de"})._look("POST", link, data={"scope": "this"})
    assert "Tell me about sales and price offers." in german.text  # they were English, and those are cited
    visitor.page = german
    page = await visitor.press("/undo")
    assert (page.heading, page.status) == ("Taken back", 200)
    assert "You say Yes again to Sales and price offers by e-mail." in page.text
    assert (await api.decide(customer=customer))["allowed"]
    yes, _, again = await stage.entries("fact")
    assert (again["source"], again["method"], again["said"]) == ("person", "undo", "granted")
    assert (again["notice"], again["words"]) == (yes["notice"], yes["words"])
    rows = await stage.rows("SELECT locale FROM vault.fact WHERE kind = 'granted'")
    assert [row["locale"] for row in rows] == ["en", "en"]
    page = await visitor.press(link)
    assert page.heading == "Stopped"
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_an_undo_works_once_and_pressed_twice_says_one_yes(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    page = await visitor._look("POST", link)
    first = undo_of(page)
    for _ in range(2):
        page = await visitor._look("POST", f"{link}/undo", data={"undo": first})
        assert page.heading == "Taken back"
    assert len(await stage.entries("fact")) == 3
    await visitor._look("POST", link)
    page = await visitor._look("POST", f"{link}/undo", data={"undo": first})
    assert (page.status, page.heading) == (404, "This link leads nowhere")
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]


async def test_an_undo_never_lifts_what_was_said_after_it(api: Api, visitor: Visitor) -> None:
    customer, link = await linked(api)
    page = await visitor._look("POST", link)
    await api.say_no("objections", customer)
    page = await visitor._look("POST", f"{link}/undo", data={"undo": undo_of(page)})
    assert page.status == 404
    assert codes(await api.decide(customer=customer)) == ["objected"]


async def test_an_undo_fits_its_own_link_unchanged_and_of_nobody_erased(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, link = await linked(api)
    _, other = await linked(api)
    credential = undo_of(await visitor._look("POST", link))
    theirs = undo_of(await visitor._look("POST", other))
    for wrong in (theirs, credential[:-3] + "AAA", "", "é", "A" * 3000, credential + "!"):
        page = await visitor._look("POST", f"{link}/undo", data={"undo": wrong})
        assert page.status == 404
    assert codes(await api.decide(customer=customer)) == ["withdrawn"]
    await stage.erase(customer)
    page = await visitor._look("POST", f"{link}/undo", data={"undo": credential})
    assert page.status == 404
    page = await visitor._look("POST", "/u/nothing/undo", data={"undo": credential})
    assert page.status == 404


async def test_an_undo_ends_after_fifteen_minutes(stage: Stage, api: Api, visitor: Visitor, monkeypatch: Any) -> None:
    _, link = await linked(api)
    monkeypatch.setattr(undoing, "LASTS", timedelta(0))
    page = await visitor._look("POST", link)
    page = await visitor._look("POST", f"{link}/undo", data={"undo": undo_of(page)})
    assert page.status == 404
    monkeypatch.undo()
    assert timedelta(minutes=15) == undoing.LASTS


async def test_an_undo_brings_back_no_more_and_no_longer_than_there_was(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer = await api.register()
    points = await api.points(customer)
    await api.grant(customer, until="2031-01-01T00:00:00Z", contact_point=points["email"])
    link = await way_out(api, customer)
    page = await visitor._look("POST", link, data={"scope": "all"})
    assert "It brings back Sales and price offers by e-mail alone. For the rest, sign in." in page.text
    before = await stage.rows("SELECT until, contact_point FROM vault.fact WHERE kind = 'granted'")
    await visitor._look("POST", f"{link}/undo", data={"undo": undo_of(page)})
    rows = await stage.rows("SELECT until, contact_point, method FROM vault.fact WHERE kind = 'granted' ORDER BY at")
    assert [row["method"] for row in rows] == ["api", "undo"]
    assert rows[1]["contact_point"] == before[0]["contact_point"]
    assert rows[1]["until"] <= before[0]["until"]
    assert (await api.decide(customer=customer))["allowed"]
    assert codes(await api.decide(customer=customer, purpose="events")) == ["withdrawn"]


async def test_a_provider_s_one_click_has_no_undo(stage: Stage, api: Api) -> None:
    _, link = await linked(api)
    response = await stage.http.post(link, data=ONE_CLICK)
    assert "undo" not in response.text
    assert (await facts(stage))[-1]["said"] == "withdrawn"
