"""An objection to everything: adverts, guesses and interests stop, whatever was said; orders and surveys go on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import NOW, ORGANIZATION, facts_about
from vault.base.ids import FactId
from vault.domain.consent import Said, say
from vault.domain.fact import Fact
from vault.domain.leaving.stopping import objections
from vault.domain.organization import Organization
from vault.domain.standing import Instants, rule, standing

INTEREST = msgspec.structs.replace(ORGANIZATION.purposes["events"], basis="legitimate_interest", kind="research")
WITH_INTEREST = msgspec.structs.replace(ORGANIZATION, purposes={**ORGANIZATION.purposes, "events": INTEREST})
KNOWN = st.lists(facts_about(), max_size=7, unique_by=lambda fact: fact.id)


def objected(organization: Organization, known: Sequence[Fact]) -> list[Fact]:
    """Return the facts after the objection, the new ones last."""
    found = objections(organization, known, instants=Instants(now=NOW))
    new = [
        say(
            Said(kind=stop.kind, purpose=stop.purpose, channel=stop.channel, source="person", method="portal"),
            known,
            organization=organization,
            fresh=FactId(f"fct_{place:026d}"),
            recorded_at=max([NOW, *(fact.recorded_at for fact in known)]) + timedelta(seconds=1 + place),
        )
        for place, stop in enumerate(found)
    ]
    return [*known, *new]


@given(KNOWN)
def test_nothing_is_left_to_object_to_and_a_second_press_says_nothing(known: list[Fact]) -> None:
    after = objected(WITH_INTEREST, known)
    later = Instants(now=max([NOW, *(fact.recorded_at for fact in after)]) + timedelta(days=1))
    assert objections(WITH_INTEREST, after, instants=later) == []
    for purpose, channel in WITH_INTEREST.ways():
        state = standing(after, rule(WITH_INTEREST, purpose, channel=channel), instants=later).state
        if purpose.basis == "legitimate_interest" or (
            purpose.basis == "consent" and purpose.kind in {"offer", "profiling"}
        ):
            assert state == "objected", (purpose.key, channel)


def test_orders_and_what_is_asked_for_research_with_a_yes_go_on() -> None:
    stops = objections(WITH_INTEREST, (), instants=Instants(now=NOW))
    named = [WITH_INTEREST.purposes[stop.purpose] for stop in stops]
    assert named
    assert {(one.basis, one.kind) for one in named} <= {
        ("consent", "offer"), ("consent", "profiling"), ("legitimate_interest", "research"),
    }  # fmt: skip
    assert {stop.kind for stop in stops} == {"objected"}
