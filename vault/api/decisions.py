"""The one question, over HTTP.

A batch of plain questions, of a customer, a purpose and a channel each, is read at once: a pattern asked of each text
by itself takes several times as long as reading it. Whatever is not plain, or not in order, is read one by one, which
also says what is wrong.
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


class _Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    customer: str
    purpose: str
    channel: str


class _Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    questions: Annotated[list[_Plain], Meta(max_length=MOST)]


_PLAIN: Final = Decoder(_Batch)
_ANY: Final = Decoder(Questions, dec_hook=read_personal)
_CUSTOMERS: Final = re.compile(f"(?:{CUSTOMER}{LETTERS} )*")


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """The answers, in the order of the questions."""

    decisions: list[Decision]


def read(body: bytes) -> tuple[Question, ...]:
    """Return the questions of a batch; `msgspec.DecodeError` where they are not in order.

    The words of each purpose and channel are asked for their patterns once, and the ids all together.
    """
    try:
        plain = _PLAIN.decode(body).questions
        words = {(one.purpose, one.channel): one for one in plain}
        msgspec.convert({"questions": [msgspec.structs.asdict(one) for one in words.values()]}, Questions)
    except msgspec.ValidationError:
        return _ANY.decode(body).questions
    ids = "".join([f"{one.customer} " for one in plain])
    if _CUSTOMERS.fullmatch(ids) is None or ids.count(" ") != len(plain):  # a blank within one would make it two
        return _ANY.decode(body).questions
    return tuple(
        [Question(customer=CustomerId(one.customer), purpose=one.purpose, channel=one.channel) for one in plain]
    )


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
    """List the permits for you that are not over and hold no longer: somebody said no since they were given."""
    return await revoking.revoked(vault, actor)


router = Router(
    path="/",
    route_handlers=[decide, decide_batch, tell_outcome, permit_key, revoked_permits],
    tags=["decisions"],
)
