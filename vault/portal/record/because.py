"""Why a question was answered so, in the customer's words: a sentence for each reason code. One place knows them."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

import msgspec

from vault.domain.timing.implied import Deal
from vault.pages.frame import Frame


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence may name: the days on which something was said, ran out, changed its words, was stopped; more.

    `per` is for which time there were enough messages, `deal` what a law makes a yes of.
    """

    since: datetime | None = None
    until: datetime | None = None
    changed: datetime | None = None
    stopped: datetime | None = None
    age: int = 0
    guardian: bool = False
    field: str = ""
    per: str = ""
    deal: Deal | None = None


def because(frame: Frame, code: str, *, why: Why) -> str:
    """Return the sentence of a reason; a code without one of its own reads as a rule of ours."""
    say = frame.words.say
    if why.guardian and code in {"opted_in", "consent_expired"}:
        return _of_guardian(frame, code)
    since, until, changed, stopped = (_day(frame, at) for at in (why.since, why.until, why.changed, why.stopped))
    no = say("You said no on %(date)s.", date=since) if since else say("You said no.")
    not_its = say("This system is not allowed to ask for that.")
    not_for_this = say("It may not have this for it: %(field)s.", field=why.field)
    sentences = {
        "never_asked": say("We never asked you."),
        "double_opt_in_pending": say("You have not confirmed it yet."),
        "evidence_missing": say("Somebody told us that you said yes, but could not show it. So it does not count."),
        "refused": no,
        "withdrawn": no,
        "objected": say("You objected on %(date)s. Only you can change that.", date=since)
        if since
        else say("You objected. Only you can change that."),
        "consent_expired": say("Your yes ran out on %(date)s.", date=until) if until else say("Your yes ran out."),
        "notice_outdated": say("The words changed on %(date)s, so your old yes no longer counts.", date=changed)
        if changed
        else say("The words changed, so your old yes no longer counts."),
        "suppressed": say("Messages to this address or number were stopped on %(date)s.", date=stopped)
        if stopped
        else say("Messages to this address or number were stopped."),
        "paused": say("You were on a break."),
        "quiet_hours": say("It was a time of quiet."),
        "budget_spent": _enough(frame, why.per),
        "restricted": say("Your data is locked."),
        "minor": say(
            "You are under %(age)s, and nobody who may has said yes for you.", age=frame.words.number(why.age)
        ),
        "unreachable": say("We have no address for this."),
        "unverified": say("Nobody has shown that this address or number is yours."),
        "client_suspended": not_its,
        "purpose_not_granted_to_client": not_its,
        "channel_not_granted_to_client": not_its,
        "outside_token": not_its,
        "field_not_for_channel": not_for_this,
        "field_not_for_purpose": not_for_this,
        "field_not_granted_to_client": not_for_this,
        "client_late": say("This system is late in doing what you asked. Until it has, it is given nothing about you."),
        "policy_error": say("We could not be sure, so the answer was no."),
        "opted_in": say("You said yes on %(date)s.", date=since) if since else say("You said yes."),
        "implied_consent": _implied(frame, why, since=since, until=until),
        "legitimate_interest": say("We may, unless you object."),
        "service_message": say("It belongs to something you ordered."),
        "legal_obligation": say("The law requires it."),
    }
    return sentences.get(code) or say("Our rules do not allow it.")


def _of_guardian(frame: Frame, code: str) -> str:
    say = frame.words.say
    if code == "opted_in":
        return say("Somebody who may speak for you said yes.")
    return say("Somebody said yes for you when you were young. Now it takes your own yes.")


def _implied(frame: Frame, why: Why, *, since: str, until: str) -> str:
    say, days = frame.words.say, {"date": since, "until": until}
    match why.deal:
        case "purchased":
            return say("The law allows it after you bought something on %(date)s, until %(until)s.", **days)
        case "inquired":
            return say("The law allows it after you asked us something on %(date)s, until %(until)s.", **days)
        case None:
            return say("The law allows it after something you bought or asked. You can say no.")
        case _:
            assert_never(why.deal)


def _day(frame: Frame, at: datetime | None) -> str:
    return "" if at is None else frame.words.day(at, zone=frame.zone)


def _enough(frame: Frame, per: str) -> str:
    say = frame.words.say
    sentences = {
        "day": say("You had enough messages for this day."),
        "week": say("You had enough messages for this week."),
        "month": say("You had enough messages for this month."),
    }
    return sentences.get(per) or say("You had enough messages for a while.")
