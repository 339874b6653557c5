"""Stopping what goes to an address, for whoever has no message at hand. The answer is the same for everybody."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.leaving import asking
from vault.actions.leaving.asking import Wish
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.sign_in.device import Device
from vault.pages import forms
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.wording import unreadable_email

_UNPROCESSABLE: Final = 422


@get("/stop-address", sync_to_thread=False)
def show(visit: NamedDependency[Visit], frame: NamedDependency[Frame]) -> Response[bytes]:
    """Show where to type an address."""
    del visit  # it is enough that there is such an organization
    return render("stop_address.html", frame, values={"reach": "", "wrong": ""})


@post("/stop-address", status_code=200)
async def send(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], visit: NamedDependency[Visit],
    frame: NamedDependency[Frame], device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Send a link to whoever has the address."""
    reach = (await forms.read(request))["reach"].strip()
    wish = Wish(reach=Personal(reach), locale=frame.words.language, device=device)
    try:
        await asking.ask(vault, visit.here.id, wish=wish)
    except Invalid:
        values = {"reach": reach, "wrong": unreadable_email(frame)}
        return render("stop_address.html", frame, values=values, status=_UNPROCESSABLE)
    return render("stop_asked.html", frame, values={"reach": reach})


router = Router(path="/", route_handlers=[show, send])
