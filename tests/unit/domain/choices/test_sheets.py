"""Sheets: what can be done in each row, which word stands at its end, and why."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from tests.unit.domain.facts import BEFORE, DAY, NOW, ORGANIZATION, SECOND_SALES_NOTICE, said
from tests.unit.domain.test_decision import DECLARED, MAIL, PHONE, person, point, stop
from vault.base.duration import Duration
from vault.base.errors import Conflict, Invalid
from vault.domain.choices.asked import asking, check, current, seen
from vault.domain.choices.sheets import Row, sheets
from vault.domain.fact import Fact
from vault.domain.organization import EVERY, Organization, Purpose
from vault.domain.standing import Instants
from vault.domain.timing.implied import Deal, Dealing, Implied, spelled

YEAR = Duration(months=12)
INTERESTS = (
    Purpose(key="care", lineage=("care",), title={"en": "care"}, kind="research", basis="legitimate_interest"),
    Purpose(
        key="safety",
        lineage=("safety",),
        title={"en": "s"},
        kind="service",
        basis="legal_obligation",
        channels=("email",),
    ),
)


def organization(**given: Any) -> Organization:
    purposes = {**DECLARED.purposes, **{one.key: one for one in INTERESTS}}
    return msgspec.structs.replace(DECLARED, **({"purposes": purposes} | given))


def rows(*facts: Fact, points: Any = None, minor: date | None = None, **given: Any) -> dict[tuple[str, str], Row]:
    points = (point(),) if points is None else points
    own = person(*points, facts=facts, minor_until=minor)
    found = sheets(organization(**given), own, instants=Instants(now=NOW))
    return {(row.purpose, row.channel): row for one in found for sheet in one.every() for row in sheet.rows}


def told(*facts: Fact, purpose: str = "sales", channel: str = "email", **given: Any) -> tuple[str, bool, str]:
    row = rows(*facts, **given)[purpose, channel]
    return row.can, row.on, row.why


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ((), ("switch", False, "never_asked")),
        ((said("granted"),), ("switch", True, "granted")),
        ((said("withdrawn"),), ("switch", False, "withdrawn")),
        ((said("refused"),), ("switch", False, "refused")),
        ((said("objected"),), ("switch", False, "objected")),
        ((said("granted", BEFORE + 800 * DAY, notice=1),), ("switch", False, "expired")),
        ((said("granted", SECOND_SALES_NOTICE - DAY, notice=1),), ("switch", False, "outdated")),
        ((said("granted", source="client", proven=False),), ("switch", False, "evidence")),
        ((said("refused", source="link", method="gpc"),), ("switch", False, "signal")),
        ((said("asked"),), ("waiting", False, "double_opt_in")),
    ],
)
def test_a_switch_says_what_stands(facts: tuple[Fact, ...], wanted: tuple[str, bool, str]) -> None:
    assert told(*facts) == wanted


@pytest.mark.parametrize(("what", "why"), [("purchased", "bought"), ("inquired", "inquired")])
def test_what_a_law_implies_is_on_and_says_since_when_and_until_when(what: Deal, why: str) -> None:
    law = Implied(rule="casl", countries=("CA",), channels=("email",), purchased=YEAR, inquired=YEAR)
    sales = msgspec.structs.replace(DECLARED.purpose("sales"), implied=(law,))
    dealt = said("dealing", purpose=EVERY, channel=EVERY, dealing=spelled(Dealing(what=what)))
    own = msgspec.structs.replace(person(point(), facts=(dealt,)), country="CA")
    declared = msgspec.structs.replace(DECLARED, purposes={**DECLARED.purposes, "sales": sales})
    found = [row for one in sheets(declared, own, instants=Instants(now=NOW)) for sheet in one.every()
             for row in sheet.rows if (row.purpose, row.channel) == ("sales", "email")]  # fmt: skip
    assert [(row.can, row.on, row.why, row.since, row.until, row.cited) for row in found] == [
        ("switch", True, why, dealt.at, YEAR.after(dealt.at), None)
    ]


def test_who_a_guardian_spoke_for_reads_so_and_what_is_for_a_child_waits_for_a_guardian() -> None:
    yes = said("granted", source="client", guardian=True)
    assert told(yes, minor=date(2030, 1, 1)) == ("switch", True, "guardian")
    assert told(yes) == ("switch", False, "grown")
    assert told(yes, said("granted", NOW - DAY / 2), minor=date(2030, 1, 1)) == ("switch", True, "granted")
    profile: dict[str, Any] = {"purpose": "personalisation", "channel": "*", "minor": date(2030, 1, 1)}
    assert told(**profile) == ("nothing", False, "minor")


@pytest.mark.parametrize("facts", [(), (said("granted"),)])
def test_what_hinders_a_yes_leaves_a_no(facts: tuple[Fact, ...]) -> None:
    can = "waiting" if facts else "nothing"
    assert told(*facts, points=()) == (can, False, "unreachable")
    assert told(*facts, points=(point(MAIL, stop(kind="bounce")),)) == (can, False, "suppressed")
    assert told(*facts, minor=date(2030, 1, 1)) == (can, False, "minor")
    assert rows(*facts, points=(point(MAIL, stop()),))["sales", "email"].since == NOW - DAY


@pytest.mark.parametrize("facts", [(), (said("granted"),)])
def test_a_yes_begins_with_a_code_where_nobody_has_shown_whose_an_address_is_or_a_person_stopped_it(
    facts: tuple[Fact, ...],
) -> None:
    can = "waiting" if facts else "switch"
    verified = {**DECLARED.purposes, "sales": msgspec.structs.replace(DECLARED.purposes["sales"], verified=("email",))}
    unverified: dict[str, Any] = {"points": (point(verified=False),), "purposes": verified}
    assert told(*facts, **unverified) == (can, False, "unverified")
    assert rows(*facts, **unverified)["sales", "email"].proves
    stopped = rows(*facts, points=(point(MAIL, stop(kind="complaint")),))["sales", "email"]
    assert (stopped.can, stopped.on, stopped.why, stopped.proves) == (can, False, "suppressed", True)


def test_no_code_helps_where_something_else_hinders_or_none_can_be_sent() -> None:
    held = (point(MAIL, stop(kind="complaint"), stop(kind="bounce")),)
    assert not rows(points=held)["sales", "email"].proves
    held = (point(MAIL, stop(kind="complaint")),)
    assert not rows(points=held, minor=date(2030, 1, 1))["sales", "email"].proves
    assert not rows(points=held)["newsletter", "email"].proves
    assert not rows(points=held)["safety", "email"].proves
    assert not rows(points=(point(PHONE, stop(kind="stop_word"), kind="phone"),))["sales", "sms"].proves
    assert not rows(points=())["sales", "email"].proves
    assert not rows()["sales", "email"].proves


def test_where_a_yes_begins_with_a_message_a_switch_asks_for_it_and_then_it_waits() -> None:
    unchecked = (point(verified=False),)
    assert told(purpose="newsletter", points=unchecked) == ("switch", False, "never_asked")
    assert rows(points=unchecked)["newsletter", "email"].asks
    asked = said("asked", purpose="newsletter", notice=1)
    assert told(asked, purpose="newsletter", points=unchecked) == ("waiting", False, "double_opt_in")
    yes = said("granted", purpose="newsletter", notice=1)
    assert told(yes, purpose="newsletter") == ("switch", True, "granted")
    assert not rows()["sales", "email"].asks


def test_a_yes_may_begin_with_a_message_where_the_person_stopped_them_and_nowhere_else() -> None:
    for kind, can in (("complaint", "switch"), ("bounce", "nothing")):
        held = (point(MAIL, stop(kind=kind)),)
        assert told(purpose="newsletter", points=held) == (can, False, "suppressed")
        assert rows(points=held)["newsletter", "email"].asks == (can == "switch")
    yes = said("granted", purpose="newsletter", notice=1)
    assert told(yes, purpose="newsletter", points=(point(MAIL, stop(kind="complaint")),)) == (
        "waiting",
        False,
        "suppressed",
    )


def test_where_no_message_can_be_sent_there_is_no_switch_to_yes_but_one_to_no() -> None:
    file = organization()
    texts = msgspec.structs.replace(file.purposes["sales"], double_opt_in=("sms",))
    given: dict[str, Any] = {"points": (point(PHONE, kind="phone"),), "purposes": {**file.purposes, "sales": texts}}
    assert told(channel="sms", **given) == ("confirm", False, "never_asked")
    assert told(said("granted", channel="sms"), channel="sms", **given) == ("switch", True, "granted")


def test_an_interest_stands_until_somebody_objects_and_then_nothing_asks_for_it() -> None:
    assert told(purpose="care", channel=EVERY) == ("switch", True, "interest")
    no = said("objected", purpose="care", channel=EVERY)
    assert told(no, purpose="care", channel=EVERY) == ("nothing", False, "objected")


def test_what_belongs_to_an_order_or_the_law_has_no_switch_and_none_for_what_cannot_reach() -> None:
    assert told(purpose="service") == ("fixed", True, "service")
    assert told(purpose="safety") == ("fixed", True, "law")
    assert ("service", "email") not in rows(points=(point(PHONE, kind="phone"),))


def test_purposes_stand_in_their_order_within_each_other_and_what_belongs_to_orders_last() -> None:
    found = sheets(organization(), person(point()), instants=Instants(now=NOW))
    assert [one.purpose.key for one in found][-2:] == ["service", "safety"]
    assert [one.purpose.key for one in found[0].every()][:3] == ["offers", "newsletter", "sales"]
    places = {"newsletter": 5, "sales": 1, "back_in_stock": 2, "events": 3, "catalogue": 4}
    moved = {
        key: msgspec.structs.replace(one, place=places.get(key, 0)) for key, one in organization().purposes.items()
    }
    first = sheets(organization(purposes=moved), person(point()), instants=Instants(now=NOW))[0]
    assert [one.purpose.key for one in first.within] == ["sales", "events", "catalogue", "newsletter"]
    assert first.rows == ()


# ── The words ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_only_the_newest_words_that_are_published_ask() -> None:
    sales = ORGANIZATION.purpose("sales")
    found = [current(ORGANIZATION, sales, at=at) for at in (BEFORE, SECOND_SALES_NOTICE, NOW)]
    assert [None if one is None else one.version for one in found] == [None, 2, 3]
    assert current(ORGANIZATION, ORGANIZATION.purpose("service"), at=NOW) is None


def test_a_yes_to_other_words_than_those_that_ask_is_a_conflict() -> None:
    sales = ORGANIZATION.purpose("sales")
    notices = ORGANIZATION.notices["sales"]
    now = seen(ORGANIZATION, sales, version=3, digest=notices[2].words("en"))
    old = seen(ORGANIZATION, sales, version=2, digest=notices[1].words("en"))
    assert now is not None
    assert old is not None
    assert check(ORGANIZATION, sales, found=now, at=NOW) == now
    for other in (old, seen(ORGANIZATION, sales, version=3, digest=notices[1].words("en"))):
        with pytest.raises(Conflict):
            check(ORGANIZATION, sales, found=other, at=NOW)
    with pytest.raises(Invalid):
        check(ORGANIZATION, ORGANIZATION.purpose("service"), found=None, at=NOW)


def test_words_are_shown_in_the_readers_language_if_there_are_any() -> None:
    notice = ORGANIZATION.notices["sales"][2]
    german = msgspec.structs.replace(notice, texts={"de-AT": notice.texts["en"]})
    both = msgspec.structs.replace(notice, texts={**german.texts, **notice.texts})
    assert [
        asking(ORGANIZATION, one, language=tongue).locale
        for one, tongue in ((both, "de"), (both, "fr"), (german, "fr"))
    ] == ["de-AT", "en", "de-AT"]
