"""Consents over HTTP: what a customer allowed, and recording a yes or a no."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from vault.actions.customer import consents, dealings
from vault.actions.vault import Vault
from vault.api.parameters import CONFLICTS, CustomerPath, IdempotencyKey
from vault.domain.actor import Actor
from vault.domain.fact import Instant
from vault.domain.statement import ConsentShown, NewDealing, NewGrant, NewNo, Stated

At = Annotated[Instant | None, QueryParameter(description="as it stood then, with all that is known today")]
KnownAt = Annotated[Instant | None, QueryParameter(description="with what was known by then")]


class Consents(msgspec.Struct, frozen=True, kw_only=True):
    """How a customer stands to every purpose and channel of the client's ceiling."""

    consents: list[ConsentShown]


@get("/consents", operation_id="show_consents")
async def show(
    customer: CustomerPath,
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    at: At = None,
    known_at: KnownAt = None,
) -> Consents:
    """Show what a customer allowed, now or then."""
    return Consents(consents=await consents.consents_of(vault, actor, customer=customer, at=at, known_at=known_at))


@post("/grants", operation_id="grant", status_code=200, opt=CONFLICTS)
async def grant(
    customer: CustomerPath,
    data: JSONBody[NewGrant],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    idempotency_key: IdempotencyKey = None,
) -> Stated:
    """Record a yes you captured, with its evidence."""
    return await consents.grant(vault, actor, customer=customer, said=data, repeat=idempotency_key)


@post("/refusals", operation_id="refuse", status_code=200, opt=CONFLICTS)
async def refuse(
    customer: CustomerPath,
    data: JSONBody[NewNo],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    idempotency_key: IdempotencyKey = None,
) -> Stated:
    """Record a no to being asked."""
    return await consents.refuse(vault, actor, customer=customer, said=data, repeat=idempotency_key)


@post("/withdrawals", operation_id="withdraw", status_code=200, opt=CONFLICTS)
async def withdraw(
    customer: CustomerPath,
    data: JSONBody[NewNo],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    idempotency_key: IdempotencyKey = None,
) -> Stated:
    """Record that a yes is taken back. The very next decision sees it."""
    return await consents.withdraw(vault, actor, customer=customer, said=data, repeat=idempotency_key)


@post("/objections", operation_id="object", status_code=200, opt=CONFLICTS)
async def object_to(
    customer: CustomerPath,
    data: JSONBody[NewNo],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    idempotency_key: IdempotencyKey = None,
) -> Stated:
    """Record an objection (GDPR Art. 21). Only the customer in person can lift it."""
    return await consents.object_to(vault, actor, customer=customer, said=data, repeat=idempotency_key)


@post("/dealings", operation_id="deal", status_code=200, opt=CONFLICTS)
async def deal(
    customer: CustomerPath,
    data: JSONBody[NewDealing],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    idempotency_key: IdempotencyKey = None,
) -> Stated:
    """Record that a customer bought or inquired. No yes, though a law may imply one from it for a while."""
    return await dealings.deal(vault, actor, customer=customer, told=data, repeat=idempotency_key)


router = Router(
    path="/customers/{customer:str}",
    route_handlers=[show, grant, refuse, withdraw, object_to, deal],
    tags=["consents"],
)
