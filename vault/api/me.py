"""Customers over HTTP, by a token of theirs: one a client was given for a code they read to it (RFC 8693)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from vault.actions.choices import preferences
from vault.actions.customer import consents, customers
from vault.actions.record import receipts
from vault.actions.vault import Vault
from vault.api.consents import Consents
from vault.api.parameters import CONFLICTS, FactPath, IdempotencyKey
from vault.domain.actor import Actor
from vault.domain.choices.preference import Preferences, Wanted
from vault.domain.customer import CustomerShown
from vault.domain.receipt.check import Format
from vault.domain.statement import OwnNo, Stated

Form = Annotated[
    Format,
    QueryParameter(name="format", description="`iso-27560`: ISO/IEC TS 27560 with DPV terms; `kantara`: Kantara 1.1"),
]
_ATTACHED: Final = {"content-disposition": 'attachment; filename="consent-receipts.json"'}


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


@get("/receipts", operation_id="me_receipts", response_headers=_ATTACHED)
async def show_receipts(
    vault: NamedDependency[Vault], actor: NamedDependency[Actor], form: Form = "iso-27560"
) -> receipts.Receipts:
    """Hand out a signed consent receipt of each yes and no, and say of what there is none. Each issuing is an entry."""
    return await receipts.receipts(vault, actor, form=form)


@get("/receipts/{fact:str}", operation_id="me_receipt", response_headers=_ATTACHED, opt=CONFLICTS)
async def show_receipt(
    fact: FactPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor], form: Form = "iso-27560"
) -> dict[str, Any]:
    """Hand out the signed consent receipt of one yes or no."""
    return await receipts.receipt(vault, actor, fact=fact, form=form)


router = Router(
    path="/me",
    route_handlers=[show, show_consents, withdraw, show_preferences, prefer, show_receipts, show_receipt],
    tags=["customers"],
)
