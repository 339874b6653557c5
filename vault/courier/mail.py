"""Handing letters over: to a mail server, or in a trial to a folder. Each attempt ends in one of four ways.

A letter a server may have taken is never offered again: whatever goes wrong after its text was begun is `unknown`,
unless the server itself says no. What goes wrong before is `later`. No answer of a server is ever quoted, for it may
repeat an address: its three digits are all that is told.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal, Protocol

import httpx2
import msgspec
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from vault.base.mail_server import MailServer
from vault.courier.letter import Letter, compose

TIMEOUT_SECONDS: Final = 60
"""How long one attempt may take in all."""
_GOODBYE_SECONDS: Final = 2
_TEMPORARY, _PERMANENT, _BEYOND = 400, 500, 600
_Stage = Literal["no_server", "no_tls", "no_login", "addressing", "handing"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended. `code` says why in one word; `smtp_` and three digits where the server said so."""

    end: Literal["sent", "later", "failed", "unknown"]
    code: str


class Post(Protocol):
    """Takes letters."""

    async def send(self, letter: Letter) -> Outcome:
        """Hand a letter over; never raises, but when it is cancelled."""
        ...


class _Progress:
    """How far an attempt came: to what is missing if it comes no further, or to the letter's turn."""

    stage: _Stage = "no_server"


class SmtpPost:
    """Hands letters to a mail server, each over a connection of its own."""

    def __init__(self, server: MailServer, *, address: str, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._address = address
        self._tls = tls

    async def send(self, letter: Letter) -> Outcome:
        """Hand a letter over by SMTP (RFC 5321)."""
        try:
            mail = compose(letter, address=self._address)
            text, options = mail.as_bytes(), [] if letter.to.reveal().isascii() else ["SMTPUTF8"]
        except (ValueError, UnicodeError):
            return Outcome(end="failed", code="unsendable")
        smtp = self._smtp()
        at = _Progress()
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._greet(smtp, at)
                if options and not await _speaks_utf8(smtp):
                    return Outcome(end="failed", code="no_smtputf8")
                await smtp.mail(self._address, options=options)
                at.stage = "addressing"
                await smtp.rcpt(letter.to.reveal(), encoding="utf-8")
                at.stage = "handing"
                await smtp.data(text)
            with suppress(SMTPException, OSError):
                await smtp.quit(timeout=_GOODBYE_SECONDS)
        except (SMTPException, OSError, ValueError, RuntimeError) as error:
            return _failed(error, stage=at.stage)
        finally:
            smtp.close()
        return Outcome(end="sent", code="accepted")

    async def _greet(self, smtp: SMTP, at: _Progress) -> None:
        """Come to where letters may be offered: connected, unheard by others, known."""
        await smtp.connect()
        if self._server.tls == "starttls":
            at.stage = "no_tls"
            await smtp.starttls()
        if self._server.user is not None:
            at.stage = "no_login"
            await smtp.login(self._server.user, self._server.password or "")
        at.stage = "no_server"

    def _smtp(self) -> SMTP:
        server = self._server
        if self._tls is None and server.tls != "none":
            self._tls = httpx2.create_ssl_context()
        return SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=self._address.rpartition("@")[2],  # and not this machine's name, which is nobody's business
            timeout=TIMEOUT_SECONDS,
            use_tls=server.tls == "implicit",
            start_tls=False,
            tls_context=self._tls,
        )


class FolderPost:
    """Writes letters as files into a folder that only its owner may read: for trying the vault."""

    def __init__(self, folder: Path, *, address: str) -> None:
        self._folder = folder
        self._address = address

    async def send(self, letter: Letter) -> Outcome:
        """Write a letter; a file appears whole or not at all."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            name = f"{letter.at:%Y%m%dT%H%M%SZ}-{letter.name[:8]}"
            part = self._folder / f".{name}.part"
            part.touch(mode=0o600)
            part.write_bytes(compose(letter, address=self._address).as_bytes())
            part.rename(self._folder / f"{name}.eml")
        except ValueError:
            return Outcome(end="failed", code="unsendable")
        except OSError:
            return Outcome(end="later", code="no_folder")
        return Outcome(end="sent", code="written")


async def _speaks_utf8(smtp: SMTP) -> bool:
    await smtp.ehlo()
    return smtp.supports_extension("smtputf8")


def _failed(error: Exception, *, stage: _Stage) -> Outcome:
    """Tell how it ended. A no before the letter's own turn is about us: it may wait until that is mended."""
    answered = error.code if isinstance(error, SMTPResponseException) else 0
    its_turn = stage in {"addressing", "handing"}
    if its_turn and _PERMANENT <= answered < _BEYOND:
        return Outcome(end="failed", code=f"smtp_{answered}")
    if _TEMPORARY <= answered < _BEYOND:
        return Outcome(end="later", code=f"smtp_{answered}")
    if stage == "handing":
        return Outcome(end="unknown", code="no_answer")
    if its_turn and isinstance(error, ValueError):
        return Outcome(end="failed", code="unsendable")
    if isinstance(error.__cause__, ssl.SSLError):
        return Outcome(end="later", code="no_tls")
    return Outcome(end="later", code="no_server" if its_turn else stage)
