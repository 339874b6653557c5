"""Telling: what somebody asked for by right, in sentences: what counts already, until when, and what we said."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

import msgspec

from vault.actions.rights.asking import Asked
from vault.base.ids import RequestId
from vault.domain.organization import Organization
from vault.domain.rights.request import AT_ONCE, COPIES, Right
from vault.pages.frame import Frame
from vault.portal.wording import title

_NOON: Final = time(12, tzinfo=UTC)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the page says it. `words` are the person's own, `reason` is ours; `because` says what it is for."""

    id: RequestId
    right: Right
    mark: str
    what: str
    said: str
    until: str
    stamp: str
    left: str
    is_late: bool
    can_copy: bool
    can_take_back: bool
    words: str
    because: str
    reason: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A field that may be wrong: its key and its name."""

    key: str
    name: str


def item(frame: Frame, asked: Asked, *, organization: Organization) -> Item:
    """Return one request as the page says it."""
    told, request = asked.told, asked.request
    reason = asked.refused_because or asked.extended_because
    open_copy = request.is_open and request.right in COPIES
    return Item(
        id=request.id,
        right=request.right,
        mark=_mark(asked),
        what=_what(frame, asked, organization=organization),
        said=" ".join(_said(frame, asked)),
        until=_date(frame, told.due) if request.is_open and not open_copy else "",
        stamp=told.due.isoformat(),
        left=_left(frame, told.days_left),
        is_late=told.late,
        can_copy=open_copy,
        can_take_back=request.is_open and request.right not in AT_ONCE,
        words=asked.words.reveal() if asked.words is not None else "",
        because=_because(frame, asked),
        reason=reason.reveal() if reason is not None else "",
    )


def fields(frame: Frame, organization: Organization) -> list[Field]:
    """Return what may be said to be wrong: attributes as declared, then ways to be reached."""
    say = frame.words.say
    kinds = dict.fromkeys(channel.reaches for channel in organization.channels.values())
    named = {"email": say("E-mail address"), "phone": say("Telephone number"), "postal_address": say("Postal address")}
    return [
        *(
            Field(key=key, name=title(frame, one.title, locale=organization.locale))
            for key, one in organization.attributes.items()
        ),
        *(Field(key=kind, name=named[kind]) for kind in kinds if kind in named),
    ]


def _mark(asked: Asked) -> str:
    if asked.told.late:
        return "alarm"
    return {"open": "wait", "done": "yes", "refused": "no", "withdrawn": "same"}[asked.request.state]


def _what(frame: Frame, asked: Asked, *, organization: Organization) -> str:
    say, request = frame.words.say, asked.request
    match request.right:
        case "access" | "portability":
            return say("A copy of your data")
        case "restriction":
            return say("Lock my data")
        case "objection":
            return say("Stop using my data for adverts and guesses about me")
        case "erasure":
            return say("Erase me")
        case "rectification":
            known = {one.key: one.name for one in fields(frame, organization)}
            name = known.get(request.field or "")
            return say("Correct what is wrong: %(field)s", field=name) if name else say("Correct what is wrong")


def _said(frame: Frame, asked: Asked) -> list[str]:
    say, request = frame.words.say, asked.request
    on = frame.words.day(request.asked_at, zone=frame.zone)
    said = [say("Asked on %(date)s.", date=on)]
    if request.right in AT_ONCE:
        said.append(say("It counted at once."))
    if request.is_open and request.right in COPIES:
        said.append(say("It is made when you press, and given to you alone."))
    if request.closed_at is not None:
        said.append(_ended(frame, asked, on=frame.words.day(request.closed_at, zone=frame.zone)))
    return said


def _ended(frame: Frame, asked: Asked, *, on: str) -> str:
    say = frame.words.say
    match asked.request.outcome:
        case "refused":
            return say("We said no on %(date)s.", date=on)
        case "withdrawn":
            return say("You ended it on %(date)s.", date=on)
        case _:
            return say("Done on %(date)s.", date=on)


def _because(frame: Frame, asked: Asked) -> str:
    if asked.refused_because is not None:
        return frame.words.say("This is why:")
    return frame.words.say("It takes longer, and this is why:") if asked.extended_because is not None else ""


def _left(frame: Frame, days: int) -> str:
    if days == 0:
        return frame.words.say("that is today")
    return frame.words.count("%(number)s day from now", "%(number)s days from now", number=max(days, 0))


def _date(frame: Frame, day: date) -> str:
    return frame.words.day(datetime.combine(day, _NOON), zone="UTC")
