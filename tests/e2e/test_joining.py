"""Joining: a yes that begins with a message counts once it is confirmed by the link in it, and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests import make
from tests.e2e.doors import letters, somebody
from tests.e2e.joining import LETTER, asked, facts, links, press, row, signed_in, with_words
from tests.stage import Api, Stage, codes
from tests.visitor import Visitor


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


# ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_yes_on_our_page_waits_for_the_link_and_then_counts_for_that_address_everywhere(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer = await signed_in(stage, api, visitor)
    second = await stage.client("everything", app=await stage.open())
    page = await press(visitor)
    assert "Not yet A message is on its way to you." in page.text
    assert "You have not confirmed it yet. Not yet" in page.text
    buttons = [button.words for button in row(page).buttons]
    assert buttons == ["Send it again", "No, forget it"]
    for one in (api, second):
        assert codes(await one.decide(customer=customer, purpose="newsletter")) == ["double_opt_in_pending"]
    [link] = await links(stage)
    stranger = Visitor(stage.http)
    page = await stranger._look("GET", link)
    assert page.heading == "Please say it once more"
    assert "Send me the Trail Letter by e-mail, about twice a month." in page.text
    page = await stranger.press(link, button=0)
    assert (page.heading, page.status) == ("You said yes", 200)
    assert stranger.cookies == {}
    for one in (api, second):
        answer = await one.decide(customer=customer, purpose="newsletter", release=["contact"])
        assert answer["allowed"], answer
    assert await facts(stage) == [
        {"said": "asked", "purpose": "newsletter", "channel": "email", "source": "person", "method": "portal"},
        {"said": "granted", "purpose": "newsletter", "channel": "email", "source": "person", "method": "form"},
    ]
    [_, yes] = await stage.rows("SELECT contact_point, notice, locale, words FROM vault.fact ORDER BY recorded_at")
    [point] = await stage.rows("SELECT id, verified_at FROM vault.contact_point")
    assert (yes["contact_point"], yes["notice"], yes["locale"]) == (point["id"], 2, "en")
    assert point["verified_at"] is not None
    page = await visitor.get("/")
    assert "You said yes today at" in page.text


async def test_a_clients_yes_is_kept_and_asks_the_person_who_alone_makes_it_count(stage: Stage, api: Api) -> None:
    customer, _ = await somebody(api)
    stated = await api.grant(customer, **LETTER, locale="de")
    assert not stated["repeated"]
    [letter] = await letters(stage)
    text = letter.text.reveal()
    assert letter.title.reveal() == "Bitte sagen Sie es noch einmal: Ja oder Nein?"
    assert "Schickt mir etwa zweimal im Monat den Trail-Brief per E-Mail." in text
    assert "quokka" not in text.lower()
    assert codes(await api.decide(customer=customer, purpose="newsletter")) == ["double_opt_in_pending", "unverified"]
    kinds = [(fact["said"], fact["source"]) for fact in await facts(stage)]
    assert kinds == [("granted", "client"), ("asked", "client")]
    again = await api.grant(customer, key="k", **LETTER)
    assert (await api.grant(customer, key="k", **LETTER))["id"] == again["id"]
    assert len(await letters(stage)) == 1  # a retry asks nobody
    await api.grant(customer)
    assert len(await letters(stage)) == 0  # what needs no message sends none


async def test_no_address_is_asked_more_than_three_times_a_day_whoever_wants_it(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer = await signed_in(stage, api, visitor)
    for _ in range(2):
        await api.grant(customer, **LETTER)
    await visitor.get("/")
    page = await press(visitor, say="again")
    assert len(await links(stage)) == 3
    before = await stage.written()
    page = await press(visitor, say="again")
    assert (page.status, page.heading) == (429, "Too often")
    assert await stage.written() == before
    stated = await api.grant(customer, **LETTER)  # it is kept all the same
    assert await links(stage) == []
    assert stated["id"]
    await stage.tell()
    assert [entry["action"] for entry in await stage.entries("denied")] == ["ask_to_confirm"]


async def test_a_clients_yes_asks_nobody_who_stopped_was_erased_or_said_no_since(stage: Stage, api: Api) -> None:
    address, twin = make.email(), make.email()
    stopped, _ = await somebody(api, contact_points=[make.point("email", address)])
    await api.post("/v1/suppressions", {"contact": {"kind": "email", "value": address}})
    await api.grant(stopped, **LETTER)
    erased, _ = await somebody(api, contact_points=[make.point("email", twin)])
    sharing, _ = await somebody(api, contact_points=[make.point("email", twin)])
    await stage.erase(erased)
    await api.grant(sharing, **LETTER)
    refusing, _ = await somebody(api)
    await api.say_no("refusals", refusing, purpose="newsletter")
    await api.grant(refusing, **LETTER, at="2026-01-01T00:00:00Z")
    objecting, _ = await somebody(api)
    await api.say_no("objections", objecting, purpose="offers")
    await api.grant(objecting, **LETTER)
    nowhere = await api.register(contact_points=[make.point("phone", make.phone())])
    await api.grant(nowhere, **LETTER)
    assert await letters(stage) == []
    assert {fact["said"] for fact in await facts(stage)} == {"granted", "refused", "objected"}
    await api.grant(refusing, **LETTER)  # a yes later than the no asks, and alone it changes nothing
    assert codes(await api.decide(customer=refusing, purpose="newsletter")) == ["refused", "unverified"]
    assert len(await letters(stage)) == 1


# ── Confirming ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_scanner_may_look_five_hundred_times_and_the_press_after_it_works(stage: Stage, api: Api) -> None:
    customer, link = await asked(stage, api)
    before, entries = await stage.written(), await stage.count("vault.log_entry")
    shown = set()
    for turn in range(500):
        response = await stage.http.request("HEAD" if turn % 3 == 0 else "GET", link, headers={"purpose": "prefetch"})
        assert (response.status_code, response.headers.get("set-cookie")) == (200, None)
        shown.add(response.text)
    assert len(shown - {""}) == 1
    assert (await stage.written(), await stage.count("vault.log_entry")) == (before, entries)
    assert not (await api.decide(customer=customer, purpose="newsletter"))["allowed"]
    response = await stage.http.post(link, data={"say": "yes"})
    assert response.status_code == 200
    assert (await api.decide(customer=customer, purpose="newsletter"))["allowed"]


async def test_the_page_names_no_person_and_has_two_doors_in_three_languages(stage: Stage, api: Api) -> None:
    _, link = await asked(stage, api)
    for language, heading, yes, no in (
        ("en", "Please say it once more", "Yes, I want it", "No, I do not want it"),
        ("de", "Bitte sagen Sie es noch einmal", "Ja, das möchte ich", "Nein, das möchte ich nicht"),
        ("fr", "Veuillez le dire encore une fois", "Oui, je le veux", "Non, je ne le veux pas"),
    ):
        page = await Visitor(stage.http, **{"accept-language": language})._look("GET", link)
        assert page.heading == heading
        assert [(one.words, one.value) for one in page.forms[0].buttons] == [(yes, "yes"), (no, "no")]
        assert "quokka" not in page.html.lower()
    german = Visitor(stage.http, **{"accept-language": "de"})
    await german._look("GET", link)
    await german.press(link, button=0)
    rows = await stage.rows("SELECT locale FROM vault.fact WHERE source = 'person'")
    assert [row["locale"] for row in rows] == ["de"]  # the words on the page


async def test_pressed_again_it_answers_the_same_and_says_nothing_twice(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    for say, heading in (("yes", "You said yes"), ("no", "You said no")):
        _, link = await asked(stage, api)
        first = await visitor._look("POST", link, data={"say": say})
        before, entries = await stage.written(), await stage.count("vault.log_entry")
        for _ in range(3):
            again = await visitor._look("POST", link, data={"say": say})
            assert (again.heading, again.html, again.status) == (heading, first.html, 200)
        assert (await stage.written(), await stage.count("vault.log_entry")) == (before, entries)


async def test_a_no_is_a_refusal_and_after_a_yes_a_withdrawal_and_then_the_link_is_used_up(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    first, link = await asked(stage, api)
    await visitor._look("GET", link)
    page = await visitor.press(link, button=1)
    assert page.heading == "You said no"
    assert codes(await api.decide(customer=first, purpose="newsletter")) == ["refused", "unverified"]
    for method in ("GET", "POST"):
        assert (await visitor._look(method, link, data={"say": "yes"})).status == 404
    second, other = await asked(stage, api)
    await visitor._look("POST", other, data={"say": "yes"})
    page = await visitor.press(other)
    assert page.heading == "You said no"
    assert codes(await api.decide(customer=second, purpose="newsletter")) == ["withdrawn"]
    assert [(fact["said"], fact["source"]) for fact in await facts(stage)][-2:] == [
        ("granted", "person"),
        ("withdrawn", "link"),
    ]


@pytest.mark.parametrize("no", ["refusals", "withdrawals", "objections"])
async def test_a_no_stays_a_no_until_the_link_asked_for_after_it_is_pressed(
    stage: Stage, api: Api, visitor: Visitor, no: str
) -> None:
    customer = await signed_in(stage, api, visitor)
    await press(visitor)
    [early] = await links(stage)
    await api.say_no(no, customer, purpose="offers")
    word = {"refusals": "refused", "withdrawals": "withdrawn", "objections": "objected"}[no]
    assert (await Visitor(stage.http)._look("POST", early, data={"say": "yes"})).status == 404
    await visitor.get("/")
    await press(visitor)
    assert codes(await api.decide(customer=customer, purpose="newsletter"))[0] == word
    [late] = await links(stage)
    assert (await Visitor(stage.http)._look("POST", late, data={"say": "yes"})).status == 200
    assert (await api.decide(customer=customer, purpose="newsletter"))["allowed"]


async def test_confirming_lifts_a_complaint_older_than_the_message_and_no_other_stop(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    address = make.email()
    customer = await signed_in(stage, api, visitor, contact_points=[make.point("email", address)])
    stop = await api.post("/v1/suppressions", {"contact": {"kind": "email", "value": address}})
    await stage.rows("UPDATE vault.suppression SET kind = 'complaint'")
    page = await visitor.get("/")
    assert "Messages to this address or number were stopped today" in page.text
    await press(visitor)
    [link] = await links(stage)
    await Visitor(stage.http)._look("POST", link, data={"say": "yes"})
    assert (await api.decide(customer=customer, purpose="newsletter"))["allowed"]
    [entry] = await stage.entries("suppression_lifted")
    assert (entry["suppression"], entry["cause"], "subject" in entry) == (stop["id"], "complaint", False)
    await stage.rows("UPDATE vault.suppression SET until = NULL, at = clock_timestamp()")  # complained since
    await visitor.get("/")
    await Visitor(stage.http)._look("POST", link, data={"say": "yes"})
    assert codes(await api.decide(customer=customer, purpose="newsletter")) == ["suppressed"]
    await stage.rows("UPDATE vault.suppression SET kind = 'bounce'")
    form = row(await visitor.get("/")).fields
    page = await visitor.post("/choices", form | {"say": "again", "notice": "2", "words": "0" * 64})
    assert page.status == 409


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_words_that_broke_with_those_of_the_message_are_shown_and_alone_can_be_agreed_to(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, link = await asked(stage, api)
    old = (await visitor._look("GET", link)).forms[0].fields
    await stage.apply(with_words(3, compatible=False))
    for fields in ({"say": "yes"}, old | {"say": "yes"}, old | {"say": "yes", "notice": "x"}):
        page = await visitor._look("POST", link, data=fields)
        assert (page.status, page.heading) == (409, "The words have changed")
        assert page.text.count("And on Sundays.") == 1
    assert not (await api.decide(customer=customer, purpose="newsletter"))["allowed"]
    page = await visitor.press(link, button=0)
    assert page.heading == "You said yes"
    [yes] = await stage.rows("SELECT notice FROM vault.fact WHERE source = 'person'")
    assert yes["notice"] == 3
    assert (await api.decide(customer=customer, purpose="newsletter"))["allowed"]


async def test_words_that_did_not_break_with_them_leave_those_of_the_message(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    _, link = await asked(stage, api)
    await stage.apply(with_words(3, compatible=True))
    page = await visitor._look("GET", link)
    assert "And on Sundays." not in page.text
    page = await visitor.press(link, button=0)
    assert page.heading == "You said yes"
    [yes] = await stage.rows("SELECT notice FROM vault.fact WHERE source = 'person'")
    assert yes["notice"] == 2


async def test_a_no_by_a_link_ends_a_yes_that_came_after_an_earlier_no(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, early = await asked(stage, api)
    for _ in range(2):  # the page of the first link stays open; by another one they said yes since
        await api.say_no("refusals", customer, purpose="newsletter")
        await api.grant(customer, **LETTER)
        [late] = await links(stage)
        assert (await visitor._look("POST", late, data={"say": "yes"})).status == 200
        assert (await api.decide(customer=customer, purpose="newsletter"))["allowed"]
        assert (await visitor._look("POST", early, data={"say": "no"})).heading == "You said no"
        assert codes(await api.decide(customer=customer, purpose="newsletter")) == ["withdrawn"]
        assert (await visitor._look("POST", late, data={"say": "yes"})).status == 404


@pytest.mark.parametrize("fields", [{}, {"say": ""}, {"say": "perhaps"}, {"say": ["yes", "no"]}])
async def test_what_is_no_answer_changes_nothing(stage: Stage, api: Api, visitor: Visitor, fields: Any) -> None:
    _, link = await asked(stage, api)
    before = await stage.written()
    assert (await visitor._look("POST", link, data=fields)).status == 422
    assert await stage.written() == before
