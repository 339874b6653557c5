"""Where tests let mail go: a mail server in this process, or a post that only remembers; and workers that deliver."""

from __future__ import annotations

import asyncio
import email
import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as RULES
from typing import Any, Final, cast

import msgspec
from aiosmtpd.smtp import SMTP, AuthResult, Envelope

from tests import make
from vault import worker
from vault.actions import delivery, outbox
from vault.actions.acting import acting
from vault.actions.vault import Vault
from vault.base.ids import CustomerId, OrganizationId
from vault.base.mail_server import MailServer
from vault.base.personal import Personal
from vault.courier.letter import Letter
from vault.courier.mail import Outcome, Post, SmtpPost
from vault.domain.actor import Actor
from vault.domain.message import Message

SENDER: Final = "vault@fernhill.example"
PATIENCE_SECONDS: Final = 20


class Sink:
    """A mail server's memory: who wrote what to whom. `answers` says how it answers what, once for each in the list."""

    def __init__(self) -> None:
        self.port = 0
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.answers: dict[str, list[str]] = {"MAIL": [], "RCPT": [], "DATA": []}
        self.before: Callable[[str], Awaitable[None]] | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def post(self) -> SmtpPost:
        """Return a post that brings letters here."""
        return SmtpPost(MailServer(host="127.0.0.1", port=self.port, tls="none"), address=SENDER)

    def texts(self) -> list[str]:
        """Return what the letters say, without their empty ends."""
        return [cast("EmailMessage", letter.get_body(("plain",))).get_content().strip() for letter in self.letters]

    async def handle_MAIL(self, _: Any, __: Any, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("MAIL")

    async def handle_RCPT(self, _: Any, __: Any, envelope: Envelope, address: str, ___: list[str]) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return await self._answer("RCPT")

    async def handle_DATA(self, _: Any, __: Any, envelope: Envelope) -> str:  # noqa: N802
        answer = await self._answer("DATA")
        if answer.startswith("250"):
            content = cast("bytes", envelope.content)
            self.letters.append(email.message_from_bytes(content, policy=RULES))
            self.recipients += envelope.rcpt_tos
        return answer

    def login(self, _: Any, __: Any, ___: Any, ____: str, given: Any) -> AuthResult:
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == b"quokka p@ss", handled=False)

    async def _answer(self, to: str) -> str:
        if self.before is not None:
            await self.before(to)
        waiting = self.answers[to]
        return waiting.pop(0) if waiting else "250 fine"


@asynccontextmanager
async def sink(
    *, tls: ssl.SSLContext | None = None, implicit: bool = False, login: bool = False, utf8: bool = True
) -> AsyncIterator[Sink]:
    """Run a mail server on this machine as long as the block does."""
    loop, memory = asyncio.get_running_loop(), Sink()

    def serve() -> SMTP:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of a login without STARTTLS
            return SMTP(
                memory,
                hostname="sink.example",
                tls_context=None if implicit else tls,
                loop=loop,
                enable_SMTPUTF8=utf8,
                auth_required=login,
                auth_require_tls=not implicit,
                authenticator=memory.login if login else None,
            )

    running = await loop.create_server(serve, "127.0.0.1", 0, ssl=tls if implicit else None)
    memory.port = running.sockets[0].getsockname()[1]
    try:
        yield memory
    finally:
        running.close()
        await running.wait_closed()
        await asyncio.sleep(0.05)  # connections say goodbye


class Pocket:
    """A post that keeps letters and sends none."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.letters: list[Letter] = []
        self._outcomes = list(outcomes)

    async def send(self, letter: Letter) -> Outcome:
        outcome = self._outcomes.pop(0) if self._outcomes else Outcome(end="sent", code="accepted")
        if outcome.end == "sent":
            self.letters.append(letter)
        return outcome


def with_post(vault: Vault, post: Post | None) -> Vault:
    """Return the same vault with another post."""
    return msgspec.structs.replace(vault, courier=msgspec.structs.replace(vault.courier, post=post))


@asynccontextmanager
async def working(vault: Vault, post: Post | None) -> AsyncIterator[None]:
    """Run a worker that only delivers, as long as the block does."""
    task = asyncio.create_task(worker.run(with_post(vault, post), {"outbox": delivery.deliver}))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], Any]) -> None:
    """Wait until something holds: a plain question, or one that is awaited."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = holds()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


async def write(vault: Vault, organization: OrganizationId, *, customer: str, **given: Any) -> None:
    """Put a message to somebody into the outbox."""
    plain = {"kind": "code", "to": make.email(), "title": "Your Quokka code", "text": "It is quokka 123456.\n"} | given
    message: dict[str, Any] = {
        name: Personal(value) if isinstance(value, str) and name != "kind" else value for name, value in plain.items()
    }
    actor = Actor(organization=organization, kind="operator")
    async with acting(vault, actor, name="write") as act:
        await outbox.put(act, Message(**message), customer=CustomerId(customer))
