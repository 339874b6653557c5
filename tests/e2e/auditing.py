"""An auditor or admin before the log's API, signed in at the console; and a sequencer of what they look at."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import httpx2

from tests.e2e.colleague import CONSOLE, Colleague, at_the_desk
from tests.sequencing import Sequencer, sequencing
from tests.stage import Json, Stage, said
from vault.base.ids import ENTRY, fresh
from vault.domain.actor import Actor
from vault.domain.entry import entry
from vault.domain.sign_in.session import csrf
from vault.store import log as log_store

Role = Literal["auditor", "admin"]


class Desk:
    """Somebody who is signed in, and sends what no page of ours would."""

    def __init__(self, colleague: Colleague, slug: str) -> None:
        self.colleague = colleague
        self.base = f"/v1/log/{slug}"

    @property
    def cookie(self) -> str:
        return self.colleague.cookies[CONSOLE]

    async def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Send a request in the session; what is no GET carries its token."""
        headers: dict[str, str] = {} if method == "GET" else {"x-csrf-token": csrf(self.cookie)}
        return await self.colleague.send(method, self.base + path, headers=headers | more.pop("headers", {}), **more)

    async def get(self, path: str, **params: str | int) -> Json:
        """Read what must be there."""
        return said(await self.send("GET", path, params=params))

    async def bytes(self, path: str, **params: str | int) -> bytes:
        """Read bytes that must be there."""
        response = await self.send("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.content

    async def post(self, path: str, body: object = None) -> Json:
        """Send what must go well."""
        return said(await self.send("POST", path, **({"json": body} if body is not None else {})))


async def desk(stage: Stage, role: Role = "auditor", *, slug: str = "fernhill") -> Desk:
    """Return somebody at the API of a log."""
    colleague, _ = await at_the_desk(stage, role, slug=slug)
    return Desk(colleague, slug)


@asynccontextmanager
async def numbering(stage: Stage, folder: Path, *, slug: str = "fernhill") -> AsyncIterator[Sequencer]:
    """Yield the sequencer of a log."""
    async with sequencing(stage, folder / slug) as own:
        crm = await stage.client("everything", slug=slug)
        yield Sequencer(stage, crm, await stage.organization(slug), own)


async def last(stage: Stage, kind: str) -> Json:
    """Return the newest entry of a kind."""
    return (await stage.entries(kind))[-1]


def body(shown: Json) -> Json:
    """Return what an entry that was shown says."""
    told: Json = json.loads(shown["body"])
    return told


async def write(log: Sequencer, count: int, *, subject: str | None = None) -> None:
    """Write entries, by nobody's request, and let them be numbered."""
    vault, made = log.stage.vault, []
    for _ in range(count):
        own = fresh(ENTRY, vault.clock, entropy=vault.entropy)
        by = Actor(organization=log.organization, kind="import")
        made.append((own, entry(own, "imported", actor=by, at=vault.clock.now(), subject=subject, facts=[])))
    async with vault.database.work(log.organization) as work:
        await log_store.add(work, made)
    while await log.step():
        pass


def climbed(shown_entry: bytes, *, number: int, size: int, proof: list[bytes]) -> bytes:
    """Return the root that a proof leads to (RFC 9162 section 2.1.3.2), written once more for these tests."""
    found, at, last = sha256(b"\x00" + shown_entry).digest(), number, size - 1
    for sibling in proof:
        if at % 2 or at == last:
            found = sha256(b"\x01" + sibling + found).digest()
            while at and at % 2 == 0:
                at, last = at // 2, last // 2
        else:
            found = sha256(b"\x01" + found + sibling).digest()
        at, last = at // 2, last // 2
    assert last == 0
    return found
