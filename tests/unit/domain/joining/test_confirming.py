"""Law 8: a yes comes with the link that was sent, from that contact point, inside its validity, to the words shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import (
    HERE,
    MOMENTS,
    NOW,
    ORGANIZATION,
    SECOND_SALES_NOTICE,
    START,
    About,
    facts_about,
    said,
)
from tests.unit.domain.test_decision import DECLARED, MAIL, PHONE, WORK, person, point, stop
from vault.base.duration import Duration
from vault.base.errors import Conflict
from vault.base.ids import CONTACT_POINT, SUBJECT, ContactPointId, Subject, show
from vault.domain.decision.basis import basis, way
from vault.domain.fact import Fact, FactKind
from vault.domain.joining.asking import begins, follows
from vault.domain.joining.confirming import cited, is_live, noes, shown, standing_no
from vault.domain.joining.link import LASTS, Confirmation, ending, packed, unpacked
from vault.domain.organization import Notice, Organization
from vault.domain.standing import Instants, Rule, standing

SUBJECTS = st.uuids().map(lambda own: show(SUBJECT, own))
POINTS = st.uuids().map(lambda own: show(CONTACT_POINT, own))
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,62}|\*", fullmatch=True)
TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2106, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants plain ones
RULE = Rule(lineage=("sales", "offers", "root"), channel="email", double_opt_in=True)
WORDS = ORGANIZATION.notices["sales"][2].words("en")


def link(**given: Any) -> Confirmation:
    plain: dict[str, Any] = {
        "subject": Subject("sub_a"),
        "point": MAIL,
        "purpose": "sales",
        "channel": "email",
        "notice": 3,
        "words": WORDS,
        "asked_at": NOW - timedelta(days=2),
        "ends_at": NOW + timedelta(days=5),
    }
    return Confirmation(**(plain | given))


def with_notice(*, compatible: bool) -> Organization:
    """Return the organization with a fourth version of what asks for sales."""
    third = ORGANIZATION.notices["sales"][2]
    words = msgspec.structs.replace(third.texts["en"], ask="sales 4?")
    fourth: Notice = msgspec.structs.replace(
        third, version=4, published=NOW - timedelta(days=1), compatible=compatible, texts={"en": words}
    )
    notices = {**ORGANIZATION.notices, "sales": (*ORGANIZATION.notices["sales"], fourth)}
    return msgspec.structs.replace(ORGANIZATION, notices=notices)


def ask(organization: Organization, said: Confirmation, at: datetime = NOW) -> tuple[int, int | None] | None:
    """Return the versions that are shown: the one that asks, and the one before."""
    found = shown(organization, said, language="en", instants=Instants(now=at))
    if found is None:
        return None
    return found.asking.notice.version, None if found.before is None else found.before.notice.version


# ── The link ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(SUBJECTS, POINTS, st.tuples(KEYS, KEYS), st.integers(1, 10**9), TIMES)
def test_what_is_packed_is_unpacked(
    subject: Subject, own: ContactPointId, names: tuple[str, str], notice: int, asked: datetime
) -> None:
    said = link(
        subject=subject, point=own, purpose=names[0], channel=names[1], notice=notice, asked_at=asked,
        ends_at=ending(asked, keep=None),
    )  # fmt: skip
    assert unpacked(packed(said)) == said


@given(TIMES, st.none() | st.integers(0, 200 * 12).map(lambda months: Duration(months=months)))
def test_it_is_good_for_as_long_as_the_file_says_else_a_week(asked: datetime, keep: Duration | None) -> None:
    said = link(asked_at=asked, ends_at=ending(asked, keep=keep))
    assert said.ends_at <= (keep or LASTS).after(asked)
    assert said.is_over(said.ends_at)
    assert not said.is_over(said.ends_at - timedelta(seconds=1))
    assert ending(START, keep=None) == START + timedelta(days=7)


# ── Who may still say yes ────────────────────────────────────────────────────────────────────────────────────────────
@given(st.lists(facts_about(), max_size=6), st.sampled_from(MOMENTS))
def test_law_8_a_yes_by_a_live_link_counts_and_no_link_is_live_after_a_no(facts: list[Fact], asked: datetime) -> None:
    organization = msgspec.structs.replace(
        ORGANIZATION,
        purposes={**ORGANIZATION.purposes, "sales": msgspec.structs.replace(
            ORGANIZATION.purposes["sales"], lineage=RULE.lineage)},
    )  # fmt: skip
    said_by = link(asked_at=asked, point=HERE)
    who = person(point(HERE), facts=tuple(facts))
    later = max([asked, *(fact.at for fact in facts)]) + timedelta(days=1)
    confirmed = said("granted", later, contact_point=HERE, notice=3, method="form")
    instants = Instants(now=later)
    since = [
        fact
        for fact in facts
        if fact.kind in {"refused", "withdrawn", "objected"}
        and fact.purpose in RULE.lineage
        and fact.channel in {"email", "*"}
        and fact.at >= asked
    ]
    assert noes(organization, said_by, facts=facts) == since
    assert is_live(organization, said_by, person=who) == (not since)
    assert standing([*facts, confirmed], RULE, instants=instants, contact_point=HERE).state == "granted"


@given(st.lists(facts_about(), max_size=6), st.sampled_from(MOMENTS))
def test_law_12_a_no_by_a_link_is_said_again_wherever_a_yes_stands_since(facts: list[Fact], asked: datetime) -> None:
    said_by = link(asked_at=asked)
    found = standing_no(ORGANIZATION, said_by, facts=facts)
    since = noes(ORGANIZATION, said_by, facts=facts)
    if found is None:
        last = max((no.at for no in since), default=None)
        again = [one for one in facts if one.kind in {"granted", "asked"} and last is not None and one.at > last]
        assert not since or any((one.purpose, one.channel) == ("sales", "email") for one in again)
    else:
        assert found in since
        instants = Instants(now=max(fact.at for fact in facts) + timedelta(days=1))
        rule = Rule(lineage=ORGANIZATION.purposes["sales"].lineage, channel="email")
        assert standing(facts, rule, instants=instants).state != "granted"


def test_a_no_stands_until_a_yes_is_said_or_asked_for() -> None:
    no = said("refused", NOW - timedelta(days=1))
    for kind in ("granted", "asked"):
        later = said(kind, NOW - timedelta(hours=1))
        assert standing_no(ORGANIZATION, link(), facts=[no, later]) is None
        assert standing_no(ORGANIZATION, link(), facts=[later, said("withdrawn", NOW)]) is not None
    assert standing_no(ORGANIZATION, link(), facts=[]) is None
    assert standing_no(ORGANIZATION, link(), facts=[no]) == no


@given(st.lists(facts_about(About(kinds=("asked", "refused", "withdrawn", "objected"))), max_size=6))
def test_law_8_however_often_somebody_is_asked_a_no_stays_a_no(facts: list[Fact]) -> None:
    instants = Instants(now=NOW)
    before = standing([fact for fact in facts if fact.kind != "asked"], RULE, instants=instants).state
    after = standing(facts, RULE, instants=instants).state
    assert after == before if before != "never_asked" else after in {"never_asked", "pending"}


def test_a_link_is_live_for_its_own_person_at_its_own_point_alone() -> None:
    assert is_live(ORGANIZATION, link(), person=person(point(MAIL), point(WORK)))
    assert not is_live(ORGANIZATION, link(), person=None)
    assert not is_live(ORGANIZATION, link(), person=person(point(WORK)))
    assert not is_live(ORGANIZATION, link(subject=Subject("sub_b")), person=person(point(MAIL)))


# ── The words ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_words_of_the_message_are_shown_unless_later_ones_broke_with_them() -> None:
    assert ask(ORGANIZATION, link()) == (3, None)
    assert ask(with_notice(compatible=True), link()) == (3, None)
    assert ask(with_notice(compatible=False), link()) == (4, 3)
    first = link(notice=1, words=ORGANIZATION.notices["sales"][0].words("en"))
    assert ask(ORGANIZATION, first) == (3, 1)
    assert ask(ORGANIZATION, first, SECOND_SALES_NOTICE - timedelta(days=1)) == (1, None)


@pytest.mark.parametrize(
    "given",
    [
        {"purpose": "gone"},
        {"channel": "post"},
        {"purpose": "service"},
        {"words": "0" * 64},
        {"notice": 9},
    ],
)
def test_where_nothing_asks_any_more_nothing_is_shown_nor_cited(given: dict[str, Any]) -> None:
    said = link(**given)
    assert ask(ORGANIZATION, said) is None
    assert cited(ORGANIZATION, said, notice=3, words=WORDS, instants=Instants(now=NOW)) is None
    assert ask(ORGANIZATION, link(), datetime(2019, 1, 1, tzinfo=UTC)) is None


def test_a_yes_cites_the_words_that_are_shown_and_no_others() -> None:
    instants = Instants(now=NOW)
    found = cited(ORGANIZATION, link(), notice=3, words=WORDS, instants=instants)
    assert found is not None
    assert found.digest == WORDS
    changed = with_notice(compatible=False)
    fourth = changed.notices["sales"][3].words("en")
    after = cited(changed, link(), notice=4, words=fourth, instants=instants)
    assert after is not None
    assert after.notice.version == 4
    for organization, notice, words in (
        (changed, 3, WORDS),
        (changed, 4, WORDS),
        (ORGANIZATION, 4, fourth),
        (with_notice(compatible=True), 4, fourth),
        (ORGANIZATION, 3, "0" * 64),
    ):
        with pytest.raises(Conflict):
            cited(organization, link(), notice=notice, words=words, instants=instants)


# ── Who is asked ─────────────────────────────────────────────────────────────────────────────────────────────────────
def asks(
    *points: Any, facts: tuple[Fact, ...] = (), purpose: str = "newsletter", minor: date | None = None
) -> tuple[bool, bool]:
    """Return whether a message may go out when the person says yes, and when somebody else says it for them."""
    instants = Instants(now=NOW)
    wanted = way(DECLARED, purpose, channel="email")
    yes = said("granted", NOW, purpose=purpose, source="client", notice=1)
    found = basis(person(*points, facts=(*facts, yes), minor_until=minor), wanted, instants=instants)
    return begins(wanted, found, instants=instants), follows(wanted, found, yes=yes, instants=instants)


def test_a_message_goes_to_an_address_that_nothing_stopped_and_after_a_stop_only_for_the_person() -> None:
    assert asks(point(MAIL, verified=False)) == (True, True)
    assert asks(point(MAIL, stop())) == (True, False)
    assert asks(point(MAIL, stop(kind="bounce"))) == (False, False)
    assert asks() == (False, False)
    assert asks(point(PHONE, kind="phone")) == (False, False)
    assert asks(point(MAIL), purpose="sales") == (False, False)


def test_somebody_elses_yes_asks_no_child_for_offers_and_nobody_who_said_no_later_or_objected() -> None:
    assert asks(point(MAIL), minor=date(2030, 1, 1)) == (True, False)
    early, late = NOW - timedelta(days=1), NOW + timedelta(seconds=1)
    cases: list[tuple[FactKind, datetime, bool]] = [
        ("withdrawn", early, True),
        ("refused", late, False),
        ("objected", early, False),
    ]
    for kind, at, asked in cases:
        no = said(kind, at, purpose="newsletter")
        assert asks(point(MAIL), facts=(no,)) == (True, asked), kind
    granted = said("granted", early, purpose="newsletter", notice=1)
    assert asks(point(MAIL), facts=(granted,)) == (True, False)  # it stands already


def test_ids_in_a_link_are_read_as_they_were() -> None:
    own = show(CONTACT_POINT, UUID(int=7))
    said = link(point=own, subject=show(SUBJECT, UUID(int=9)))
    assert len(packed(said)) == 16 + 16 + 8 + 4 + 4 + 32 + len("sales\0email")
    assert unpacked(packed(said)).point == own
