"""Customers over HTTP, by a token of theirs: one a client was given for a code they read to it (RFC 8693)."""

from __future__ import annotations

from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vault.actions.choices import preferences
from vault.actions.customer import consents, customers
from vault.actions.vault import Vault
from vault.api.consents import Consents
from vault.api.parameters import CONFLICTS, IdempotencyKey
from vault.domain.actor import Actor
from vault.domain.choices.preference import Preferences, Wanted
from vault.domain.customer import CustomerShown
from vault.domain.statement import OwnNo, Stated


@get("/", operation_id="me_show")
async def show(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> CustomerShown:
    """Show the customer whose token this is: ids, kinds, states, which fields are filled. Never a value."""
    return await customers.show(vault, actor)


@get("/consents", operation_id="me_consents")
async def show_consents(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Consents:
    """Show what the customer allowed, as far as the client that acts for them may ask."""
    return Consents(consents=await consents.consents_of(vault, actor))


@post("/withdrawals", operation_id="me_withdraw", status_code=200, opt=CONFLICTS)
async def withdraw(
    data: JSONBody[OwnNo],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    idempotency_key: IdempotencyKey = None,
) -> Stated:
    """Record that the customer takes a yes back, for any purpose. The very next decision sees it."""
    return await consents.withdraw_own(vault, actor, said=data, repeat=idempotency_key)


@get("/preferences", operation_id="me_preferences")
async def show_preferences(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Preferences:
    """Show when and how the customer wishes to be reached."""
    return await preferences.preferences(vault, actor)


@put("/preferences", operation_id="me_prefer")
async def prefer(data: JSONBody[Wanted], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Preferences:
    """Put these wishes in the place of all earlier ones. Who acts for a customer only adds to what is closed."""
    return await preferences.prefer(vault, actor, wanted=data)


router = Router(
    path="/me", route_handlers=[show, show_consents, withdraw, show_preferences, prefer], tags=["customers"]
)
