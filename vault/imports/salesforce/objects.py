"""Salesforce's objects and their columns, and how the organization file names purposes and channels by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from vault.imports.files.table import folded
from vault.imports.mapping import unknown
from vault.imports.row import Role

KEYS: Final = frozenset(
    {"about", "time_zone", "purposes", "channels", "subscriptions", "evidence", "flags", "files", "columns"}
)
CONTACT: Final = "Contact"
INDIVIDUAL: Final = "Individual"
POINT_EMAIL: Final = "ContactPointEmail"
POINT_PHONE: Final = "ContactPointPhone"
PURPOSE: Final = "DataUsePurpose"
ENGAGEMENT: Final = "EngagementChannelType"
SUBSCRIPTION: Final = "CommSubscription"
SUBSCRIPTION_CHANNEL: Final = "CommSubscriptionChannelType"


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """One object: its file is named like it. `keeps` are the columns its ids stand for."""

    name: str
    role: Role
    columns: Mapping[str, tuple[str, ...]]
    links: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


_NAMES: Final = {"first_name": ("firstname",), "last_name": ("lastname",), "salutation": ("salutation",)}
_MAILBOX: Final = {"email": ("emailaddress",)}
_PARENT: Final = ("parentid",)
_ID: Final = {"reference": ("id",)}
OBJECTS: Final = {
    one.name: one
    for one in (
        Object(
            name=CONTACT,
            role="person",
            columns=_ID
            | _NAMES
            | {
                "email": ("email",),
                "phone": ("phone", "mobilephone", "homephone"),
                "fax_number": ("fax",),
                "country": ("mailingcountry",),
                "postal_address": (
                    "mailingstreet", "mailingpostalcode", "mailingcity", "mailingstate", "mailingcountry",
                ),
            },
            links=("individualid", "masterrecordid"),
        ),
        Object(name=INDIVIDUAL, role="person", columns=_ID | _NAMES | {"birth_date": ("birthdate",)}),
        Object(name=POINT_EMAIL, role="point", columns=_ID | _MAILBOX, links=_PARENT, keeps=_PARENT),
        Object(
            name=POINT_PHONE, role="point", columns=_ID | {"phone": ("telephonenumber",)}, links=_PARENT, keeps=_PARENT
        ),
        Object(name="ContactPointTypeConsent", role="consent", columns=_ID),
        Object(name="ContactPointConsent", role="consent", columns=_ID),
        Object(name="CommSubscriptionConsent", role="consent", columns=_ID),
        Object(name=PURPOSE, role="list", columns=_ID, keeps=("name",)),
        Object(name=ENGAGEMENT, role="list", columns=_ID, keeps=("name",)),
        Object(name=SUBSCRIPTION, role="list", columns=_ID, keeps=("name",)),
        Object(
            name=SUBSCRIPTION_CHANNEL, role="list", columns=_ID, keeps=("commsubscriptionid", "engagementchanneltypeid")
        ),
    )
}  # fmt: skip
FILES: Final = tuple(f"{name}.csv" for name in OBJECTS)


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What a name stands for: for a yes and for a no; nothing where one of them cannot be said by it."""

    granted: tuple[str, ...]
    withdrawn: tuple[str, ...]
    by_engagement: bool = False


class Consents(msgspec.Struct, frozen=True, kw_only=True):
    """How the organization reads consent: its names of purposes, channels and subscriptions."""

    purposes: Mapping[str, Named]
    channels: Mapping[str, Named]
    subscriptions: Mapping[str, Named]


def is_declared(source: Mapping[str, Any]) -> bool:
    """Whether a source is read by its objects."""
    return "flags" in source or "purposes" in source


def object_of(pattern: str) -> Object:
    """Return the object of a file's name."""
    return OBJECTS[pattern.removesuffix(".csv")]


def links_of(name: str) -> tuple[str, ...]:
    """Return the columns of an object that point to whom its rows are about."""
    return OBJECTS[name].links


def flags(about: Mapping[str, Any], of: Object) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield the flags of an object: the key in the organization file, the column, what it says."""
    for key, said in about.get("flags", {}).items():
        name, _, column = key.partition(".")
        if name not in OBJECTS or not column or not isinstance(said, Mapping):
            raise unknown(f"flags.{key}")
        if name == of.name:
            yield f"flags.{key}", folded(column), said


def consents(about: Mapping[str, Any], source: str) -> Consents:
    """Return how consent is read."""
    return Consents(
        purposes=_names(about.get("purposes", {}), f"sources.{source}.purposes"),
        channels=_names(about.get("channels", {}), f"sources.{source}.channels"),
        subscriptions=_names(about.get("subscriptions", {}), f"sources.{source}.subscriptions"),
    )


def _names(said: Mapping[str, Any], place: str) -> dict[str, Named]:
    return {folded(name): _named(value, f"{place}.{name}") for name, value in said.items()}


def _named(value: Any, place: str) -> Named:
    match value:
        case str():
            return Named(granted=(value,), withdrawn=(value,))
        case {"withdrawn": noes, **rest} if not rest:
            return Named(granted=(), withdrawn=_several(noes, place))
        case {"by": "EngagementChannelType", "else": {"withdrawn": noes}, **rest} if not rest:
            return Named(granted=(), withdrawn=_several(noes, place), by_engagement=True)
        case _:
            raise unknown(place)


def _several(value: Any, place: str) -> tuple[str, ...]:
    match value:
        case str():
            return (value,)
        case [*names] if all(isinstance(name, str) for name in names):
            return tuple(names)
        case _:
            raise unknown(place)
