"""Customers see who asked about them: each question, what was handed out, and why the answer was so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import make
from tests.e2e.auditing import desk, numbering
from tests.e2e.doors import code as code_of
from tests.e2e.doors import sign_in, somebody
from tests.e2e.test_tokens_exchanged import exchange
from tests.sequencing import sequencing
from tests.stage import Api, Stage, said
from tests.visitor import Visitor
from vault.actions.log import sequencer
from vault.actions.record.accesses import MOST
from vault.domain.decision.reason import REASONS
from vault.domain.record.code import message_code
from vault.pages.frame import Frame
from vault.portal.record.because import Why, because
from vault.words.catalogue import ENGLISH, LANGUAGES, words


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def test_each_question_stands_with_its_answer_its_reason_and_what_was_handed_out(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await somebody(api)
    await api.decide(customer=customer)
    await api.grant(customer)
    await api.decide(customer=customer, release=["contact", "birth_date"])
    await api.say_no("withdrawals", customer, purpose="sales", channel="email")
    await api.decide(customer=customer)
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    assert (page.status, page.heading) == (200, "Who asked about you")
    asked = "a client of the tests asked whether it may: Sales and price offers, by e-mail"
    assert page.text.count(asked) == 3
    assert "Not allowed. We never asked you. It was given nothing." in page.text
    assert "It was given: your address or number for this." in page.text
    assert "It may not have this for it:" in page.text
    assert "Allowed. You said yes on" in page.text
    assert "Not allowed. You said no on" in page.text
    assert "a client of the tests wrote down what you said" in page.text
    assert "Asked, last 90 days 3 by 1 system" in page.text
    [read] = await stage.entries("asked_read")
    assert read["actor"]["kind"] == "customer"


async def test_a_flood_of_equal_questions_is_one_item(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    for _ in range(5):
        await api.decide(customer=customer)
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    assert "asked 5 times that day: Sales and price offers, by e-mail" in page.text


async def test_only_what_was_chosen_is_shown_and_what_nobody_knows_is_left_out(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await somebody(api)
    await api.decide(customer=customer)
    await sign_in(stage, visitor, address)
    assert "asked whether it may" not in (await visitor.get("/asked?answer=allow")).text
    assert "Nothing here is like that." in visitor.page.text
    assert "asked whether it may" in (await visitor.get("/asked?answer=deny&system=nobody&before=x")).text
    assert "nannte Sie uns" in (await visitor.get("/asked?answer=change&lang=de")).text


async def test_what_has_a_number_tells_it_and_nobody_sees_what_is_of_others(
    stage: Stage, api: Api, visitor: Visitor, tmp_path: Path
) -> None:
    customer, address = await somebody(api)
    other, _ = await somebody(api)
    await api.decide(customer=other)
    await api.decide(customer=customer)
    async with sequencing(stage, tmp_path) as own:
        await sequencer.step(stage.vault, own, organization=await stage.organization())
    [row] = await stage.rows("SELECT number FROM vault.log_leaf WHERE kind = 'decision' ORDER BY number DESC LIMIT 1")
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    assert page.text.count("asked whether it may") == 1
    assert f"This is number {row['number']} in the book." in page.text
    assert "Asked, last 90 days 1 by 1 system" in page.text


async def test_a_no_of_another_at_a_shared_address_is_told_as_a_stop(stage: Stage, api: Api, visitor: Visitor) -> None:
    shared = make.point("postal_address", "2 Quokka Lane\nQuokkaford")
    customer, address = await somebody(api, contact_points=[shared, make.point("email", make.email())])
    other, _ = await somebody(api, contact_points=[shared, make.point("email", make.email())])
    await api.grant(customer, purpose="catalogue", channel="post", notice=1)
    point = (await api.points(other))["postal_address"]
    await api.say_no("withdrawals", other, purpose="catalogue", channel="post", contact_point=point)
    assert not (await api.decide(customer=customer, purpose="catalogue", channel="post"))["allowed"]
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    assert "Not allowed. Messages to this address or number were stopped on " in page.text
    assert "You said no" not in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reason_has_a_sentence_of_its_own_in_every_catalogue(language: str) -> None:
    def said(code: str, language: str) -> str:
        frame = Frame(door="portal", base="", path="", name="", stylesheet="", words=words(language), zone="UTC")
        return because(frame, code, why=Why(age=16))

    other = said("not_allowed", language)
    for code in REASONS.keys() - {"unknown_customer", "not_allowed"}:
        assert said(code, language) != other, code
        assert language == ENGLISH or said(code, language) != said(code, ENGLISH), code


async def test_what_is_too_much_for_a_page_goes_on_at_the_next_with_the_same_filter(
    stage: Stage, api: Api, visitor: Visitor, tmp_path: Path
) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await api.decide(customer=customer)
    questions = [make.asked(customer=customer, purpose="events")] * MOST
    await api.post("/v1/decisions/batch", {"questions": questions})
    async with sequencing(stage, tmp_path) as own:
        await sequencer.step(stage.vault, own, organization=await stage.organization())
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked?answer=allow&lang=fr")
    [earlier] = [one for one in page.links if "before=" in one]
    assert earlier.endswith("&answer=allow&lang=fr")
    page = await visitor.get(earlier.replace("lang=fr", "lang=en"))
    assert page.text.count("asked whether it may") == 1
    assert "Allowed. You said yes on" in page.text
    assert not any("before=" in one for one in page.links)
    assert f"{MOST} times that day" in (await visitor.get("/asked")).text


async def test_of_whatever_was_read_one_can_ask_and_of_what_was_written_down_one_sees_it_in_place(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await somebody(api)
    await api.get(f"/v1/customers/{customer}")
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked?answer=read")
    assert "a client of the tests looked up what we hold of you" in page.text
    [letter] = [one for one in page.links if "subject=" in one]
    assert letter.startswith("mailto:privacy@fernhill.example?subject=Question%20about%20the%20line%20of%20")
    assert address.casefold() not in letter.casefold()
    assert not any("subject=" in one for one in (await visitor.get("/asked?answer=change")).links)


async def test_what_was_done_for_somebody_is_here_too_and_by_whom(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    await api.get(f"/v1/customers/{customer}/preferences")
    said(await api.send("PUT", f"/v1/customers/{customer}/preferences", {"order": ["email"]}))
    await api.grant(customer)
    sent = (await api.decide(customer=customer, release=["contact"]))["id"]
    await api.post(f"/v1/decisions/{sent}/outcome", {"outcome": "bounced"})
    crm = await stage.client("crm")
    said(await crm.send("POST", f"/v1/customers/{customer}/codes"))
    token = said(await exchange(stage, customer, await code_of(stage)))["access_token"]
    line = Api(stage.http, token, sdk=None)
    await line.get("/v1/me/receipts")
    await line.post("/v1/me/withdrawals", {"purpose": "sales"})
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked")
    mine = "a client of the tests"
    for told in (
        f"{mine} looked at how and when you want to be reached",
        f"{mine} wrote down how and when you want to be reached",
        f"A message of {mine} to you came back",
        f"{mine} had messages to an address or number of yours stopped",
        "Customer service and sales desk was given receipts of what you said",
        "Customer service and sales desk wrote down what you said",
    ):
        assert told in page.text, told


async def test_whoever_looks_at_lines_without_a_name_is_one_line_a_day(
    stage: Stage, api: Api, visitor: Visitor, tmp_path: Path
) -> None:
    customer, address = await somebody(api)
    entry = (await api.decide(customer=customer))["log"]["entry"]
    async with numbering(stage, tmp_path) as log:
        await log.step()
        at = await desk(stage)
        await at.get(f"/entries/{entry}")
        await sign_in(stage, visitor, address)
        assert "Somebody who checks us looked at these lines" in (await visitor.get("/asked")).text
        await at.get(f"/entries/{entry}")
        told = "Somebody who checks us looked 2 times that day at what is written here"
        assert told in (await visitor.get("/asked")).text


# ── Why did I get this? ──────────────────────────────────────────────────────────────────────────────────────────────
async def test_by_the_code_at_its_end_a_message_is_explained_with_the_words_behind_it(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    decision = await api.decide(customer=customer, release=["contact"])
    await sign_in(stage, visitor, address)
    await visitor.get("/asked")
    form = visitor.page.forms[-1]
    assert (form.method, list(form.fields)) == ("get", ["code"])
    code = message_code(decision["id"])
    page = await visitor.get(f"/asked?code={code.upper()}")
    [shown] = [one["texts"]["en"]["ask"] for one in make.organization()["notices"]["sales"] if one["version"] == 2]
    explained = page.text.partition("Why you got this")[2].partition("Asked, last 90 days")[0]
    assert "a client of the tests asked whether it may: Sales and price offers, by e-mail" in explained
    assert "Allowed. You said yes on" in explained
    assert "It was given: your address or number for this." in explained
    assert f"These were the words: {shown}" in explained
    [fact] = await stage.entries("fact")
    assert f"/p/fernhill/history#{fact['fact']}" in page.links
    assert "Why you got this" in (await visitor.get(f"/asked?code={decision['id']}")).text


async def test_a_code_of_somebody_elses_message_reads_like_one_that_never_was(
    stage: Stage, api: Api, visitor: Visitor, tmp_path: Path
) -> None:
    _, address = await somebody(api)
    other, _ = await somebody(api)
    theirs = message_code((await api.decide(customer=other))["id"])
    await sign_in(stage, visitor, address)
    never = "0000-0001"
    for _ in range(2):
        page = await visitor.get(f"/asked?code={theirs}")
        assert page.title.startswith("Error: ")
        assert "We find nothing with this code. Look at it again, letter by letter." in page.text
        assert page.html.replace(theirs, never) == (await visitor.get(f"/asked?code={never}")).html
        async with sequencing(stage, tmp_path) as own:
            await sequencer.step(stage.vault, own, organization=await stage.organization())
    assert "We find nothing with this code." in (await visitor.get("/asked?code=%3Cscript%3E")).text


async def test_a_code_is_found_when_its_entry_has_a_number_too(
    stage: Stage, api: Api, visitor: Visitor, tmp_path: Path
) -> None:
    customer, address = await somebody(api)
    decision = await api.decide(customer=customer)
    async with sequencing(stage, tmp_path) as own:
        await sequencer.step(stage.vault, own, organization=await stage.organization())
    await sign_in(stage, visitor, address)
    page = await visitor.get(f"/asked?code={message_code(decision['id'])}")
    assert "Not allowed. We never asked you." in page.text.partition("Why you got this")[2].partition("Asked, last")[0]
    [number] = {one["number"] for one in await stage.rows("SELECT number FROM vault.log_leaf WHERE kind = 'decision'")}
    letter = "mailto:privacy@fernhill.example?subject=Question%20about%20number%20" + str(number)
    assert any(one.startswith(letter) for one in page.links)
    assert "Ask about this" in page.text


async def test_dates_stand_in_the_reasons(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    point = {"kind": "email", "value": address}
    await api.post("/v1/suppressions", {"contact": point})
    await api.decide(customer=customer)
    await sign_in(stage, visitor, address)
    page = await visitor.get("/asked?answer=deny")
    assert "Not allowed. Messages to this address or number were stopped on " in page.text
