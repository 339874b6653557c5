"""The one question, over HTTP.

Of a batch, ids are asked for their pattern all together, and each pair of purpose and channel once: a pattern asked of
each text by itself takes several times as long as reading it. What is not in order is read once more, one by one, to
say what is wrong.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta
from msgspec.json import Decoder

from vault.actions.decision import decisions, outcomes, revoking, senders
from vault.actions.vault import Vault
from vault.api.parameters import CONFLICTS, DecisionPath, IdempotencyKey, read_personal
from vault.base.ids import CUSTOMER, LETTERS, CustomerId
from vault.domain.actor import Actor
from vault.domain.decision.outcome import OutcomeKept, OutcomeTold
from vault.domain.decision.permit import PermitKeyShown, RevokedPermits
from vault.domain.decision.question import Decision, Question

MOST: Final = 1000


class Questions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 1,000 questions of one client."""

    questions: Annotated[tuple[Question, ...], Meta(min_length=1, max_length=MOST)]


class _Unasked(Question, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question whose purpose, channel and customer were not asked for their patterns."""

    purpose: str
    channel: str
    customer: CustomerId | None = None


class _Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    questions: Annotated[tuple[_Unasked, ...], Meta(max_length=MOST)]


_AT_ONCE: Final = Decoder(_Batch, dec_hook=read_personal)
_ONE_BY_ONE: Final = Decoder(Questions, dec_hook=read_personal)
_CUSTOMERS: Final = re.compile(f"(?:{CUSTOMER}{LETTERS} )*")


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, in the order of the questions."""

    decisions: list[Decision]


def read(body: bytes) -> tuple[Question, ...]:
    """Return the questions of a batch; `msgspec.DecodeError` where they are not in order."""
    try:
        asked = _AT_ONCE.decode(body).questions
        words = {(one.purpose, one.channel) for one in asked}
        msgspec.convert({"questions": [{"purpose": first, "channel": second} for first, second in words]}, Questions)
    except msgspec.ValidationError:
        return _ONE_BY_ONE.decode(body).questions
    ids = [f"{one.customer} " for one in asked if one.customer is not None]
    together = "".join(ids)
    if _CUSTOMERS.fullmatch(together) is None or together.count(" ") != len(ids):  # a blank in one would make it two
        return _ONE_BY_ONE.decode(body).questions
    return asked


@post("/decisions", operation_id="decide", status_code=200)
async def decide(
    data: JSONBody[Question],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    idempotency_key: IdempotencyKey = None,
) -> Decision:
    """May I contact this person, for this purpose, over this channel, now? No is an answer, not an error."""
    return await decisions.decide(vault, actor, question=data, repeat=idempotency_key)


@post("/decisions/batch", operation_id="decide_batch", status_code=200)
async def decide_batch(
    data: JSONBody[Questions],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    idempotency_key: IdempotencyKey = None,
) -> Answers:
    """Ask up to 1,000 questions at once; each has its own entry in the log."""
    return Answers(decisions=await decisions.decide_all(vault, actor, asked=data.questions, repeat=idempotency_key))


@post("/decisions/{decision:str}/outcome", operation_id="tell_outcome", status_code=200, opt=CONFLICTS)
async def tell_outcome(
    decision: DecisionPath, data: JSONBody[OutcomeTold], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> OutcomeKept:
    """Tell what became of the message that a decision allowed you to send."""
    return await outcomes.tell(vault, actor, decision=decision, told=data)


@get("/permits/key", operation_id="permit_key", opt=CONFLICTS)
async def permit_key(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> PermitKeyShown:
    """Fetch the key under which permits for you hash the address they are for. Keep it like a secret of yours."""
    return await senders.permit_key(vault, actor)


@get("/permits/revoked", operation_id="revoked_permits")
async def revoked_permits(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> RevokedPermits:
    """List the permits for you that were taken back, for what was said or became known since they were given."""
    return await revoking.revoked(vault, actor)


router = Router(
    path="/",
    route_handlers=[decide, decide_batch, tell_outcome, permit_key, revoked_permits],
    tags=["decisions"],
)
