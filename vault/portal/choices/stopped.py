"""Everything is stopped: the press, the page after it, and the way back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.choices import stopping
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.pages import forms
from vault.pages.cookies import PORTAL
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.portal.choices.telling import day
from vault.portal.wording import title, way

Pages = Request[Any, Any, Any]


@post("/stop", operation_id="me_withdraw", status_code=303)
async def stop(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Turn every Yes into No, without a question before it."""
    forms.check_csrf(await forms.read(request), request.cookies.get(PORTAL))
    done = await stopping.stop_all(vault, actor)
    return go(_to(frame, "/stopped", done=done))


@get("/stopped", operation_id="me_consents")
async def show(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show that everything is stopped, as long as it is; and what a press may take back."""
    first = request.query_params.get("done", "")
    found = await stopping.stopped(vault, actor, first=first)
    if found.left:
        return go(frame.to("/"))
    locale = visit.here.organization.locale
    values = {
        "since": "" if found.at is None else day(frame, found.at, now=max(visit.now, found.at)),
        "first": first,
        "backs": [
            (title(frame, one.purpose.title, locale=locale), way(frame, one.channel), one) for one in found.backs
        ],
    }
    return render("choices/stopped.html", frame, values=values)


@post("/stop/undo", operation_id="me_grant", status_code=303)
async def undo(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Say again what a press ended; or one of it, once a month."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    purpose, _, channel = form["only"].partition(" ")
    done = await stopping.undo_stop(vault, actor, first=form["undo"], only=(purpose, channel) if form["only"] else None)
    return go(_to(frame, "/", done=done[0] if done else None))


def _to(frame: Frame, place: str, *, done: str | None) -> str:
    to = frame.to(place)
    return to if done is None else f"{to}{'&' if frame.chosen else '?'}done={done}"


router = Router(path="/", route_handlers=[stop, show, undo])
