"""Your details: how somebody can be reached, what else is kept, and from where they are known. Corrected in place.

A form with a fault comes back with all that was typed, and only to whoever is still signed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.own.details import Corrections, Details, correct, details, own_fields
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.own.fields import LONGEST, correctable, read_field
from vault.pages import forms
from vault.pages.cookies import PORTAL, PROOF, gone
from vault.pages.forms import Form
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.portal.own.telling import field_name, held, known_from, languages, reach

Pages = Request[Any, Any, Any]
ADDRESS: Final = "value"
_UNPROCESSABLE: Final = 422


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """A form that comes back: what was typed, and what is wrong with it, each by the name of its field."""

    typed: Mapping[str, str]
    wrong: Mapping[str, str]
    instead: str = ""

    def __repr__(self) -> str:
        return f"Back(wrong={sorted(self.wrong)})"


_NOTHING: Final = Back(typed={}, wrong={})


@get("/details", operation_id="me_details")
async def show(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show whoever is signed in what is kept about them."""
    back = msgspec.structs.replace(_NOTHING, instead=request.query_params.get("change", ""))
    found = await details(vault, actor)
    return page(frame, visit, found=found, back=back, done=request.query_params.get("done", ""))


@post("/details", operation_id="me_correct", status_code=303)
async def change(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Put what was typed in the place of what stood there."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    values, wrong = _read(frame, visit, form=form)
    if wrong:
        back = Back(typed=form.fields, wrong=wrong)
        return page(frame, visit, found=await details(vault, actor), back=back)
    await correct(vault, actor, corrections=Corrections(values=values, locale=form["locale"] or None))
    return saved(frame, "saved", place="know")


def saved(frame: Frame, done: str, *, place: str, ends: bool = False) -> Response[bytes]:
    """Return the way back to the page, which then says what was done; `ends` what waited for a code."""
    cookies = [gone(PROOF)] if ends else []
    return go(f"{frame.to('/details')}{'&' if frame.chosen else '?'}done={done}#{place}", cookies=cookies)


def page(frame: Frame, visit: Visit, *, found: Details, back: Back = _NOTHING, done: str = "") -> Response[bytes]:
    """Return the page; with what was typed and what is wrong with it, where a form comes back."""
    organization = visit.here.organization
    kept = {key: value.reveal() for key, value in found.values.items()}
    stands = {key: back.typed.get(field_name(key), kept.get(key, "")) for key in {*kept, *organization.attributes}}
    fields = [
        held(frame, one, organization=organization, values=stands, wrong=back.wrong.get(field_name(one.key), ""))
        for one in own_fields(visit.here, found)
    ]
    points = [reach(frame, point, found=found) for point in found.points]
    values = {
        "points": points,
        "instead": next((one for one in points if one.id == back.instead and one.changes), None),
        "address": back.typed.get(ADDRESS, ""),
        "address_wrong": back.wrong.get(ADDRESS, ""),
        "fields": [one for one in fields if one.corrects],
        "others": [one for one in fields if not one.corrects],
        "languages": languages(organization, locale=back.typed.get("locale") or found.locale),
        "systems": [known_from(frame, organization, source, since=since) for source, since in found.sources.items()],
        "wrongs": list(back.wrong.items()),
        "done": _done(frame, done),
    }
    shown = msgspec.structs.replace(frame, path=f"{frame.base}/details")
    return render("own/details.html", shown, values=values, status=_UNPROCESSABLE if back.wrong else 200)


def _read(frame: Frame, visit: Visit, *, form: Form) -> tuple[dict[str, Personal | None], dict[str, str]]:
    """Return what was typed into the fields that came, by key, and what is wrong, by the name of the field."""
    values: dict[str, Personal | None] = {}
    wrong: dict[str, str] = {}
    for one in correctable(visit.here.organization):
        name = field_name(one.key)
        if name not in form.fields:
            continue
        try:
            values[one.key] = read_field(form[name])
        except Invalid as fault:
            wrong[name] = _wrong(frame, fault.code)
    return values, wrong


def _wrong(frame: Frame, code: str) -> str:
    say = frame.words.say
    if code == "too_long":
        return say("Please write less: at most %(number)s letters.", number=frame.words.number(LONGEST))
    return say("Please write plain text, on one line.")


def _done(frame: Frame, done: str) -> str:
    """Return what was done, in words; nothing for a word that the page never said."""
    say = frame.words.say
    told = {
        "saved": say("Your details are saved."),
        "proved": say("Thank you. This address is yours from now on."),
        "removed": say("It is removed."),
        "there": say("We have this address already, and know that it is yours."),
    }
    return told.get(done, "")


router = Router(path="/", route_handlers=[show, change])
