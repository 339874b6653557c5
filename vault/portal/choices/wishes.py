"""Wishes: a break from everything and its end, and the form of how and when. Each makes less of a yes, none makes more.

A form that fails comes back as it was typed, with what is wrong beside its field.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, post
from litestar.di import NamedDependency

from vault.actions.choices import preferences
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.domain.actor import Actor
from vault.domain.choices.preference import PAUSES
from vault.pages import forms
from vault.pages.cookies import PORTAL
from vault.pages.forms import Form
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.portal.choices.allow import content
from vault.portal.choices.banners import ENDED, PAUSED, WISHES
from vault.portal.choices.how import Typed, languages

Pages = Request[Any, Any, Any]
_UNPROCESSABLE: Final = 422
_LONGEST: Final = 64


@post("/pause", operation_id="me_prefer", status_code=303)
async def pause(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Take a break of 30, 60 or 90 days."""
    form = await _read(request)
    days = next((days for days in PAUSES if str(days) == form["days"]), 0)
    await preferences.pause(vault, actor, days=days)
    return _back(frame, done=PAUSED, place="once")


@post("/pause/end", operation_id="me_prefer", status_code=303)
async def end_pause(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """End a break before its time."""
    await _read(request)
    await preferences.end_pause(vault, actor)
    return _back(frame, done=ENDED, place="once")


@post("/preferences", operation_id="me_prefer", status_code=303)
async def prefer(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Keep how and when somebody wishes to be reached."""
    form = await _read(request)
    if any(len(value) > _LONGEST for value in form.fields.values()):
        raise Invalid("too_long", "a field holds more than any of its choices")
    known = languages(visit.here.organization)
    faults = await preferences.wish(vault, actor, fields=form.fields, languages=known)
    if not faults:
        return _back(frame, done=WISHES, place="how")
    typed = Typed(fields=form.fields, faults=faults)
    values = await content(request, vault, visit, actor=actor, typed=typed)
    shown = msgspec.structs.replace(frame, path=f"{frame.base}/")
    return render("choices/allow.html", shown, values=values, status=_UNPROCESSABLE)


async def _read(request: Pages) -> Form:
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    return form


def _back(frame: Frame, *, done: str, place: str) -> Response[bytes]:
    return go(f"{frame.to('/')}{'&' if frame.chosen else '?'}done={done}#{place}")


router = Router(path="/", route_handlers=[pause, end_pause, prefer])
