"""What others did about a customer, in sentences; floods of equal questions are one item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from vault.actions.record.accesses import Access
from vault.base.ids import EntryId
from vault.domain.organization import CONTACT, EVERY, Organization
from vault.domain.timing.implied import read
from vault.pages.frame import Frame
from vault.portal.record.because import Why, because
from vault.portal.wording import title, way

ANSWERS: Final = ("allow", "deny", "defer", "read", "change")
_CHECKS: Final = frozenset({"story_read", "entry_read", "log_searched", "history_asked", "decision_replayed"})
_READS: Final = _CHECKS | {
    "customer_read", "consents_read", "preferences_read", "receipts_issued", "lookup", "name_opened",
    "details_opened", "rights_read", "rights_request_read",
}  # fmt: skip
_MERGES: Final = frozenset({"customer_merged", "customer_unmerged"})
_NOES: Final = frozenset({"refused", "withdrawn", "objected"})
_MARKS: Final[Mapping[str, str]] = {"allow": "yes", "deny": "no", "defer": "wait", "read": "read"}


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One thing on the page, or as many alike as it says. `words` are those it rested on, `to` where they stand.

    `write` is a letter to the organization that names it.
    """

    mark: str
    what: str
    answer: str
    why: str
    given: str
    reason: str
    at: str
    stamp: str
    number: int | None
    leaf: str
    words: str
    to: str
    write: str


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day and what was done on it."""

    name: str
    stamp: str
    items: list[Item]


def answer_of(access: Access) -> str:
    """Return how it was answered, as the filter has it."""
    if access.kind == "decision":
        return str(access.told["outcome"])
    return "read" if access.kind in _READS else "change"


def days(
    frame: Frame, accesses: Sequence[Access], *, organization: Organization, looks: Mapping[EntryId, tuple[str, str]]
) -> Iterator[Day]:
    """Yield the days, the newest first."""
    zone = ZoneInfo(frame.zone)
    for day, those in groupby(accesses, key=lambda one: one.at.astimezone(zone).date()):
        found = list(those)
        alike: dict[object, list[Access]] = {}
        for one in found:
            alike.setdefault(_alike(one), []).append(one)
        items = [item(frame, same, organization=organization, looks=looks) for same in alike.values()]
        yield Day(name=frame.words.day(found[0].at, zone=frame.zone), stamp=day.isoformat(), items=items)


def _alike(access: Access) -> object:
    if access.kind in _CHECKS:  # a name or an address is in none of them
        return access.role, access.client
    if access.kind in _MERGES:  # an entry under each of them
        return access.kind, access.at
    if access.kind != "decision":
        return access.entry
    told = access.told
    names = ("purpose", "channel", "outcome")
    lists = ("reasons", "released")
    return (access.client, *(told[name] for name in names), *(tuple(told.get(name, ())) for name in lists))


def item(
    frame: Frame, same: Sequence[Access], *, organization: Organization, looks: Mapping[EntryId, tuple[str, str]]
) -> Item:
    """Return accesses that are alike as one item."""
    one = same[0]
    is_decision = one.kind == "decision"
    look, reason = looks.get(one.entry, ("", ""))
    fact = one.rests.fact
    return Item(
        mark=_MARKS.get(answer_of(one), "change"),
        what=look or _what(frame, one, times=len(same), organization=organization),
        answer=_answer(frame, one) if is_decision else "",
        why=_why(frame, one, organization=organization) if is_decision else "",
        given=_given(frame, one, organization=organization) if is_decision else "",
        reason=reason,
        at=frame.words.time(one.at, zone=frame.zone),
        stamp=one.at.isoformat(timespec="minutes"),
        number=one.proof.number,
        leaf=one.proof.leaf,
        words="" if one.words is None else one.words.ask,
        to="" if fact is None else f"{frame.to('/history')}#{fact.id}",
        write=_letter(frame, one) if is_decision or answer_of(one) == "read" else "",
    )


def _why(frame: Frame, access: Access, *, organization: Organization) -> str:
    rests = access.rests
    why = Why(
        since=rests.since,
        until=rests.until,
        changed=rests.changed,
        stopped=rests.stopped,
        age=organization.minor_until,
        guardian=rests.fact is not None and rests.fact.guardian,
        per=access.told.get("flat", {}).get("budget_spent", ""),
        deal=None if rests.fact is None or rests.fact.dealing is None else read(rests.fact.dealing).what,
    )
    # Another's no to a shared address is a stop: who said it is never told.
    codes = ["suppressed" if rests.elsewhere and code in _NOES else code for code in access.told["reasons"]]
    return " ".join(dict.fromkeys(because(frame, code, why=why) for code in codes))


def _letter(frame: Frame, access: Access) -> str:
    """Return where to write about an item: whoever reads it finds the line by its number or its time."""
    if frame.email is None:
        return ""
    say = frame.words.say
    at = frame.words.moment(access.at, zone=frame.zone)
    number = access.proof.number
    about = say("Question about the line of %(at)s", at=at)
    if number is not None:
        about = say("Question about number %(number)s in the book", number=frame.words.number(number))
    return f"mailto:{quote(frame.email, safe='@')}?subject={quote(about)}"


def _who(frame: Frame, access: Access) -> str:
    say = frame.words.say
    named = {
        "auditor": say("Somebody who checks us"),
        "admin": say("Somebody who runs our systems"),
        "operator": say("Somebody who runs our systems"),
        "import": say("An older list"),
    }
    return access.system or named.get(access.role) or say("A system of ours")


def _what(frame: Frame, access: Access, *, times: int, organization: Organization) -> str:
    say, who = frame.words.say, _who(frame, access)
    if access.kind == "decision":
        about = _about(frame, access, organization=organization)
        if times == 1:
            return say("%(who)s asked whether it may: %(about)s", who=who, about=about)
        return frame.words.count(
            "%(who)s asked %(number)s time that day: %(about)s",
            "%(who)s asked %(number)s times that day: %(about)s",
            number=times,
            who=who,
            about=about,
        )
    if access.kind == "outcome":
        return _became(frame, access, who=who)
    if access.kind in _CHECKS and times > 1:
        return frame.words.count(
            "%(who)s looked %(number)s time that day at what is written here",
            "%(who)s looked %(number)s times that day at what is written here",
            number=times,
            who=who,
        )
    return _read(frame, access, who=who) if access.kind in _READS else _changed(frame, access, who=who)


def _read(frame: Frame, access: Access, *, who: str) -> str:
    say = frame.words.say
    named = {
        "name_opened": say("%(who)s opened something about you", who=who),
        "details_opened": say("%(who)s opened something about you", who=who),
        "customer_read": say("%(who)s looked up what we hold of you", who=who),
        "consents_read": say("%(who)s looked at what you allow", who=who),
        "preferences_read": say("%(who)s looked at how and when you want to be reached", who=who),
        "receipts_issued": say("%(who)s was given receipts of what you said", who=who),
        "lookup": say("%(who)s looked for you", who=who),
        "rights_read": say("%(who)s looked at what you asked for", who=who),
        "rights_request_read": say("%(who)s looked at what you asked for", who=who),
    }
    return named.get(access.kind) or say("%(who)s looked at these lines", who=who)


def _changed(frame: Frame, access: Access, *, who: str) -> str:
    say = frame.words.say
    named = {
        "fact": say("%(who)s told us that you bought or asked for something", who=who)
        if access.told.get("said") == "dealing"
        else say("%(who)s wrote down what you said", who=who),
        "customer_registered": say("%(who)s told us of you", who=who),
        "imported": say("%(who)s told us of you", who=who),
        "code_sent": say("%(who)s had a code sent to you", who=who),
        "preference_set": say("%(who)s wrote down how and when you want to be reached", who=who),
        "contact_point_stopped": say("%(who)s had messages to an address or number of yours stopped", who=who),
        "contact_point_freed": say("%(who)s told us that messages to an address of yours arrive again", who=who),
        "customer_merged": say("%(who)s found that two of our records are both you", who=who),
        "customer_unmerged": say("%(who)s found that two of our records are two people", who=who),
        "right_asked": say("%(who)s wrote down what you ask for by right", who=who),
        "right_withdrawn": say("%(who)s took back for you what you asked for", who=who),
        "right_done": say("%(who)s did what you asked for", who=who),
        "right_refused": say("%(who)s said no to what you asked for", who=who),
        "right_extended": say("%(who)s took more time for what you asked for", who=who),
    }
    return named.get(access.kind) or say("%(who)s changed your details", who=who)


def _became(frame: Frame, access: Access, *, who: str) -> str:
    say = frame.words.say
    sentences = {
        "sent": say("%(who)s sent the message it was allowed", who=who),
        "not_sent": say("%(who)s did not send the message it was allowed", who=who),
        "bounced": say("A message of %(who)s to you came back", who=who),
        "complained": say("%(who)s heard that you complained about a message", who=who),
    }
    return sentences[access.told["became"]]


def _about(frame: Frame, access: Access, *, organization: Organization) -> str:
    say = frame.words.say
    purpose = organization.purposes.get(access.told["purpose"])
    name = (
        say("something we no longer do") if purpose is None else title(frame, purpose.title, locale=organization.locale)
    )
    channel = access.told["channel"]
    how = "" if channel in {EVERY, "any"} else way(frame, channel)
    return say("%(purpose)s, %(way)s", purpose=name, way=how) if how else name


def _answer(frame: Frame, access: Access) -> str:
    say = frame.words.say
    match access.told["outcome"]:
        case "allow":
            return say("Allowed.")
        case "defer":
            until = access.told.get("defer_until")
            if until is None:
                return say("Told to wait.")
            moment = frame.words.moment(datetime.fromisoformat(until), zone=frame.zone)
            return say("Told to wait until %(moment)s.", moment=moment)
        case _:
            return say("Not allowed.")


def _given(frame: Frame, access: Access, *, organization: Organization) -> str:
    say = frame.words.say
    names = [_field(frame, field, organization=organization) for field in access.told.get("released", ())]
    given = say("It was given: %(names)s.", names=", ".join(names)) if names else say("It was given nothing.")
    withheld = [
        because(frame, code, why=Why(field=_field(frame, field, organization=organization)))
        for field, code in access.told.get("withheld", {}).items()
    ]
    return " ".join([given, *withheld])


def _field(frame: Frame, field: str, *, organization: Organization) -> str:
    if (known := organization.attributes.get(field)) is not None:
        return title(frame, known.title, locale=organization.locale)
    say = frame.words.say
    return say("your address or number for this") if field == CONTACT else say("something of yours")
