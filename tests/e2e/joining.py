"""What stories of joining share: somebody with an address, a yes to be confirmed, and the link that reaches them."""

from __future__ import annotations

import re
from typing import Any, Final

from tests import make
from tests.e2e.doors import letters, sign_in, somebody
from tests.stage import Api, Json, Stage
from tests.visitor import Form, Page, Visitor

LINK: Final = re.compile(r"http\S+(/c/[A-Za-z0-9_-]+)")
LETTER: Final[Json] = {"purpose": "newsletter", "channel": "email", "notice": 2}
"""What the sample organization wants confirmed."""


async def links(stage: Stage) -> list[str]:
    """Deliver what waits; return where the links to confirm lead."""
    found = [LINK.search(letter.text.reveal()) for letter in await letters(stage)]
    return [match[1] for match in found if match is not None]


async def asked(stage: Stage, api: Api, **given: Any) -> tuple[str, str]:
    """Register somebody whose yes a client tells; return who, and the link that reaches them."""
    customer, _ = await somebody(api)
    await api.grant(customer, **LETTER | given)
    [link] = await links(stage)
    return customer, link


async def signed_in(stage: Stage, api: Api, visitor: Visitor, **given: Any) -> str:
    """Register somebody and sign them in."""
    customer, address = await somebody(api, **given)
    await sign_in(stage, visitor, address)
    return customer


def row(page: Page, purpose: str = "newsletter", channel: str = "email") -> Form:
    """Return the form of one way."""
    [found] = [
        one for one in page.forms if (one.fields.get("purpose"), one.fields.get("channel")) == (purpose, channel)
    ]
    return found


async def press(visitor: Visitor, **fields: str) -> Page:
    """Press the switch of the newsletter, or send its form with other fields."""
    return await visitor.post("/choices", row(visitor.page).fields | fields)


async def facts(stage: Stage) -> list[Json]:
    """Return what the entries of facts tell, but for their ids."""
    kept = ("said", "purpose", "channel", "source", "method")
    return [{name: entry[name] for name in kept} for entry in await stage.entries("fact")]


def with_words(version: int, *, compatible: bool) -> Json:
    """Return the sample's file with one more version of the newsletter's notice."""
    file = make.organization()
    newest = file["notices"]["newsletter"][-1]
    texts = {name: words | {"ask": f"{words['ask']} And on Sundays."} for name, words in newest["texts"].items()}
    file["notices"]["newsletter"].append(
        newest | {"version": version, "texts": texts, "compatible": compatible, "published": "2026-01-01T00:00:00Z"}
    )
    return file
