"""Details: all that is kept about whoever is signed in, shown to them alone, and corrected by them.

Reading it is an entry, and values are opened after its COMMIT. What only a system may change is shown and stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer.customers import locked
from vault.actions.proving.points import Held, held
from vault.actions.vault import Here, Vault
from vault.base.errors import Invalid, Unknown
from vault.base.ids import Subject, raw
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.customer import CustomerShown
from vault.domain.organization import Attribute
from vault.domain.own.fields import check_correctable, correctable
from vault.domain.own.points import OwnPoint
from vault.store import keys
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
        known = await sources.of(act.work, actor.me)
        key = await keys.opened(act.work, act.here.safe, customer=actor.me, kind="data")
        filled = await _filled(act, key, shown=shown)
        points = await held(act, key)
        names = sorted(one.field for one in filled)
        await act.log(
            "own_details_read", subject=subject, fields=[*names], points=[*sorted(one.point.kind for one in points)]
        )
    return Details(
        points=tuple(Point(own=one.point, value=_opened(act.here, key, one=one)) for one in points),
        values={one.field: fields.unseal(act.here.safe, key, field=one) for one in filled},
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
        subject = await locked(act, actor.me)
        shown = await _shown(act)
        key = await keys.opened(act.work, act.here.safe, customer=actor.me, kind="data")
        known = {
            one.field: fields.unseal(act.here.safe, key, field=one) for one in await _filled(act, key, shown=shown)
        }
        changed = {name: value for name, value in corrections.values.items() if value != known.get(name)}
        await _write(act, key, changed=changed)
        same = _language(corrections.locale) == _language(shown.locale)  # another region of it stays as it was
        locale = None if same else corrections.locale
        await customers.update(act.work, actor.me, values={} if locale is None else {"locale": locale})
        if names := [*sorted(changed), *(["locale"] if locale is not None else [])]:
            await act.log("customer_corrected", subject=subject, fields=[*names])


def own_fields(here: Here, found: Details) -> list[Attribute]:
    """Return the fields that are shown: those they may fill, then what else is filled, declared still or not."""
    declared, theirs = here.organization.attributes, correctable(here.organization)
    filled = [declared.get(key) or Attribute(key=key, title={}, purposes=()) for key in found.values]
    return [*theirs, *sorted((one for one in filled if one not in theirs), key=lambda one: (one.place, one.key))]


async def _write(act: Acting, key: CustomerKey, *, changed: Mapping[str, Personal | None]) -> None:
    safe, me = act.here.safe, act.actor.me
    sealed = {
        name: safe.seal(key, "attribute", column=name, row=raw(me), value=value.reveal().encode())
        for name, value in changed.items()
        if value is not None
    }
    await customers.set_attributes(act.work, me, sealed=sealed)
    await customers.drop_attributes(act.work, me, names=[name for name, value in changed.items() if value is None])


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
    shown = await customers.show_customer(act.work, act.actor.me, today=act.now.date())
    if shown is None:
        raise Unknown("unknown_customer", "there is no such customer")
    return shown


async def _filled(act: Acting, key: CustomerKey, *, shown: CustomerShown) -> list[Field]:
    return [one for one in await fields.read(act.work, key, names=shown.attributes) if not one.is_point]


def _opened(here: Here, key: CustomerKey, *, one: Held) -> Personal:
    return here.safe.open(key, "contact_point", column="value", row=raw(one.point.id), sealed=one.sealed)
