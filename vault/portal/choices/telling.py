"""Telling: what stands in a row of the page of what somebody allows, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from vault.actions.choices.showing import Allowed
from vault.base.ids import ContactPointId
from vault.base.personal import Personal
from vault.domain.choices.asked import Asking, asking
from vault.domain.choices.sheets import Row, Sheet, Why
from vault.domain.decision.basis import BOUND
from vault.domain.organization import EVERY, Organization
from vault.pages.frame import Frame
from vault.portal.choices.often import Often, often
from vault.portal.wording import title

_SHOWN: Final = 2
_ENDING: Final = 3


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it reads: the way, where to, why; `place` names it within the page, `add` what is missing for it."""

    row: Row
    place: str
    way: str
    to: str
    why: str
    add: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet as it reads. `asking` are the words that ask; `before` those somebody said yes to that changed since."""

    key: str
    title: str
    asking: Asking | None
    before: Asking | None
    often: Often | None
    lines: tuple[Line, ...]
    within: tuple[Told, ...]


def told(frame: Frame, organization: Organization, sheet: Sheet, *, allowed: Allowed, now: datetime) -> Told:
    """Return a sheet as it reads."""
    words = None if sheet.notice is None else asking(organization, sheet.notice, language=frame.words.language)
    return Told(
        key=sheet.purpose.key,
        title=title(frame, sheet.purpose.title, locale=organization.locale),
        asking=words,
        before=_before(frame, organization, sheet),
        often=often(frame, organization, sheet.purpose, messages=allowed.messages, now=now),
        lines=tuple(_line(frame, organization, row, allowed=allowed, now=now) for row in sheet.rows),
        within=tuple(told(frame, organization, one, allowed=allowed, now=now) for one in sheet.within),
    )


def way_named(frame: Frame, channel: str) -> str:
    """Return what a channel is called; what sends no message is the use of data."""
    say = frame.words.say
    known = {
        EVERY: say("Use of your data"),
        "email": say("E-mail"),
        "sms": say("Text message"),
        "voice": say("Phone call"),
        "post": say("Letter"),
        "push": say("Message on your phone"),
        "whatsapp": "WhatsApp",
    }
    return known.get(channel) or channel.capitalize()


def day(frame: Frame, instant: datetime, *, now: datetime) -> str:
    """Return when it was: today with its time, else its date."""
    zone = ZoneInfo(frame.zone)
    if instant.astimezone(zone).date() == now.astimezone(zone).date() and now - instant < timedelta(days=1):
        return frame.words.say("today at %(time)s", time=frame.words.time(instant, zone=frame.zone))
    return frame.words.say("on %(day)s", day=frame.words.day(instant, zone=frame.zone))


def _line(frame: Frame, organization: Organization, row: Row, *, allowed: Allowed, now: datetime) -> Line:
    why, until = _why(frame, organization, row, now=now), allowed.preferences.paused_until
    if until is not None and row.on and organization.purposes[row.purpose].kind in BOUND:
        paused = frame.words.say("Paused until %(day)s.", day=frame.words.day(until, zone=frame.zone))
        why = f"{why} {paused}"
    return Line(
        row=row,
        place=f"{row.purpose}-{'data' if row.channel == EVERY else row.channel}",
        way=way_named(frame, row.channel),
        to=_masked(frame, row.point, allowed=allowed),
        why=why,
        add=_add(frame, row.reaches) if row.why == "unreachable" else "",
    )


def _before(frame: Frame, organization: Organization, sheet: Sheet) -> Asking | None:
    cited = next((row.cited for row in sheet.rows if row.why == "outdated" and row.cited is not None), None)
    notices = organization.notices.get(sheet.purpose.notice or "", ())
    old = next((one for one in notices if one.version == cited), None)
    return None if old is None else asking(organization, old, language=frame.words.language)


def _masked(frame: Frame, point: ContactPointId | None, *, allowed: Allowed) -> str:
    value: Personal | None = None if point is None else allowed.points.get(point)
    if value is None:
        return ""
    text = value.reveal()
    local, at, host = text.rpartition("@")
    if at:
        return frame.words.say("to %(address)s", address=f"{local[:_SHOWN]}•••@{host}")
    return frame.words.say("to the number ending %(digits)s", digits=text[-_ENDING:])


def _add(frame: Frame, kind: str | None) -> str:
    """Return what somebody would have to add to be reached so."""
    say = frame.words.say
    known = {
        "email": say("Add an e-mail address"),
        "phone": say("Add a telephone number"),
        "postal_address": say("Add a postal address"),
    }
    return known.get(kind or "") or say("Add one")


def _why(frame: Frame, organization: Organization, row: Row, *, now: datetime) -> str:
    say, age = frame.words.say, organization.minor_until
    since = "" if row.since is None else day(frame, row.since, now=now)
    until = "" if row.until is None else frame.words.day(row.until, zone=frame.zone)
    said_no = say("You said no %(when)s.", when=since)
    sentences: Mapping[Why, str] = {
        "granted": say("You said yes %(when)s.", when=since)
        if row.until is None
        else say("You said yes %(when)s. It ends by itself on %(until)s.", when=since, until=until),
        "guardian": say("Somebody who may speak for you said yes %(when)s.", when=since),
        "grown": say("Somebody said yes for you when you were young. Now it takes your own yes."),
        "bought": say("Allowed after you bought something %(when)s, until %(until)s.", when=since, until=until),
        "inquired": say("Allowed after you asked us something %(when)s, until %(until)s.", when=since, until=until),
        "interest": say("We may, unless you object."),
        "service": say("It belongs to an order or account of yours."),
        "law": say("The law requires it."),
        "never_asked": say("We never asked you."),
        "double_opt_in": say("You have not confirmed it yet."),
        "evidence": say("Somebody told us that you said yes, but could not show it. So it does not count."),
        "refused": said_no,
        "withdrawn": said_no,
        "objected": say("You objected %(when)s. Only you can change that.", when=since),
        "signal": say("Your browser said no %(when)s.", when=since),
        "expired": say("Your yes ran out on %(until)s.", until=until),
        "outdated": say("The words have changed, so your old yes no longer counts. Please read them again."),
        "suppressed": say("Messages to this address or number were stopped %(when)s.", when=since),
        "minor": say("You are under %(age)s, and nobody who may has said yes for you.", age=age),
        "unreachable": say("We have no address or number of yours for this."),
        "unverified": say("Nobody has shown yet that this address or number is yours."),
    }
    return sentences[row.why]
