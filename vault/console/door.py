"""The door: signing in by a passkey or by the organization's provider, and out. Never by a code."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.sign_in import providers, sessions, staff
from vault.actions.sign_in.providers import Back
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Denied, TooMany, Unavailable, VaultError
from vault.console.wording import wrong
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import SessionToken
from vault.pages import forms
from vault.pages.cookies import CONSOLE, gone, kept
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.pages.script import script

Pages = Request[Any, Any, Any]

_PROVIDER: Final = "__Host-consent-vault-provider"
_UNPROCESSABLE: Final = 422
_MOST_FIELDS: Final = 20


@get("/sign-in")
async def stand(
    vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Show the ways in."""
    return await _door(vault, visit, frame)


@post("/sign-in", status_code=303)
async def use_passkey(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Sign in with a passkey."""
    form = await forms.read(request)
    coming = staff.sign_in(vault, visit.here.id, answer=form["credential"], device=device)
    return await _enter(coming, vault=vault, visit=visit, frame=frame)


@post("/sign-in/provider", status_code=200)
async def ask_provider(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Go to the organization's provider."""
    await forms.read(request)
    try:
        way = await providers.begin(vault, visit.here.id, device=device)
    except (Denied, Unavailable) as refusal:
        return await _door(vault, visit, frame, refusal=refusal)
    return _leaving(frame, way)


@get("/sign-in/provider/back")
async def come_back(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Sign in with what the provider says. The one address that acts when it is opened: only the cookie makes it."""
    back = Back(query=_query(request), flow=request.cookies.get(_PROVIDER))
    coming = providers.finish(vault, visit.here.id, back=back, device=device)
    return await _enter(coming, vault=vault, visit=visit, frame=frame)


@post("/sign-out", operation_id="sign_out", status_code=303)
async def leave(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Sign out."""
    forms.check_csrf(await forms.read(request), request.cookies.get(CONSOLE))
    await sessions.close(vault, actor)
    return go(frame.to("/sign-in"), cookies=[gone(CONSOLE)])


def signed_in(frame: Frame, token: SessionToken) -> Response[bytes]:
    """Return the way in, with the cookie of the session."""
    return go(frame.to("/"), cookies=[kept(CONSOLE, token.secret), gone(_PROVIDER)])


async def _enter(coming: Awaitable[SessionToken], *, vault: Vault, visit: Visit, frame: Frame) -> Response[bytes]:
    try:
        return signed_in(frame, await coming)
    except TooMany:
        raise
    except VaultError as refusal:
        return await _door(vault, visit, frame, refusal=refusal)


async def _door(vault: Vault, visit: Visit, frame: Frame, *, refusal: VaultError | None = None) -> Response[bytes]:
    door = await staff.door(vault, visit.here.id)
    values = {"door": door, "wrong": wrong(frame, refusal), "script": script()}
    return render("sign_in.html", frame, values=values, status=200 if refusal is None else _UNPROCESSABLE)


def _leaving(frame: Frame, way: providers.Way) -> Response[bytes]:
    """Return the page on which a browser goes on by itself. A redirect of a form to another site is stopped by ours."""
    page = render("leaving.html", frame, values={"url": way.url, "host": urlsplit(way.url).netloc})
    page.headers["refresh"] = f"0; url={way.url}"
    page.set_cookie(kept(_PROVIDER, way.flow, lasts=providers.LASTS))
    return page


def _query(request: Pages) -> list[tuple[str, str]]:
    try:
        return parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return []


router = Router(path="/", route_handlers=[stand, use_passkey, ask_provider, come_back, leave])
