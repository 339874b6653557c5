"""Merges: two records that may be one person's, and who decides it. Kinds, counts and pseudonyms, never a value."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from markupsafe import Markup

from vault.actions.customer import suggesting
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Unknown
from vault.console.desk import Desk
from vault.console.log.telling import short
from vault.domain.merging.suggested import Pair, Side
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.pages.page import go

Pages = Request[Any, Any, Any]

_UNPROCESSABLE: Final = 422
_WHYS: Final = {
    "plus_tag": "The same address but for what follows a plus sign, and the same first name",
    "nickname": "A nickname of the same name",
    "full_name": "The same first and last name",
    "linked_records": "Records that are linked in another system",
}
_WRONG: Final = {
    "different_birth_dates": "Their dates of birth differ: they are two people.",
    "already_merged": "They are one person already. Nothing was changed.",
    "not_merged": "That was taken back already. Nothing was changed.",
    "too_many_merged": "Too many records are one person already.",
    "unknown_customer": "One of them is no longer there. Nothing was changed.",
    "unknown_suggestion": "Somebody has decided that already. Nothing was changed.",
}
_TOLD: Final = frozenset({"merged", "apart", "parted"})


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """One of two records, in words."""

    who: Markup
    since: str
    points: str
    sources: str
    fields: str
    said: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Two records; `why` they may be one person's, what agrees, what differs."""

    pair: Pair
    halves: tuple[Half, Half]
    why: str
    agree: str
    differ: str


@get("/merges", operation_id="show_merge_suggestions")
async def page(request: Pages, vault: NamedDependency[Vault], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Show what is to be decided, and what was merged."""
    told = request.query_params.get("told", "")
    return await _page(vault, desk, told=told if told in _TOLD else "")


@post("/merges", operation_id="merge_customers", status_code=303)
async def merge(request: Pages, vault: NamedDependency[Vault], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Say that two records are one person's."""
    form = await _form(request)
    try:
        await suggesting.merge(vault, desk.actor, one=form["one"], other=form["other"])
    except (Conflict, Unknown) as refusal:
        return await _page(vault, desk, wrong=_wrong(desk, refusal))
    return _back(desk, "merged")


@post("/merges/apart", operation_id="keep_customers_apart", status_code=303)
async def apart(request: Pages, vault: NamedDependency[Vault], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Say that two records are two people's."""
    form = await _form(request)
    try:
        await suggesting.keep_apart(vault, desk.actor, one=form["one"], other=form["other"])
    except Unknown as refusal:
        return await _page(vault, desk, wrong=_wrong(desk, refusal))
    return _back(desk, "apart")


@post("/merges/back", operation_id="unmerge_customer", status_code=303)
async def back(request: Pages, vault: NamedDependency[Vault], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Take a merge back."""
    form = await _form(request)
    try:
        await suggesting.unmerge(vault, desk.actor, joined=form["one"])
    except (Conflict, Unknown) as refusal:
        return await _page(vault, desk, wrong=_wrong(desk, refusal))
    return _back(desk, "parted")


async def _form(request: Pages) -> dict[str, str]:
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    return {name: form[name] for name in ("one", "other")}


async def _page(vault: Vault, desk: Desk, *, told: str = "", wrong: str = "") -> Response[bytes]:
    found = await suggesting.desk(vault, desk.actor)
    values = {
        "open": [_row(desk, one) for one in found.open],
        "more": found.more,
        "merged": [
            (one, short(one.kept), short(one.joined), desk.frame.words.day(one.at, zone=desk.frame.zone))
            for one in found.merged
        ],
        "told": told,
        "wrong": wrong,
    }
    return desk.show("merges.html", values=values, status=_UNPROCESSABLE if wrong else 200)


def _row(desk: Desk, pair: Pair) -> Row:
    say = desk.frame.words.say
    return Row(
        pair=pair,
        halves=(_half(desk, pair.one), _half(desk, pair.other)),
        why=". ".join(say(_WHYS[code]) if code in _WHYS else code for code in pair.why),
        agree=", ".join(pair.agree),
        differ=", ".join(pair.differ),
    )


def _half(desk: Desk, side: Side) -> Half:
    words = desk.frame.words
    return Half(
        who=short(side.subject),
        since=words.day(side.since, zone=desk.frame.zone),
        points=", ".join(f"{kind} {words.number(count)}" for kind, count in sorted(side.points.items())),
        sources=", ".join(side.sources),
        fields=", ".join(side.fields),
        said=words.number(side.said),
    )


def _wrong(desk: Desk, refusal: Conflict | Unknown) -> str:
    return desk.frame.words.say(_WRONG.get(refusal.code, refusal.detail))


def _back(desk: Desk, told: str) -> Response[bytes]:
    return go(f"{desk.frame.to('/merges')}{'&' if desk.frame.chosen else '?'}told={told}")


router = Router(path="/", route_handlers=[page, merge, apart, back])
