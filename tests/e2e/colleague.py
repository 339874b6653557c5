"""An auditor or admin at the console, with a device that holds passkeys."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any, Final, Literal

import httpx2

from tests.authenticator import Device
from tests.house import Seen
from tests.stage import Recorder, Stage
from tests.visitor import Page, Visitor
from vault.actions.sign_in import staff
from vault.actions.sign_in.staff import Invitation

Json = dict[str, Any]

CONSOLE: Final = "__Host-consent-vault-console"
HOME: Final = "http://localhost:8471"
_OPTIONS: Final = re.compile(r"data-options='([^']*)'")


class Colleague(Visitor):
    """Somebody at a console. Their browser runs no script: `sign` and `make` do what the page's own would."""

    def __init__(self, stage: Stage, slug: str = "fernhill", *, device: Device | None = None, app: int = 0) -> None:
        transport = Recorder(stage.apps[app], stage.seen)
        super().__init__(httpx2.AsyncClient(transport=transport, base_url=HOME), slug)
        self.base = f"/console/{slug}"
        self.device = device or Device()

    async def enrol(self, link: str) -> Page:
        """Open an invitation and make the passkey it asks for."""
        await self.get(link)
        return await self.make("create", link)

    async def sign_in(self) -> Page:
        """Sign in with the newest passkey of the device."""
        await self.get("/sign-in")
        return await self.make("get", "/sign-in")

    async def make(self, kind: Literal["get", "create"], form: str, **changes: Any) -> Page:
        """Answer the form of this page with the device; `changes` are of what it says of itself."""
        asked = options(self.page)
        answer = self.device.get(asked, **changes) if kind == "get" else self.device.create(asked, **changes)
        return await self.press(form, credential=answer)

    def _full(self, place: str) -> str:
        return place if place.startswith("/console") else f"{self.base}{place}"


def options(page: Page) -> Json:
    """Return what a page asks a device."""
    [found] = _OPTIONS.findall(page.html)
    asked: Json = json.loads(unescape(found))
    return asked


async def invited(stage: Stage, role: Literal["auditor", "admin"] = "auditor", *, slug: str = "fernhill") -> Invitation:
    """Invite somebody, as the operator does."""
    return await staff.add(stage.vault, await stage.operator(slug), role=role)


def link(invitation: Invitation) -> str:
    """Return where an invitation leads."""
    return f"/enrol/{invitation.secret}"


async def at_the_desk(
    stage: Stage, role: Literal["auditor", "admin"] = "auditor", *, slug: str = "fernhill"
) -> tuple[Colleague, Invitation]:
    """Return somebody who was invited and has made their passkey, at the page about themselves."""
    invitation = await invited(stage, role, slug=slug)
    colleague = Colleague(stage, slug)
    assert (await colleague.enrol(link(invitation))).heading == "Overview", colleague.page.text
    await colleague.get("/you")
    return colleague, invitation


def posts(seen: Seen) -> list[str]:
    """Return what was sent to the console."""
    return [one.path for one in seen.exchanges if one.method == "POST" and one.path.startswith("/console")]
