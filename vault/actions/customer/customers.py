"""Customers: registered, found, corrected and shown. Values come in and are sealed; none ever goes out here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from vault.actions.acting import Acting, acting
from vault.actions.customer import whole
from vault.actions.customer.points import (
    Tagged,
    add_points,
    add_references,
    lock_tags,
    refuse_erased,
    tag_point,
    tag_points,
    tag_reference,
)
from vault.actions.vault import Here, Vault
from vault.base.errors import Conflict, Denied, Invalid, Unknown
from vault.base.ids import CUSTOMER, ContactPointId, CustomerId, Subject, raw
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.contact_point import ContactValue
from vault.domain.customer import (
    BIRTH_DATE,
    COUNTRY,
    Correction,
    CustomerShown,
    Found,
    Lookup,
    NewContactPoint,
    PointAdded,
    Registered,
    Registration,
    check_attributes,
    check_time_zone,
    country_of,
    minor_until,
    seen,
)
from vault.domain.decision.question import Reference
from vault.store import keys
from vault.store.customer import brought, customers, merges
from vault.store.customer.customers import NewCustomer
from vault.store.decision.questions import Sought
from vault.store.keys import REFERENCE, CustomerKey


async def register(vault: Vault, actor: Actor, *, registration: Registration) -> Registered:
    """Register a customer, or find the one a reference names already and add what is new about them.

    A field that is filled stays as it is; correcting is another action.
    """
    async with acting(vault, actor, name="register_customer") as act:
        check_attributes(act.here.organization, registration.attributes)
        check_time_zone(registration.time_zone)
        points = tag_points(act.here, registration.contact_points)
        references = [tag_reference(act.here, reference) for reference in registration.external]
        if not points and not references:
            raise Invalid("nobody", "give at least one contact point or external reference")
        await lock_tags(act, [*points, *references])
        known = await _known(act, references)
        if known is not None:
            await _add_to(act, known, registration=registration, points=points, references=references)
            return Registered(id=known, created=False)
        await refuse_erased(act, [*points, *references])
        return Registered(id=await _create(act, registration, points=points, references=references), created=True)


async def correct(vault: Vault, actor: Actor, *, customer: CustomerId, correction: Correction) -> CustomerShown:
    """Correct what is held: set or take away attributes, add references."""
    async with acting(vault, actor, name="correct_customer") as act:
        check_attributes(act.here.organization, correction.attributes)
        check_time_zone(correction.time_zone)
        references = [tag_reference(act.here, reference) for reference in correction.external]
        await lock_tags(act, references)  # before the customer's row: `register` waits in the same order
        held = await whole.hold(act, customer)
        subject, customer = held[customer], next(iter(held))  # what the one that stays holds is what is told
        await refuse_erased(act, references)
        key = await _key(act, customer)
        await add_references(act, key, customer=customer, tagged=references)
        given = {name: value for name, value in correction.attributes.items() if value is not None}
        gone = [name for name, value in correction.attributes.items() if value is None]
        await _seal_attributes(act, key, customer=customer, values=given)
        for one in held:
            await customers.drop_attributes(act.work, one, names=gone)
        row: dict[str, object] = {}
        if correction.locale is not None:
            row["locale"] = correction.locale
        if correction.time_zone is not None:
            row["time_zone"] = correction.time_zone
        row |= _in_the_clear(act, given)
        if COUNTRY in gone:  # a birth date taken away leaves a minor a minor
            row["country"] = None
        await customers.update(act.work, customer, values=row)
        await act.log("customer_corrected", subject=subject, fields=[*sorted(correction.attributes), *sorted(row)])
        return await _shown(act, customer)


async def add_point(vault: Vault, actor: Actor, *, customer: CustomerId, point: NewContactPoint) -> PointAdded:
    """Add a way to reach a customer; one that is there already is that one."""
    async with acting(vault, actor, name="add_contact_point") as act:
        subject = await locked(act, customer)
        tagged = tag_point(act.here, point.kind, value=point.value, primary=point.primary)
        for _, known in await whole.points(act, customer):
            if known.tag == tagged.tag:
                await brought.vouch(act.work, customer, points=[tagged.tag], references=[])
                return PointAdded(id=known.id, created=False)
        await refuse_erased(act, [tagged])
        [added] = await add_points(act, await _key(act, customer), customer=customer, tagged=[tagged])
        await act.log("contact_point_added", subject=subject, point=point.kind)
        return PointAdded(id=added, created=True)


async def remove_point(vault: Vault, actor: Actor, *, customer: CustomerId, point: ContactPointId) -> None:
    """Take a contact point away. A yes that names it stands for no other."""
    async with acting(vault, actor, name="remove_contact_point") as act:
        subject = await locked(act, customer)
        known = {one.id: (whose, one) for whose, one in await whole.points(act, customer)}
        if point not in known:
            raise Unknown("unknown_contact_point", "this customer has no such contact point")
        whose, gone = known[point]
        await customers.drop_point(act.work, whose, point=point)
        await act.log("contact_point_removed", subject=subject, point=gone.kind)


async def lookup(vault: Vault, actor: Actor, *, sought: Lookup) -> Found:
    """Return who has a contact point or reference. Each customer found has an entry of their own."""
    async with acting(vault, actor, name="lookup_customer") as act:
        place = _place(act.here, sought)
        found = (await customers.find(act.work, [place])).get(place, [])
        subjects = await customers.subjects(act.work, found)
        for subject in subjects:
            await act.log("lookup", subject=subject, field=place[0], found=len(found))
        if not subjects:
            await act.log("lookup", field=place[0], found=0)
        roots = await merges.roots(act.work, found)
        return Found(customers=tuple(sorted({roots.get(one, one) for one in found})))


async def show(vault: Vault, actor: Actor, *, customer: CustomerId | None = None) -> CustomerShown:
    """Show a customer, or who acts: ids, kinds, states, which fields are filled. Never a value."""
    async with acting(vault, actor, name="me_show" if customer is None else "show_customer") as act:
        customer = meant(act, customer)
        for subject in await customers.subjects(act.work, [customer]):
            await act.log("customer_read", subject=subject)
        return await _shown(act, customer)


def meant(act: Acting, customer: CustomerId | None) -> CustomerId:
    """Return whom it is about: the customer named, or who acts."""
    if (whom := customer or act.actor.customer) is None:
        raise Denied("not_allowed", "this is for customers alone")
    return whom


async def locked(act: Acting, customer: CustomerId) -> Subject:
    """Hold the customer's row and return the subject; `Unknown` for whoever is not there or was erased."""
    subject = await customers.lock(act.work, customer)
    if subject is None:
        raise Unknown("unknown_customer", "there is no such customer")
    return subject


def _place(here: Here, sought: Lookup) -> Sought:
    match sought.contact, sought.external:
        case ContactValue() as contact, None:
            return tag_point(here, contact.kind, value=contact.value).sought
        case None, Reference() as reference:
            return REFERENCE, tag_reference(here, reference).found_by
        case _:
            raise Invalid("one_person", "look up by exactly one of contact or external")


async def _known(act: Acting, references: Iterable[Tagged]) -> CustomerId | None:
    sought = [(REFERENCE, reference.found_by) for reference in references]
    found = await customers.find(act.work, sought)
    named = {owner for owners in found.values() for owner in owners}
    roots = await merges.roots(act.work, named)
    owners = {roots.get(owner, owner) for owner in named}
    if len(owners) > 1:
        raise Conflict("conflicting_references", "the references of this request belong to different customers")
    return owners.pop() if owners else None


async def _create(
    act: Acting, registration: Registration, *, points: list[Tagged], references: list[Tagged]
) -> CustomerId:
    customer = act.id(CUSTOMER)
    subject = act.subject()
    row = NewCustomer(
        id=customer,
        subject=subject,
        locale=registration.locale,
        time_zone=registration.time_zone,
        **_in_the_clear(act, registration.attributes),
    )
    await customers.add(act.work, row, recorded_at=act.now)
    key, wrapped = act.here.safe.new_key(customer, "data")
    _, proof = act.here.safe.new_key(customer, "proof")
    await keys.add(act.work, customer, wrapped={"data": wrapped, "proof": proof})
    await _seal_attributes(act, key, customer=customer, values=registration.attributes)
    await add_points(act, key, customer=customer, tagged=points)
    await add_references(act, key, customer=customer, tagged=references)
    await act.log(
        "customer_registered",
        subject=subject,
        fields=[*sorted(registration.attributes)],
        points=[*sorted(point.kind for point in points)],
        sources=[*sorted(reference.kind for reference in references)],
    )
    return customer


async def _add_to(
    act: Acting, customer: CustomerId, *, registration: Registration, points: list[Tagged], references: list[Tagged]
) -> None:
    subject = (await whole.hold(act, customer))[customer]
    shown = await whole.shown(act, customer)
    have = {point.tag for _, point in await whole.points(act, customer)}
    new_points = [point for point in points if point.tag not in have]
    told = [point.tag for point in points if point.tag in have]
    await brought.vouch(act.work, customer, points=told, references=[one.found_by for one in references])
    await refuse_erased(act, [*new_points, *references])
    fields = {name: value for name, value in registration.attributes.items() if name not in shown.attributes}
    key = await _key(act, customer)
    await _seal_attributes(act, key, customer=customer, values=fields)
    await add_points(act, key, customer=customer, tagged=new_points)
    await add_references(act, key, customer=customer, tagged=references)
    await customers.update(act.work, customer, values=_in_the_clear(act, fields))
    if fields or new_points:
        await act.log(
            "customer_filled",
            subject=subject,
            fields=[*sorted(fields)],
            points=[*sorted(point.kind for point in new_points)],
        )


async def _shown(act: Acting, customer: CustomerId) -> CustomerShown:
    shown = await whole.shown(act, customer)
    return shown if act.actor.client is None else seen(shown, act.here.ceiling(act.actor, act.now))


async def _key(act: Acting, customer: CustomerId) -> CustomerKey:
    return await keys.opened(act.work, act.here.safe, customer=customer, kind="data")


async def _seal_attributes(
    act: Acting, key: CustomerKey, *, customer: CustomerId, values: Mapping[str, Personal]
) -> None:
    safe, row = act.here.safe, raw(customer)
    sealed = {
        name: safe.seal(key, "attribute", column=name, row=row, value=value.reveal().encode())
        for name, value in values.items()
    }
    await customers.set_attributes(act.work, customer, sealed=sealed)


def _in_the_clear(act: Acting, values: Mapping[str, Personal]) -> dict[str, Any]:
    """Return what is kept in the clear of attributes that are set."""
    kept: dict[str, Any] = {}
    if (born := values.get(BIRTH_DATE)) is not None:
        kept["minor_until"] = minor_until(born, act.here.organization, today=act.now.date())
    if (told := values.get(COUNTRY)) is not None:
        kept["country"] = country_of(told, act.here.organization)
    return kept
