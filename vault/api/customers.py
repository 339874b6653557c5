"""Customers over HTTP: values go in; ids, kinds and states come out."""

from __future__ import annotations

from litestar import Router, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vault.actions.choices import preferences
from vault.actions.client import on_the_line
from vault.actions.client.on_the_line import CodeSent
from vault.actions.customer import customers
from vault.actions.vault import Vault
from vault.api.parameters import CONFLICTS, ContactPointPath, CustomerPath
from vault.domain.actor import Actor
from vault.domain.choices.preference import Preferences, Wanted
from vault.domain.customer import (
    Correction,
    CustomerShown,
    Found,
    Lookup,
    NewContactPoint,
    PointAdded,
    Registered,
    Registration,
)


@post("/", operation_id="register_customer", status_code=200, opt=CONFLICTS)
async def register(
    data: JSONBody[Registration], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> Registered:
    """Register a customer. One whose external reference is known is found, and gains what is new."""
    return await customers.register(vault, actor, registration=data)


@post("/lookup", operation_id="lookup_customer", status_code=200)
async def lookup(data: JSONBody[Lookup], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Found:
    """Find customers by a contact point's value or an external reference."""
    return await customers.lookup(vault, actor, sought=data)


@get("/{customer:str}", operation_id="show_customer")
async def show(customer: CustomerPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> CustomerShown:
    """Show a customer: ids, kinds, states, which fields are filled. Never a value."""
    return await customers.show(vault, actor, customer=customer)


@patch("/{customer:str}", operation_id="correct_customer", opt=CONFLICTS)
async def correct(
    customer: CustomerPath,
    data: JSONBody[Correction],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
) -> CustomerShown:
    """Correct attributes, locale and time zone, and add references. A null attribute is taken away."""
    return await customers.correct(vault, actor, customer=customer, correction=data)


@post("/{customer:str}/contact-points", operation_id="add_contact_point", status_code=200)
async def add_contact_point(
    customer: CustomerPath,
    data: JSONBody[NewContactPoint],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
) -> PointAdded:
    """Add a way to reach a customer."""
    return await customers.add_point(vault, actor, customer=customer, point=data)


@delete("/{customer:str}/contact-points/{contact_point:str}", operation_id="remove_contact_point", status_code=204)
async def remove_contact_point(
    customer: CustomerPath,
    contact_point: ContactPointPath,
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
) -> None:
    """Take a contact point away."""
    await customers.remove_point(vault, actor, customer=customer, point=contact_point)


@post("/{customer:str}/codes", operation_id="send_code", status_code=200, opt=CONFLICTS)
async def send_code(customer: CustomerPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> CodeSent:
    """Have a code sent to a customer on the line, which they read to you: exchange it for a token to act for them."""
    return await on_the_line.send_code(vault, actor, customer=customer)


@get("/{customer:str}/preferences", operation_id="show_preferences")
async def show_preferences(
    customer: CustomerPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> Preferences:
    """Show when and how a customer wishes to be reached."""
    return await preferences.preferences(vault, actor, customer=customer)


@put("/{customer:str}/preferences", operation_id="prefer")
async def prefer(
    customer: CustomerPath, data: JSONBody[Wanted], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> Preferences:
    """Put these wishes in the place of all earlier ones, as the customer told you.

    Only the customer in person ends or shortens a pause or quiet hours; then this is a 403, `only_in_person`.
    """
    return await preferences.prefer(vault, actor, wanted=data, customer=customer)


router = Router(
    path="/customers",
    route_handlers=[
        register,
        lookup,
        show,
        correct,
        add_contact_point,
        remove_contact_point,
        send_code,
        show_preferences,
        prefer,
    ],
    tags=["customers"],
)
