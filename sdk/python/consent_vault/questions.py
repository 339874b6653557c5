"""What a client sends. Fields are those of `openapi.yaml`; one that is None is left out.

Whoever prints a request sees kinds and systems, never a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Required, TypedDict

import msgspec
from msgspec import Struct

from consent_vault.answers import Instant
from consent_vault.problems import Invalid

_ID: Final = re.compile(r"[a-z]{3}_[0-9a-z]{26}")


class Contact(Struct, frozen=True, kw_only=True):
    """A contact point by its value, such as kind `email`."""

    kind: str
    value: str

    def __repr__(self) -> str:
        return f"Contact({self.kind})"


class Reference(Struct, frozen=True, kw_only=True):
    """What another system calls the customer."""

    source: str
    id: str

    def __repr__(self) -> str:
        return f"Reference({self.source})"


class ContactPoint(Struct, frozen=True, kw_only=True):
    """A way to reach a customer. The first of its kind is the primary one unless another says it is."""

    kind: str
    value: str
    primary: bool = False

    def __repr__(self) -> str:
        return f"ContactPoint({self.kind})"


class Question(TypedDict, total=False):
    """May I contact this person? Name the person in exactly one of three ways: customer, contact or external.

    `permit_for` names the client that sends: a yes then comes with a permit for it.
    """

    purpose: Required[str]
    channel: Required[str]
    customer: str | None
    contact: Contact | None
    external: Reference | None
    at: Instant | None
    release: Sequence[str]
    reserve: bool | None
    campaign: str | None
    permit_for: str | None


class Screening(TypedDict, total=False):
    """What is asked about each of an audience, and what reading the result hands out with a yes of that moment."""

    purpose: Required[str]
    channel: Required[str]
    release: Sequence[str]
    permit_for: str | None
    campaign: str | None


class Registration(TypedDict, total=False):
    """A customer to register; one whose reference is known is found."""

    external: Sequence[Reference]
    contact_points: Sequence[ContactPoint]
    attributes: Mapping[str, str]
    locale: str | None
    time_zone: str | None


class Correction(TypedDict, total=False):
    """What to change: an attribute that is None is taken away; what is not named stays."""

    external: Sequence[Reference]
    attributes: Mapping[str, str | None]
    locale: str | None
    time_zone: str | None


class Yes(TypedDict, total=False):
    """A yes that was captured, with its evidence. `reference` is the client's own name for it."""

    purpose: Required[str]
    channel: Required[str]
    notice: int | None
    locale: str | None
    evidence: Mapping[str, str]
    method: str
    at: Instant | None
    until: Instant | None
    contact_point: str | None
    reference: str | None
    guardian: bool


class No(TypedDict, total=False):
    """A no: to a purpose and all below it, over one channel or, left out, over every one."""

    purpose: Required[str]
    channel: str
    method: str
    at: Instant | None
    contact_point: str | None
    reference: str | None
    guardian: bool


class Dealing(TypedDict, total=False):
    """What somebody did: `purchased` or `inquired`. `met`: `email_at_purchase`, `refusal_offered`."""

    what: Required[str]
    met: Sequence[str]
    at: Instant | None
    reference: str | None


class Ask(TypedDict, total=False):
    """What to ask a customer for on a `form`, at a `kiosk` or on the `phone`; left out, over every channel there is."""

    purposes: Required[Sequence[str]]
    method: Required[str]
    channels: Sequence[str]
    locale: str | None


class Choice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer chose: `say` is yes or no. A yes may name the one contact point it is for."""

    purpose: str
    channel: str
    say: str
    contact_point: str | None = None


class Answer(TypedDict, total=False):
    """What a customer chose when they were shown a prompt; a yes needs evidence."""

    prompt: Required[str]
    customer: Required[str]
    choices: Required[Sequence[Choice]]
    evidence: Mapping[str, str]


class Stop(TypedDict, total=False):
    """How far a suppression reaches: on one channel or all its kind declares; from now or `at`; until `until`."""

    kind: str
    channel: str | None
    at: Instant | None
    until: Instant | None


class TextMessage(Struct, frozen=True, kw_only=True):
    """A text message that was received; `sender` is the number it came from, `id` your own name for it."""

    sender: str = msgspec.field(name="from")
    text: str
    id: str
    received_at: Instant | None = None

    def __repr__(self) -> str:
        return "TextMessage()"


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that are filled."""
    return {name: value for name, value in fields.items() if value is not None}


def body(fields: Mapping[str, Any]) -> bytes:
    """Return a request's fields as JSON, without those that are None."""
    return msgspec.json.encode(without_none(fields))


def identifier(prefix: str, value: str) -> str:
    """Return an id for a URL; `Invalid` for anything else, so that no address or name ends in somebody's log."""
    if not _ID.fullmatch(value) or not value.startswith(f"{prefix}_"):
        raise Invalid("malformed_id", f"an id of this kind is {prefix}_ and 26 characters")
    return value


class Limit(TypedDict):
    """So many adverts at most; `per` is day, week or month."""

    most: int
    per: str


class Wishes(TypedDict, total=False):
    """All that a customer wishes from now on; `quiet` is by channel, or `*`, such as `22:00-07:00`.

    `at_most` is by channel, and by `*` for all channels together.
    """

    paused_until: Instant | None
    quiet: Mapping[str, str]
    order: Sequence[str]
    at_most: Mapping[str, Limit]
    locale: str | None
    time_zone: str | None
