"""A load of raw HTTP/1.1 over kept connections: as little client as possible, so that the server is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import repeat
from statistics import median
from typing import NamedTuple, cast


class Load(NamedTuple):
    """What a round measured: answers per second, and the median of their latencies in milliseconds."""

    rate: float
    latency: float


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self.requests = requests
        self.until = until
        self.latencies: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sent = 0.0
        self.head = b""
        self.missing = 0
        self.transport: asyncio.Transport | None = None

    def itself(self) -> _Connection:
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one, but does not say so
        if not self._send():
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        if not self.missing:
            self.head, gap, body = (self.head + data).partition(b"\r\n\r\n")
            if not gap:
                return
            if not self.head.startswith(b"HTTP/1.1 20"):
                self.done.set_exception(RuntimeError((self.head + body)[:400].decode()))
                return
            self.missing = int(self.head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            data = body
        self.missing -= len(data)
        if self.missing:
            return
        self.head = b""
        now = time.perf_counter()
        self.latencies.append(now - self.sent)
        if now >= self.until or not self._send():
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))

    def _send(self) -> bool:
        """Send the next request; false where there is none left."""
        assert self.transport is not None
        request = next(self.requests, None)
        if request is not None:
            self.sent = time.perf_counter()
            self.transport.write(request)
        return request is not None


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
    opened = [await loop.create_connection(one.itself, "127.0.0.1", port) for one in each]
    async with asyncio.timeout(seconds + 30):
        await asyncio.gather(*(one.done for one in each))
    spent = time.perf_counter() - begin
    for transport, _ in opened:
        transport.close()
    latencies = [latency for one in each for latency in one.latencies]
    return Load(rate=len(latencies) / spent, latency=median(latencies) * 1000)
