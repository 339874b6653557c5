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
from vault.domain.choices.signal import is_heeded
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
    """A yes or a no that was just said; `asked`: a yes that is to be confirmed."""

    kind: Literal["saved"] = "saved"
    tells_saved: bool = True
    purpose: str
    way: str
    says_yes: bool
    asked: bool
    when: str


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """Another form that was just sent: wishes that are kept, or a break that is over."""

    kind: Literal["wishes", "over"]
    tells_saved: bool = True


class OnBreak(msgspec.Struct, frozen=True, kw_only=True):
    """A break, since just now or since earlier."""

    until: datetime
    tells_saved: bool
    kind: Literal["break"] = "break"


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


Banner = Saved | Done | OnBreak | Signal


def banners(request: Pages, frame: Frame, visit: Visit, *, allowed: Allowed) -> list[Banner]:
    """Return what is said first: the browser's signal, what was saved, a break."""
    return [*islice(_all(request, frame, visit, allowed=allowed), MOST)]


def _all(request: Pages, frame: Frame, visit: Visit, *, allowed: Allowed) -> Iterator[Banner]:
    done, until = request.query_params.get("done", ""), allowed.preferences.paused_until
    if is_given(request) and is_heeded(visit.here.organization):
        yield _signal(frame, visit, allowed=allowed)
    if (saved := _saved(frame, visit, allowed=allowed, done=done)) is not None:
        yield saved
    if done == WISHES or (done == ENDED and until is None):
        yield Done(kind="wishes" if done == WISHES else "over")
    if until is not None:
        yield OnBreak(until=until, tells_saved=done == PAUSED)


def _saved(frame: Frame, visit: Visit, *, allowed: Allowed, done: str) -> Saved | None:
    fact = allowed.facts.get(done)
    purpose = None if fact is None else visit.here.organization.purposes.get(fact.purpose)
    if fact is None or purpose is None:
        return None
    return Saved(
        purpose=title(frame, purpose.title, locale=visit.here.organization.locale),
        way="" if fact.channel == EVERY else way_named(frame, fact.channel),
        says_yes=fact.kind == "granted",
        asked=fact.kind == "asked",
        when=day(frame, fact.at, now=max(visit.now, fact.at)),
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
