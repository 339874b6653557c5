"""A customer as clients bring and see one: values come in, and only ids, kinds and states go out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta

from vault.base.errors import Invalid
from vault.base.ids import ContactPointId, CustomerId, CustomerIdText
from vault.base.personal import Personal
from vault.domain.contact_point import ContactValue
from vault.domain.decision.question import Reference
from vault.domain.organization import Ceiling, Key, Organization

Locale = Annotated[
    str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)", max_length=35, description="a language tag (BCP 47)")
]
TimeZone = Annotated[str, Meta(max_length=64, description="a time zone of the IANA database")]

_TWO_LETTERS: Final = re.compile(r"[a-z]{2}")
_ZONES: Final = frozenset(available_timezones()) - {"localtime", "Factory"}  # whatever the machine means by them

BIRTH_DATE: Final = "birth_date"
COUNTRY: Final = "country"
"""The attributes of which something is kept in the clear: a year, and two letters."""
"""The attribute from which the vault tells who is a minor, where an organization declares it."""


class NewContactPoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way to reach a customer. The first of its kind is the primary one unless another says it is."""

    kind: Key
    value: Personal
    primary: bool = False


class Registration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer to register. One whose external reference is known already is that customer, and gains what is new."""

    external: Annotated[tuple[Reference, ...], Meta(max_length=20)] = ()
    contact_points: Annotated[tuple[NewContactPoint, ...], Meta(max_length=20)] = ()
    attributes: Mapping[Key, Personal] = {}
    locale: Locale | None = None
    time_zone: TimeZone | None = None


class Correction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change about a customer: a null attribute is taken away; what is not named stays."""

    external: Annotated[tuple[Reference, ...], Meta(max_length=20)] = ()
    attributes: Mapping[Key, Personal | None] = {}
    locale: Locale | None = None
    time_zone: TimeZone | None = None


class Lookup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to look up: by exactly one of a contact point's value and an external reference."""

    contact: ContactValue | None = None
    external: Reference | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Who has it. Several people may share a contact point."""

    customers: tuple[CustomerIdText, ...]


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a registration made or found."""

    id: CustomerIdText
    created: bool


class PointAdded(msgspec.Struct, frozen=True, kw_only=True):
    """The contact point that was added, or was there already."""

    id: ContactPointId
    created: bool


class PointShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contact point without its value."""

    id: ContactPointId
    kind: str
    primary: bool
    verified_at: datetime | None = None


class CustomerShown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A customer without any value: ids, kinds, states, and which fields are filled.

    `merged` are the customers that joined this one: they are one person, and each id means all of it.
    """

    id: CustomerId
    contact_points: tuple[PointShown, ...]
    external: tuple[str, ...]
    attributes: tuple[str, ...]
    locale: str | None = None
    time_zone: str | None = None
    minor: bool = False
    merged: tuple[CustomerIdText, ...] = ()


def may_know_age(ceiling: Ceiling) -> bool:
    """Whether a client may be told that somebody is a minor: to whom it is a reason, or who may have the birth date."""
    return ceiling.reasons == "full" or BIRTH_DATE in ceiling.fields


def seen(shown: CustomerShown, ceiling: Ceiling) -> CustomerShown:
    """Return what a client sees of a customer: a field its ceiling does not name reads as if it were not filled.

    Whether somebody is a minor is told to whom it is a reason, or who may have the birth date.
    """
    return msgspec.structs.replace(
        shown,
        contact_points=tuple(point for point in shown.contact_points if point.kind in ceiling.fields),
        attributes=tuple(name for name in shown.attributes if name in ceiling.fields),
        minor=shown.minor and may_know_age(ceiling),
    )


def check_attributes(organization: Organization, names: Mapping[str, object]) -> None:
    """Refuse a field nobody declared: it cannot be stored."""
    if any(name not in organization.attributes for name in names):
        raise Invalid("undeclared_attribute", "a field that the organization does not declare cannot be stored")


def check_time_zone(time_zone: str | None) -> None:
    """Refuse a time zone the IANA database does not know."""
    if time_zone is not None and time_zone not in _ZONES:
        raise Invalid("unknown_time_zone", "write a time zone as the IANA database names it, such as Europe/London")


def country_of(told: Personal, organization: Organization) -> str | None:
    """Return the two letters of a country, by a name the organization declares or by themselves; none for a word else.

    Which law may imply a yes depends on it: where it cannot be told, none does.
    """
    word = " ".join(told.reveal().split()).casefold()
    named = next((code for code, names in organization.countries.items() if word in names), None)
    return named or (word.upper() if _TWO_LETTERS.fullmatch(word) else None)


def minor_until(born: Personal, organization: Organization, *, today: date) -> date | None:
    """Return 1 January after the birthday on which a minor comes of age, or none for whoever is past it.

    Kept in the clear, so it is a year and not a birthday: it errs by months, towards no (GDPR Art. 8).
    """
    try:
        birthday = date.fromisoformat(born.reveal())
    except ValueError:
        raise Invalid("unreadable_birth_date", "write birth_date as YYYY-MM-DD") from None
    if birthday > today:
        raise Invalid("unreadable_birth_date", "birth_date lies in the future")
    until = date(birthday.year + organization.minor_until + 1, 1, 1)
    return until if today < until else None
