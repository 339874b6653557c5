"""What each fact is worth today: the side of one fact of what the fold adds up to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import DAY, NOW, ORGANIZATION, facts_about
from vault.base.ids import FactId, Subject
from vault.domain.fact import Fact
from vault.domain.merging.merged import Join, Merged, Part
from vault.domain.organization import EVERY
from vault.domain.record.evidence import missing
from vault.domain.record.worth import Worth, worth
from vault.domain.standing import Instants, rule, standing

AN_HOUR = timedelta(hours=1)


def told(name: str = "a", **given: Any) -> Fact:
    """Return a yes to sales by e-mail a day ago, or as `given` says."""
    plain: dict[str, Any] = {
        "id": FactId(f"fct_{name}"), "kind": "granted", "purpose": "sales", "channel": "email", "at": NOW - DAY,
        "recorded_at": NOW - DAY, "source": "person", "method": "portal", "notice": 3,
    }  # fmt: skip
    return Fact(**(plain | given))


def of(fact: Fact, *later: Fact, shared: tuple[Fact, ...] = ()) -> Worth:
    return worth(fact, [fact, *later], shared=shared, organization=ORGANIZATION, now=NOW)


def test_a_dealing_is_neither() -> None:
    assert of(told(kind="dealing", purpose=EVERY, channel=EVERY, dealing="purchased")).why == "dealing"


def test_a_yes_and_a_no_that_nothing_followed_count() -> None:
    assert of(told()).why == "counts"
    assert of(told(kind="withdrawn")).why == "counts"
    assert of(told(kind="withdrawn", purpose="offers", channel=EVERY)).why == "counts"


def test_what_took_its_place_is_told_with_its_day() -> None:
    at = NOW - AN_HOUR
    no, yes = told("b", kind="withdrawn", at=at), told("b", at=at)
    assert of(told(), no) == Worth(why="no_since", at=at)
    leaf: dict[str, Any] = {"purpose": "back_in_stock"}
    assert of(told(kind="refused", **leaf), told("b", at=at, **leaf)) == Worth(why="yes_since", at=at)
    assert of(told(kind="refused"), yes).why == "counts"  # for what stands below it
    assert of(told(), yes) == Worth(why="again", at=at)
    assert of(told(kind="refused"), no) == Worth(why="again", at=at)


def test_what_another_said_of_a_shared_address_is_a_stop() -> None:
    at = NOW - AN_HOUR
    assert of(told(), shared=(told("b", kind="withdrawn", at=at),)) == Worth(why="stopped", at=at)


def test_whoever_was_merged_reads_what_each_word_was_worth_and_what_the_merge_made_stricter() -> None:
    def parted(*parts: tuple[Fact, ...]) -> Merged:
        subjects = [Subject(f"sub_{place}") for place in range(len(parts))]
        return Merged(
            own=subjects[0],
            parts=tuple(Part(subject=one, facts=facts) for one, facts in zip(subjects, parts, strict=True)),
            joins=(Join(kept=subjects[0], joined=subjects[1], at=NOW - AN_HOUR),),
        )

    def worths(*parts: tuple[Fact, ...]) -> list[Worth]:
        merged = parted(*parts)
        return [worth(fact, merged, shared=(), organization=ORGANIZATION, now=NOW) for fact in merged]

    yes, no = told("a", channel="voice"), told("b", kind="withdrawn", channel="voice", at=NOW - 2 * DAY)
    assert worths((yes,), (no,)) == [Worth(why="merged", at=NOW - AN_HOUR), Worth(why="counts")]
    assert worths((yes,), ()) == [Worth(why="merged", at=NOW - AN_HOUR)]
    again = told("c", channel="voice", at=NOW)
    assert [one.why for one in worths((yes, again), (no,))] == ["again", "counts", "yes_since"]
    old = told("d", channel="voice", at=NOW - 3 * DAY)
    assert [one.why for one in worths((yes,), (old, no))] == ["merged", "no_since", "counts"]


def test_a_yes_runs_out_and_goes_out_of_date() -> None:
    assert of(told(until=NOW - AN_HOUR)) == Worth(why="expired", at=NOW - AN_HOUR)
    old = of(told(notice=None))
    assert (old.why, old.at is not None) == ("outdated", True)


def test_what_waits_or_was_not_shown_is_no_yes() -> None:
    by_client: dict[str, Any] = {"source": "client", "method": "form"}
    assert of(told(**by_client, proven=False)).why == "evidence_missing"
    assert of(told(kind="asked")).why == "unconfirmed"
    letter: dict[str, Any] = {"purpose": "newsletter", "notice": 1, **by_client}
    assert of(told(**letter)).why == "unconfirmed"
    assert of(told(**letter), told("b", **{**letter, "kind": "asked"}, at=NOW - AN_HOUR)).why == "unconfirmed"
    assert of(told(channel="fax")).why == "unused"


@given(st.lists(facts_about(), min_size=1, max_size=6, unique_by=lambda fact: fact.id))
def test_a_yes_counts_exactly_where_the_fold_rests_on_it(facts: list[Fact]) -> None:
    for fact in facts:
        found = worth(fact, facts, shared=[], organization=ORGANIZATION, now=NOW)
        ways = [
            standing(facts, rule(ORGANIZATION, purpose, channel=channel), instants=Instants(now=NOW))
            for purpose, channel in ORGANIZATION.ways()
        ]
        rests = any(
            one.rests_on is not None
            and one.rests_on.id == fact.id
            and one.state not in {"pending", "expired", "outdated"}
            for one in ways
        )
        assert (found.why == "counts") == rests


def test_what_is_missing_is_what_the_nearest_class_wants() -> None:
    classes = {"form": ("captured_at", "capture_source"), "double": ("asked_at", "confirmed_at"), "none": ()}
    declared = msgspec.structs.replace(ORGANIZATION, evidence=classes, double_opt_in_needs=("double",))
    claim = told(source="import", method="import", proven=False)
    assert missing(claim, {"captured_at"}, organization=declared) == ("capture_source",)
    double = msgspec.structs.replace(claim, purpose="newsletter")
    assert missing(double, {"captured_at", "asked_at"}, organization=declared) == ("confirmed_at",)
    assert missing(claim, (), organization=msgspec.structs.replace(declared, evidence={})) == ()
    gone = msgspec.structs.replace(claim, purpose="quokka")
    assert missing(gone, {"asked_at"}, organization=declared) == ("confirmed_at",)
