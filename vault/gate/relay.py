"""The next mail server: a message is offered to it first, and its text follows only once its permit is used up.

So a server that cannot be reached, or will not have the recipient, costs no permit; and no text leaves without one.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import msgspec
from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from vault.base.errors import Invalid
from vault.base.mail_server import MailServer, mail_server
from vault.gate.replies import of_nobody, of_relay, turned

_SECONDS: Final = 60
_GOODBYE_SECONDS: Final = 2
_PORT: Final = 25  # RFC 5321: from one relay to the next
_PERMANENT: Final = 500


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message on its way: the envelope's two addresses, its options, and all its bytes."""

    sender: str
    recipient: str
    options: tuple[str, ...]
    content: bytes

    def __repr__(self) -> str:
        return "Letter()"


class NotTaken(Exception):
    """The server said no when it had seen the text: whether to a later attempt as well, `reply` says."""

    def __init__(self, code: int) -> None:
        super().__init__(f"smtp_{code}")
        self.code = code


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """The way to a mail server."""

    server: MailServer

    async def carry(self, letter: Letter, *, before: Callable[[], Awaitable[None]]) -> None:
        """Hand a message over; `before` is awaited when all but its text was taken. `Turned` where it was not sent."""
        smtp = self._smtp(letter)
        try:
            await self._offer(smtp, letter)
            await before()
            await _hand_over(smtp, letter.content)
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


async def _hand_over(smtp: SMTP, content: bytes) -> None:
    try:
        await smtp.data(content)
    except SMTPResponseException as error:
        raise NotTaken(error.code) from None
    except (SMTPException, OSError):
        raise of_nobody() from None
