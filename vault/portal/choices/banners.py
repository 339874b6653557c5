"""Banners above what somebody allows: at most two at once, those first that matter most."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final, Literal

import msgspec
from litestar import Request

from vault.actions.choices.showing import Allowed
from vault.actions.sign_in.visits import Visit
from vault.domain.choices.asked import Asking, asking, current
from vault.domain.choices.sheets import Row
from vault.domain.choices.signal import is_heeded
from vault.domain.fact import Fact
from vault.domain.organization import EVERY
from vault.pages.frame import Frame
from vault.portal.choices.signal import is_given
from vault.portal.choices.telling import day, way_named
from vault.portal.wording import title

Pages = Request[Any, Any, Any]
MOST: Final = 2

WISHES: Final = "wishes"
PAUSED: Final = "break"
ENDED: Final = "over"
"""What the way back from a form says was done, where it is no fact."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A yes or a no just said; `asked`: a yes to be confirmed; `back`: words to say yes to, after a no that it ends."""

    kind: Literal["saved"] = "saved"
    tells_saved: bool = True
    purpose: str
    way: str
    says_yes: bool
    asked: bool
    when: str
    row: Row | None
    back: Asking | None


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """Another form that was just sent: wishes that are kept, or a break that is over."""

    kind: Literal["wishes", "over"]
    tells_saved: bool = True


class OnBreak(msgspec.Struct, frozen=True, kw_only=True):
    """A break, since just now or since earlier."""

    until: datetime
    tells_saved: bool
    kind: Literal["break"] = "break"


class Locked(msgspec.Struct, frozen=True, kw_only=True):
    """Data that is kept and not used, whatever the page says beside."""

    kind: Literal["locked"] = "locked"
    tells_saved: bool = False


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """Two records that were found to be of one person: the stricter counts until they choose."""

    since: datetime
    kind: Literal["joined"] = "joined"
    tells_saved: bool = False


class Unfit(msgspec.Struct, frozen=True, kw_only=True):
    """A yes that a signal does not fit; `honoured`: the signal counts until somebody chooses."""

    purpose: str
    channel: str
    title: str
    said: str
    honoured: bool


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of a browser's signal: when it was honoured, and what does not fit it."""

    when: str
    unfit: tuple[Unfit, ...]
    kind: Literal["signal"] = "signal"
    tells_saved: bool = False


Banner = Saved | Done | OnBreak | Locked | Joined | Signal


def banners(request: Pages, frame: Frame, visit: Visit, *, allowed: Allowed) -> list[Banner]:
    """Return what is said first: that data is locked, the browser's signal, what was saved, a break."""
    return [*islice(_all(request, frame, visit, allowed=allowed), MOST)]


def _all(request: Pages, frame: Frame, visit: Visit, *, allowed: Allowed) -> Iterator[Banner]:
    done, until = request.query_params.get("done", ""), allowed.preferences.paused_until
    if allowed.is_locked:
        yield Locked()
    if is_given(request) and is_heeded(visit.here.organization):
        yield _signal(frame, visit, allowed=allowed)
    if (saved := _saved(frame, visit, allowed=allowed, done=done)) is not None:
        yield saved
    if allowed.stricter_since is not None:
        yield Joined(since=allowed.stricter_since)
    if done == WISHES or (done == ENDED and until is None):
        yield Done(kind="wishes" if done == WISHES else "over")
    if until is not None:
        yield OnBreak(until=until, tells_saved=done == PAUSED)


def _saved(frame: Frame, visit: Visit, *, allowed: Allowed, done: str) -> Saved | None:
    fact = allowed.facts.get(done)
    purpose = None if fact is None else visit.here.organization.purposes.get(fact.purpose)
    if fact is None or purpose is None:
        return None
    row = _way_back(allowed, fact) if purpose.channels else None
    now = current(visit.here.organization, purpose, at=visit.now)
    language = frame.words.language
    return Saved(
        row=row,
        back=None if row is None or now is None else asking(visit.here.organization, now, language=language),
        purpose=title(frame, purpose.title, locale=visit.here.organization.locale),
        way="" if fact.channel == EVERY else way_named(frame, fact.channel),
        says_yes=fact.kind == "granted",
        asked=fact.kind == "asked",
        when=day(frame, fact.at, now=max(visit.now, fact.at)),
    )


def _way_back(allowed: Allowed, fact: Fact) -> Row | None:
    """Return the way that a no closed, where nothing but a yes is needed to open it."""
    rows = [row for sheet in allowed.sheets for one in sheet.every() for row in one.rows]
    return next(
        (
            row
            for row in rows
            if row.fact == fact.id and row.channel == fact.channel and row.can == "switch" and not row.on
            if fact.kind == "withdrawn" and not row.asks and not row.proves
        ),
        None,
    )


def _signal(frame: Frame, visit: Visit, *, allowed: Allowed) -> Signal:
    """Return what is told of a browser's signal: where it comes now, and where something heeds it."""
    organization = visit.here.organization
    honoured = [one for one in allowed.facts.values() if (one.source, one.method) == ("link", "gpc")]
    last = max(honoured, key=lambda one: one.at, default=None)
    return Signal(
        when="" if last is None else day(frame, last.at, now=max(visit.now, last.at)),
        unfit=tuple(
            Unfit(
                purpose=one.purpose.key,
                channel=one.channel,
                title=title(frame, one.purpose.title, locale=organization.locale),
                said=day(frame, one.yes.at, now=max(visit.now, one.yes.at)),
                honoured=one.honoured is not None,
            )
            for one in allowed.conflicts
        ),
    )
