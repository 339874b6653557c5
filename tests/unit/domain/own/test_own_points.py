"""Addresses of one's own: their states, the last one, and which takes the place of one that goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Conflict, Invalid
from vault.base.ids import ContactPointId, SuppressionId
from vault.domain.own.points import (
    MOST,
    PROVABLE,
    OwnPoint,
    check_removal,
    check_room,
    is_last,
    next_primary,
    state,
)
from vault.domain.suppression import Suppression, SuppressionKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def own(name: str = "a", **given: Any) -> OwnPoint:
    plain: dict[str, Any] = {"id": ContactPointId(f"ctp_{name}"), "kind": "email", "verified_at": NOW - DAY}
    return OwnPoint(**(plain | given))


def stop(kind: SuppressionKind, **given: Any) -> Suppression:
    return Suppression(**({"id": SuppressionId("sup_a"), "kind": kind, "at": NOW - DAY} | given))


points = st.lists(
    st.builds(
        OwnPoint,
        id=st.integers(0, 99).map(lambda number: ContactPointId(f"ctp_{number:02}")),
        kind=st.sampled_from(["email", "phone"]),
        primary=st.booleans(),
        verified_at=st.sampled_from([None, NOW]),
        claimed=st.booleans(),
    ),
    min_size=1,
    unique_by=lambda point: point.id,
)


@pytest.mark.parametrize(
    ("point", "wanted"),
    [
        (own(), "yours"),
        (own(verified_at=None), "unchecked"),
        (own(stops=(stop("bounce"),)), "returned"),
        (own(stops=(stop("manual"),)), "unused"),
        (own(stops=(stop("bounce"), stop("manual"))), "unused"),
        (own(stops=(stop("complaint"), stop("stop_word"))), "yours"),
        (own(stops=(stop("bounce", until=NOW),)), "yours"),
        (own(stops=(stop("bounce", until=NOW + DAY),)), "returned"),
        (own(stops=(stop("bounce", at=NOW + DAY),)), "yours"),
        (own(verified_at=None, claimed=True), "unchecked"),
    ],
)
def test_an_address_is_in_one_state(point: OwnPoint, wanted: str) -> None:
    assert state(point, now=NOW) == wanted


def test_of_what_somebody_only_says_is_theirs_nothing_is_told() -> None:
    """A claim may be somebody else's address: not even that messages to it come back is for who typed it."""
    for stops in ((), (stop("bounce"),), (stop("manual"),)):
        assert state(own(verified_at=None, claimed=True, stops=stops), now=NOW) == "unchecked"


@given(points)
def test_whatever_is_taken_away_somebody_can_still_sign_in(held: list[OwnPoint]) -> None:
    for point in held:
        rest = [one for one in held if one != point]
        if is_last(held, point):
            with pytest.raises(Conflict, match="last_address"):
                check_removal(held, point)
            assert not any(one.lets_in for one in rest)
        else:
            check_removal(held, point)
            assert any(one.lets_in for one in rest) or not any(one.lets_in for one in held)


@given(points)
def test_the_place_of_a_primary_one_is_taken_by_one_of_its_kind_that_is_theirs_first(held: list[OwnPoint]) -> None:
    for point in held:
        heir = next((one for one in held if one.id == next_primary(held, point)), None)
        others = [one for one in held if one.kind == point.kind and one != point and not one.claimed]
        if heir is None:
            assert not point.primary or not others
        else:
            assert point.primary
            assert heir in others
            assert heir.verified_at is not None or all(one.verified_at is None for one in others)


def test_only_what_a_code_can_be_sent_to_lets_in_and_is_counted() -> None:
    assert {"email"} == PROVABLE
    assert own().lets_in
    assert not own(kind="phone").lets_in
    assert not own(claimed=True).lets_in
    assert own(verified_at=None).is_provable
    assert not own().is_provable
    assert not own(kind="phone", verified_at=None).is_provable
    full = [own(str(number)) for number in range(MOST)]
    check_room([*full[1:], own("p", kind="phone")])
    with pytest.raises(Invalid, match="too_many_points"):
        check_room(full)
