"""What stories of signing in share: somebody registered, their browser, and the letters that reach them."""

from __future__ import annotations

import re
from typing import Any, Final

from tests import make
from tests.mail import Pocket, until, working
from tests.stage import Api, Stage
from tests.visitor import Page, Visitor
from vault.courier.letter import Letter

CODE: Final = re.compile(r"\b(\d{3}) (\d{3})\b")
LINK: Final = re.compile(r"http\S+(/p/[^/\s]+/in/[A-Za-z0-9_-]+)")


async def somebody(api: Api, **given: Any) -> tuple[str, str]:
    """Register somebody; return who, and their e-mail address."""
    address = make.email()
    points = given.pop("contact_points", [make.point("email", address)])
    customer = await api.register(contact_points=points, **given)
    return customer, next(point["value"] for point in points if point["kind"] == "email")


async def letters(stage: Stage) -> list[Letter]:
    """Deliver what waits, and return it."""

    async def is_empty() -> bool:
        return await stage.count("vault.outbox") == 0

    pocket = Pocket()
    async with working(stage.vault, pocket):
        await until(is_empty)
    return pocket.letters


async def code(stage: Stage) -> str:
    """Return the code of the one letter that waits."""
    [letter] = await letters(stage)
    found = CODE.search(letter.text.reveal())
    assert found is not None
    return found[0]


async def link(stage: Stage) -> str:
    """Return where the link of the one letter that waits leads."""
    [letter] = await letters(stage)
    found = LINK.search(letter.text.reveal())
    assert found is not None
    return found[1]


async def ask(visitor: Visitor, address: str, how: str = "code") -> Page:
    """Ask for a code or a link."""
    await visitor.get("/sign-in")
    return await visitor.press("/sign-in", reach=address, how=how)


async def sign_in(stage: Stage, visitor: Visitor, address: str) -> Page:
    """Sign in by code."""
    await ask(visitor, address)
    return await visitor.press("/sign-in/code", code=await code(stage))
