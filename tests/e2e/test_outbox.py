"""Messages: in the outbox with what they tell of, out of it once, and nothing of them readable in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests import make
from tests.mail import SENDER, Pocket, Sink, sink, until, with_post, working, write
from tests.stage import Api, Stage, at
from vault.actions import delivery, outbox
from vault.actions.acting import acting
from vault.base.errors import Conflict, Invalid, Unknown
from vault.base.ids import CUSTOMER, MESSAGE, CustomerId, read, show
from vault.base.personal import Personal
from vault.courier.letter import Letter
from vault.courier.mail import Outcome
from vault.domain.message import Message

LATER = Outcome(end="later", code="smtp_451")


@pytest_asyncio.fixture
async def customer(api: Api) -> str:
    return await api.register()


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[Sink]:
    async with sink() as running:
        yield running


class Slow(Pocket):
    """Takes a letter only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def send(self, letter: Letter) -> Outcome:
        self.begun.set()
        await self.go_on.wait()
        return await super().send(letter)


async def put(stage: Stage, customer: str, **given: Any) -> None:
    await write(stage.vault, await stage.organization(), customer=customer, **given)


async def emptied(stage: Stage) -> None:
    async def is_empty() -> bool:
        return await stage.count("vault.outbox") == 0

    await until(is_empty)


async def told(stage: Stage, *also: str) -> list[tuple[Any, ...]]:
    """What the log tells of the ends of messages."""
    entries = [entry for end in ("sent", "failed", "unknown") for entry in await stage.entries(f"message_{end}")]
    return [tuple(entry[name] for name in ("kind", "result", *also)) for entry in entries]


async def make_due(stage: Stage) -> None:
    """Let the time pass for which everything waits."""
    await stage.rows("UPDATE vault.outbox SET due_at = now()")


@asynccontextmanager
async def away(stage: Stage) -> AsyncIterator[None]:
    """Let nobody use the stage's database as long as the block does."""
    name = stage.url.partition("?")[0].rpartition("/")[2]
    admin = await asyncpg.connect(at(stage.url, "postgres"))
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    yield
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await admin.close()


# ── Out, once ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_message_goes_out_soon_and_nothing_of_it_stays(stage: Stage, customer: str, mail: Sink) -> None:
    address = make.email()
    async with working(stage.vault, mail.post()):
        begun = asyncio.get_running_loop().time()
        await put(stage, customer, to=address, html="<p>It is <b>quokka 123456</b>.</p>")
        await emptied(stage)
        assert asyncio.get_running_loop().time() - begun < 5
    assert (mail.recipients, mail.texts()) == ([address], ["It is quokka 123456."])
    [letter] = mail.letters
    assert (letter["from"], letter["to"], letter["auto-submitted"]) == (
        f"Fernhill Outdoor Ltd <{SENDER}>",
        address,
        "auto-generated",
    )
    assert await told(stage, "message", "attempts") == [("message_sent", "accepted", "code", 1)]
    [queued], [sent] = await stage.entries("message_queued"), await stage.entries("message_sent")
    assert queued["subject"] == sent["subject"]
    assert queued["message"] == "code"


async def test_nothing_leads_from_a_letter_to_the_log_or_the_customer(stage: Stage, customer: str, mail: Sink) -> None:
    await put(stage, customer)
    [row] = await stage.rows("SELECT id, due_at, expires_at FROM vault.outbox")
    entries = await stage.rows("SELECT string_agg(convert_from(body, 'utf8'), '') AS all FROM vault.log_entry")
    for instant in (row["due_at"], row["expires_at"]):
        assert instant.isoformat(timespec="microseconds").replace("+00:00", "Z") not in entries[0]["all"]
    assert row["expires_at"].microsecond == 0  # or it would be a day after an entry to the microsecond
    assert show(MESSAGE, row["id"]) not in entries[0]["all"]
    async with working(stage.vault, mail.post()):
        await emptied(stage)
    name = str(mail.letters[0]["message-id"]).strip("<>").partition("@")[0]
    assert UUID(name) != row["id"]
    assert name not in entries[0]["all"]


async def test_two_workers_at_the_same_time_deliver_each_message_once(stage: Stage, api: Api, mail: Sink) -> None:
    other = stage.apps[await stage.open()].state.vault
    customers = [await api.register() for _ in range(4)]
    async with working(stage.vault, mail.post()), working(other, mail.post()):
        for number in range(40):
            await put(stage, customers[number % 4], text=f"quokka {number}")
        await emptied(stage)
    assert Counter(mail.texts()) == Counter(f"quokka {number}" for number in range(40))
    assert Counter(await told(stage)) == {("message_sent", "accepted"): 40}


async def test_workers_who_both_think_they_lead_never_take_the_same_message(stage: Stage, customer: str) -> None:
    pocket = Pocket()
    other = stage.apps[await stage.open()].state.vault
    for number in range(30):
        await put(stage, customer, text=f"quokka {number}")

    async def work_through(vault: Any) -> None:
        while begun := await delivery._begin_due(with_post(vault, pocket), most=8):
            await asyncio.gather(*(delivery._deliver(vault, one) for one in begun))

    await asyncio.gather(*(work_through(vault) for vault in (stage.vault, other) * 3))
    await emptied(stage)
    assert Counter(letter.text.reveal() for letter in pocket.letters) == Counter(f"quokka {one}" for one in range(30))


async def test_one_worker_works_and_another_takes_over_when_it_is_gone(stage: Stage, customer: str) -> None:
    one, two = Pocket(), Pocket()
    other = stage.apps[await stage.open()].state.vault
    async with AsyncExitStack() as first:
        await first.enter_async_context(working(stage.vault, one))
        await put(stage, customer)
        await emptied(stage)
        async with working(other, two):
            for _ in range(3):
                await put(stage, customer)
                await emptied(stage)
            assert (len(one.letters), len(two.letters)) == (4, 0)
            await first.aclose()
            await put(stage, customer)
            await emptied(stage)
    assert (len(one.letters), len(two.letters)) == (4, 1)


async def test_a_worker_cut_off_from_its_place_goes_on_when_it_has_it_again(stage: Stage, customer: str) -> None:
    pocket = Pocket()
    async with working(stage.vault, pocket):
        await put(stage, customer)
        await emptied(stage)
        await stage.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        await put(stage, customer)
        await emptied(stage)
    assert len(pocket.letters) == 2


# ── Again, or never ──────────────────────────────────────────────────────────────────────────────────────────────────
async def test_what_a_server_puts_off_is_sent_later(stage: Stage, customer: str, mail: Sink) -> None:
    mail.answers["RCPT"] = ["451 come back"]
    mail.answers["DATA"] = ["452 no room"]
    async with working(stage.vault, mail.post()):
        await put(stage, customer)
        await emptied(stage)
    assert len(mail.letters) == 1
    assert await told(stage, "attempts") == [("message_sent", "accepted", 3)]


async def test_while_no_server_answers_a_message_waits_longer_each_time(stage: Stage, customer: str) -> None:
    async with sink() as gone:
        post = gone.post()
    waits = []
    await put(stage, customer)
    for _ in range(3):
        [one] = await delivery._begin_due(with_post(stage.vault, post), most=8)
        await delivery._deliver(stage.vault, one)
        [row] = await stage.rows("SELECT begun, extract(epoch FROM due_at - now()) AS wait FROM vault.outbox")
        assert not row["begun"]
        waits.append(round(float(row["wait"])))
        await make_due(stage)
    assert waits == [2, 4, 8]
    pocket = Pocket()
    async with working(stage.vault, pocket):
        await emptied(stage)
    assert await told(stage, "attempts") == [("message_sent", "accepted", 4)]


async def test_the_same_letter_has_the_same_name_at_every_attempt(stage: Stage, customer: str) -> None:
    seen: list[str] = []

    class Remembering(Pocket):
        async def send(self, letter: Letter) -> Outcome:
            seen.append(letter.name)
            return await super().send(letter)

    async with working(stage.vault, Remembering(LATER)):
        await put(stage, customer)
        await emptied(stage)
    assert len(seen) == 2
    assert len(set(seen)) == 1


@pytest.mark.parametrize("to", ["RCPT", "DATA"])
async def test_what_a_server_refuses_for_good_is_not_offered_again(
    stage: Stage, customer: str, mail: Sink, to: str
) -> None:
    mail.answers[to] = ["550 no such Quokka here"]
    async with working(stage.vault, mail.post()):
        await put(stage, customer)
        await emptied(stage)
    assert mail.letters == []
    assert await told(stage, "attempts") == [("message_failed", "smtp_550", 1)]


async def test_a_message_nobody_knows_to_be_taken_is_never_offered_again(
    stage: Stage, customer: str, mail: Sink
) -> None:
    async def hang_up(command: str) -> None:
        if command == "DATA":
            raise ConnectionResetError

    mail.before = hang_up
    async with working(stage.vault, mail.post()):
        await put(stage, customer)
        await emptied(stage)
    [(kind, result, attempts)] = await told(stage, "attempts")
    assert (kind, attempts) == ("message_unknown", 1)
    assert result == "no_answer"


async def test_a_message_whose_worker_died_is_told_of_and_never_sent(stage: Stage, customer: str) -> None:
    pocket = Pocket()
    await put(stage, customer)
    [_] = await delivery._begin_due(with_post(stage.vault, pocket), most=8)
    assert await delivery._begin_due(with_post(stage.vault, pocket), most=8) == []
    async with working(stage.vault, pocket):
        await asyncio.sleep(1)
        assert await stage.count("vault.outbox") == 1
        await make_due(stage)  # five minutes later
        await emptied(stage)
    assert pocket.letters == []
    assert await told(stage) == [("message_unknown", "worker_died")]


async def test_an_outcome_is_remembered_although_the_database_was_away(stage: Stage, customer: str) -> None:
    slow = Slow()
    async with working(stage.vault, slow):
        await put(stage, customer)
        await slow.begun.wait()
        async with away(stage):
            slow.go_on.set()
            await asyncio.sleep(1.5)
        await emptied(stage)
    assert len(slow.letters) == 1
    assert await told(stage) == [("message_sent", "accepted")]


async def test_told_to_stop_a_worker_ends_what_is_under_way_and_begins_nothing(stage: Stage, customer: str) -> None:
    slow = Slow()
    async with working(stage.vault, slow):
        await put(stage, customer)
        await slow.begun.wait()
        asyncio.get_running_loop().call_later(0.5, slow.go_on.set)
    await put(stage, customer)
    assert len(slow.letters) == 1
    assert await told(stage) == [("message_sent", "accepted")]
    assert await stage.count("vault.outbox") == 1


# ── Too late ─────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_message_to_somebody_who_was_erased_is_never_sent(stage: Stage, customer: str) -> None:
    pocket = Pocket()
    await put(stage, customer)
    certificate = await stage.erase(customer)
    assert certificate.gone["messages"] == 1
    assert await stage.count("vault.outbox") == 0
    async with working(stage.vault, pocket):
        await asyncio.sleep(1)
    assert pocket.letters == []
    with pytest.raises(Unknown, match="unknown_customer"):
        await put(stage, customer)


async def test_whoever_is_erased_while_a_message_is_under_way_leaves_nothing(stage: Stage, customer: str) -> None:
    slow = Slow()
    async with working(stage.vault, slow):
        await put(stage, customer)
        await slow.begun.wait()
        await stage.erase(customer)
        slow.go_on.set()
        await until(lambda: slow.letters)
    assert await stage.count("vault.outbox") == 0
    assert await told(stage) == [("message_sent", "accepted")]


@pytest.mark.parametrize("post", [Pocket(), None])
async def test_a_message_that_is_too_old_is_never_sent(stage: Stage, customer: str, post: Pocket | None) -> None:
    await put(stage, customer, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    async with working(stage.vault, post):
        await emptied(stage)
    assert post is None or post.letters == []
    assert await told(stage) == [("message_failed", "expired")]


async def test_what_is_put_off_until_it_is_too_old_fails_as_soon_as_it_is(stage: Stage, customer: str) -> None:
    await put(stage, customer, expires_at=datetime.now(UTC) + timedelta(seconds=2.5))
    pocket = Pocket(LATER, LATER, LATER)
    async with working(stage.vault, pocket):
        await emptied(stage)
    assert pocket.letters == []
    assert await told(stage) == [("message_failed", "expired")]


async def test_without_a_mail_server_messages_wait(stage: Stage, customer: str) -> None:
    await put(stage, customer)
    async with working(stage.vault, None):
        await asyncio.sleep(1)
    [row] = await stage.rows("SELECT begun, attempts FROM vault.outbox")
    assert (row["begun"], row["attempts"]) == (False, 0)


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_message_is_in_the_outbox_with_what_it_tells_of_or_not_at_all(stage: Stage, customer: str) -> None:
    message = Message(kind="code", to=Personal(make.email()), title=Personal("Quokka"), text=Personal("quokka"))
    with pytest.raises(Conflict):
        async with acting(stage.vault, await stage.operator(), name="write") as act:
            await outbox.put(act, message, customer=CustomerId(customer))
            raise Conflict("changed_our_mind", "for a test")
    assert await stage.count("vault.outbox") == 0
    assert await stage.entries("message_queued") == []


@pytest.mark.parametrize(
    "given",
    [
        {"title": "Quokka\nBcc: all@quokka.example"},
        {"title": "Quokka\r\n\r\nbody"},
        {"title": "Quokka\u2028Bcc: x"},
        {"title": "q" * 201},
        {"to": "quokka@mail.example\r\nRCPT TO:<all@quokka.example>"},
        {"to": "quokka@mail.example,other@quokka.example"},
        {"to": "Quokka <quokka@mail.example>"},
        {"to": "quokka"},
        {"text": "q" * 60_001},
        {"html": "q" * 60_001},
    ],
)
async def test_a_message_that_could_be_more_than_one_is_refused(
    stage: Stage, customer: str, given: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        await put(stage, customer, **given)
    assert await stage.count("vault.outbox") == 0


async def test_one_message_that_does_not_open_holds_up_no_other(stage: Stage, customer: str) -> None:
    pocket = Pocket()
    await put(stage, customer, text="quokka one")
    await stage.rows("UPDATE vault.outbox SET message = set_byte(message, 70, get_byte(message, 70) # 1)")
    await put(stage, customer, text="quokka two")
    async with working(stage.vault, pocket):
        await emptied(stage)
    assert [letter.text.reveal() for letter in pocket.letters] == ["quokka two"]
    assert Counter(await told(stage)) == {("message_sent", "accepted"): 1, ("message_failed", "unreadable"): 1}


async def test_a_message_whose_key_does_not_open_holds_up_no_other(stage: Stage, api: Api, customer: str) -> None:
    pocket = Pocket()
    await put(stage, customer)
    [kept] = await stage.rows("SELECT wrapped FROM keystore.customer_key WHERE kind = 'data'")
    await stage.rows("UPDATE keystore.customer_key SET wrapped = set_byte(wrapped, 90, get_byte(wrapped, 90) # 1)")
    await put(stage, await api.register())
    async with working(stage.vault, pocket):
        await emptied(stage)
    assert len(pocket.letters) == 1
    assert Counter(await told(stage)) == {("message_sent", "accepted"): 1, ("message_failed", "unreadable"): 1}
    await stage.rows(
        "UPDATE keystore.customer_key SET wrapped = $1 WHERE kind = 'data' AND customer = $2",
        kept["wrapped"],
        read(CUSTOMER, customer),
    )
    await stage.rows(
        "UPDATE keystore.customer_key SET wrapped = set_byte(wrapped, 90, get_byte(wrapped, 90) # 1) "
        "WHERE kind = 'proof' AND customer = $1",
        read(CUSTOMER, customer),
    )


async def test_an_error_of_ours_on_the_way_holds_up_no_other_and_tells_no_value(stage: Stage, customer: str) -> None:
    class Broken(Pocket):
        async def send(self, letter: Letter) -> Outcome:
            if letter.text.reveal() == "quokka one":
                raise RuntimeError(letter.to.reveal())
            return await super().send(letter)

    pocket = Broken()
    await put(stage, customer, text="quokka one")
    await put(stage, customer, text="quokka two")
    with capture_logs() as lines:
        async with working(stage.vault, pocket):
            await until(lambda: pocket.letters)
    assert [(line["event"], line["kind"]) for line in lines] == [("delivery_died", "RuntimeError")]
    assert "quokka" not in str(lines).lower()
    [row] = await stage.rows("SELECT begun FROM vault.outbox")
    assert row["begun"]  # and never sent again


async def test_a_message_moved_to_somebody_else_does_not_open(stage: Stage, api: Api, customer: str) -> None:
    pocket, other = Pocket(), await api.register()
    await put(stage, customer)
    await stage.rows("UPDATE vault.outbox SET customer = (SELECT id FROM vault.customer ORDER BY id DESC LIMIT 1)")
    [row] = await stage.rows("SELECT customer FROM vault.outbox")
    assert show(CUSTOMER, row["customer"]) == other
    async with working(stage.vault, pocket):
        await emptied(stage)
    assert pocket.letters == []
    assert await told(stage) == [("message_failed", "unreadable")]
