"""Requests: what customers asked for by right, the most urgent first, and the acts of an admin. Never a value."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup

from vault.actions.rights import answering
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid
from vault.base.ids import REQUEST, RequestId, known
from vault.base.personal import Personal
from vault.console.desk import Desk
from vault.console.log.telling import short
from vault.domain.rights.request import AT_ONCE, LONGEST, RequestTold, Right, State
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.pages.page import go

Pages = Request[Any, Any, Any]

_UNPROCESSABLE: Final = 422
_NOON: Final = time(12, tzinfo=UTC)
_RIGHTS: Final[dict[Right, str]] = {
    "access": "A copy of their data",
    "portability": "A copy to take away",
    "rectification": "Correct what is wrong",
    "restriction": "Lock their data",
    "objection": "Object to adverts and profiling",
    "erasure": "Erase them",
}
_STATES: Final[dict[State, tuple[str, str]]] = {
    "open": ("wait", "Open"),
    "done": ("yes", "Done"),
    "refused": ("no", "Refused"),
    "withdrawn": ("same", "Taken back"),
}
_WRONG: Final = {
    "reason_too_short": "Say why in 10 letters at least. The customer reads it.",
    "text_too_long": "Say it in 2,000 letters at most.",
    "answered_before": "It was answered or taken back meanwhile. Nothing was changed.",
    "extended_before": "It was extended once. The law gives no second time.",
    "too_late": "The month is over. By now the customer had to know that it takes longer.",
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A request in the list. `due` and `left` say its last day; acts that it cannot have are absent."""

    told: RequestTold
    right: str
    field: str
    who: Markup
    mark: str
    state: str
    due: str
    left: str
    can_finish: bool
    can_refuse: bool
    can_extend: bool


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a form: of which request, and what was typed."""

    request: str = ""
    act: str = ""
    says: str = ""
    text: str = ""


NOTHING: Final = Wrong()


@get("/requests", operation_id="list_rights_requests")
async def page(request: Pages, vault: NamedDependency[Vault], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Show what is to be done, the most urgent first."""
    return await _page(vault, desk, told=request.query_params.get("told", ""))


@post("/requests/{request_id:str}/done", operation_id="finish_rights_request", status_code=303)
async def finish(
    request: Pages, request_id: FromPath[str], vault: NamedDependency[Vault], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Say that it is done."""
    forms.check_csrf(await forms.read(request), request.cookies.get(CONSOLE))
    try:
        done = await answering.finish(vault, desk.actor, request=_id(request_id))
    except Conflict as refusal:
        return await _page(vault, desk, wrong=_wrong(desk, refusal, request_id=request_id, act="done"))
    return _back(desk, done)


@post("/requests/{request_id:str}/refuse", operation_id="refuse_rights_request", status_code=303)
async def refuse(
    request: Pages, request_id: FromPath[str], vault: NamedDependency[Vault], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Refuse it, with a reason."""
    return await _reasoned(request, vault, desk, request_id=request_id, act="refuse")


@post("/requests/{request_id:str}/extend", operation_id="extend_rights_request", status_code=303)
async def extend(
    request: Pages, request_id: FromPath[str], vault: NamedDependency[Vault], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Take two months more, with a reason."""
    return await _reasoned(request, vault, desk, request_id=request_id, act="extend")


async def _reasoned(request: Pages, vault: Vault, desk: Desk, *, request_id: str, act: str) -> Response[bytes]:
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    do = answering.refuse if act == "refuse" else answering.extend
    try:
        done = await do(vault, desk.actor, request=_id(request_id), reason=Personal(form["reason"]))
    except (Invalid, Conflict) as refusal:
        wrong = _wrong(desk, refusal, request_id=request_id, act=act, text=form["reason"])
        return await _page(vault, desk, wrong=wrong)
    return _back(desk, done)


async def _page(vault: Vault, desk: Desk, *, told: str = "", wrong: Wrong = NOTHING) -> Response[bytes]:
    found = await answering.desk(vault, desk.actor)
    values = {
        "open": [_row(desk, one) for one in found.open],
        "answered": [_row(desk, one) for one in found.answered],
        "more": found.more,
        "late": sum(one.late for one in found.open),
        "told": told,
        "longest": LONGEST,
        "wrong": wrong,
    }
    return desk.show("requests.html", values=values, status=_UNPROCESSABLE if wrong.says else 200)


def _row(desk: Desk, told: RequestTold) -> Row:
    words = desk.frame.words
    mark, state = _STATES[told.state]
    is_open = told.state == "open"
    return Row(
        told=told,
        right=words.say(_RIGHTS[told.right]),
        field=told.field or "",
        who=short(told.subject or ""),
        mark="alarm" if told.late else mark,
        state=words.say("Late") if told.late else words.say(state),
        due=words.day(datetime.combine(told.due, _NOON), zone="UTC"),
        left=_left(desk, told.days_left),
        can_finish=is_open and told.right != "erasure",
        can_refuse=is_open and told.right not in AT_ONCE,
        can_extend=is_open and not told.extended and not told.late,
    )


def _left(desk: Desk, days: int) -> str:
    words = desk.frame.words
    if days < 0:
        return words.count("%(number)s day late", "%(number)s days late", number=-days)
    return words.count("%(number)s day left", "%(number)s days left", number=days)


def _wrong(desk: Desk, refusal: Invalid | Conflict, *, request_id: str, act: str, text: str = "") -> Wrong:
    says = desk.frame.words.say(_WRONG.get(refusal.code, refusal.detail))
    return Wrong(request=request_id, act=act, says=says, text=text)


def _back(desk: Desk, done: RequestTold) -> Response[bytes]:
    how = "letter" if done.written_to else "none"
    return go(f"{desk.frame.to('/requests')}{'&' if desk.frame.chosen else '?'}told={how}")


def _id(text: str) -> RequestId:
    return known(REQUEST, text, noun="request")


router = Router(path="/", route_handlers=[page, finish, refuse, extend])
