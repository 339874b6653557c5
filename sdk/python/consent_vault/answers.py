"""What the vault answers. A field this version does not know is passed over; one that is missing is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from consent_vault.problems import problem, unreadable
from consent_vault.promises import Promise

Instant = Annotated[datetime, Meta(tz=True)]
Kind = TypeVar("Kind")

_OK = 200
_NO_CONTENT = 204


class Released(Mapping[str, str]):
    """The fields that left with a yes, by name. Printed, it names them and shows none."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def __getitem__(self, field: str) -> str:
        return self._values[field]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Released({', '.join(self._values)})"


class Reason(Struct, frozen=True, kw_only=True):
    """One reason: its code, the policy and law behind it, and a sentence for whoever builds the client."""

    code: str
    message: str
    policy: str | None = None
    law: str | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """What the customer said, for clients that see full reasons."""

    state: str
    until: Instant | None = None


class Withheld(Struct, frozen=True, kw_only=True):
    """A field that did not leave, and why."""

    field: str
    code: str
    message: str


class Logged(Struct, frozen=True, kw_only=True):
    """Where the access log holds the answer, and the vault's promise that it will: keep that."""

    entry: str
    promise: Promise | None = None


class ChannelTold(Struct, frozen=True, kw_only=True):
    """The answer for one channel, where `any` was asked about; `reasons` are codes."""

    outcome: str
    reasons: tuple[str, ...]
    defer_until: Instant | None = None


class Decision(Struct, frozen=True, kw_only=True):
    """The answer. It is true in an `if` only where it is a yes; `released` holds what left with it.

    Asked over `any` channel, `channel` is the one chosen, and `channels` tells of each that may be asked about.
    `withdrawal_link` goes into the message and its `List-Unsubscribe` header: one press stops it (RFC 8058).
    `permit` goes with it to the sender that was named, who verifies it offline (`consent_vault.permits`).
    `message_code` stands at its end: with it, whoever got it finds out in the portal why.
    """

    id: str
    allowed: bool
    outcome: str
    reasons: tuple[Reason, ...]
    channel: str
    configuration: str
    log: Logged
    standing: Standing | None = None
    released: Released = msgspec.field(default_factory=Released)
    withheld: tuple[Withheld, ...] = ()
    withdrawal_link: str | None = None
    defer_until: Instant | None = None
    channels: Mapping[str, ChannelTold] | None = None
    permit: str | None = None

    def __post_init__(self) -> None:
        if self.allowed is not (self.outcome == "allow") or (self.released and not self.allowed):
            raise ValueError("an answer that contradicts itself")

    def __bool__(self) -> bool:
        return self.allowed

    @property
    def message_code(self) -> str:
        """Eight letters of the id, such as `7k3m-q9x2`."""
        return f"{self.id[-9:-5]}-{self.id[-5:-1]}"


class Decisions(Struct, frozen=True, kw_only=True):
    """The answers to a batch, in the order of its questions."""

    decisions: tuple[Decision, ...]


class Outcome(Struct, frozen=True, kw_only=True):
    """What is known now of a message that was allowed. `repeated`: it was known already."""

    decision: str
    outcome: str
    repeated: bool


class PermitKey(Struct, frozen=True, kw_only=True):
    """The key by which this client recognises the address that a permit is for. Printed, it shows nothing."""

    client_id: str
    key: str

    def __repr__(self) -> str:
        return f"PermitKey({self.client_id})"


class RevokedPermit(Struct, frozen=True, kw_only=True):
    """A permit that holds no longer. The outcome is `defer` where nothing but time speaks against it."""

    decision: str
    outcome: str
    reason: str


class RevokedPermits(Struct, frozen=True, kw_only=True):
    """All permits for this client that were taken back, each until five minutes after it is over."""

    revoked: tuple[RevokedPermit, ...]


class KeySet(Struct, frozen=True, kw_only=True):
    """The public keys of the vault (RFC 7517)."""

    keys: tuple[Mapping[str, Any], ...]


class Registered(Struct, frozen=True, kw_only=True):
    """Whom a registration made or found."""

    id: str
    created: bool


class Found(Struct, frozen=True, kw_only=True):
    """Who has it. Several people may share a contact point."""

    customers: tuple[str, ...]


class PointShown(Struct, frozen=True, kw_only=True):
    """A contact point without its value."""

    id: str
    kind: str
    primary: bool
    verified_at: Instant | None = None


class Customer(Struct, frozen=True, kw_only=True):
    """A customer without any value: ids, kinds, states, which fields are filled, and who joined it (`merged`)."""

    id: str
    contact_points: tuple[PointShown, ...]
    external: tuple[str, ...]
    attributes: tuple[str, ...]
    locale: str | None = None
    time_zone: str | None = None
    minor: bool = False
    merged: tuple[str, ...] = ()


class AtMost(Struct, frozen=True, kw_only=True):
    """So many adverts at most; `per` is day, week or month."""

    most: int
    per: str


class Preferences(Struct, frozen=True, kw_only=True):
    """When and how a customer wishes to be reached, on their own clock. A pause that is over is not shown.

    `at_most` is by channel, and by `*` for all channels together.
    """

    paused_until: Instant | None = None
    quiet: Mapping[str, str] = msgspec.field(default_factory=dict)
    order: tuple[str, ...] = ()
    at_most: Mapping[str, AtMost] = msgspec.field(default_factory=dict)
    locale: str | None = None
    time_zone: str | None = None


class PointAdded(Struct, frozen=True, kw_only=True):
    """The contact point that was added, or was there already."""

    id: str
    created: bool


class Stated(Struct, frozen=True, kw_only=True):
    """The fact that stands for what was said. `repeated`: it stood already."""

    id: str
    at: Instant
    recorded_at: Instant
    repeated: bool


class Asked(Struct, frozen=True, kw_only=True):
    """What to show for a purpose, and to offer for each channel: a yes and a no, neither of them chosen already."""

    purpose: str
    title: str
    channels: tuple[str, ...]
    notice: int
    locale: str
    words: str
    ask: str
    details: str
    agree: str
    decline: str


class Prompt(Struct, frozen=True, kw_only=True):
    """A sealed prompt: `prompt` goes back with the answer, once, before `expires_at`."""

    prompt: str
    expires_at: Instant
    asks: tuple[Asked, ...]


class Chosen(Struct, frozen=True, kw_only=True):
    """The fact that stands for a choice."""

    purpose: str
    channel: str
    say: str
    id: str
    at: Instant
    repeated: bool


class Answered(Struct, frozen=True, kw_only=True):
    """The facts that stand for an answer."""

    stated: tuple[Chosen, ...]


class Consent(Struct, frozen=True, kw_only=True):
    """How a customer stands to one purpose over one channel. `implied`: the law by which it rests on a dealing."""

    purpose: str
    channel: str
    state: str
    since: Instant | None = None
    until: Instant | None = None
    implied: str | None = None


class Consents(Struct, frozen=True, kw_only=True):
    """How a customer stands to every purpose and channel of the client's ceiling."""

    consents: tuple[Consent, ...]


class Suppression(Struct, frozen=True, kw_only=True):
    """A hard stop: from `at` on, until `until` or for good."""

    id: str
    kind: str
    at: Instant
    channel: str | None = None
    until: Instant | None = None


class Suppressions(Struct, frozen=True, kw_only=True):
    """A page of suppressions."""

    suppressions: tuple[Suppression, ...]


class PolicyProblems(Struct, frozen=True, kw_only=True):
    """What is wrong with policies, in sentences."""

    problems: tuple[str, ...]


class PolicyChange(Struct, frozen=True, kw_only=True):
    """Questions that other policies would answer otherwise, alike in purpose, channel, both answers and reason.

    Answers are `yes`, `wait` and `no`. `examples` are log entries.
    """

    purpose: str
    channel: str
    before: str
    after: str
    reason: str
    decisions: int
    people: int
    examples: tuple[str, ...]


class PolicyEffect(Struct, frozen=True, kw_only=True):
    """What other policies would have done to the last `decisions`.

    `reached` are people who would have been reached and were not, `lost` those who were and would not have been.
    `unread` questions could not be asked again; `cut` says that there was no time for more.
    """

    policies: str
    decisions: int
    unread: int
    same: int
    reached: int
    lost: int
    cut: bool
    changes: tuple[PolicyChange, ...]


class RightsRequest(Struct, frozen=True, kw_only=True):
    """What a customer asked for by right: which, of whom, what field is meant; `due` is the last day to answer.

    `written_to` tells, of an answer, whether the customer was sent a letter that there is one.
    """

    id: str
    right: str
    state: str
    asked_at: Instant
    due: date
    days_left: int
    late: bool = False
    extended: bool = False
    field: str | None = None
    closed_at: Instant | None = None
    subject: str | None = None
    customer: str | None = None
    written_to: bool | None = None


class RightsRequests(Struct, frozen=True, kw_only=True):
    """A page of requests."""

    rights_requests: tuple[RightsRequest, ...]


class Heard(Struct, frozen=True, kw_only=True):
    """What a text message means: stop, start, help or none; and what to answer, once, if anything."""

    heard: str
    reply: str | None = None


def read(status: int, body: bytes, *, kind: type[Kind]) -> Kind:
    """Return the answer as `kind`; a `Problem` for everything that is not exactly that."""
    if status == _OK:
        try:
            return msgspec.json.decode(body, type=kind, dec_hook=released)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise unreadable(status) from None
    if status == _NO_CONTENT and kind is type(None) and not body:
        return kind()
    raise problem(status, body)


def released(kind: type, value: object) -> Released:
    """Read what left with a yes: a hook of `msgspec`."""
    if kind is not Released or not isinstance(value, dict | None):
        raise TypeError("Expected `object`")
    return Released(msgspec.convert(value or {}, dict[str, str]))
