"""Enrolment: the link by which somebody makes their first passkey. Opening it changes nothing, pressing does."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from vault.actions.sign_in import staff
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Denied
from vault.console.door import signed_in
from vault.console.entrance import frame_of
from vault.console.wording import invited, wrong
from vault.domain.sign_in.device import Device
from vault.pages import forms
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.pages.script import script

_UNPROCESSABLE: Final = 422


@get("/enrol/{token:str}")
async def show(
    token: FromPath[str], vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Show whom a link invites."""
    return await _page(vault, visit, frame, token=token)


@post("/enrol/{token:str}", status_code=303)
async def enrol(
    request: Request[Any, Any, Any], token: FromPath[str], vault: NamedDependency[Vault], visit: NamedDependency[Visit],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Make a passkey, and come in."""
    form = await forms.read(request)
    try:
        made = await staff.enrol(vault, visit.here.id, secret=token, answer=form["credential"], device=device)
    except Denied as refusal:
        return await _page(vault, visit, frame_of(request), token=token, refusal=refusal)
    return signed_in(frame_of(request), made)


async def _page(
    vault: Vault, visit: Visit, frame: Frame, *, token: str, refusal: Denied | None = None
) -> Response[bytes]:
    welcome = await staff.welcome(vault, visit.here.id, secret=token)
    values = {
        "welcome": welcome,
        "lead": invited(frame, welcome.role, name=visit.here.organization.name),
        "wrong": wrong(frame, refusal),
        "script": script(),
    }
    return render("enrol.html", frame, values=values, status=200 if refusal is None else _UNPROCESSABLE)


router = Router(path="/", route_handlers=[show, enrol])
