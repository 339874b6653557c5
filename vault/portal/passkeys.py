"""Passkeys: a way in for whoever has one, an offer to whoever has not. Without a script neither is seen."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, post
from litestar.di import NamedDependency

from vault.actions.sign_in import own_passkeys
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.pages import forms
from vault.pages.cookies import PORTAL
from vault.pages.frame import Frame
from vault.pages.page import go
from vault.portal.choices.signal import heed
from vault.portal.sign_in import signed_in

Pages = Request[Any, Any, Any]


@post("/sign-in/passkey", status_code=303)
async def use(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Sign in with a passkey."""
    form = await forms.read(request)
    token = await own_passkeys.enter(vault, visit.here.id, answer=form["credential"], device=device)
    await heed(request, vault, visit.here.organization.slug, token=token, device=device)
    return signed_in(frame, token)


@post("/passkeys", operation_id="me_add_passkey", status_code=303)
async def add(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Keep a passkey."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    await own_passkeys.add(vault, actor, answer=form["credential"])
    return go(frame.to("/"))


@post("/passkeys/none", operation_id="me_no_passkey", status_code=303)
async def refuse(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Have no passkey, and be offered none."""
    forms.check_csrf(await forms.read(request), request.cookies.get(PORTAL))
    await own_passkeys.refuse(vault, actor)
    return go(frame.to("/"))


router = Router(path="/", route_handlers=[use, add, refuse])
