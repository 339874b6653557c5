"""Gates to send through: a mail client, a way to the vault that may fail, and a mail server that only does as told."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as RULES
from typing import Any, Final

import httpx2
from aiosmtplib import SMTP, SMTPResponseException
from consent_vault import AsyncVault, Pace, permits

from tests import make
from tests.e2e.test_permits import Letter
from tests.mail import Sink, sink
from tests.stage import ISSUER, Stage
from vault.base.clock import Clock, SystemClock
from vault.gate.checking import Checking
from vault.gate.door import Door, open_door
from vault.gate.relay import read

SENDER: Final = "fernhill.discreet"
PASSED: Final = "250"
USED: Final = "550 5.7.1 the permit was used already: each is for one message"
WITHDRAWN: Final = "550 5.7.1 the person may not be contacted any more: withdrawn"
NO_VAULT: Final = "451 4.3.0 the vault does not answer, and without it nothing passes"

Deed = Callable[[], Awaitable[object]]


class Gate:
    """A gate that is open, and the mail server behind it."""

    def __init__(self, port: int, behind: Sink) -> None:
        self.port = port
        self.behind = behind

    async def send(self, mail: EmailMessage | bytes, *to: str) -> str:
        """Send as any mail client does, and return what was answered."""
        async with SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, local_hostname="crm.example") as smtp:
            await smtp.mail("offers@fernhill.example")
            try:
                for one in to:
                    await smtp.rcpt(one)
                await smtp.data(mail if isinstance(mail, bytes) else mail.as_bytes(policy=RULES))
            except SMTPResponseException as refused:
                told = f"{refused.code} {refused.message}"
            else:
                return PASSED
        assert not any(one.lower() in told.lower() for one in to)
        return told


def mail(one: Letter | None = None, *, permit: str | None = None, **headers: str) -> EmailMessage:
    """Return a message with its permit."""
    found = EmailMessage()
    found["From"], found["Subject"] = "offers@fernhill.example", "Quokkas in spring"
    if one is not None or permit is not None:
        found["Consent-Permit"] = permits.spaced(permit if permit is not None else one.permit if one else "")
    for name, value in headers.items():
        found[name.replace("_", "-")] = value
    found.set_content("Dear Quokka,\n.\n..and one of its own line\n")
    return found


@asynccontextmanager
async def opened(vault: AsyncVault, relay: str, behind: Sink, *, clock: Clock | None = None) -> AsyncIterator[Gate]:
    """Keep a gate open as long as the block runs, by the machine's clock or the one given."""
    door = Door(Checking(vault, client_id=SENDER), read(relay), clock=clock or SystemClock())
    server = await open_door(door, host="127.0.0.1", port=0)
    async with server:
        yield Gate(server.sockets[0].getsockname()[1], behind)
    await asyncio.sleep(0.05)  # connections say goodbye


class Way(httpx2.AsyncBaseTransport):
    """The way to the vault. By the end of a path: what happens `before` it is asked, and `after` it has answered."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self.before: dict[str, Deed] = {}
        self.after: dict[str, Deed] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        end, sent = request.url.path.rpartition("/")[2], await request.aread()
        if (deed := self.before.get(end)) is not None:
            await deed()
        answer = await self._http.request(request.method, request.url, headers=request.headers, content=sent)
        if (deed := self.after.get(end)) is not None:
            await deed()
        kind = {"content-type": answer.headers["content-type"]}
        return httpx2.Response(answer.status_code, headers=kind, content=answer.content)


async def gone() -> None:
    """Be no vault."""
    raise httpx2.ConnectError("nobody there")


def away(stage: Stage) -> tuple[AsyncVault, Way]:
    """Return the vault at the end of a long way, which is asked once."""
    way = Way(stage.http)
    options: Any = {"private_key": make.CLIENT_KEY, "kid": "k1", "pace": Pace(attempts=1)}
    return AsyncVault(ISSUER, client_id=SENDER, http=httpx2.AsyncClient(transport=way), **options), way


@asynccontextmanager
async def distant(
    stage: Stage, *, relay: str | None = None, clock: Clock | None = None
) -> AsyncIterator[tuple[Gate, Way]]:
    """Keep a gate open on a long way to its vault, before a mail server or the one named."""
    vault, way = away(stage)
    async with sink() as behind, vault, opened(vault, relay or behind.url, behind, clock=clock) as gate:
        yield gate, way


class Blunt:
    """A mail server that answers `DATA` and the text as it is told, once for each in the list.

    It hangs up after what ends in "!", and says nothing where there is nothing else.
    """

    def __init__(self) -> None:
        self.url = ""
        self.to_data: list[str] = []
        self.to_text: list[str] = []
        self.before: Deed | None = None
        self.texts: list[bytes] = []
        self.hung_up = asyncio.Event()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Talk to one client."""
        writer.write(b"220 blunt\r\n")
        with suppress(ConnectionError):
            await self._talk(reader, writer)
        writer.close()
        self.hung_up.set()

    async def _talk(self, reader: StreamReader, writer: StreamWriter) -> None:
        while line := await reader.readline():
            answer = "250 fine"
            if line == b"DATA\r\n":
                if self.before is not None:
                    await self.before()
                answer = _next(self.to_data, "354 go on")
            writer.write(_line(answer))
            if answer.startswith("354") and not answer.endswith("!"):
                try:
                    self.texts.append(await reader.readuntil(b"\r\n.\r\n"))
                except asyncio.IncompleteReadError as begun:
                    self.texts += [begun.partial] if begun.partial else []
                    return
                answer = _next(self.to_text, "250 taken")
                writer.write(_line(answer))
            if answer.endswith("!"):
                return


@asynccontextmanager
async def blunt() -> AsyncIterator[Blunt]:
    """Run such a server as long as the block does."""
    found = Blunt()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield found


def _next(waiting: list[str], otherwise: str) -> str:
    return waiting.pop(0) if waiting else otherwise


def _line(answer: str) -> bytes:
    said = answer.removesuffix("!")
    return f"{said}\r\n".encode() if said else b""
