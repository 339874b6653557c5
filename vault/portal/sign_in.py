"""Signing in: an address, and the code that was sent to it. Every answer is the same, whoever is known or not."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.sign_in import asking, codes, own_passkeys, sessions
from vault.actions.sign_in.asking import Wish
from vault.actions.sign_in.codes import Try
from vault.actions.sign_in.flows import Flow, opened
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.sign_in.code import LASTS, Wrong
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import SessionToken, csrf
from vault.pages import forms
from vault.pages.cookies import FLOW, PORTAL, gone, kept
from vault.pages.forms import Form
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.pages.script import script
from vault.portal.choices.signal import heed
from vault.portal.wording import unreadable, wrong_code

Pages = Request[Any, Any, Any]
_UNPROCESSABLE = 422


@get("/sign-in")
async def ask(
    vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Show where to type an address; to whoever may have a passkey, how to use it."""
    passkey = await own_passkeys.ask(vault, visit.here.id) if frame.passkeys else None
    values = {"reach": "", "how": "code", "wrong": "", "passkey": passkey, "script": script()}
    return render("sign_in.html", frame, values=values)


@post("/sign-in", status_code=303)
async def send(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Send a code or a link."""
    wish = _wish(await forms.read(request), frame=frame, device=device, flow=_flow(request, visit))
    try:
        flow = await asking.ask(vault, visit.here.id, wish=wish)
    except Invalid:
        values = {"reach": wish.reach.reveal(), "how": wish.way, "wrong": unreadable(frame), "passkey": None}
        return render("sign_in.html", frame, values=values, status=_UNPROCESSABLE)
    return go(frame.to("/sign-in/code"), cookies=[kept(FLOW, flow, lasts=LASTS["code"])])


@get("/sign-in/code", sync_to_thread=False)
def wait(request: Pages, visit: NamedDependency[Visit], frame: NamedDependency[Frame]) -> Response[bytes]:
    """Show where to type the code; to whoever asked for none, where to ask for one."""
    flow = _flow(request, visit)
    return go(frame.to("/sign-in")) if flow is None else _code(request, frame, flow=flow)


@post("/sign-in/code", status_code=303)
async def enter(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Sign in with the code."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(FLOW))
    flow = _flow(request, visit)
    if flow is None:
        return go(frame.to("/sign-in"))
    tried = Try(code=form["code"], name=form["name"], device=device)
    answer = await codes.enter(vault, visit.here.id, flow=flow, tried=tried)
    if isinstance(answer, Wrong):
        return _code(request, frame, flow=flow, wrong=answer, name=form["name"])
    await heed(request, vault, visit.here.organization.slug, token=answer, device=device)
    return signed_in(frame, answer)


@post("/sign-out", operation_id="sign_out", status_code=303)
async def leave(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Sign out."""
    forms.check_csrf(await forms.read(request), request.cookies.get(PORTAL))
    await sessions.close(vault, actor)
    return go(frame.to("/sign-in"), cookies=[gone(PORTAL)])


def signed_in(frame: Frame, token: SessionToken) -> Response[bytes]:
    """Return the way in, with the cookie of the session."""
    return go(frame.to("/"), cookies=[kept(PORTAL, token.secret), gone(FLOW)])


def _flow(request: Pages, visit: Visit) -> Flow | None:
    return opened(visit.here, request.cookies.get(FLOW), now=visit.now)


def _wish(form: Form, *, frame: Frame, device: Device, flow: Flow | None) -> Wish:
    """Return what is asked for: what was typed now, or the same again."""
    again = flow if form["again"] else None
    return Wish(
        reach=again.typed if again is not None else Personal(form["reach"].strip()),
        way=again.way if again is not None else "link" if form["how"] == "link" else "code",
        locale=frame.words.language,
        device=device,
    )


def _code(request: Pages, frame: Frame, *, flow: Flow, wrong: Wrong | None = None, name: str = "") -> Response[bytes]:
    say, link = frame.words.say, flow.way == "link"
    values = {
        "title": say("Look at your messages") if link else say("Type the code"),
        "reach": flow.reach,
        "link": link,
        "csrf": csrf(request.cookies.get(FLOW, "")),
        "wrong": wrong_code(frame, wrong),
        "name": name,
    }
    return render("code.html", frame, values=values, status=200 if wrong is None else _UNPROCESSABLE)


router = Router(path="/", route_handlers=[ask, send, wait, enter, leave])
