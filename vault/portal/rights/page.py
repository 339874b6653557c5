"""Your rights as a page: what was asked for first, with its last day; then what there is to ask for, one press each."""

from __future__ import annotations

from typing import Any, Final, get_args

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from vault.actions.rights import asking
from vault.actions.rights.asking import Own
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid
from vault.base.ids import REQUEST, RequestId, known
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.rights.request import COPIES, LONGEST, NewRequest, Right
from vault.pages import forms
from vault.pages.cookies import PORTAL
from vault.pages.forms import Form
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.portal.rights.copy import copy
from vault.portal.rights.telling import fields, item

Pages = Request[Any, Any, Any]

_UNPROCESSABLE: Final = 422
_RIGHTS: Final[frozenset[Right]] = frozenset(get_args(Right))
_UNLOCKED: Final = "unlocked"


@get("/rights", operation_id="me_rights")
async def show(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show what whoever is signed in asked for, and may ask for."""
    form = Form(fields={name: request.query_params.get(name, "") for name in ("field", "done")})
    return _page(visit, frame, await asking.own(vault, actor), form=form)


@post("/rights-requests", operation_id="me_ask_right", status_code=303)
async def ask(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Ask for something by right. A copy is made at once; erasing has a page of its own."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    right = next((one for one in _RIGHTS if one == form["right"]), None)
    if right is None:
        raise Invalid("unknown_right", "there is no such right")
    if right == "erasure":
        return go(frame.to("/erase"))
    if right in COPIES:
        return await copy(vault, visit, frame, actor=actor, form=form)
    wanted = NewRequest(right=right, field=form["field"] or None, text=Personal(form["text"]) if form["text"] else None)
    try:
        made = await asking.ask(vault, actor, wanted=wanted)
    except Invalid as refusal:
        if refusal.code not in {"text_missing", "text_too_long"}:
            raise
        found = await asking.own(vault, actor)
        return _page(visit, frame, found, form=form, wrong=_wrong(frame, refusal))
    return go(_back(frame, done=made.id))


@post("/rights-requests/{request_id:str}/take-back", operation_id="me_take_back", status_code=303)
async def take_back(
    request: Pages, request_id: FromPath[str], vault: NamedDependency[Vault], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Take a request back; one that was answered meanwhile shows its answer."""
    forms.check_csrf(await forms.read(request), request.cookies.get(PORTAL))
    try:
        await asking.take_back(vault, actor, request=_id(request_id))
    except Conflict:
        return go(frame.to("/rights"))
    return go(_back(frame, done=request_id))


@post("/rights/unlock", operation_id="me_unlock", status_code=303)
async def unlock(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Unlock what was locked."""
    forms.check_csrf(await forms.read(request), request.cookies.get(PORTAL))
    await asking.unlock(vault, actor)
    return go(_back(frame, done=_UNLOCKED))


def _page(visit: Visit, frame: Frame, found: Own, *, form: Form, wrong: str = "") -> Response[bytes]:
    """Return the page; `form` is what was typed, or where a link led: which field is meant, what was just done."""
    organization, done = visit.here.organization, form["done"]
    shown = [item(frame, one, organization=organization) for one in (*found.open, *found.closed)]
    values = {
        "open": shown[: len(found.open)],
        "closed": shown[len(found.open) :],
        "is_locked": found.is_locked,
        "saved": next((one for one in shown if one.id == done), None),
        "is_unlocked": done == _UNLOCKED and not found.is_locked,
        "fields": fields(frame, organization),
        "given": form,
        "longest": LONGEST,
        "wrong": wrong,
    }
    return render("rights/rights.html", frame, values=values, status=_UNPROCESSABLE if wrong else 200)


def _wrong(frame: Frame, refusal: Invalid) -> str:
    if refusal.code == "text_missing":
        return frame.words.say("Say in a few words what is wrong.")
    return frame.words.say("That is too long. Say it in %(number)s letters.", number=frame.words.number(LONGEST))


def _back(frame: Frame, *, done: str) -> str:
    return f"{frame.to('/rights')}{'&' if frame.chosen else '?'}done={done}"


def _id(text: str) -> RequestId:
    return known(REQUEST, text, noun="request")


router = Router(path="/", route_handlers=[show, ask, take_back, unlock])
