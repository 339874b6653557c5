"""Samples as pages: those there are, one with its four steps and what was found, and the form for a new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, cast

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from vault.actions.audit import samples
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid
from vault.base.ids import SAMPLE, SampleId, known
from vault.base.personal import Personal
from vault.console.desk import Desk
from vault.console.log.kinds import GROUPS
from vault.console.log.telling import Told, name, told
from vault.domain.audit.sample import NewFinding, NewSample, State, Verdict
from vault.domain.audit.sampled import Drawn, FindingTold, Listed, Shown
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.pages.page import go
from vault.tlog.key import read_vkey
from vault.words.catalogue import Words

_UNPROCESSABLE: Final = 422
_PAGE: Final = 50
_USUAL: Final = timedelta(days=30)
_SIZE: Final = "50"
_FIELDS: Final = {
    "bad_size": ("size", "A sample is of 1 to 1,000 entries."),
    "bad_day": ("from", "Choose a day that there is."),
    "empty_range": ("from", "Nothing was written in these days."),
    "nothing_to_draw": ("kind", "There was nothing of this kind in these days."),
    "time_out_of_range": ("from", "Choose days between the years 2 and 9998."),
}
_TEXT: Final = {
    "text_missing": "Say in words what you remark, or what is wrong.",
    "text_too_long": "Say it in 1,000 letters at most.",
}
_VERDICTS: Final[Mapping[Verdict, tuple[str, str]]] = {
    "ok": ("yes", "In order"),
    "remark": ("wait", "Remark"),
    "wrong": ("alarm", "Wrong"),
}
_STATES: Final[Mapping[State, tuple[str, str]]] = {
    "waiting": ("wait", "Waiting"),
    "drawn": ("read", "Drawn"),
    "done": ("yes", "All looked at"),
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn entry in the table, and what was found of it."""

    place: int
    entry: Drawn
    told: Told
    mark: str
    verdict: str
    finding: FindingTold | None
    is_open: bool


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a form, by its field, and what was typed."""

    field: str = ""
    says: str = ""
    text: str = ""


@get("/samples", operation_id="list_samples")
async def page(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Show the samples there are."""
    return await _list(vault, desk, after=request.query_params.get("after", ""))


@post("/samples", operation_id="draw_sample", status_code=303)
async def draw(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Fix the rule of a new sample."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    try:
        made = await samples.draw(vault, desk.actor, new=_new(form))
    except Invalid as refusal:
        field, says = _FIELDS.get(refusal.code, ("size", refusal.detail))
        return await _list(vault, desk, form=form, wrong=Wrong(field=field, says=desk.frame.words.say(says)))
    return go(desk.frame.to(f"/samples/{made.id}"))


@get("/samples/{sample:str}", operation_id="show_sample")
async def show(
    request: Request[Any, Any, Any], sample: FromPath[str], vault: NamedDependency[Vault], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Show a sample: how it was drawn, its entries, what was found."""
    return await _one(vault, desk, sample=_id(sample), at=request.query_params.get("at", ""))


@post("/samples/{sample:str}/{number:int}", operation_id="find_in_sample", status_code=303)
async def find(
    request: Request[Any, Any, Any], sample: FromPath[str], number: FromPath[int], vault: NamedDependency[Vault],
    desk: NamedDependency[Desk],
) -> Response[bytes]:  # fmt: skip
    """Write down what was found of a drawn entry."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    new = NewFinding(number=number, verdict=cast("Verdict", form["finding"]), text=Personal(form["text"]))
    try:
        await samples.find(vault, desk.actor, sample=_id(sample), new=new)
    except (Invalid, Conflict) as refusal:
        says = desk.frame.words.say(_TEXT.get(refusal.code, refusal.detail))
        wrong = Wrong(field="text", says=says, text=form["text"])
        return await _one(vault, desk, sample=_id(sample), at=str(number), wrong=wrong)
    return go(desk.frame.to(f"/samples/{sample}") + "#look")


async def _list(
    vault: Vault,
    desk: Desk,
    *,
    after: str = "",
    form: forms.Form | None = None,
    wrong: Wrong | None = None,
) -> Response[bytes]:
    found = await samples.page(vault, desk.actor, after=_id(after) if after else None, limit=_PAGE + 1)
    values = {
        "listed": [(one, *_stated(desk, one)) for one in found[:_PAGE]],
        "older": found[_PAGE - 1].id if len(found) > _PAGE else "",
        "kind_of": lambda kind: _kind(kind, desk.frame.words),
        **_form(desk, form, wrong),
    }
    return desk.show("log/samples.html", values=values, status=_UNPROCESSABLE if wrong else 200)


async def _one(
    vault: Vault, desk: Desk, *, sample: SampleId, at: str = "", wrong: Wrong | None = None
) -> Response[bytes]:
    found = await samples.show(vault, desk.actor, sample=sample)
    values = {
        "sample": found,
        "rows": [*_rows(desk, found, at=at)],
        "looked": sum(found.tally.values()),
        "kind": _kind(found.rule.kind, desk.frame.words),
        "witnesses": ", ".join(read_vkey(vkey).name for vkey in found.rule.witnesses),
        "witness": read_vkey(found.drawing.witness).name if found.drawing and found.drawing.witness else "",
        "wrong": wrong or Wrong(),
    }
    return desk.show("log/sample.html", values=values, status=_UNPROCESSABLE if wrong else 200)


def _rows(desk: Desk, found: Shown, *, at: str) -> Iterator[Row]:
    """Yield the drawn entries; one is open for a finding: the one asked for, or the first without."""
    words = desk.frame.words
    numbers = [str(one.number) for one in found.entries]
    first = next((str(one.number) for one in found.entries if one.finding is None), "")
    for place, entry in enumerate(found.entries, 1):
        mark, says = _VERDICTS[entry.finding.verdict] if entry.finding is not None else ("", "")
        yield Row(
            place=place,
            entry=entry,
            told=told(entry.kind, entry.outcome, words),
            mark=mark,
            verdict=words.say(says) if says else "",
            finding=entry.finding,
            is_open=desk.is_auditor and str(entry.number) == (at if at in numbers else first),
        )


def _stated(desk: Desk, one: Listed) -> tuple[str, str]:
    mark, says = _STATES[one.state]
    words = desk.frame.words
    if one.state != "drawn":
        return mark, words.say(says)
    looked = words.say("%(found)s of %(count)s looked at")
    return mark, looked % {"found": words.number(one.found), "count": words.number(one.count or 0)}


def _kind(kind: str | None, words: Words) -> str:
    return name(kind, words) if kind is not None else words.say("Anything")


def _form(desk: Desk, form: forms.Form | None, wrong: Wrong | None) -> dict[str, object]:
    """Return what stands in the form for a new sample."""
    today = desk.visit.now.astimezone(UTC).date()
    usual = {"size": _SIZE, "kind": "decision", "from": str(today - _USUAL), "until": str(today)}
    say = desk.frame.words.say
    return {
        "given": {field: form[field] if form is not None else value for field, value in usual.items()},
        "groups": {say(group): {kind: say(called) for kind, called in one.items()} for group, one in GROUPS.items()},
        "wrong": wrong or Wrong(),
    }


def _new(form: forms.Form) -> NewSample:
    size = form["size"].strip().replace(",", "")
    until = _day(form["until"])
    return NewSample(
        size=int(size) if size.isdecimal() and size.isascii() and len(size) <= len("1000") else 0,
        kind=form["kind"] or None,
        since=_day(form["from"]),
        until=until + timedelta(days=1) if until is not None else None,
    )


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise Invalid("bad_day", "there is no such day") from None


def _id(text: str) -> SampleId:
    return known(SAMPLE, text, noun="sample")


router = Router(path="/", route_handlers=[page, draw, show, find])
