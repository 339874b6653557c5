"""Details: all that is kept about whoever is signed in, shown to them alone, and corrected by them.

Reading it is an entry, and values are opened after its COMMIT. What only a system may change is shown and stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer import whole
from vault.actions.proving.points import held, value
from vault.actions.vault import Here, Vault
from vault.base.errors import Invalid, Unknown
from vault.base.ids import CustomerId, Subject, raw
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.customer import CustomerShown
from vault.domain.organization import Attribute
from vault.domain.own.fields import check_correctable, correctable
from vault.domain.own.points import OwnPoint
from vault.store.customer import customers, fields
from vault.store.customer.fields import Field
from vault.store.keys import CustomerKey
from vault.store.own import sources


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point with its value."""

    own: OwnPoint
    value: Personal


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept. `values` are by the key of the attribute; `sources` say since when each system knows them."""

    points: tuple[Point, ...]
    values: Mapping[str, Personal]
    sources: Mapping[str, datetime]
    locale: str | None
    now: datetime

    def __repr__(self) -> str:
        return f"Details(points={len(self.points)}, values={sorted(self.values)})"


class Corrections(msgspec.Struct, frozen=True, kw_only=True):
    """What shall stand in the fields from now on; nothing takes a field away. Without a locale it stays."""

    values: Mapping[str, Personal | None]
    locale: str | None = None


async def details(vault: Vault, actor: Actor) -> Details:
    """Return what is kept about whoever is signed in; `Unknown` for somebody erased a moment ago."""
    async with acting(vault, actor, name="me_details") as act:
        subject = await _subject(act)
        shown = await _shown(act)
        known = await sources.of(act.work, [shown.id, *shown.merged])
        opening = await whole.opened(act, [shown.id, *shown.merged])
        filled = await _filled(act, [*opening.values()], shown=shown)
        points = await held(act, opening[actor.me])
        names = sorted(filled)
        await act.log(
            "own_details_read", subject=subject, fields=[*names], points=[*sorted(one.point.kind for one in points)]
        )
    return Details(
        points=tuple(Point(own=one.point, value=value(act, one)) for one in points),
        values={name: fields.unseal(act.here.safe, key, field=one) for name, (key, one) in filled.items()},
        sources=known,
        locale=shown.locale,
        now=act.now,
    )


async def correct(vault: Vault, actor: Actor, *, corrections: Corrections) -> None:
    """Correct what a customer may; the log is told the names of what really changed, and nothing where nothing did.

    `Denied` for a field that is not theirs to correct, `Invalid` for a language the organization does not speak.
    """
    async with acting(vault, actor, name="me_correct") as act:
        check_correctable(act.here.organization, corrections.values)
        _check_language(act.here, corrections.locale)
        subject = (await whole.hold(act, actor.me))[actor.me]
        shown = await _shown(act)
        opening = await whole.opened(act, [shown.id, *shown.merged])
        filled = await _filled(act, [*opening.values()], shown=shown)
        known = {name: fields.unseal(act.here.safe, key, field=one) for name, (key, one) in filled.items()}
        changed = {name: said for name, said in corrections.values.items() if said != known.get(name)}
        await _write(act, opening, changed=changed)
        same = _language(corrections.locale) == _language(shown.locale)  # another region of it stays as it was
        locale = None if same else corrections.locale
        await customers.update(act.work, shown.id, values={} if locale is None else {"locale": locale})
        if names := [*sorted(changed), *(["locale"] if locale is not None else [])]:
            await act.log("customer_corrected", subject=subject, fields=[*names])


def own_fields(here: Here, found: Details) -> list[Attribute]:
    """Return the fields that are shown: those they may fill, then what else is filled, declared still or not."""
    declared, theirs = here.organization.attributes, correctable(here.organization)
    filled = [declared.get(key) or Attribute(key=key, title={}, purposes=()) for key in found.values]
    return [*theirs, *sorted((one for one in filled if one not in theirs), key=lambda one: (one.place, one.key))]


async def _write(
    act: Acting, opening: Mapping[CustomerId, CustomerKey], *, changed: Mapping[str, Personal | None]
) -> None:
    """Write what changed to the customer that stays, whose fields are shown first; what goes is gone of all."""
    safe, (first, key) = act.here.safe, next(iter(opening.items()))
    sealed = {
        name: safe.seal(key, "attribute", column=name, row=raw(first), value=said.reveal().encode())
        for name, said in changed.items()
        if said is not None
    }
    await customers.set_attributes(act.work, first, sealed=sealed)
    for one in opening:
        await customers.drop_attributes(act.work, one, names=[name for name, said in changed.items() if said is None])


def _check_language(here: Here, locale: str | None) -> None:
    if locale is not None and _language(locale) not in map(_language, here.organization.locales):
        raise Invalid("unknown_locale", "the organization does not speak this language")


def _language(locale: str | None) -> str:
    return (locale or "").partition("-")[0]


async def _subject(act: Acting) -> Subject:
    found = await customers.subjects(act.work, [act.actor.me])
    if not found:
        raise Unknown("unknown_customer", "there is no such customer")
    return found[0]


async def _shown(act: Acting) -> CustomerShown:
    return await whole.shown(act, act.actor.me)


async def _filled(
    act: Acting, opening: Sequence[CustomerKey], *, shown: CustomerShown
) -> dict[str, tuple[CustomerKey, Field]]:
    """Return what is filled, with the key that opens it; of several who hold it, what the first holds."""
    found: dict[str, tuple[CustomerKey, Field]] = {}
    for key in opening:
        for one in await fields.read(act.work, key, names=shown.attributes):
            if not one.is_point:
                found.setdefault(one.field, (key, one))
    return found
