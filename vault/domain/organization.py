"""What an organization declares: purposes, channels, notices, attributes, clients and their ceilings.

These structs are the applied organization file in the shape the rules read it. They hold no personal value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from vault.base.canonical import digest
from vault.base.duration import Duration
from vault.base.errors import Invalid
from vault.domain.look.portal import Portal
from vault.domain.sign_in.provider import StaffSignIn
from vault.domain.timing.budget import Budget
from vault.domain.timing.implied import Implied
from vault.domain.timing.week import Week

Kind = Literal["offer", "service", "research", "profiling"]
Basis = Literal["consent", "contract", "legitimate_interest", "legal_obligation"]
Action = Literal[
    "decide", "release", "outcome", "audience", "create", "lookup", "capture", "dealing", "prompt",
    "withdraw", "import", "events", "admin",
]  # fmt: skip
After = Literal["last_dealing", "last_fact", "last_use"]
Corrector = Literal["customer", "client"]
Key = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{0,62}$(?!\n)",
        description="a key of small letters, digits and _, beginning with a letter, at most 63",
    ),
]
Positive = Annotated[int, Meta(ge=1, le=1_000_000_000)]

CONTACT: Final = "contact"
ANY: Final = "any"
"""In a question: whichever channel is best. No channel may be called so."""
EVERY: Final = "*"


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """How a message travels: a row of the file, never an enum in code."""

    key: str
    reaches: str
    withdrawal: tuple[str, ...] = ()
    intrusive: bool = False
    budget: Budget | None = None


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """Why someone would be contacted. `lineage` is the key itself, then its parents up to the root.

    `gpc` says that a browser's signal (Global Privacy Control) withdraws it; `place` is where it stands in the file.
    """

    key: str
    lineage: tuple[str, ...]
    title: Mapping[str, str]
    kind: Kind
    basis: Basis
    channels: tuple[str, ...] = ()
    notice: str | None = None
    double_opt_in: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    lasts: Duration | None = None
    budget: Budget | None = None
    gpc: bool = False
    place: int = 0
    implied: tuple[Implied, ...] = ()

    def needs_verified(self, channel: str) -> bool:
        """Whether a contact point must be verified first; double opt-in implies it."""
        return channel in self.verified or channel in self.double_opt_in


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown when asking, in one locale."""

    ask: str
    details: str
    agree: str
    decline: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a notice. A published version never changes."""

    key: str
    version: int
    published: datetime
    compatible: bool
    recipients: tuple[str, ...]
    transfers: Mapping[str, str]
    retention: str
    texts: Mapping[str, Words]
    why: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical text of the whole version, in hex."""
        return digest(plain(self))

    def words(self, locale: str) -> str:
        """Return the SHA-256 of the words shown in `locale`, in hex; `Invalid` when it has none in that language."""
        if (words := self.texts.get(locale)) is None:
            raise Invalid("unknown_locale", "this notice has no words in that language")
        return digest(plain(words))


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """A personal field the organization holds, and for which purposes it is handed out (and those below them).

    It is kept so long, from when it was filled or `after` something; `corrected_by` says who may change what it says;
    `place` is where it stands in the file.
    """

    key: str
    title: Mapping[str, str]
    purposes: tuple[str, ...]
    keep: Duration | None = None
    after: After | None = None
    corrected_by: Corrector = "customer"
    place: int = 0


class Suppressing(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of suppression stops."""

    channels: tuple[str, ...]
    stops: tuple[str, ...]


class StopWords(msgspec.Struct, frozen=True, kw_only=True):
    """Words that stop what a number is sent: as a whole message, and wherever they stand as a word of their own."""

    alone: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()


class Authentication(msgspec.Struct, frozen=True, kw_only=True):
    """How a client proves itself."""

    method: Literal["private_key_jwt", "client_secret_basic"]
    algorithm: Literal["ES256", "EdDSA", "Ed25519", "PS256"] | None = None
    jwks: Mapping[str, Any] | None = None
    jwks_uri: str | None = None
    profile: Literal["fapi2"] | None = None
    expires: date | None = None


class Ceiling(msgspec.Struct, frozen=True, kw_only=True):
    """How far a client may ever go. Purposes and channels are exactly those named."""

    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    reasons: Literal["full", "plain"] = "plain"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a client may ask in a second: questions, requests of other kinds, tokens; and of an audience at once.

    It may tell as many outcomes as it asks questions.
    """

    decisions_per_second: Positive = 2_000
    requests_per_second: Positive = 100
    tokens_per_second: Positive = 20
    audience: Positive | None = None


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach the organization, or its officer: what a receipt has to tell. An address is in lines."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: tuple[str, ...] = ()


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A system that asks. Its OAuth client id is `<slug>.<key>`."""

    key: str
    title: str
    authentication: Authentication
    ceiling: Ceiling
    expires: date | None = None
    limits: Limits = Limits()
    acts_for_customers: bool = False
    hours: Week | None = None


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """The controller, as its file declares it. Every mapping is by key. Without `keep_log` the log is kept for good."""

    slug: str
    name: str
    jurisdiction: str
    region: str
    time_zone: str
    locale: str
    locales: tuple[str, ...]
    minor_until: int
    channels: Mapping[str, Channel]
    purposes: Mapping[str, Purpose]
    attributes: Mapping[str, Attribute]
    notices: Mapping[str, tuple[Notice, ...]]
    suppressions: Mapping[str, Suppressing]
    evidence: Mapping[str, tuple[str, ...]]
    double_opt_in_needs: tuple[str, ...]
    clients: Mapping[str, Client]
    sources: Mapping[str, Any]
    words: Mapping[str, tuple[str, ...]]
    countries: Mapping[str, tuple[str, ...]]
    portal: Portal = Portal()
    staff_sign_in: StaffSignIn | None = None
    keep_log: Duration | None = None
    keep_unconfirmed: Duration | None = None
    keep_quarantine: Duration | None = None  # else 90 days
    open_hours: Mapping[str, Week] = {}  # by country, else `default`
    closed_on_holidays: tuple[str, ...] = ()  # of these countries
    stop_words: StopWords | None = None
    budget: Budget | None = None  # over all purposes
    contact: Party = Party()
    officer: Party | None = None  # for data protection
    complaints: Mapping[str, str] = {}  # the body to complain to, by country

    @property
    def has_budgets(self) -> bool:
        """Whether it promises of anything how often it comes at most."""
        of_purposes = [purpose.budget for purpose in self.purposes.values()]
        of_channels = [channel.budget for channel in self.channels.values()]
        return any(budget is not None for budget in (self.budget, *of_purposes, *of_channels))

    @property
    def bearing(self) -> tuple[str, ...]:
        """What a fact may name for a purpose: each that is declared, and `*`, which dealings have."""
        return (*self.purposes, EVERY)

    def purpose(self, key: str) -> Purpose:
        """Return the purpose; `Invalid` for a key the file does not declare."""
        if (purpose := self.purposes.get(key)) is None:
            raise Invalid("unknown_purpose", "this organization declares no such purpose")
        return purpose

    def channel(self, key: str) -> Channel:
        """Return the channel; `Invalid` for a key the file does not declare."""
        if (channel := self.channels.get(key)) is None:
            raise Invalid("unknown_channel", "this organization declares no such channel")
        return channel

    def notice(self, key: str, version: int) -> Notice:
        """Return a published version; `Invalid` when there is none."""
        for notice in self.notices.get(key, ()):
            if notice.version == version:
                return notice
        raise Invalid("unknown_notice_version", "this purpose's notice has no such version")

    def ways(self) -> Iterator[tuple[Purpose, str]]:
        """Yield every purpose with each of its channels; a purpose without channels with `*`."""
        for purpose in self.purposes.values():
            for channel in purpose.channels or (EVERY,):
                yield purpose, channel


def plain(value: object) -> Any:
    """Return a struct of this module as strings, integers, lists: what canonical JSON takes, without nulls."""
    return _without_nulls(msgspec.to_builtins(value))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_nulls(item) for item in value]
    return value
