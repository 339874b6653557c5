"""Laws of reach: nothing widens, nothing is quietly made less, and what is left of a ceiling is what both name."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Invalid
from vault.domain.organization import Action, Ceiling
from vault.domain.reach import Beyond, Reach

KINDS = ("purposes", "channels", "fields", "actions")
WORDS = ("newsletter", "sales", "email", "sms", "contact", "first_name")

words = st.lists(st.sampled_from(WORDS), max_size=5).map(tuple)
actions = st.lists(st.sampled_from(get_args(Action)), max_size=5).map(tuple)
ceilings = st.builds(Ceiling, purposes=words, channels=words, fields=words, actions=actions)
asked = st.fixed_dictionaries(
    {}, optional={kind: st.none() | (actions if kind == "actions" else words) for kind in KINDS}
)


def narrowed(reach: Reach, asking: dict[str, Any]) -> Reach | None:
    try:
        return reach.narrow(**asking)
    except Beyond:
        return None


def lies_within(one: Reach | Ceiling, other: Reach | Ceiling) -> bool:
    return all(set(getattr(one, kind)) <= set(getattr(other, kind)) for kind in KINDS)


@given(ceilings)
def test_the_whole_reach_is_the_ceiling_and_withdraw(ceiling: Ceiling) -> None:
    whole = Reach.whole(ceiling)
    assert set(whole.actions) == {*ceiling.actions, "withdraw"}
    for kind in KINDS[:3]:
        assert set(getattr(whole, kind)) == set(getattr(ceiling, kind))


@given(ceilings, asked)
def test_whoever_asks_within_gets_exactly_that_and_whoever_asks_beyond_gets_nothing(
    ceiling: Ceiling, asking: dict[str, Any]
) -> None:
    whole = Reach.whole(ceiling)
    wanted = {kind: set(getattr(whole, kind) if asking.get(kind) is None else asking[kind]) for kind in KINDS}
    if all(wanted[kind] <= set(getattr(whole, kind)) for kind in KINDS):
        got = whole.narrow(**asking)
        assert {kind: set(getattr(got, kind)) for kind in KINDS} == wanted
    else:
        with pytest.raises(Invalid, match="invalid_authorization_details"):
            whole.narrow(**asking)


@given(ceilings, asked, asked)
def test_narrowing_again_never_widens(ceiling: Ceiling, first: dict[str, Any], second: dict[str, Any]) -> None:
    once = narrowed(Reach.whole(ceiling), first)
    twice = None if once is None else narrowed(once, second)
    if once is not None and twice is not None:
        assert lies_within(twice, once)
        assert once.narrow() == once


@given(ceilings, ceilings)
def test_what_is_left_of_a_ceiling_is_what_it_and_the_token_both_name(then: Ceiling, now: Ceiling) -> None:
    reach = Reach.whole(then)
    left = reach.within(now)
    for kind in KINDS:
        assert set(getattr(left, kind)) == set(getattr(reach, kind)) & set(getattr(now, kind))
    assert left.reasons == now.reasons


@given(ceilings)
def test_lists_are_sorted_and_name_each_word_once(ceiling: Ceiling) -> None:
    whole = Reach.whole(ceiling)
    for kind in KINDS:
        assert list(getattr(whole, kind)) == sorted(set(getattr(whole, kind)))


def test_to_ask_for_nothing_is_to_get_nothing() -> None:
    whole = Reach.whole(Ceiling(purposes=("sales",), channels=("email",), fields=("contact",), actions=("decide",)))
    assert whole.narrow(purposes=(), channels=(), fields=(), actions=()) == Reach()
