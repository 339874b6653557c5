"""The overview: the log in numbers, and what somebody should look at. It names nobody, so looking is no entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency
from markupsafe import Markup

from vault.actions.audit.overview import RANGES, Overview, overview
from vault.actions.vault import Vault
from vault.console import charts
from vault.console.desk import Desk
from vault.console.health import agrees, span
from vault.console.log.symmetry import FIGURES, Effort
from vault.console.log.telling import sentence
from vault.domain.actor import Actor

_USUAL: Final = 30


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the log's health."""

    name: str
    value: str
    more: str
    mark: str = ""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Something somebody should look at, and where."""

    mark: str
    what: str
    more: str
    to: str = ""
    link: str = ""


class No(msgspec.Struct, frozen=True, kw_only=True):
    """A reason for no, and how often it was the strongest."""

    code: str
    says: str
    gauge: Markup
    times: str


@get("/", operation_id="show_overview")
async def show(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
) -> Response[bytes]:  # fmt: skip
    """Show the log in numbers."""
    days = _days(request.query_params.get("days", ""))
    found = await overview(vault, actor, days=days)
    asked = any(one.allowed or one.waiting or one.denied for one in found.decided)
    heard = any(one.yes or one.no for one in found.said)
    values = {
        "ranges": RANGES,
        "chosen": days,
        "facts": [*_health(desk, found)],
        "look": [*_attention(desk, found)],
        "decided": charts.decided(found.decided, desk.frame.words) if asked else None,
        "reasons": _noes(desk, found),
        "efforts": [(one.where, _effort(desk, one.yes), _effort(desk, one.no)) for one in FIGURES],
        "said": charts.said(found.said, desk.frame.words) if heard else None,
    }
    return desk.show("log/overview.html", values=values)


def _effort(desk: Desk, effort: Effort | None) -> str:
    """Return what somebody has to do, in words."""
    words = desk.frame.words
    if effort is None:
        return words.say("no such button")
    fields = words.count("1 field", "%(number)s fields", number=effort.fields)
    presses = words.count("1 press", "%(number)s presses", number=effort.presses)
    sign_ins = words.count("1 sign-in", "%(number)s sign-ins", number=effort.sign_ins)
    return ", ".join([presses, *([fields] if effort.fields else []), *([sign_ins] if effort.sign_ins else [])])


def _days(asked: str) -> int:
    """Return the range asked for; the usual one for anything that is none."""
    return int(asked) if asked in {str(days) for days in RANGES} else _USUAL


def _health(desk: Desk, found: Overview) -> Iterator[Figure]:
    words, health = desk.frame.words, desk.health
    say, age = words.say, health.checkpoint_age_seconds
    signed = say("size %(size)s, signed twice (Ed25519 and ML-DSA-44)", size=words.number(health.entries))
    if age is None:
        yield Figure(name=say("Checkpoint"), value=say("none yet"), more=say("nothing is signed yet"))
    else:
        yield Figure(name=say("Checkpoint"), value=say("%(age)s old", age=span(age, words)), more=signed)
    if desk.line.asked:
        value = say("%(agree)s of %(asked)s", agree=desk.line.agree, asked=desk.line.asked)
        mark = "yes" if desk.line.agree == desk.line.asked else "wait"
        yield Figure(name=say("Witnesses"), value=value, more=", ".join(_seen(desk, found)), mark=mark)
    else:
        more = say("nobody else vouches for what was signed")
        yield Figure(name=say("Witnesses"), value=say("none"), more=more)
    waiting = words.count("1 entry", "%(number)s entries", number=health.waiting)
    more = say("numbered within a second, as a rule") if health.state == "ok" else desk.line.why
    yield Figure(name=say("Waiting for a number"), value=waiting, more=more)
    restarted = words.count("restarted once", "restarted %(number)s times", number=health.generation - 1)
    more = restarted if health.generation > 1 else say("never restarted")
    more = say("generation %(number)s, %(more)s", number=health.generation, more=more)
    old = span((found.now - found.began_at).total_seconds(), words) if found.began_at is not None else say("new")
    yield Figure(name=say("Age of the log"), value=old, more=more)


def _seen(desk: Desk, found: Overview) -> Iterator[str]:
    """Yield of each witness that is asked when it cosigned last."""
    words = desk.frame.words
    for one in desk.health.witnesses:
        if not one.is_asked:
            continue
        if one.cosigned_at is None:
            yield words.say("%(name)s never yet", name=one.name)
        else:
            ago = span(max(0.0, (found.now - one.cosigned_at).total_seconds()), words)
            yield words.say("%(name)s %(ago)s ago", name=one.name, ago=ago)


def _attention(desk: Desk, found: Overview) -> Iterator[Look]:
    words, health = desk.frame.words, desk.health
    say = words.say
    if health.state != "ok":
        yield Look(mark="alarm", what=f"{desk.line.says}.", more=desk.line.why)
    for one in health.witnesses:
        if one.is_asked and not agrees(one, health, now=found.now):
            more = say(
                "cosigned up to %(size)s of %(all)s entries.",
                size=words.number(one.size),
                all=words.number(health.entries),
            )
            yield Look(mark="wait", what=say("A witness is behind: %(name)s", name=one.name), more=more)
    if found.failed:
        what = words.count("1 message", "%(number)s messages", number=found.failed)
        more = say("could not be delivered in these days.")
        yield Look(mark="wait", what=what, more=more, to="/search?kind=message_failed", link=say("Show the entries"))


def _noes(desk: Desk, found: Overview) -> list[No]:
    words = desk.frame.words
    most = found.reasons[0].times if found.reasons else 0
    return [
        No(
            code=one.reason,
            says=sentence(one.reason, words),
            gauge=charts.gauge(one.times, most),
            times=words.number(one.times),
        )
        for one in found.reasons
    ]


router = Router(path="/", route_handlers=[show])
