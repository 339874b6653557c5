"""A load of raw HTTP/1.1 over kept connections: as little client as possible, so that the server is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import repeat
from statistics import median
from typing import NamedTuple, Self, cast


class Load(NamedTuple):
    """What a round measured: answers per second, and the median of their latencies in milliseconds."""

    rate: float
    latency: float


class _Reader(asyncio.Protocol):
    """Reads one answer after the other; `done` fails with what is no success."""

    def __init__(self) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent = 0.0
        self.latencies: list[float] = []
        self._head = b""
        self._missing = 0
        self._transport: asyncio.Transport | None = None

    def itself(self) -> Self:
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, but does not say so

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            self._head, gap, body = (self._head + data).partition(b"\r\n\r\n")
            if not gap:
                return
            if not self._head.startswith(b"HTTP/1.1 20"):
                self.done.set_exception(RuntimeError((self._head + body)[:400].decode()))
                return
            self._missing = int(self._head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            data = body
        self._missing -= len(data)
        if self._missing:
            return
        self._head = b""
        self.latencies.append(time.perf_counter() - self.sent)
        self.answered()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def answered(self) -> None:
        """An answer is here."""

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        assert not self._transport.is_closing()
        self.sent = time.perf_counter()
        self._transport.write(request)

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


class _Connection(_Reader):
    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        super().__init__()
        self._requests = requests
        self._until = until

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._next()

    def answered(self) -> None:
        if time.perf_counter() < self._until:
            self._next()
        else:
            self.done.set_result(None)

    def _next(self) -> None:
        """Send the next request; where there is none left it is done."""
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
        else:
            self.send(request)


class Caller(_Reader):
    """Asks once and waits, as often as it is told to."""

    def answered(self) -> None:
        self.done.set_result(None)

    async def ask(self, request: bytes) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self.send(request)
        await self.done


async def caller(port: int) -> Caller:
    """Return a caller with a connection of its own."""
    _, made = await asyncio.get_running_loop().create_connection(Caller, "127.0.0.1", port)
    return made


def post(path: str, body: bytes, token: str) -> bytes:
    """Return the bytes of a request."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def form(path: str, body: str) -> bytes:
    """Return the bytes of a form that is sent."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


async def drive(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float, shared: bool = False
) -> Load:
    """Send one request after the other on each connection, and measure.

    Each connection repeats its own, or of what is `shared` each request is sent once, by whichever is free.
    """
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    pool = iter(requests)
    each = [
        _Connection(pool if shared else repeat(requests[place % len(requests)]), begin + seconds)
        for place in range(connections)
    ]
    for one in each:
        await loop.create_connection(one.itself, "127.0.0.1", port)
    async with asyncio.timeout(seconds + 30):
        await asyncio.gather(*(one.done for one in each))
    spent = time.perf_counter() - begin
    for one in each:
        one.close()
    latencies = [latency for one in each for latency in one.latencies]
    return Load(rate=len(latencies) / spent, latency=median(latencies) * 1000)
