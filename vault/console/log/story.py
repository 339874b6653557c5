"""One customer's story: first what was searched, then how they stand, then every entry by day. For auditors alone.

It begins with a pseudonym, or with an address that a complaint brought: what was typed is told back to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.audit import resolving, stories
from vault.actions.audit.stories import Story
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import SUBJECT, Subject, read
from vault.base.personal import Personal
from vault.console import charts
from vault.console.desk import Desk
from vault.console.log.telling import Line, lines, short, told
from vault.domain.actor import Actor
from vault.domain.organization import EVERY
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.pages.page import go

_PAGE: Final = 100  # entries on one
_UNPROCESSABLE: Final = 422
_NOBODY: Final = Subject(f"{SUBJECT}_{'0' * 26}")
_YES: Final = frozenset({"granted"})
_WAIT: Final = frozenset({"pending"})
_CHANNELS: Final = {
    "email": "E-mail",
    "sms": "Text",
    "voice": "Phone",
    "post": "Letter",
    "postal": "Letter",
    "push": "Push",
    "whatsapp": "WhatsApp",
}


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """How somebody stands to a purpose over a channel; empty where the purpose does not use it."""

    mark: str = ""
    says: str = ""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of a day, the newest first, each with its place in the whole story."""

    day: date
    lines: list[tuple[int, Line]]


@get("/story", operation_id="show_story")
async def show(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
) -> Response[bytes]:  # fmt: skip
    """Show a customer's story, or ask whose."""
    asked = request.query_params.get("customer", "").strip()
    subject = _subject(asked)
    if subject is None and desk.is_auditor:
        wrong = desk.frame.words.say("A pseudonym is sub_ and 26 letters and digits, as entries have it.")
        return _ask(desk, asked=asked, wrong=wrong if asked else "")
    found = await stories.story(vault, actor, subject=subject or _NOBODY)
    return desk.show("log/story.html", values=_values(desk, found, before=request.query_params.get("before", "")))


@post("/story/find", operation_id="resolve", status_code=200)
async def find(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
) -> Response[bytes]:  # fmt: skip
    """Find whom an address stands for."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    try:
        found = await resolving.resolve(vault, actor, kind=form["kind"], value=Personal(form["value"]))
    except Invalid:
        return _ask(desk, wrong_value=desk.frame.words.say("That is no such address or number. Type it once more."))
    if len(found.subjects) == 1:
        return go(f"{desk.frame.to('/story')}?{urlencode({'customer': found.subjects[0]})}")
    return _ask(desk, subjects=found.subjects)


def _subject(asked: str) -> Subject | None:
    try:
        read(SUBJECT, asked)
    except Invalid:
        return None
    return Subject(asked)


def _ask(
    desk: Desk, *, asked: str = "", wrong: str = "", wrong_value: str = "", subjects: Sequence[Subject] | None = None
) -> Response[bytes]:
    kinds = dict.fromkeys(channel.reaches for channel in desk.visit.here.organization.channels.values())
    values = {
        "asked": asked,
        "wrong": wrong,
        "wrong_value": wrong_value,
        "kinds": [*kinds],
        "subjects": None if subjects is None else [(subject, short(subject)) for subject in subjects],
    }
    return desk.show("log/whose.html", values=values, status=_UNPROCESSABLE if wrong or wrong_value else 200)


def _values(desk: Desk, found: Story, *, before: str) -> dict[str, object]:
    words, hits = desk.frame.words, found.hits
    ends = int(before) if before.isascii() and before.isdigit() and int(before) <= len(hits) else len(hits)
    begins = max(0, ends - _PAGE)
    sorts = [told(hit.kind, hit.outcome, words).sort for hit in hits]
    is_whole = not found.earlier and not found.bodies_from
    has_bundle = bool(hits) and hits[-1].generation == found.generation
    return {
        "story": found,
        "short": short(found.subject),
        "line": charts.line(sorts, words) if hits else None,
        "channels": _columns(desk, found),
        "standings": [*_standings(desk, found)],
        "days": [*_days(desk, found, begins=begins, ends=ends)],
        "earlier": begins,
        "later": ends < len(hits),
        "is_whole": is_whole,
        "bundle": f"{desk.log_api}/bundle?{urlencode({'subject': found.subject})}" if has_bundle else "",
    }


def _columns(desk: Desk, found: Story) -> list[tuple[str, str]]:
    """Return the channels there is a standing for, in the file's order, with what each is called."""
    say = desk.frame.words.say
    used = {one.channel for one in found.standings}
    known = [(key, say(_CHANNELS.get(key, key))) for key in desk.visit.here.organization.channels if key in used]
    return [*known, *([(EVERY, say("Whatever way"))] if EVERY in used else [])]


def _standings(desk: Desk, found: Story) -> Iterator[tuple[str, list[Cell]]]:
    stands = {(one.purpose, one.channel): one.state for one in found.standings}
    channels = [key for key, _ in _columns(desk, found)]
    for purpose in dict.fromkeys(one.purpose for one in found.standings):
        states = [stands.get((purpose, channel)) for channel in channels]
        yield purpose, [_cell(state) for state in states]


def _cell(state: str | None) -> Cell:
    if state is None:
        return Cell()
    return Cell(mark="yes" if state in _YES else "wait" if state in _WAIT else "no", says=state.replace("_", " "))


def _days(desk: Desk, found: Story, *, begins: int, ends: int) -> Iterator[Day]:
    """Yield the days of entries `begins` up to `ends`, the newest first."""
    told_of = [*enumerate(lines(desk, found.hits), 1)][begins:ends]
    for day, group in groupby(reversed(told_of), key=lambda one: one[1].hit.at.date()):
        yield Day(day=day, lines=[*group])


router = Router(path="/", route_handlers=[show, find])
