"""Who acts: a client needs what its token says, whoever sits at the machine does not."""

from __future__ import annotations

from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Denied
from vault.base.ids import ClientId, OrganizationId
from vault.domain.actor import Actor
from vault.domain.organization import Action

SCOPES: tuple[Action, ...] = get_args(Action)
some_scopes = st.frozensets(st.sampled_from(SCOPES))


def client(*scopes: str) -> Actor:
    return Actor(
        organization=OrganizationId("org_a"),
        kind="client",
        client=ClientId("cli_crm"),
        key="crm",
        scopes=frozenset(scopes),
        token="t",
    )


def refused(actor: Actor, *scopes: Action) -> Denied:
    with pytest.raises(Denied) as error:
        actor.need(*scopes)
    return error.value


@given(some_scopes, some_scopes)
def test_a_client_is_let_in_exactly_when_its_token_has_one_of_the_scopes(
    has: frozenset[Action], needed: frozenset[Action]
) -> None:
    if has & needed:
        client(*has).need(*needed)
    else:
        assert refused(client(*has), *needed).code == "insufficient_scope"


def test_what_names_no_scope_is_for_no_client() -> None:
    assert refused(client(*SCOPES)).code == "insufficient_scope"


def test_no_scope_is_a_piece_of_another() -> None:
    assert refused(client("decided", "dec", "DECIDE", "decide release"), "decide").code == "insufficient_scope"


def test_the_refusal_says_which_scopes_would_do_and_not_which_the_token_has() -> None:
    error = refused(client("decide"), "withdraw", "capture")
    assert error.detail == "this needs a token with the scope withdraw or capture"


@pytest.mark.parametrize("kind", ["operator", "import"])
def test_whoever_is_at_the_machine_needs_no_token(kind: Literal["operator", "import"]) -> None:
    Actor(organization=OrganizationId("org_a"), kind=kind).need("admin")


def test_an_actor_has_no_scope_unless_its_token_gives_it_one() -> None:
    assert Actor(organization=OrganizationId("org_a"), kind="client").scopes == frozenset()
