"""Links to sign in with: opening one changes nothing, pressing does."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from vault.actions.sign_in import links
from vault.actions.sign_in.codes import Try
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.domain.sign_in.code import Sent, Wrong
from vault.domain.sign_in.device import Device
from vault.pages import forms
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.choices.signal import heed
from vault.portal.sign_in import signed_in
from vault.portal.wording import device as in_words
from vault.portal.wording import wrong_link

_UNPROCESSABLE: Final = 422


@get("/in/{token:str}")
async def show(
    token: FromPath[str], vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Show who asked for a link, and two doors."""
    return _doors(frame, await links.show(vault, visit.here.id, token=token), token=token)


@post("/in", status_code=303)
async def enter(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], visit: NamedDependency[Visit],
    frame: NamedDependency[Frame], device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Sign in with a link."""
    form = await forms.read(request)
    tried = Try(name=form["name"], device=device)
    answer = await links.enter(vault, visit.here.id, token=form["token"], tried=tried)
    if not isinstance(answer, Wrong):
        await heed(request, vault, visit.here.organization.slug, token=answer, device=device)
        return signed_in(frame, answer)
    sent = await links.show(vault, visit.here.id, token=form["token"])
    return _doors(frame, sent, token=form["token"], wrong=answer, name=form["name"])


@post("/in/deny", status_code=200)
async def deny(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], visit: NamedDependency[Visit],
    frame: NamedDependency[Frame], device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Kill a link that somebody else asked for."""
    form = await forms.read(request)
    until = await links.deny(vault, visit.here.id, token=form["token"], device=device)
    return render("denied.html", _at(frame, "/sign-in"), values={"until": until})


def _doors(frame: Frame, sent: Sent, *, token: str, wrong: Wrong | None = None, name: str = "") -> Response[bytes]:
    values = {
        "sent": sent,
        "token": token,
        "device": in_words(frame, sent.device),
        "wrong": wrong_link(frame, wrong),
        "name": name,
    }
    status = 200 if wrong is None else _UNPROCESSABLE
    return render("link.html", _at(frame, f"/in/{token}"), values=values, status=status)


def _at(frame: Frame, place: str) -> Frame:
    """Return the frame of a page that is looked at elsewhere than where its form was sent."""
    return msgspec.structs.replace(frame, path=f"{frame.base}{place}")


router = Router(path="/", route_handlers=[show, enter, deny])
