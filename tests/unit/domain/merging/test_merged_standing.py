"""Law 13: who was merged stands at the strictest of their own standings, until they say something in person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import (
    AFTERWARDS,
    DAY,
    NOES,
    NOW,
    ORGANIZATION,
    START,
    About,
    facts_about,
    rule_of,
    said,
)
from vault.base.duration import Duration
from vault.base.ids import Subject
from vault.domain.fact import Fact
from vault.domain.merging.merged import Join, Merged, Part, only, read, spelled
from vault.domain.standing import Instants, Rule, Standing, rule, standing
from vault.domain.timing.implied import Implied

AGO = START - DAY
"""Before anything was said: whatever the person says in person is later."""
MERGED = max(AFTERWARDS) + DAY
LATER = MERGED + 30 * DAY
STRICTEST = ("objected", "withdrawn", "refused", "never_asked", "pending", "expired", "outdated", "granted")
SALES = rule(ORGANIZATION, ORGANIZATION.purpose("sales"), channel="email")

rules = st.integers(0, 2**96 - 1).map(rule_of)
heard = st.lists(facts_about(), max_size=4).map(tuple)
several = st.lists(heard, min_size=2, max_size=4)


def person(said_by: Sequence[Sequence[Fact]], *, joins: Sequence[tuple[int, int, datetime]]) -> Merged:
    """Return one person of several subjects, by who joined whom and when."""
    named = [Subject(f"sub_{place}") for place in range(len(said_by))]
    return Merged(
        own=named[0],
        parts=tuple(Part(subject=one, facts=tuple(facts)) for one, facts in zip(named, said_by, strict=True)),
        joins=tuple(Join(kept=named[kept], joined=named[joined], at=at) for kept, joined, at in joins),
    )


def chain(said_by: Sequence[Sequence[Fact]], *, at: datetime = MERGED) -> Merged:
    """Return one person of subjects merged one after the other."""
    return person(said_by, joins=[(place, place + 1, at + place * DAY) for place in range(len(said_by) - 1)])


def fold(facts: Merged | Sequence[Fact], law: Rule = SALES, *, known_at: datetime | None = None) -> Standing:
    """Return the standing long after all merges."""
    return standing(facts, law, instants=Instants(now=LATER, known_at=known_at))


def settled(found: Standing) -> tuple[str, str | None]:
    """Return what two standings have to agree on."""
    return found.state, None if found.rests_on is None else found.rests_on.id


# ── Until the person speaks ──────────────────────────────────────────────────────────────────────────────────────────
@given(several, rules)
def test_whoever_was_merged_stands_at_the_strictest_of_their_own(said_by: list[tuple[Fact, ...]], law: Rule) -> None:
    own = [fold(facts, law).state for facts in said_by]
    found = fold(chain(said_by), law)
    assert found.state == min(own, key=STRICTEST.index)
    assert (found.state == "granted") == (set(own) == {"granted"})
    assert found.guardian == all(fold(facts, law).guardian for facts in said_by)


@given(several, rules, st.data())
def test_the_order_of_merging_never_matters(said_by: list[tuple[Fact, ...]], law: Rule, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(said_by))))
    tree = [
        (order[data.draw(st.integers(0, place - 1))], order[place], MERGED + place * DAY)
        for place in range(1, len(order))
    ]
    turned = [(joined, kept, at) if data.draw(st.booleans()) else (kept, joined, at) for kept, joined, at in tree]
    expected = fold(chain(said_by), law)
    found = fold(person(said_by, joins=data.draw(st.permutations(turned))), law)
    assert (*settled(found), found.guardian) == (*settled(expected), expected.guardian)


@given(heard, rules)
def test_merging_with_somebody_who_said_nothing_leaves_no_yes(facts: tuple[Fact, ...], law: Rule) -> None:
    """Nobody asked the other, whose addresses come along."""
    assert fold(chain([facts, ()]), law).state in STRICTEST[:4]


@given(heard, heard, st.sampled_from(NOES))
def test_nobody_who_said_no_is_allowed_by_a_merge(mine: tuple[Fact, ...], other: tuple[Fact, ...], no: str) -> None:
    last = msgspec.structs.replace(said("granted"), kind=no, at=MERGED - timedelta(hours=1))
    assert fold(chain([mine, (*other, last)])).state in NOES


# ── When the person has spoken ───────────────────────────────────────────────────────────────────────────────────────
@given(several, rules, st.sampled_from(("granted", *NOES)), heard)
def test_what_the_person_says_later_than_the_merge_counts_as_if_one_had_said_it_all(
    said_by: list[tuple[Fact, ...]], law: Rule, kind: str, since: tuple[Fact, ...]
) -> None:
    word = msgspec.structs.replace(said("granted"), kind=kind, at=MERGED + 9 * DAY, recorded_at=MERGED + 9 * DAY)
    moved = [msgspec.structs.replace(one, at=one.at + 60 * DAY, recorded_at=LATER) for one in since]
    first, *others = said_by
    told = [(*first, word), *others[:-1], (*others[-1], *moved)]
    alone = [fact for facts in told for fact in facts]
    assert settled(fold(chain(told), law)) == settled(fold(alone, law))


def test_a_yes_in_person_after_the_merge_lifts_even_the_objection_of_the_other() -> None:
    objected, yes = said("objected", at=AGO), said("granted", at=MERGED + 9 * DAY)
    assert fold(chain([[], [objected]])).state == "objected"
    assert fold(chain([[yes], [objected]])).state == "granted"


def test_a_yes_that_a_client_writes_down_after_the_merge_does_not_settle_it() -> None:
    no, relayed = said("withdrawn", at=AGO), said("granted", at=MERGED + 9 * DAY, source="client")
    assert fold(chain([[relayed], [no]])).state == "withdrawn"


def test_what_was_said_of_another_purpose_or_address_settles_nothing() -> None:
    no = said("withdrawn", at=AGO)
    events = said("granted", at=MERGED + 9 * DAY, purpose="events")
    asked = said("asked", at=MERGED + 9 * DAY)
    assert fold(chain([[events, asked], [no]])).state == "withdrawn"


def test_those_who_were_one_when_they_spoke_stay_settled_when_another_is_merged() -> None:
    no, yes = said("withdrawn", at=AGO), said("granted", at=MERGED + DAY)
    also = said("granted", at=AGO)
    late = MERGED + 5 * DAY
    assert fold(person([[yes], [no], [also]], joins=[(0, 1, MERGED), (0, 2, late)])).state == "granted"
    assert fold(person([[yes], [], [no]], joins=[(0, 1, MERGED), (0, 2, late)])).state == "withdrawn"


# ── Taken back, looked back ──────────────────────────────────────────────────────────────────────────────────────────
@given(several, rules)
def test_merged_and_unmerged_each_stands_as_before(said_by: list[tuple[Fact, ...]], law: Rule) -> None:
    merged = chain(said_by)
    while (join := merged.last()) is not None:
        merged, gone = merged.without(join)
        assert gone.last() is None
        place = int(gone.own.removeprefix("sub_"))
        assert fold(gone, law) == fold(said_by[place], law)
    assert fold(merged, law) == fold(said_by[0], law)


@given(heard, heard)
def test_asked_what_was_known_before_the_merge_it_says_what_stood_then(
    mine: tuple[Fact, ...], other: tuple[Fact, ...]
) -> None:
    before = MERGED - timedelta(minutes=1)
    assert fold(chain([mine, other]), known_at=before) == fold(mine, known_at=before)


def test_each_is_of_the_country_it_was_in() -> None:
    law = Implied(rule="casl", countries=("CA",), channels=("email",), purchased=Duration(months=24))
    sales = msgspec.structs.replace(SALES, implied=(law,), country="CA")
    bought = said("dealing", at=NOW - DAY, purpose="*", channel="*", dealing="purchased", source="client")
    parts = [Part(subject=Subject(f"sub_{one}"), facts=(bought,), country=one) for one in ("CA", "FR")]
    join = Join(kept=parts[0].subject, joined=parts[1].subject, at=MERGED)
    merged = Merged(own=parts[0].subject, parts=tuple(parts), joins=(join,))
    asked = Instants(now=NOW)
    assert standing(merged, sales, instants=asked).state == "never_asked"
    home = msgspec.structs.replace(merged, parts=(parts[0], msgspec.structs.replace(parts[1], country="CA")))
    assert standing(home, sales, instants=asked).implied == "casl"


def test_what_is_about_a_contact_point_of_several_is_told_once_and_can_be_left_out() -> None:
    shared, own = said("withdrawn", at=AGO), said("granted", at=AGO)
    merged = chain([[shared], [shared, own]])
    assert [*merged] == [shared, own]
    assert [*only(merged, lambda fact: fact.kind == "granted")] == [own]
    assert only((shared, own), lambda fact: fact.kind == "granted") == (own,)


@given(facts_about(About(sources=("person",))))
def test_an_earlier_word_in_person_settles_nothing(word: Fact) -> None:
    assert fold(chain([[word], [said("objected", at=AGO)]])).state == "objected"


@given(several, rules)
def test_what_an_entry_tells_of_the_parts_is_folded_to_the_same_again(
    said_by: list[tuple[Fact, ...]], law: Rule
) -> None:
    merged = chain(said_by)
    told = spelled(merged)
    assert told is not None
    again = read([*merged], parts=told[0], joins=told[1], country=None)
    assert fold(again, law) == fold(merged, law)
    assert spelled(said_by[0]) is None
