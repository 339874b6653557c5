"""What somebody takes back in the portal of one process counts for the very next question to every other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest_asyncio
from consent_vault import AsyncVault

from tests import make
from tests.chaos.processes import speaking
from tests.chaos.test_linearizable import processes
from tests.e2e.doors import CODE, ask
from tests.mail import Pocket, until, working
from tests.stage import ISSUER
from tests.visitor import Visitor
from vault.base.settings import Settings
from vault.parts import open_vault

TURNS = 6


@dataclass
class Several:
    """Processes over one database: a client of each, a browser at each, and where it all is kept."""

    clients: list[AsyncVault]
    https: list[httpx2.AsyncClient]
    database_url: str
    key: Path

    async def answers(self, customer: str) -> list[bool]:
        """Return what each process answers when all are asked at once."""
        asked = (one.decide(customer=customer, purpose="sales", channel="email") for one in self.clients)
        return [one.allowed for one in await asyncio.gather(*asked)]


@pytest_asyncio.fixture
async def several(database_url: str, tmp_path: Path) -> AsyncIterator[Several]:
    async with AsyncExitStack() as stack:
        ports = await stack.enter_async_context(processes(database_url, tmp_path, "wrong"))
        yield Several(
            [await stack.enter_async_context(speaking(port, issuer=ISSUER)) for port in ports],
            [
                await stack.enter_async_context(httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30))
                for port in ports
            ],
            database_url,
            tmp_path / "root.key",
        )


async def test_a_press_at_one_process_is_known_to_the_next_question_at_each(several: Several) -> None:
    customer, visitor = await signed_in(several)
    for turn in range(TURNS):
        for word in ("yes", "no"):
            visitor.http = several.https[turn % len(several.https)]
            await visitor.get("/")
            fields = next(
                form.fields
                for form in visitor.page.forms
                if (form.fields.get("purpose"), form.fields.get("channel")) == ("sales", "email")
            )
            assert fields["say"] == word
            response = await visitor.send(
                "POST", "/p/fernhill/choices", data=fields, headers={"sec-fetch-site": "same-origin"}
            )
            assert response.status_code == 303
            assert await several.answers(customer) == [word == "yes"] * len(several.clients)


async def test_so_is_a_press_on_a_link_and_on_stop_everything(several: Several) -> None:
    customer, visitor = await signed_in(several)
    for turn in range(TURNS):
        await several.clients[turn % 3].grant(customer, **make.granted())
        answer = await several.clients[(turn + 1) % 3].decide(customer=customer, purpose="sales", channel="email")
        assert answer.allowed
        visitor.http = several.https[(turn + 2) % 3]
        if turn % 2:
            await visitor.get("/")
            form = visitor.page.form("/stop")
            sent = await visitor.send("POST", form.action, data=form.fields, headers={"sec-fetch-site": "same-origin"})
        else:
            link = str(answer.withdrawal_link).partition(":8471")[2]
            sent = await visitor.http.post(link, data={"List-Unsubscribe": "One-Click"})
        assert sent.status_code in {200, 303}
        assert await several.answers(customer) == [False] * len(several.clients)


async def signed_in(several: Several) -> tuple[str, Visitor]:
    """Register somebody at one process, and sign them in at another."""
    address = make.email()
    points = [make.point("email", address)]
    registered = await several.clients[0].register(**make.customer(contact_points=points))
    visitor, pocket = Visitor(several.https[1]), Pocket()
    await ask(visitor, address)
    async with open_vault(Settings(key_file=several.key), several.database_url) as vault, working(vault, pocket):
        await until(lambda: asyncio.sleep(0, bool(pocket.letters)))
    found = CODE.search(pocket.letters[0].text.reveal())
    assert found is not None
    await visitor.press("/sign-in/code", code=found[0])
    assert visitor.page.heading == "What you allow"
    return registered.id, visitor
