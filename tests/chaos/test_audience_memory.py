"""A list of any length, a tenth of it rubbish: it is taken, screened and read in memory that does not grow with it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import httpx2

from tests import make
from tests.chaos.audience import Place, Process, over, served, working

SMALL, LARGE = 10_000, 150_000
MOST_MIB = 16
GAP: Final = " " * 200  # JSON does not mind, and a list that is held whole is seen
RUBBISH: Final = {
    b"{quokka": "malformed_line",
    b"\xff\xfe": "malformed_line",
    b"{}": "one_person",
    b'{"customer": "' + b"x" * 5_000 + b'"}': "line_too_long",
}


async def test_a_list_fifteen_times_as_long_takes_no_more_memory(database_url: str, tmp_path: Path) -> None:
    async with asyncio.timeout(200), served(database_url, tmp_path, customers=1_000) as place:
        with working(place) as worker:
            await screened(place, SMALL)
            first = peaks(place.server, worker)
            await screened(place, LARGE)
            last = peaks(place.server, worker)
    assert first
    assert all(last[name] - first[name] <= MOST_MIB for name in first), (first, last)


async def screened(place: Place, size: int) -> None:
    """Have a list of this size screened, and read what came out."""
    async with httpx2.AsyncClient(base_url=place.url, timeout=60) as http:
        http.headers["authorization"] = f"Bearer {await token(http, place.url)}"
        asked = {"purpose": "sales", "channel": "email"}
        headers = {"content-type": "application/x-ndjson"}
        answer = await http.post("/v1/audiences", params=asked, headers=headers, content=parts(place, size))
        made = answer.raise_for_status().json()
        assert made["progress"]["of"] == size
        await over(place)
        counted = await read(http, made["id"])
    rubbish = Counter(islice(cycle(RUBBISH.values()), size // 10))
    assert counted == {"allow": size - rubbish.total(), **rubbish}


async def parts(place: Place, size: int) -> AsyncIterator[bytes]:
    """Give a list a thousand lines at a time: every tenth is rubbish of one kind after the other."""
    rubbish, people = cycle(RUBBISH), cycle(place.customers)
    for _ in range(size // 1_000):
        lines = [
            next(rubbish) if number % 10 == 7 else f'{{"customer":{GAP}"{next(people)}"}}'.encode()
            for number in range(1_000)
        ]
        yield b"\n".join(lines) + b"\n"


async def read(http: httpx2.AsyncClient, audience: str) -> Counter[str]:
    """Read a result as it comes, and count what each line was told."""
    counted: Counter[str] = Counter()
    async with http.stream("GET", f"/v1/audiences/{audience}/result") as answer:
        async for text in answer.aiter_lines():
            line = json.loads(text)
            if "end" in line:
                assert line["end"] == counted.total()
                return counted
            assert line["line"] == counted.total() + 1
            counted[line.get("error", line["outcome"])] += 1
    raise AssertionError("it broke off")


async def token(http: httpx2.AsyncClient, issuer: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": make.assertion("fernhill.everything", audience=issuer, now=datetime.now(UTC)),
    }
    told = (await http.post("/oauth/token", data=form)).raise_for_status().json()
    return str(told["access_token"])


def peaks(*groups: Process) -> Mapping[str, float]:
    """Return the most memory that each process of these groups ever had, in MiB."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # others come and go
            group = int(path.read_text().rpartition(")")[2].split()[2])
            status = path.with_name("status").read_text()
            if group in {one.pid for one in groups} and "VmHWM:" in status:  # what has ended has none
                found[path.parent.name] = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return found
