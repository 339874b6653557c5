"""What the policies are told of whoever comes, and what a refusal is called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vault.base.ids import ClientId, CustomerId, OrganizationId
from vault.domain.access import STEP_UP, facts, refusal
from vault.domain.actor import Actor, ActorKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWN = OrganizationId("org_06h0090m41t835kpwqjv10s1y0")
BY_TOKEN: Any = {"client": ClientId("cli_06h0090m41t835kpwqjv10s1y0"), "key": "crm", "token": "t"}


def test_a_client_is_told_of_by_its_scopes_in_one_order() -> None:
    actor = Actor(organization=OWN, kind="client", scopes=frozenset({"withdraw", "decide"}), **BY_TOKEN)
    assert facts(actor, NOW) == {"scopes": ("decide", "withdraw"), "fresh": False, "acted_for": False}


@pytest.mark.parametrize(("minutes", "fresh"), [(0, True), (10, True), (10.001, False)])
def test_whoever_signed_in_is_told_of_by_how_long_ago(minutes: float, *, fresh: bool) -> None:
    actor = Actor(organization=OWN, kind="admin", signed_in_at=NOW - timedelta(minutes=minutes))
    assert facts(actor, NOW) == {"scopes": (), "fresh": fresh, "acted_for": False}


def test_a_customer_for_whom_a_client_acts_is_told_of_so() -> None:
    customer = CustomerId("cus_06h0090m41t835kpwqjv10s1y0")
    actor = Actor(organization=OWN, kind="customer", customer=customer, scopes=frozenset({"lookup"}), **BY_TOKEN)
    assert facts(actor, NOW) == {"scopes": ("lookup",), "fresh": False, "acted_for": True}
    assert facts(Actor(organization=OWN, kind="customer", customer=customer), NOW)["acted_for"] is False


@pytest.mark.parametrize(
    ("kind", "by_token", "policies", "code"),
    [
        ("client", True, (), "insufficient_scope"),
        ("client", True, ("another",), "insufficient_scope"),
        ("customer", True, (), "insufficient_scope"),
        ("customer", False, (), "not_allowed"),
        ("auditor", False, (), "not_allowed"),
        ("admin", False, (STEP_UP, "another"), "sign_in_again"),
        ("customer", True, (STEP_UP,), "insufficient_scope"),
    ],
)
def test_a_refusal_says_what_would_help(
    kind: ActorKind, *, by_token: bool, policies: tuple[str, ...], code: str
) -> None:
    actor = Actor(organization=OWN, kind=kind, **(BY_TOKEN if by_token else {"signed_in_at": NOW}))
    assert refusal(actor, policies).code == code
    assert refusal(actor, policies, failed=True).code == "policy_error"
