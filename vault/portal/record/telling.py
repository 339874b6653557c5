"""What a customer said, in sentences: what it was, where and how, and whether it still counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vault.actions.record.history import Line
from vault.domain.fact import Fact
from vault.domain.organization import Organization
from vault.domain.record.worth import Why
from vault.domain.timing.implied import read
from vault.pages.frame import Frame
from vault.portal.wording import title, way

_MARKS: Final[Mapping[str, str]] = {"granted": "yes", "asked": "wait"}


def mark(line: Line) -> str:
    """Return the shape that stands beside a line."""
    if line.worth.why in {"evidence_missing", "dealing"}:
        return "change"
    return _MARKS.get(line.fact.kind, "no")


def subject_of(frame: Frame, fact: Fact, *, organization: Organization) -> str:
    """Return purpose and channel in words."""
    say = frame.words.say
    purpose = organization.purposes.get(fact.purpose)
    name = (
        say("something we no longer do") if purpose is None else title(frame, purpose.title, locale=organization.locale)
    )
    how = way(frame, fact.channel)
    return say("%(purpose)s, %(way)s", purpose=name, way=how) if how else name


def what(frame: Frame, line: Line, *, organization: Organization) -> str:
    """Return what was said, in one line."""
    say = frame.words.say
    about = subject_of(frame, line.fact, organization=organization)
    if line.fact.dealing is not None or line.fact.guardian:
        return _of_others(frame, line.fact, about=about)
    match line.fact.kind:
        case "granted" if line.worth.why == "evidence_missing" or (line.worth.why == "undone" and not line.fact.proven):
            return say("%(about)s: somebody told us of a yes", about=about)
        case "granted":
            return say("%(about)s: you said yes", about=about)
        case "asked":
            return say("%(about)s: we asked you to confirm", about=about)
        case "objected":
            return say("%(about)s: you objected", about=about)
        case _:
            return say("%(about)s: you said no", about=about)


def _of_others(frame: Frame, fact: Fact, *, about: str) -> str:
    """Return what a guardian said for a child, or what we were told that somebody did."""
    say = frame.words.say
    if fact.dealing is not None:
        bought = read(fact.dealing).what == "purchased"
        asked = say("We were told that you asked us something")
        return say("We were told that you bought something") if bought else asked
    if fact.kind == "granted":
        return say("%(about)s: somebody who may speak for you said yes", about=about)
    return say("%(about)s: somebody who may speak for you said no", about=about)


def where(frame: Frame, line: Line) -> str:
    """Return where and how it was said."""
    say, system = frame.words.say, line.system
    on_our_form = system is None and line.fact.method == "form"  # which only a link in a message opens
    told = {
        "portal": say("On this website."),
        "one_click": say("With the link in a message."),
        "undo": say("You took a press back right after it."),
        "stop_word": say("You answered a message with a word that stops."),
        "form": say("With the link in a message.") if on_our_form else say("On a form."),
        "phone": say("You told a person on the phone."),
        "paper": say("On paper."),
        "kiosk": say("At a screen in a shop."),
        "import": say("It was brought in from an older list."),
        "gpc": say("Your browser sent a signal."),
    }.get(line.fact.method, say("Another system told us."))
    return told if system is None else say("%(where)s Written down by %(system)s.", where=told, system=system)


def worth(frame: Frame, line: Line) -> str:
    """Return whether it still counts, and why not."""
    say = frame.words.say
    date = "" if line.worth.at is None else frame.words.day(line.worth.at, zone=frame.zone)
    sentences: dict[Why, str] = {
        "counts": say("It counts."),
        "again": say("You said so again on %(date)s.", date=date),
        "no_since": say("You said no on %(date)s.", date=date),
        "yes_since": say("You said yes on %(date)s.", date=date),
        "stopped": say("Messages to this address or number were stopped on %(date)s.", date=date),
        "expired": say("Your yes ran out on %(date)s.", date=date),
        "outdated": say("The words changed on %(date)s, so your old yes no longer counts.", date=date),
        "unconfirmed": say("You have not confirmed it yet."),
        "unused": say("We no longer do this."),
        "dealing": say("This is neither a yes nor a no."),
        "undone": say("On %(date)s we took back the older list it came from.", date=date),
        "merged": say(
            "On %(date)s we joined two records of you. The stricter one counts until you choose again.", date=date
        ),
        "evidence_missing": say("Somebody told us that you said yes, but could not show it. So it does not count."),
    }
    return sentences[line.worth.why]


def lacking(frame: Frame, line: Line) -> str:
    """Return what a claim could not show; nothing where nothing was missing."""
    say = frame.words.say
    if not line.missing:
        return ""
    known = {
        "captured_at": say("when you said it"),
        "asked_at": say("when you were asked"),
        "capture_source": say("where you said it"),
        "confirmed_at": say("when you confirmed it"),
        "asked_ip": say("from which connection you asked"),
        "confirmed_ip": say("from which connection you confirmed"),
        "document": say("the paper you signed"),
    }
    names = dict.fromkeys(known.get(name, say("another proof")) for name in line.missing)
    return say("What was missing: %(names)s.", names=", ".join(names))
