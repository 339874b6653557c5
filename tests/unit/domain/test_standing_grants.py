"""Laws 5 to 8: what a client's, an imported and an old yes are worth, and what asking does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import (
    BEFORE,
    DAY,
    ELSEWHERE,
    EXPORTED,
    HERE,
    NOES,
    NOW,
    ORGANIZATION,
    SECOND_SALES_NOTICE,
    About,
    Case,
    cases,
    facts_about,
    said,
    stands,
)
from vault.base.duration import Duration
from vault.domain.fact import Fact, FactKind, Source
from vault.domain.standing import Break, Instants, Rule, rule, standing

MICROSECOND = timedelta(microseconds=1)
NEWSLETTER: Mapping[str, Any] = {"purpose": "newsletter", "notice": 1}


# ── Law 5 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("source", ["client", "admin", "link"])
def test_where_double_opt_in_is_needed_only_the_persons_own_yes_is_one(source: Source) -> None:
    captured = said("granted", NOW - 2 * DAY, source=source, **NEWSLETTER)
    found = stands(captured, purpose="newsletter")
    assert (found.state, found.pending_for, found.rests_on) == ("pending", "double_opt_in", captured)
    assert stands(captured, said("granted", **NEWSLETTER), purpose="newsletter").state == "granted"


@pytest.mark.parametrize("source", ["client", "admin", "link"])
def test_where_no_double_opt_in_is_needed_a_captured_yes_is_one(source: Source) -> None:
    assert stands(said("granted", source=source)).state == "granted"


def test_an_unconfirmed_yes_is_no_word_against_an_earlier_no_or_an_imported_yes() -> None:
    captured = said("granted", source="client", **NEWSLETTER)
    no = said("withdrawn", NOW - 2 * DAY, purpose="newsletter")
    proven = said("granted", NOW - 2 * DAY, source="import", **NEWSLETTER)
    assert stands(no, captured, purpose="newsletter").state == "withdrawn"
    assert stands(proven, captured, purpose="newsletter").grant == proven


def test_a_captured_yes_without_evidence_would_not_be_one() -> None:
    found = stands(said("granted", source="client", proven=False))
    assert (found.state, found.pending_for) == ("pending", "evidence")


# ── Law 6 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
IMPORTED_YES = About(kinds=("granted",), sources=("import",))
WORDS_OF_OTHERS = About(kinds=("granted", *NOES), sources=("person", "link", "client", "admin"))


@given(cases, facts_about(IMPORTED_YES))
def test_an_imported_yes_never_beats_a_no_whatever_the_dates(case: Case, yes: Fact) -> None:
    if case.state() not in NOES:
        return
    assert case.stands(yes) == case.stands()


@given(cases, facts_about(IMPORTED_YES))
def test_an_imported_yes_changes_nothing_where_anything_else_was_said(case: Case, yes: Fact) -> None:
    found = case.stands()
    if not (found.grant is not None and found.grant.source != "import"):
        return
    assert case.stands(yes) == found


@pytest.mark.parametrize("kind", NOES)
@pytest.mark.parametrize("source", ["person", "link", "client", "admin", "import"])
def test_any_no_silences_every_imported_yes_for_good(kind: FactKind, source: Source) -> None:
    no = said(kind, NOW - 9 * DAY, source=source, purpose="offers", channel="*")
    yes = said("granted", NOW - DAY, source="import")
    assert stands(no, yes).state == kind
    ended = said("granted", NOW - 5 * DAY, until=NOW - 2 * DAY)
    assert stands(no, ended, yes).state == "expired"


def test_any_other_yes_silences_every_imported_yes() -> None:
    ended = said("granted", NOW - 9 * DAY, source="client", until=NOW - 2 * DAY)
    assert stands(ended, said("granted", NOW - DAY, source="import")).state == "expired"


def test_among_imported_grants_the_latest_proven_one_counts() -> None:
    old = said("granted", NOW - 9 * DAY, source="import")
    new = said("granted", NOW - 5 * DAY, source="import")
    unproven = said("granted", NOW - DAY, source="import", proven=False)
    assert stands(new, unproven, old).grant == new


def test_an_unproven_yes_stands_pending_over_silence_alone() -> None:
    unproven = said("granted", NOW - DAY, source="import", proven=False)
    found = stands(unproven, said("granted", NOW - 2 * DAY, source="import", proven=False))
    assert (found.state, found.pending_for, found.rests_on) == ("pending", "evidence", unproven)
    assert stands(unproven).since == unproven.at
    assert stands(unproven, said("granted", BEFORE, source="import")).state == "expired"
    assert stands(unproven, said("refused", BEFORE)).state == "refused"
    assert stands(unproven, said("granted", BEFORE)).state == "expired"


@given(cases, facts_about(About(kinds=("granted",), sources=("import",))))
def test_an_unproven_yes_never_makes_a_yes(case: Case, yes: Fact) -> None:
    if not (not yes.proven and case.state() != "never_asked"):
        return
    assert case.state(yes) == case.state()


def test_a_proven_imported_yes_is_good_where_double_opt_in_is_needed() -> None:
    assert stands(said("granted", source="import", **NEWSLETTER), purpose="newsletter").state == "granted"


@pytest.mark.parametrize(("days", "state"), [(3, "granted"), (1, "withdrawn")])
def test_an_imported_no_competes_by_its_date(days: int, state: str) -> None:
    no = said("withdrawn", NOW - days * DAY, source="import")
    assert stands(no, said("granted", NOW - 2 * DAY)).state == state


# ── Law 7 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_grant_ends_at_its_very_instant() -> None:
    at = datetime(2025, 11, 2, 9, tzinfo=UTC)
    end = datetime(2028, 11, 2, 9, tzinfo=UTC)
    grant = said("granted", at)
    assert stands(grant, now=end - MICROSECOND).state == "granted"
    assert stands(grant, now=end).state == "expired"
    assert stands(grant, now=end + MICROSECOND).until == end


@pytest.mark.parametrize(("own", "end"), [(DAY, DAY), (5000 * DAY, None)])
def test_a_grants_own_end_counts_when_it_is_earlier_than_the_purposes(own: timedelta, end: timedelta | None) -> None:
    grant = said("granted", NOW - 600 * DAY, until=NOW + own, notice=3)
    purposes_own = Duration(months=36).after(grant.at)
    assert stands(grant).until == (purposes_own if end is None else NOW + end)


def test_where_the_purpose_names_no_end_the_grants_own_counts() -> None:
    assert stands(said("granted", until=NOW, **NEWSLETTER), purpose="newsletter").state == "expired"
    forever = stands(said("granted", BEFORE, **NEWSLETTER), purpose="newsletter")
    assert (forever.state, forever.until) == ("granted", None)


@given(cases, st.timedeltas(timedelta(0), 20 * DAY))
def test_time_alone_only_ever_ends_a_yes(case: Case, later: timedelta) -> None:
    now = case.instants.now
    before = Case(case.facts, case.rule, Instants(now=now), case.about).state()
    after = Case(case.facts, case.rule, Instants(now=now + later), case.about).state()
    ends = {"granted": {"granted", "outdated", "expired", "pending"}, "outdated": {"outdated", "expired"}}
    assert after in ends.get(before, {before})


@pytest.mark.parametrize("notice", [None, 1])
def test_a_grant_to_an_incompatible_old_notice_is_outdated(notice: int | None) -> None:
    assert stands(said("granted", NOW - 700 * DAY, notice=notice)).state == "outdated"


@pytest.mark.parametrize("notice", [2, 3])
def test_a_grant_to_the_incompatible_notice_itself_or_one_after_it_is_not(notice: int) -> None:
    assert stands(said("granted", NOW - 400 * DAY, notice=notice)).state == "granted"


def test_a_notice_outdates_nothing_before_it_was_published() -> None:
    grant = said("granted", SECOND_SALES_NOTICE - 9 * DAY, notice=1)
    assert stands(grant, now=SECOND_SALES_NOTICE - MICROSECOND).state == "granted"
    assert stands(grant, now=SECOND_SALES_NOTICE).state == "outdated"


def test_a_compatible_notice_outdates_nothing() -> None:
    assert rule(ORGANIZATION, ORGANIZATION.purpose("sales"), channel="email").breaks == (
        Break(version=2, published=SECOND_SALES_NOTICE),
    )


def test_outdated_and_run_out_as_well_is_expired() -> None:
    assert stands(said("granted", datetime(2023, 11, 2, 12, tzinfo=UTC), notice=1)).state == "expired"


# ── Law 8, asking ────────────────────────────────────────────────────────────────────────────────────────────────────
ASKING = About(kinds=("asked",))
UNCONFIRMED = About(kinds=("granted",), sources=("client", "admin", "link"))


@given(cases, facts_about(ASKING))
def test_asking_only_turns_silence_expired_and_outdated_into_pending(case: Case, ask: Fact) -> None:
    before, after = case.stands(), case.stands(ask)
    if after != before and before.state != "pending":
        assert before.state in {"never_asked", "expired", "outdated"}
        assert (after.state, after.pending_for) == ("pending", "double_opt_in")
    assert (after.state == "pending") or after == before
    assert after.pending_for in {before.pending_for, "double_opt_in"}


@given(cases, facts_about(UNCONFIRMED))
def test_an_unconfirmed_yes_acts_exactly_like_asking(case: Case, yes: Fact) -> None:
    if not (case.rule.double_opt_in):
        return
    ask = msgspec.structs.replace(yes, kind="asked")
    by_grant, by_ask = case.stands(yes), case.stands(ask)
    assert (by_grant.state, by_grant.pending_for) == (by_ask.state, by_ask.pending_for)


def test_asking_breaks_a_silence() -> None:
    ask = said("asked")
    found = stands(ask)
    assert (found.state, found.pending_for, found.rests_on, found.grant) == ("pending", "double_opt_in", ask, None)


@pytest.mark.parametrize(("notice", "state", "lasted"), [(3, "expired", NOW - 3 * DAY), (1, "outdated", None)])
def test_asking_again_waits_for_the_yes_only_when_later_than_the_grant(
    notice: int, state: str, lasted: datetime | None
) -> None:
    grant = said("granted", NOW - 100 * DAY, notice=notice, until=lasted)
    assert stands(grant, said("asked", NOW - DAY)).state == "pending"
    assert stands(grant, said("asked", grant.at)).state == state
    assert stands(grant, said("asked", grant.at - DAY)).state == state


def test_missing_evidence_is_said_before_a_confirmation_waited_for() -> None:
    unproven = said("granted", EXPORTED, source="import", proven=False)
    assert stands(unproven, said("asked")).pending_for == "evidence"


def test_the_last_asking_is_the_one_named() -> None:
    first, last = said("asked", NOW - 2 * DAY), said("asked", NOW - DAY)
    assert stands(last, first).rests_on == stands(first, last).rests_on == last


# ── Which contact point ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_yes_that_names_a_contact_point_counts_for_it_alone() -> None:
    grant = said("granted", contact_point=HERE)
    assert stands(grant, about=HERE).state == stands(grant).state == "granted"
    assert stands(grant, about=ELSEWHERE).state == "never_asked"
    assert stands(said("asked", contact_point=HERE), about=ELSEWHERE).state == "never_asked"


def test_a_yes_that_names_none_counts_for_each() -> None:
    assert stands(said("granted"), about=HERE).state == "granted"


def test_a_no_counts_whichever_contact_point_it_is_about() -> None:
    grant, no = said("granted", NOW - 2 * DAY, contact_point=HERE), said("withdrawn", contact_point=ELSEWHERE)
    assert stands(grant, no, about=HERE).state == "withdrawn"


def test_a_yes_for_another_contact_point_lifts_no_objection_here() -> None:
    words = (said("objected", NOW - 2 * DAY), said("granted", contact_point=ELSEWHERE))
    assert stands(*words, about=HERE).state == "objected"
    assert stands(*words, about=ELSEWHERE).state == "granted"


def test_a_rule_reads_double_opt_in_per_channel() -> None:
    newsletter = ORGANIZATION.purpose("newsletter")
    assert rule(ORGANIZATION, newsletter, channel="email").double_opt_in
    assert not rule(ORGANIZATION, newsletter, channel="sms").double_opt_in
    alone = Rule(lineage=("newsletter",), channel="email")
    assert standing([], alone, instants=Instants(now=NOW)).state == "never_asked"
