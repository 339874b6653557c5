"""Law 15: somebody who may speak for a child says yes for a while, and never against the child's own no."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given

from tests.unit.domain.facts import DAY, NOW, ORGANIZATION, Case, cases, facts_about, said
from vault.domain.fact import Fact
from vault.domain.standing import Instants, Standing, rule, standing

NOES = {"refused", "withdrawn", "objected"}
STEP = timedelta(microseconds=1)


def parents(kind: Any = "granted", at: Any = NOW - DAY, **given: Any) -> Fact:
    """Return what somebody says for their child, as a client tells it."""
    return said(kind, at, source="client", guardian=True, **given)


def stands(*facts: Fact, purpose: str = "sales", minor: bool = True) -> Standing:
    way = rule(ORGANIZATION, ORGANIZATION.purpose(purpose), channel="email")
    return standing(facts, way, instants=Instants(now=NOW), minor=minor)


# ── At random ────────────────────────────────────────────────────────────────────────────────────────────────────────
@given(cases)
def test_a_guardian_never_turns_the_no_of_anybody_else_into_a_yes(case: Case) -> None:
    without = Case([fact for fact in case.facts if not fact.guardian], case.rule, case.instants, case.about)
    assume(without.state() in NOES)
    assert case.state() in NOES


@given(cases, facts_about())
def test_whatever_a_guardian_said_the_child_can_withdraw_and_it_holds(case: Case, no: Fact) -> None:
    last = max([fact.at for fact in case.facts], default=no.at) + STEP
    own = msgspec.structs.replace(
        no, kind="withdrawn", purpose="sales", channel="*", at=last, recorded_at=last, source="link", guardian=False
    )
    now = Instants(now=last + 9 * DAY)
    withdrawn = Case([*case.facts, own], case.rule, now, case.about)
    assert withdrawn.state() in NOES
    again = msgspec.structs.replace(own, kind="granted", channel="email", at=last + DAY, source="client", guardian=True)
    assert withdrawn.state(again) in NOES


@given(cases)
def test_only_a_yes_of_a_guardian_that_stands_is_one_for_a_child(case: Case) -> None:
    found = case.stands()
    if found.guardian:
        assert found.state not in NOES
        assert any(fact.guardian and fact.kind == "granted" for fact in case.facts)
        without = [fact for fact in case.facts if not (fact.guardian and fact.kind == "granted")]
        assert not Case(without, case.rule, case.instants, case.about).stands().guardian


@given(cases)
def test_for_who_is_of_age_nothing_rests_on_a_guardian(case: Case) -> None:
    found = standing(case.facts, case.rule, instants=case.instants, contact_point=case.about, minor=False)
    assert not found.guardian
    if found.state == "granted":
        assert found.rests_on is not None
        assert not found.rests_on.guardian


@given(cases)
def test_where_no_guardian_speaks_nothing_hangs_on_age(case: Case) -> None:
    facts = [fact for fact in case.facts if not fact.guardian]
    young, old = (
        standing(facts, case.rule, instants=case.instants, contact_point=case.about, minor=minor)
        for minor in (True, False)
    )
    assert young == old
    assert not young.guardian


# ── Plainly ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_guardian_says_yes_and_takes_it_back_and_says_it_again() -> None:
    yes = parents(at=NOW - 9 * DAY)
    assert (stands(yes).state, stands(yes).guardian) == ("granted", True)
    no = parents("withdrawn", NOW - 8 * DAY)
    assert (stands(yes, no).state, stands(yes, no).guardian) == ("withdrawn", False)
    again = parents(at=NOW - 7 * DAY)
    assert (stands(yes, no, again).state, stands(yes, no, again).guardian) == ("granted", True)


@pytest.mark.parametrize("source", ["person", "link", "client", "admin", "import"])
@pytest.mark.parametrize("kind", sorted(NOES))
def test_no_no_but_a_guardians_own_is_lifted_by_a_guardian(kind: Any, source: Any) -> None:
    no = said(kind, NOW - 9 * DAY, source=source)
    assert stands(no, parents()).state == kind
    assert stands(parents(at=NOW - 10 * DAY), no).state == kind


def test_a_child_who_said_yes_after_their_own_no_may_be_allowed_again() -> None:
    no, own = said("withdrawn", NOW - 9 * DAY), said("granted", NOW - 8 * DAY)
    before, after = parents(at=NOW - 10 * DAY), parents(at=NOW - 7 * DAY)
    assert (stands(before, no, own).state, stands(before, no, own).guardian) == ("granted", False)
    assert (stands(no, own, after).state, stands(no, own, after).guardian) == ("granted", True)


def test_a_childs_own_yes_after_the_guardians_takes_nothing_away() -> None:
    found = stands(parents(at=NOW - 9 * DAY), said("granted", NOW - 8 * DAY))
    assert (found.state, found.guardian) == ("granted", True)


def test_a_guardians_yes_that_ran_out_or_is_to_old_words_allows_nothing() -> None:
    own = said("granted", NOW - 2 * DAY)
    over = parents(at=NOW - 9 * DAY, until=NOW)
    assert (stands(over).state, stands(over).guardian) == ("expired", False)
    assert (stands(over, own).state, stands(over, own).guardian) == ("granted", False)
    assert not stands(parents(at=NOW - 9 * DAY, notice=1), own).guardian


def test_where_a_yes_is_to_be_confirmed_the_guardians_waits_and_then_allows() -> None:
    yes = parents(at=NOW - 9 * DAY, purpose="newsletter", notice=1)
    waiting = stands(yes, purpose="newsletter")
    assert (waiting.state, waiting.pending_for, waiting.guardian) == ("pending", "double_opt_in", True)
    confirmed = stands(yes, said("granted", purpose="newsletter", notice=1), purpose="newsletter")
    assert (confirmed.state, confirmed.guardian) == ("granted", True)


def test_at_majority_it_takes_a_word_of_ones_own() -> None:
    yes = parents(until=NOW + 900 * DAY)
    assert stands(yes).until == NOW + 900 * DAY
    grown = stands(yes, minor=False)
    assert (grown.state, grown.until, grown.rests_on) == ("expired", None, yes)
    own = said("granted", NOW - DAY / 2)
    assert stands(yes, own, minor=False).state == "granted"
    assert stands(parents(until=NOW - DAY / 4), minor=False).until == NOW - DAY / 4
