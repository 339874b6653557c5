"""The shape of the organization file: its sections, keys and types, as they are written.

What can be checked by looking at one value alone is said here; what needs two is checked beside it. Descriptions are
what a fault tells the reader to write. Sections the rules do not use yet stand here for their shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from vault.base.duration import Duration
from vault.domain.look.portal import Font
from vault.domain.organization import (
    After,
    Authentication,
    Basis,
    Ceiling,
    Corrector,
    Key,
    Kind,
    Limits,
    Positive,
    StopWords,
    Words,
)
from vault.domain.sign_in.provider import StaffSignIn
from vault.domain.suppression import SuppressionKind
from vault.domain.timing.budget import Budget
from vault.domain.timing.implied import Country, Implied

Locale = Annotated[
    str, Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", description="a language such as en or de-AT (BCP 47)")
]
Slug = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{0,62}$",
        description="small letters, digits and -, beginning with a letter, at most 63",
    ),
]
Instant = Annotated[datetime, Meta(tz=True)]
Age = Annotated[int, Meta(ge=0, le=30)]
Url = Annotated[
    str,
    Meta(pattern=r"^https://[^\s/?#@]+(/[^\s#]*)?$", description="an address such as https://crm.example/jwks.json"),
]
Email = Annotated[str, Meta(pattern=r"^[^\s@]+@[^\s@]+$", description="an e-mail address such as privacy@shop.example")]
Phone = Annotated[
    str, Meta(pattern=r"^\+[0-9]{6,15}$", description='a number with its country code, such as "+441632960001"')
]
Colour = Annotated[str, Meta(pattern=r"^#[0-9A-Fa-f]{6}$", description='a colour such as "#1E5B3A"')]
Hours = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$", description='hours such as "09:00-20:00"'
    ),
]
_DAY = "(mon|tue|wed|thu|fri|sat|sun)"
Days = Annotated[str, Meta(pattern=f"^{_DAY}(-{_DAY})?$", description="a day or days, such as sat or mon-fri")]
Place = Annotated[str, Meta(pattern=r"^(default|[A-Z]{2})$", description="default or a country such as GB")]

Titles = Mapping[Locale, str]
Windows = Mapping[Days, tuple[Hours, ...]]
Names = str | tuple[str, ...]


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach the organization, its officer or its representative."""

    name: str | None = None
    email: Email | None = None
    phone: Phone | None = None
    address: tuple[str, ...] = ()


class About(msgspec.Struct, frozen=True, kw_only=True):
    """The section `organization`."""

    slug: Slug
    name: str
    jurisdiction: Country
    time_zone: str
    locale: Locale
    region: Country | None = None
    locales: tuple[Locale, ...] = ()
    minor_until: Age = 16
    budget: Budget | None = None
    contact: Contact | None = None
    data_protection_officer: Contact | None = None
    representative_in_eu: Contact | None = None
    complaint_bodies: Mapping[Country, str] = {}


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who a message on a channel comes from."""

    sender: Names = msgspec.field(name="from")
    reply_to: Email | None = None
    name: str | None = None


class Portal(msgspec.Struct, frozen=True, kw_only=True):
    """Look of the portal."""

    host: str | None = None
    logo: str | None = None
    accent: Colour | None = None
    accent_dark: Colour | None = None
    font: Font = "own"


class Keeping(msgspec.Struct, frozen=True, kw_only=True):
    """How long something is kept."""

    keep: Duration
    after: After | None = None
    then: Literal["erase"] | None = None


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `channels`."""

    reaches: Key
    withdrawal: tuple[Literal["link", "one_click", "stop_word", "spoken", "none"], ...]
    intrusive: bool = False
    budget: Budget | None = None


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """The section `quiet_hours`."""

    open: Mapping[Place, Windows]
    closed_on_public_holidays: tuple[Country, ...] = ()


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `suppressions`; what it leaves out is the default of its kind."""

    channels: tuple[str, ...] | None = None
    stops: tuple[Kind, ...] | None = None


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `purposes`. `parent` names the purpose above one that does not stand inside it."""

    title: Titles
    parent: str | None = None
    kind: Kind | None = None
    basis: Basis | None = None
    channels: tuple[str, ...] = ()
    notice: str | None = None
    double_opt_in: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    gpc: bool | None = None
    lasts: Duration | None = None
    budget: Budget | None = None
    implied: tuple[Implied, ...] = ()
    children: Mapping[Key, Purpose] = {}


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `attributes`."""

    title: Titles
    purpose: Names
    keep: Duration
    after: After | None = None
    why: str | None = None
    corrected_by: Corrector = "customer"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A published version of a notice."""

    version: Positive
    published: Instant
    retention: str
    texts: Mapping[Locale, Words]
    compatible: bool | None = None
    why: str | None = None
    recipients: tuple[str, ...] = ()
    transfers: Mapping[str, str] = {}


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """Where a client hears of changes."""

    to: Url
    format: Literal["standard_webhooks"]


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `clients`."""

    title: str
    authentication: Authentication
    ceiling: Ceiling
    expires: date | None = None
    acts_for_customers: bool = False
    limits: Limits = Limits()
    must_apply_changes_within: Duration | None = None
    hours: Windows | None = None
    events: Hook | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """A class of evidence: what a yes must come with."""

    needs: tuple[Key, ...]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """How to read the exports of one system. The names of its columns are its own."""

    about: Literal["address", "person"]
    files: Mapping[str, Any] = {}
    time_zone: str | None = None
    columns: Mapping[str, Any] = {}
    purposes: Mapping[str, Any] = {}
    channels: Mapping[str, Any] = {}
    subscriptions: Mapping[str, Any] = {}
    evidence: Mapping[str, str] = {}
    flags: Mapping[str, Any] = {}


class File(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    format: Literal[1]
    organization: About
    channels: Mapping[Key, Channel]
    purposes: Mapping[Key, Purpose]
    sender: Mapping[Key, Sender] = {}
    portal: Portal | None = None
    retention: Mapping[Literal["facts", "access_log", "unconfirmed", "quarantine", "idle_customers"], Keeping] = {}
    quiet_hours: QuietHours | None = None
    stop_words: StopWords | None = None
    suppressions: Mapping[SuppressionKind, Suppression] = {}
    attributes: Mapping[Key, Attribute] = {}
    contact_points: Mapping[Key, Keeping] = {}
    notices: Mapping[Key, tuple[Notice, ...]] = {}
    clients: Mapping[Key, Client] = {}
    staff_sign_in: StaffSignIn | None = None
    words: Mapping[Literal["granted", "withdrawn"], tuple[str, ...]] = {}
    countries: Mapping[Country, tuple[str, ...]] = {}
    evidence: Mapping[Key, Evidence] = {}
    double_opt_in_needs: tuple[str, ...] = ()
    sources: Mapping[Key, Source] = {}

    @property
    def locales(self) -> tuple[str, ...]:
        """The languages of the organization; without a list, its own alone."""
        return self.organization.locales or (self.organization.locale,)
