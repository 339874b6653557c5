"""Who acts: when a sign-in counts as just now, and what is told to whoever is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Denied
from vault.base.ids import ClientId, CustomerId, OrganizationId
from vault.domain.access import facts, refusal
from vault.domain.actor import Actor, ActorKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def actor(kind: ActorKind, **given: object) -> Actor:
    return Actor(organization=OrganizationId("org_a"), kind=kind, **given)  # type: ignore[arg-type]  # any field


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_a_sign_in_is_fresh_for_ten_minutes_and_no_longer(age: timedelta) -> None:
    assert actor("customer", signed_in_at=NOW - age).is_fresh(NOW) == (age <= timedelta(minutes=10))


def test_whoever_never_signed_in_is_not_fresh() -> None:
    assert not actor("client", token="t").is_fresh(NOW)


def test_a_customer_for_whom_a_client_acts_is_told_apart() -> None:
    assert facts(actor("customer", client=ClientId("cli_a")), NOW)["acted_for"] is True
    assert facts(actor("customer", customer=CustomerId("cus_a")), NOW)["acted_for"] is False
    assert facts(actor("client", client=ClientId("cli_a")), NOW)["acted_for"] is False


def test_scopes_are_handed_over_in_one_order() -> None:
    assert facts(actor("client", scopes=frozenset({"withdraw", "decide"})), NOW)["scopes"] == ("decide", "withdraw")


def test_an_actor_has_no_scope_unless_its_token_gives_it_one() -> None:
    assert actor("client").scopes == frozenset()


@pytest.mark.parametrize(
    ("who", "policies", "code"),
    [
        (actor("client"), (), "insufficient_scope"),
        (actor("customer", token="t"), (), "insufficient_scope"),
        (actor("customer"), (), "not_allowed"),
        (actor("auditor"), (), "not_allowed"),
        (actor("customer"), ("sign_in_again",), "not_allowed"),
        (actor("customer", signed_in_at=NOW), ("sign_in_again",), "sign_in_again"),
    ],
)
def test_a_refusal_says_what_would_help(who: Actor, policies: tuple[str, ...], code: str) -> None:
    assert refusal(who, policies).code == code


@pytest.mark.parametrize("kind", ["operator", "import"])
def test_whoever_sits_at_the_machine_comes_through_no_door(kind: ActorKind) -> None:
    assert actor(kind).at_the_machine


@pytest.mark.parametrize("kind", ["client", "customer", "auditor", "admin"])
def test_everybody_else_does(kind: ActorKind) -> None:
    assert not actor(kind).at_the_machine


def test_only_customers_and_who_acts_for_them_are_somebody_themselves() -> None:
    own = Actor(organization=OrganizationId("org_a"), kind="customer", customer=CustomerId("cus_a"))
    assert own.me == "cus_a"
    with pytest.raises(Denied, match="for customers themselves"):
        _ = Actor(organization=OrganizationId("org_a"), kind="client").me
