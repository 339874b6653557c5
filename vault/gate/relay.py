"""The next mail server: a message is offered to it first, and its text follows only once its permit is used up.

So a server that cannot be reached, or puts the recipient off, costs no permit; and no text leaves without one.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import msgspec
from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

from vault.base.errors import Invalid
from vault.base.mail_server import MailServer, mail_server
from vault.gate.replies import of_nobody, of_relay, turned
from vault.gate.text import framed

_SECONDS: Final = 60
_GOODBYE_SECONDS: Final = 2
_PORT: Final = 25  # RFC 5321: from one relay to the next
_GO_ON: Final = 354
_CLOSED: Final = 421
_TAKEN: Final = range(200, 300)  # the first digit says it all (RFC 5321 section 4.2.1)
_NOT_TAKEN: Final = range(400, 600)

Step = Callable[[], Awaitable[None]]


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way: the envelope's two addresses, its options, and all its bytes."""

    sender: str
    recipient: str
    options: tuple[str, ...]
    content: bytes

    def __repr__(self) -> str:
        return "Letter()"


class NotTaken(Exception):
    """The server surely has no message, when its permit was used up already; `code` is what it answered."""

    def __init__(self, code: int) -> None:
        super().__init__(f"smtp_{code}")
        self.code = code


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """The way to a mail server."""

    server: MailServer

    async def carry(self, letter: Letter, *, use: Step, hold: Step) -> None:
        """Hand a message over; `Turned`, or after `use` also `NotTaken`, where it was not sent.

        `use` is awaited when all but the text was taken, `hold` when the server waits for the text. If that raises, the
        connection ends without any, and the server forgets the message (RFC 5321 section 4.1.1.10).
        """
        text = await asyncio.to_thread(framed, letter.content)
        smtp = self._smtp(letter)
        try:
            await self._offer(smtp, letter)
            await use()
            await _announce(smtp)
            await hold()
            await _hand_over(smtp, text)
            with suppress(SMTPException, OSError):
                await smtp.quit(timeout=_GOODBYE_SECONDS)
        finally:
            smtp.close()

    async def _offer(self, smtp: SMTP, letter: Letter) -> None:
        try:
            await smtp.connect()
            if self.server.tls == "starttls":
                await smtp.starttls()
            if self.server.user is not None:
                await smtp.login(self.server.user, self.server.password or "")
            await smtp.ehlo()
        except (SMTPException, OSError):
            raise turned("no_relay") from None
        try:
            options = [one for one in letter.options if smtp.supports_extension(one.partition("=")[2] or one)]
            await smtp.mail(letter.sender, options=options, encoding="utf-8")
            await smtp.rcpt(letter.recipient, encoding="utf-8")
        except SMTPResponseException as error:
            raise of_relay(error.code) from None
        except (SMTPException, OSError, ValueError):
            raise turned("no_relay") from None

    def _smtp(self, letter: Letter) -> SMTP:
        return SMTP(
            hostname=self.server.host,
            port=self.server.port,
            local_hostname=letter.sender.rpartition("@")[2] or "localhost",
            timeout=_SECONDS,
            use_tls=self.server.tls == "implicit",
            start_tls=False,
            tls_context=ssl.create_default_context() if self.server.tls != "none" else None,
        )


def read(url: str) -> Relay:
    """Return the server an address names; `Invalid` for what is none."""
    server = mail_server(url, port=_PORT)
    if server is None:
        raise Invalid("bad_relay", "--relay: write smtp://user:password@mail.example:587, or smtps://")
    return Relay(server=server)


async def _announce(smtp: SMTP) -> None:
    """Say that the text comes. A connection that is lost is as good as a 421 (RFC 5321 section 3.8)."""
    try:
        answer = await smtp.execute_command(b"DATA")
    except (SMTPException, OSError):
        raise NotTaken(_CLOSED) from None
    if answer.code != _GO_ON:
        raise NotTaken(answer.code)


async def _hand_over(smtp: SMTP, text: bytes) -> None:
    if (way := smtp.protocol) is None:
        raise NotTaken(_CLOSED)
    try:
        way.write(text)
    except SMTPServerDisconnected:  # said before a byte of it is written
        raise NotTaken(_CLOSED) from None
    try:
        answer = await way.read_response(timeout=_SECONDS)
    except (SMTPException, OSError):
        raise of_nobody() from None
    if answer.code in _NOT_TAKEN:
        raise NotTaken(answer.code)
    if answer.code not in _TAKEN:
        raise of_nobody()
