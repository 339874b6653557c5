"""Laws 1 to 4: silence, the latest word, how far a no and a yes reach, objections."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import (
    DAY,
    EXPORTED,
    NOES,
    NOW,
    ORGANIZATION,
    About,
    Case,
    cases,
    facts_about,
    said,
    stands,
)
from vault.domain.fact import Fact, FactKind, Source
from vault.domain.organization import EVERY
from vault.domain.standing import Instants, Rule, standing

STRICTEST_FIRST: tuple[FactKind, ...] = ("objected", "withdrawn", "refused", "granted")
SOURCES: tuple[Source, ...] = ("person", "link", "client", "admin", "import")


# ── Law 1 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_nothing_said_means_no() -> None:
    assert stands().state == "never_asked"


@given(cases)
def test_no_yes_without_a_proven_grant_of_exactly_this_purpose_and_channel(case: Case) -> None:
    found = case.stands()
    if found.state != "granted":
        return
    grant = found.grant
    assert grant in case.facts
    assert grant is not None
    assert (grant.kind, grant.purpose, grant.channel, grant.proven) == ("granted", "sales", "email", True)
    assert grant.contact_point is None or case.about in {None, grant.contact_point}
    assert found.until is None or case.instants.instant < found.until


@given(cases)
def test_a_standing_names_the_word_it_rests_on(case: Case) -> None:
    found = case.stands()
    if found.state == "never_asked":
        assert (found.rests_on, found.since, found.until) == (None, None, None)
        return
    assert found.rests_on in case.facts
    assert found.rests_on is not None
    assert found.since == found.rests_on.at
    if found.state in NOES:
        assert found.rests_on.kind == found.state
    assert (found.grant is not None) == (found.state in {"granted", "expired", "outdated"})
    assert (found.pending_for is not None) == (found.state == "pending")


# ── Law 2 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(cases, st.randoms())
def test_the_order_of_arrival_never_matters(case: Case, chance: Random) -> None:
    shuffled = list(case.facts)
    chance.shuffle(shuffled)
    assert Case(shuffled, case.rule, case.instants, case.about).stands() == case.stands()


@pytest.mark.parametrize("kind", ["granted", "refused", "withdrawn"])
@pytest.mark.parametrize("before", ["granted", "refused", "withdrawn"])
@pytest.mark.parametrize("source", ["person", "link", "client", "admin"])
def test_the_latest_word_wins(kind: FactKind, before: FactKind, source: Source) -> None:
    earlier, later = said(before, NOW - 2 * DAY), said(kind, NOW - DAY, source=source)
    assert stands(later, earlier).state == stands(earlier, later).state == kind


def test_the_latest_word_counts_by_when_it_was_said_not_by_when_we_learnt_it() -> None:
    late_news = said("granted", NOW - 3 * DAY, source="client", recorded_at=NOW)
    assert stands(late_news, said("withdrawn", NOW - 2 * DAY, recorded_at=NOW - 2 * DAY)).state == "withdrawn"


@pytest.mark.parametrize("count", [2, 3, 4])
def test_at_the_same_instant_the_strictest_word_wins(count: int) -> None:
    words = [said(kind) for kind in STRICTEST_FIRST]
    for some in permutations(words, count):
        assert stands(*some).state == min((word.kind for word in some), key=STRICTEST_FIRST.index)


def test_of_two_grants_at_the_same_instant_the_strictest_counts() -> None:
    at = NOW - 600 * DAY
    good, ended = said("granted", at, notice=3), said("granted", at, until=NOW - DAY)
    old, sooner = said("granted", at, notice=1), said("granted", at, until=NOW + DAY)
    assert stands(good, ended).state == stands(ended, good).state == "expired"
    assert stands(good, old).state == stands(old, good).state == "outdated"
    assert stands(old, ended).state == stands(ended, old).state == "expired"
    assert stands(sooner, old).state == stands(old, sooner).state == "outdated"
    assert stands(good, sooner).grant == stands(sooner, good).grant == sooner


def test_of_two_grants_alike_at_the_same_instant_the_one_to_the_older_notice_is_named() -> None:
    older = said("granted", notice=2)
    assert stands(said("granted"), older).grant == older


LATER_ONE_NAMED = (("withdrawn", "person"), ("asked", "person"), ("granted", "import"))


@pytest.mark.parametrize(("kind", "source"), LATER_ONE_NAMED)
def test_of_two_words_alike_at_the_same_instant_the_one_recorded_last_is_named(kind: FactKind, source: Source) -> None:
    last = said(kind, source=source, proven=False, recorded_at=NOW)
    first = said(kind, source=source, proven=False, recorded_at=NOW - DAY)
    assert stands(first, last).rests_on == stands(last, first).rests_on == last


def test_of_two_grants_alike_in_all_the_one_recorded_first_is_named() -> None:
    last, first = said("granted", recorded_at=NOW), said("granted", recorded_at=NOW - DAY)
    assert stands(first, last).rests_on == stands(last, first).rests_on == first


@pytest.mark.parametrize(("kind", "source"), [*LATER_ONE_NAMED, ("granted", "person")])
def test_of_two_words_recorded_together_the_same_is_named_in_any_order(kind: FactKind, source: Source) -> None:
    one, other = (said(kind, source=source, proven=False) for _ in range(2))
    assert stands(one, other).rests_on == stands(other, one).rests_on


@given(cases, facts_about(About(kinds=NOES)))
def test_one_no_more_never_makes_a_yes(case: Case, no: Fact) -> None:
    if case.state() == "granted":
        return
    assert case.state(no) != "granted"


@given(cases, st.sampled_from(NOES), st.sampled_from(SOURCES))
def test_a_no_later_than_everything_always_counts(case: Case, kind: FactKind, source: Source) -> None:
    last = max((fact.at for fact in case.facts), default=NOW)
    no = said(kind, last + timedelta(microseconds=1), source=source)
    current = Case(case.facts, case.rule, Instants(now=case.instants.now), case.about)
    assert current.state(no) in ({kind, "objected"})
    if current.state() != "objected":
        assert current.stands(no).rests_on == no


# ── Law 3 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
WAYS = [(purpose.key, channel) for purpose, channel in ORGANIZATION.ways()]
COVERAGE = [(no, channel, way) for no in ORGANIZATION.purposes for channel in ("email", "sms", EVERY) for way in WAYS]


@pytest.mark.parametrize("kind", NOES)
def test_a_no_covers_its_whole_subtree_and_with_a_star_every_channel_and_nothing_else(kind: FactKind) -> None:
    for purpose, channel, (asked, over) in COVERAGE:
        below = purpose in ORGANIZATION.purpose(asked).lineage
        covered = below and channel in {over, EVERY}
        state = stands(said(kind, purpose=purpose, channel=channel), purpose=asked, channel=over).state
        assert state == (kind if covered else "never_asked")


def test_a_grant_covers_exactly_the_purpose_and_channel_it_names() -> None:
    for purpose, channel in WAYS:
        for asked, over in WAYS:
            state = stands(said("granted", purpose=purpose, channel=channel), purpose=asked, channel=over).state
            assert (state == "granted") == ((purpose, channel) == (asked, over))


def test_a_grant_with_a_star_is_a_yes_only_to_a_purpose_without_channels() -> None:
    grant = said("granted", purpose="personalisation", channel=EVERY)
    assert stands(grant, purpose="personalisation", channel=EVERY).state == "granted"
    assert stands(said("granted", channel=EVERY)).state == "never_asked"
    assert stands(said("granted", channel=EVERY), channel=EVERY).state == "never_asked"


def test_a_grant_of_a_channel_the_purpose_no_longer_uses_is_no_yes() -> None:
    given_once, refused_once = said("granted", channel="post"), said("withdrawn", channel="post")
    assert stands(given_once, channel="post").state == "never_asked"
    assert stands(given_once, refused_once, channel="post").state == "withdrawn"


NOT_THIS = (
    About(purposes=("back_in_stock", "events")),
    About(channels=("sms",)),
    About(kinds=("granted", "asked"), purposes=("offers", "root")),
    About(kinds=("granted", "asked"), channels=("*",)),
)


@given(cases, st.sampled_from(NOT_THIS).flatmap(facts_about))
def test_what_is_said_of_other_purposes_and_channels_changes_nothing(case: Case, other: Fact) -> None:
    assert case.stands(other) == case.stands()


# ── Law 4 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(cases, facts_about(About(sources=("link", "client", "admin", "import"))))
def test_nobody_but_the_person_lifts_an_objection(case: Case, other: Fact) -> None:
    if case.state() != "objected":
        return
    assert case.state(other) == "objected"


@given(cases, facts_about(About(kinds=("refused", "withdrawn", "asked"))))
def test_a_later_no_does_not_replace_an_objection_not_even_the_persons(case: Case, later: Fact) -> None:
    if case.state() != "objected":
        return
    assert case.stands(later) == case.stands()


@given(cases)
def test_the_person_in_person_lifts_an_objection_for_exactly_what_they_grant(case: Case) -> None:
    current = Case(case.facts, case.rule, Instants(now=NOW), None)
    if current.state() != "objected":
        return
    grant = said("granted", NOW - DAY)
    assert current.state(grant) in {"granted", "expired"}
    assert current.state(said("granted", NOW - DAY, channel="sms")) == "objected"
    assert current.state(said("granted", NOW - DAY, purpose="offers")) == "objected"


def test_an_objection_at_the_instant_of_the_persons_grant_stands() -> None:
    assert stands(said("granted"), said("objected")).state == "objected"


def test_after_the_person_lifted_an_objection_words_compete_by_date_again() -> None:
    objection, grant = said("objected", NOW - 4 * DAY), said("granted", NOW - 3 * DAY)
    withdrawal = said("withdrawn", NOW - 2 * DAY, source="link")
    assert stands(objection, grant, withdrawal).state == "withdrawn"
    assert stands(objection, grant, withdrawal, said("granted", source="client", proven=True)).state == "granted"
    assert stands(objection, said("granted", NOW - 5 * DAY), withdrawal).state == "objected"


def test_an_objection_to_everything_is_lifted_purpose_by_purpose() -> None:
    objection = said("objected", EXPORTED, source="import", purpose="offers", channel=EVERY)
    grant = said("granted", NOW - DAY)
    assert stands(objection, grant).state == "granted"
    assert stands(objection, grant, channel="sms").state == "objected"
    assert stands(objection, grant, purpose="back_in_stock").state == "objected"


def test_an_objection_stands_before_a_withdrawal_that_came_later() -> None:
    recall = Rule(lineage=("recall",), channel="email")
    words = [said("objected", NOW - 2 * DAY, purpose="recall"), said("withdrawn", purpose="recall")]
    assert standing(words, recall, instants=Instants(now=NOW)).state == "objected"
    assert standing(words[1:], recall, instants=Instants(now=NOW)).state == "withdrawn"


def test_a_no_reaches_a_service_too_whatever_its_legal_basis_makes_of_it() -> None:
    assert stands(said("withdrawn", purpose="service", channel=EVERY), purpose="service").state == "withdrawn"
