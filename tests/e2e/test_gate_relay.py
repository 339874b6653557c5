"""The gate and the next mail server: what it says, or does not say, decides whether a message is tried again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from aiosmtplib import SMTP, SMTPResponse

from tests.e2e.gates import PASSED, USED, Blunt, Gate, Way, blunt, distant, mail
from tests.e2e.test_permits import letter
from tests.stage import Api, Stage
from vault.gate import relay
from vault.gate.relay import Letter, NotTaken
from vault.gate.text import framed

NO_WORD = "554 5.4.2 the next mail server may have taken it and did not say so: it is not sent twice"
HELD = "451 4.0.0 the next mail server does not take the message now ({})"
REFUSED = "{} 5.0.0 the next mail server refuses the message"
LETTER = Letter(sender="a@fernhill.example", recipient="quokka@quokkamail.example", options=(), content=b"Dear Quokka")


@pytest_asyncio.fixture
async def gate(stage: Stage) -> AsyncIterator[Gate]:
    async with distant(stage) as (found, _):
        yield found


@pytest_asyncio.fixture
async def before_blunt(stage: Stage) -> AsyncIterator[tuple[Gate, Blunt, Way]]:
    async with blunt() as server, distant(stage, relay=server.url) as (found, way):
        yield found, server, way


async def test_put_off_before_the_text_was_asked_for_costs_no_permit(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    gate.behind.answers["RCPT"] = ["451 greylisted"]
    assert await gate.send(mail(one), one.address) == HELD.format(451)
    assert await stage.entries("outcome") == []
    assert await gate.send(mail(one), one.address) == PASSED


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
async def test_refused_before_the_text_was_asked_for_the_permit_ends_and_budgets_get_it_back(
    stage: Stage, api: Api, gate: Gate, command: str
) -> None:
    one = await letter(api)
    gate.behind.answers[command] = ["550 quokka is unknown here"]
    assert await gate.send(mail(one), one.address) == REFUSED.format(550)
    assert [entry["became"] for entry in await stage.entries("outcome")] == ["not_sent"]
    assert await gate.send(mail(one), one.address) == USED
    assert gate.behind.letters == []


async def test_an_odd_answer_to_the_recipient_is_no_refusal_for_good(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    gate.behind.answers["RCPT"] = ["55 odd"]
    assert await gate.send(mail(one), one.address) == HELD.format(55)
    assert await stage.entries("outcome") == []
    assert await gate.send(mail(one), one.address) == PASSED


async def test_not_taken_when_it_was_read_it_may_be_tried_again_here_alone(stage: Stage, api: Api, gate: Gate) -> None:
    one = await letter(api)
    gate.behind.answers["DATA"] = ["452 no room", "554 looks like quokka"]
    assert await gate.send(mail(one), one.address) == HELD.format(452)
    async with distant(stage, relay=gate.behind.url) as (another, _):
        assert await another.send(mail(one), one.address) == USED
    assert await gate.send(mail(one), one.address) == REFUSED.format(554)
    assert await gate.send(mail(one), one.address) == USED
    assert gate.behind.letters == []
    assert len(await stage.entries("outcome")) == 1


@pytest.mark.parametrize("answer", ["!", "354 and what else", "what was that", "99 quokkas"])
async def test_without_a_word_that_means_something_after_the_text_it_is_not_sent_twice(
    stage: Stage, api: Api, before_blunt: tuple[Gate, Blunt, Way], answer: str
) -> None:
    gate, server, _ = before_blunt
    one = await letter(api)
    server.to_text = [answer]
    assert await gate.send(mail(one), one.address) == NO_WORD
    assert await gate.send(mail(one), one.address) == USED
    assert len(server.texts) == 1
    assert len(await stage.entries("outcome")) == 1


async def test_any_yes_to_the_text_is_one(api: Api, before_blunt: tuple[Gate, Blunt, Way]) -> None:
    gate, server, _ = before_blunt
    one = await letter(api)
    server.to_text = ["252 as good as there"]
    assert await gate.send(mail(one), one.address) == PASSED


@pytest.mark.parametrize(
    ("answer", "code"), [("!", 421), ("421 not today!", 421), ("250 no text, please", 250), ("650 odd", 650)]
)
async def test_where_no_text_was_asked_for_it_may_be_tried_again_here(
    api: Api, before_blunt: tuple[Gate, Blunt, Way], answer: str, code: int
) -> None:
    gate, server, _ = before_blunt
    one = await letter(api)
    server.to_data = [answer]
    assert await gate.send(mail(one), one.address) == HELD.format(code)
    assert server.texts == []
    assert await gate.send(mail(one), one.address) == PASSED
    assert len(server.texts) == 1


async def test_a_server_that_refuses_all_text_is_not_asked_again(
    api: Api, before_blunt: tuple[Gate, Blunt, Way]
) -> None:
    gate, server, _ = before_blunt
    one = await letter(api)
    server.to_data = ["554 no text for quokkas"]
    assert await gate.send(mail(one), one.address) == REFUSED.format(554)
    assert await gate.send(mail(one), one.address) == USED
    assert server.texts == []


async def test_a_server_that_hung_up_before_the_text_left_may_be_tried_again(
    api: Api, before_blunt: tuple[Gate, Blunt, Way]
) -> None:
    gate, server, way = before_blunt
    one = await letter(api)

    async def wait_for_it() -> None:
        async with asyncio.timeout(20):
            await server.hung_up.wait()

    async def meanwhile() -> None:
        await asyncio.sleep(1)  # so that the list is asked for again, while the server hangs up
        way.before["revoked"] = wait_for_it

    server.to_data = ["354 go on!"]
    way.after["outcome"] = meanwhile
    assert await gate.send(mail(one), one.address) == HELD.format(421)
    assert await gate.send(mail(one), one.address) == PASSED
    assert len(server.texts) == 1


async def test_no_line_of_a_text_ends_it_but_the_last(api: Api, before_blunt: tuple[Gate, Blunt, Way]) -> None:
    gate, server, _ = before_blunt
    one = await letter(api)
    content = b"Consent-Permit: %s\r\n\r\n.\r\n..\r\nMAIL FROM:<a@quokkamail.example>\r\n" % one.permit.encode()
    assert await gate.send(content, one.address) == PASSED
    assert server.texts[0].endswith(b"\r\n\r\n..\r\n...\r\nMAIL FROM:<a@quokkamail.example>\r\n.\r\n")


async def test_after_the_last_look_the_text_is_not_made_ready_but_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    async def step(name: str) -> None:
        done.append(name)

    def framing(content: bytes) -> bytes:
        done.append("blocked" if threading.current_thread() is threading.main_thread() else "framed")
        return framed(content)

    monkeypatch.setattr(relay, "framed", framing)
    async with blunt() as server:
        server.before = partial(step, "announced")
        await relay.read(server.url).carry(LETTER, use=partial(step, "used"), hold=partial(step, "held"))
    assert done == ["framed", "used", "announced", "held"]
    assert server.texts == [b"Dear Quokka\r\n.\r\n"]


async def test_what_finds_the_connection_closed_did_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[SMTP] = []

    class Seen(SMTP):
        async def connect(self, **options: Any) -> SMTPResponse:
            opened.append(self)
            return await super().connect(**options)

    async def use() -> None:
        """Tell nobody."""

    async def hold() -> None:
        [smtp] = opened
        assert smtp.transport is not None
        smtp.transport.close()  # what does the same when the server hangs up tells of it a moment later

    monkeypatch.setattr(relay, "SMTP", Seen)
    async with blunt() as server:
        with pytest.raises(NotTaken, match="smtp_421"):
            await relay.read(server.url).carry(LETTER, use=use, hold=hold)
        async with asyncio.timeout(20):
            await server.hung_up.wait()
    assert server.texts == []
