"""Was it allowed, as a page: the form, two answers side by side, and a decision taken again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest_asyncio

from tests import make
from tests.e2e.colleague import Colleague, at_the_desk
from tests.e2e.test_was_it_allowed import subject_of, tamper
from tests.stage import Api, Stage, now

NOBODY = "sub_06h0090m41t835kpwqjv10s1y0"


@pytest_asyncio.fixture
async def auditor(stage: Stage) -> Colleague:
    return (await at_the_desk(stage))[0]


def place(subject: str, at: datetime, /, **asked: Any) -> str:
    typed = at.astimezone(UTC).replace(tzinfo=None).isoformat()
    plain = {"subject": subject, "purpose": "sales", "channel": "email", "client": "everything", "at": typed}
    return f"/allowed?{urlencode(plain | asked)}"


async def test_opening_the_page_asks_nothing(stage: Stage, auditor: Colleague) -> None:
    page = await auditor.get(f"/allowed?subject={NOBODY}")  # so the page of one customer leads here
    assert (page.status, page.form("/allowed").fields["subject"]) == (200, NOBODY)
    page = await auditor.get("/allowed")
    assert (page.status, page.heading, page.about) == (200, "Was it allowed?", "Was it allowed?")
    assert '<a href="/console/fernhill/allowed" aria-current="page">' in page.html
    assert await stage.entries("history_asked") == []


async def test_two_answers_stand_side_by_side_with_what_was_learnt_late(
    stage: Stage, api: Api, auditor: Colleague
) -> None:
    customer = await api.register()
    subject = await subject_of(stage, customer)
    yes = await api.grant(customer)
    said_at, asked_at = now(), now()
    no = await api.say_no("withdrawals", customer, at=said_at.isoformat())
    page = await auditor.get(place(subject, asked_at))
    assert page.status == 200
    for words in (
        "Allowed, as known then", "Not allowed, as known today", "1 fact from before", "2 facts from before",
        "Asked about today, under the rules of today: not allowed withdrawn", "less than a minute late",
        "late for this", "opted_in The customer gave consent",
    ):  # fmt: skip
        assert words in page.text, words
    assert "What was learnt later changes nothing." not in page.text
    assert yes["id"] in page.html
    assert no["id"] in page.html
    assert '<svg class="chart" viewBox="0 0 960 400" role="img" aria-label="A map of two clocks.' in page.html
    assert f"/v1/log/fernhill/bundle?subject={subject}" in page.links
    assert len(await stage.entries("history_asked")) == 1
    late = await auditor.get(place(subject, asked_at, known="at", known_at=now().replace(tzinfo=None).isoformat()))
    assert "Not allowed, then and today" in late.text
    assert "What was learnt later changes nothing." in late.text
    ignored = await auditor.get(place(subject, asked_at, known="both", known_at="then"))
    assert "Allowed, as known then" in ignored.text


async def test_an_erased_person_is_said_to_be_and_an_admin_is_offered_no_bundle(stage: Stage, api: Api) -> None:
    customer = await api.register()
    subject = await subject_of(stage, customer)
    await api.grant(customer, purpose="newsletter")
    await stage.erase(customer)
    admin = (await at_the_desk(stage, "admin"))[0]
    page = await admin.get(place(subject, now()))
    assert "This person was erased." in page.text
    assert "Nothing was ever said about this." in page.text
    assert "bundle" not in page.html


async def test_what_makes_no_sense_is_said_at_its_field_and_every_value_is_kept(
    stage: Stage, api: Api, auditor: Colleague
) -> None:
    subject = await subject_of(stage, await api.register())
    for asked, field, words in (
        ({"subject": NOBODY}, "subject", "Nothing was ever written about such a customer."),
        ({"subject": "p-7f3a c290"}, "subject", "A pseudonym is sub_ and 26 characters."),
        ({"purpose": "nothing"}, "purpose", "The rules of that time know no such purpose."),
        ({"channel": "kiosk"}, "channel", "The rules of that time know no such channel."),
        ({"purpose": "personalisation"}, "channel", "the purpose did not use this channel."),
        ({"client": "nobody"}, "client", "There was no such client"),
        ({"at": "then"}, "at", "Write a date and a time."),
        ({"at": "9998-01-01T00:00"}, "at", "Ask about a time that has passed."),
        ({"at": "0001-01-01T00:00"}, "at", "Write a time between the years 2 and 9998."),
        ({"known": "at"}, "at", "Write a date and a time."),
    ):
        page = await auditor.get(place(subject, now(), **asked))
        assert (page.status, page.title.startswith("Error: Was it allowed?")) == (422, True), asked
        assert words in page.text
        assert f'<a href="#{field}">' in page.html
        assert f'aria-describedby="{field}-wrong"' in page.html
        for name, value in ({"purpose": "sales"} | asked).items():
            assert value in page.html, name
    assert await stage.entries("history_asked") == []


async def test_a_decision_is_taken_again_and_the_question_it_was_about_is_asked(
    stage: Stage, api: Api, auditor: Colleague
) -> None:
    customer = await api.register()
    subject = await subject_of(stage, customer)
    await api.grant(customer)
    answer = await api.decide(customer=customer)
    entry = answer["log"]["entry"]
    page = await auditor.get(f"/allowed?entry={entry}")
    assert "Taken again, the decision is the same" in page.text
    assert "Allowed, then and today" in page.text
    assert f"/console/fernhill/entry/{entry}" in page.links
    assert page.form("/allowed").fields["subject"] == subject
    stranger = await api.decide(contact=make.point("email", make.email()))
    page = await auditor.get(f"/allowed?entry={stranger['log']['entry']}")
    assert "Taken again, the decision is the same" in page.text
    assert "The two clocks" not in page.text
    await tamper(stage, entry, outcome="deny", purpose="nothing")
    page = await auditor.get(f"/allowed?entry={entry}")
    assert "Taken again, the decision comes out otherwise" in page.text
    assert "outcome deny allow" in page.text
    assert "The two clocks" not in page.text


async def test_what_is_no_decision_cannot_be_taken_again(stage: Stage, api: Api, auditor: Colleague) -> None:
    answer = await api.decide(customer=await api.register())
    [registered] = await stage.entries("customer_registered")
    await tamper(stage, answer["log"]["entry"], flat="words")
    for entry, words in (
        (registered["id"], "This entry tells of no decision."),
        ("ent_06h0090m41t835kpwqjv10s1y0", "There is no such entry."),
        ("702,118", "The id of an entry is ent_ and 26 characters."),
        (answer["log"]["entry"], "This entry is not as the vault writes them."),
    ):
        page = await auditor.get(f"/allowed?{urlencode({'entry': entry})}")
        assert (page.status, words in page.text) == (422, True), entry
        assert entry in page.html
