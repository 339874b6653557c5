"""Handing letters over: to real mail servers of every kind, and into a folder, each attempt with its outcome."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests import make
from tests.mail import SENDER, sink
from tests.tls import authority, speaking
from vault.base.errors import Invalid
from vault.base.mail_server import MailServer
from vault.base.personal import Personal
from vault.base.settings import read
from vault.courier import mail
from vault.courier.letter import Letter
from vault.courier.mail import FolderPost, Outcome, SmtpPost
from vault.courier.parts import courier, mail_folder

SENT = Outcome(end="sent", code="accepted")


def letter(**given: Any) -> Letter:
    plain = {"to": make.email(), "title": "Quokka", "text": "quokka\n"} | given
    personal = {name: Personal(value) for name, value in plain.items()}
    return Letter(name="f" * 32, sender="Fernhill", at=datetime(2026, 8, 7, 9, 30, 12, tzinfo=UTC), **personal)


def post(port: int, **given: Any) -> SmtpPost:
    known: dict[str, Any] = {"host": "localhost", "port": port, "tls": "starttls"}
    return SmtpPost(MailServer(**(known | given)), address=SENDER, tls=authority().trusting())


def later(code: str) -> Outcome:
    return Outcome(end="later", code=code)


# ── By SMTP ──────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_letter_goes_out_over_tls_with_a_password(tls: Any) -> None:
    context = authority().serving("localhost")
    async with sink(tls=context, implicit=tls == "implicit", login=True) as found:
        assert await post(found.port, tls=tls, user="quokka", password="quokka p@ss").send(letter()) == SENT
    assert (found.texts(), found.logins) == (["quokka"], [(b"quokka", b"quokka p@ss")])


async def test_a_wrong_password_is_about_us_and_the_letter_waits() -> None:
    context = authority().serving("localhost")
    async with sink(tls=context, login=True) as found:
        assert await post(found.port, user="quokka", password="wrong").send(letter()) == later("smtp_535")
        assert await post(found.port).send(letter()) == later("smtp_530")
    assert found.letters == []


@pytest.mark.parametrize("names", [["other.example"], ["127.0.0.1"]])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_server_with_a_certificate_of_another_name_gets_nothing(names: list[str], tls: Any) -> None:
    async with sink(tls=authority().serving(*names), implicit=tls == "implicit") as found:
        assert await post(found.port, tls=tls).send(letter()) == later("no_tls")
    assert found.letters == []


async def test_a_server_without_starttls_gets_nothing() -> None:
    async with sink() as found:
        assert await post(found.port, user="quokka", password="quokka p@ss").send(letter()) == later("no_tls")
        asked = post(found.port, tls="none", user="quokka", password="quokka p@ss")
        assert await asked.send(letter()) == later("no_login")
    assert (found.letters, found.logins) == ([], [])


async def test_to_this_machine_a_letter_goes_as_it_is() -> None:
    async with sink() as found:
        assert await found.post().send(letter()) == SENT


async def test_an_address_beyond_ascii_goes_where_it_is_understood() -> None:
    async with sink() as found:
        assert await found.post().send(letter(to="quokkä@mail.example")) == SENT
        assert found.recipients == ["quokkä@mail.example"]
    async with sink(utf8=False) as found:
        failed = Outcome(end="failed", code="no_smtputf8")
        assert await found.post().send(letter(to="quokkä@mail.example")) == failed


@pytest.mark.parametrize(
    ("to", "answer", "outcome"),
    [
        ("MAIL", "451 not now", later("smtp_451")),
        ("MAIL", "550 not you", later("smtp_550")),
        ("RCPT", "450 busy", later("smtp_450")),
        ("RCPT", "550 nobody here", Outcome(end="failed", code="smtp_550")),
        ("DATA", "452 full", later("smtp_452")),
        ("DATA", "554 no", Outcome(end="failed", code="smtp_554")),
        ("DATA", "200 hm", Outcome(end="unknown", code="no_answer")),
    ],
)
async def test_what_a_server_says_decides_what_becomes_of_a_letter(to: str, answer: str, outcome: Outcome) -> None:
    async with sink() as found:
        found.answers[to] = [answer]
        assert await found.post().send(letter()) == outcome


async def test_a_head_of_two_lines_goes_nowhere() -> None:
    async with sink() as found:
        outcome = await found.post().send(letter(title="Quokka\r\nBcc: all@quokka.example"))
        assert outcome == Outcome(end="failed", code="unsendable")
        outcome = await found.post().send(letter(to="quokka\x01@mail.example"))
        assert outcome.end == "failed"
    assert found.letters == []


async def test_nobody_at_home_is_later() -> None:
    async with sink() as found:
        gone = found.post()
    assert await gone.send(letter()) == later("no_server")


def scripted(*replies: bytes) -> Any:
    """A server that answers each line with the next of these, and then hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for last, reply in enumerate(replies, start=1 - len(replies)):
            writer.write(reply)
            await writer.drain()
            if last < 0:
                await reader.readuntil(b"\r\n.\r\n" if reply.startswith(b"354") else b"\r\n")

    return serve


HELLO = (b"220 hi\r\n", b"250 sink\r\n")


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ((b"",), later("no_server")),
        ((b"554 no service\r\n",), later("smtp_554")),
        ((b"quokka\r\n",), later("no_server")),
        ((b"220 hi\r\n",), later("no_server")),
        (HELLO, later("no_server")),
        ((*HELLO, b"250 ok\r\n"), later("no_server")),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n"), Outcome(end="unknown", code="no_answer")),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b""), Outcome(end="unknown", code="no_answer")),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"25\r\n"), Outcome(end="unknown", code="no_answer")),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n", b"250 ok\r\n"), SENT),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"451 no\r\n"), later("smtp_451")),
    ],
)
async def test_whatever_happens_once_the_text_was_begun_is_never_later(
    replies: tuple[bytes, ...], outcome: Outcome
) -> None:
    async with speaking(scripted(*replies), tls=False) as port:
        assert await post(port, host="127.0.0.1", tls="none").send(letter()) == outcome


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ((b"220 hi\r\n", b"", b""), later("no_server")),
        ((*HELLO, b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"), "unknown"),
    ],
)
async def test_no_server_is_waited_for_longer_than_a_minute(
    replies: tuple[bytes, ...], outcome: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.5)

    async def then_silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await scripted(*replies)(reader, writer)
        await asyncio.sleep(20)

    async with speaking(then_silence, tls=False) as port:
        found = await post(port, host="127.0.0.1", tls="none").send(letter())
    assert outcome in (found, found.end)


# ── Into a folder ────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_into_a_folder_a_letter_goes_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "mail"
    written = FolderPost(folder, address=SENDER)
    assert await written.send(letter()) == Outcome(end="sent", code="written")
    assert await written.send(letter()) == Outcome(end="sent", code="written")  # the same one again
    [file] = folder.iterdir()
    assert file.name == "20260807T093012Z-ffffffff.eml"
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)
    assert (await written.send(letter(title="a\nb"))).code == "unsendable"


async def test_a_folder_that_cannot_be_made_is_later(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    assert await FolderPost(tmp_path / "mail", address=SENDER).send(letter()) == later("no_folder")


# ── What the settings ask for ────────────────────────────────────────────────────────────────────────────────────────
def test_production_without_a_mail_server_has_no_post_and_a_trial_a_folder(tmp_path: Path) -> None:
    production = {"VAULT_DATABASE_URL": "postgresql://v@db.example/v", "VAULT_ISSUER": "https://vault.example"}
    given = {"VAULT_SMTP_URL": "smtp://mail.example", "VAULT_MAIL_FROM": SENDER}
    trial = read({"VAULT_DATA": str(tmp_path)})
    assert courier(read(production)).post is None
    assert isinstance(courier(read(production | given)).post, SmtpPost)
    assert isinstance(courier(trial).post, FolderPost)
    assert mail_folder(trial) == tmp_path / "mail"
    assert mail_folder(read(given)) is None
    assert mail_folder(read(production)) is None
    with pytest.raises(Invalid):
        read(production | {"VAULT_SMTP_URL": "smtp://mail.example"})
