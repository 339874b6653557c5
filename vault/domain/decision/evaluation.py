"""AuthZEN's question becomes ours: the subject is the client itself, the action `contact`, the resource a customer.

Purpose, channel and `at` stand in the context. Whatever else is sent is not read, as the standard has it (Authorization
API 1.0, JSON Serialization), so it neither decides anything nor is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from vault.base.errors import Denied, Invalid
from vault.base.ids import CustomerIdText
from vault.domain.decision.question import AskedOrAny, Question
from vault.domain.fact import Instant
from vault.domain.organization import Key

SUBJECT: Final = "client"
ACTION: Final = "contact"
RESOURCE: Final = "customer"

Semantic = Literal["execute_all", "deny_on_first_deny", "permit_on_first_permit"]
Default = Annotated[
    Mapping[str, Any],  # foreign JSON, read with the evaluation it completes
    Meta(description="for every evaluation that leaves it out; one that has it replaces it whole, but for type and id"),
]
_REQUIRED: Final = ("type", "id", "name")


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """A subject or a resource. The one subject is `client` with your client_id; resources are of type `customer`."""

    type: str
    id: str


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done. Here that is `contact`."""

    name: str


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What for, over which channel, and when, if not now. Purpose and channel are never left out.

    `permit_for` names the client that sends, if a proof is to come with a yes.
    """

    purpose: Key | None = None
    channel: AskedOrAny | None = None
    at: Instant | None = None
    campaign: Key | None = None
    permit_for: Key | None = None


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this subject may do this to this resource."""

    subject: Entity
    action: Deed
    resource: Entity
    context: Circumstances | None = None


class EvaluationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the evaluations are carried out: all of them, or up to the first no or the first yes."""

    evaluations_semantic: Semantic | None = None


class Evaluations(msgspec.Struct, frozen=True, kw_only=True):
    """Up to 1,000 evaluations. Without any, this is a single one."""

    subject: Default | None = None
    action: Default | None = None
    resource: Default | None = None
    context: Default | None = None
    evaluations: (
        Annotated[
            tuple[Any, ...],  # foreign JSON: one that cannot be read is an error of its own, not of the others
            Meta(max_length=1000, extra_json_schema={"items": {"type": "object"}}),
        ]
        | None
    ) = None
    options: EvaluationOptions | None = None

    @property
    def semantic(self) -> Semantic:
        """Return how far to go."""
        return (self.options and self.options.evaluations_semantic) or "execute_all"

    def each(self) -> list[object]:
        """Return what is asked, still to be read, each completed by what stands above it; without a list, the one."""
        return [self._completed(one) for one in self.evaluations or ({},)]

    def _completed(self, one: object) -> object:
        if not isinstance(one, dict):
            return one
        completed: dict[str, object] = {}
        for name in ("subject", "action", "resource", "context"):
            default, own = getattr(self, name), one.get(name)
            found = default if own is None else own
            if name != "context" and isinstance(own, dict) and default is not None:
                found = {part: default[part] for part in _REQUIRED if part in default} | own
            if found is not None:
                completed[name] = found
        return completed


def question(asked: Evaluation, *, client_id: str) -> Question:
    """Return the question this is; `Denied` for a subject that is not the client, `Invalid` for what nobody can ask."""
    if (asked.subject.type, asked.subject.id) != (SUBJECT, client_id):
        raise Denied(
            "subject_not_client",
            "a client asks for itself: the subject's type is client, its id this token's client_id",
        )
    if asked.action.name != ACTION:
        raise Invalid("unknown_action", "the one action here is contact: may this customer be contacted")
    try:
        customer = msgspec.convert(asked.resource.id, CustomerIdText)
    except msgspec.ValidationError:
        customer = None
    if asked.resource.type != RESOURCE or customer is None:
        raise Invalid("unknown_resource", "the resource's type is customer, and its id the one the vault gave: cus_…")
    context = asked.context or Circumstances()
    if context.purpose is None or context.channel is None:
        raise Invalid("incomplete_context", "the context says what for and how: give purpose and channel")
    return Question(
        purpose=context.purpose,
        channel=context.channel,
        customer=customer,
        at=context.at,
        campaign=context.campaign,
        permit_for=context.permit_for,
    )
