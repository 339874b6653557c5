"""AuthZEN 1.0 over HTTP (OpenID Authorization API): the one question, as any enforcement point asks it.

What makes no sense is 400 here, and within a list an error of its own beside the others' answers. No field ever leaves
by this door. `X-Request-ID` comes back as it was sent, and means nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import HeaderParameter
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from vault.actions.decision import evaluations
from vault.actions.decision.evaluations import Answer
from vault.actions.vault import Vault
from vault.api.bodies import read_body, read_part
from vault.api.contract import BODY
from vault.api.problems import OF_STANDARD, of_standard
from vault.base.errors import VaultError
from vault.domain.actor import Actor
from vault.domain.decision.evaluation import Evaluation, Evaluations
from vault.domain.decision.question import ChannelTold, LogTold, Outcome, ReasonTold, StandingTold
from vault.domain.decision.reason import REASONS
from vault.oauth.metadata import endpoint

EVALUATION: Final = "/access/v1/evaluation"
EVALUATIONS: Final = "/access/v1/evaluations"
METADATA: Final = "/.well-known/authzen-configuration"
_REQUEST_ID: Final = re.compile(rb"[\x21-\x7e]{1,255}")


class EvaluationError(msgspec.Struct, frozen=True, kw_only=True):
    """Why one of a list has no answer: the status it would have had alone."""

    status: int
    message: str


class EvaluatedContext(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `/v1/decisions` answers, beside the decision; or the error, and then nothing else.

    `reason_admin` is for whoever runs the client, `reason_user` for the person: both say the strongest reason.
    """

    id: str | None = None
    outcome: Outcome | None = None
    defer_until: datetime | None = None
    reasons: tuple[ReasonTold, ...] = ()
    reason_admin: Mapping[str, str] | None = None
    reason_user: Mapping[str, str] | None = None
    channel: str | None = None
    channels: Mapping[str, ChannelTold] | None = None
    configuration: str | None = None
    log: LogTold | None = None
    standing: StandingTold | None = None
    withdrawal_link: str | None = None
    permit: str | None = None
    error: EvaluationError | None = None


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """The decision, and what it rests on."""

    decision: bool
    context: EvaluatedContext


class AllEvaluated(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The decisions in the order of the evaluations; or the single one, where no list was asked."""

    evaluations: tuple[Evaluated, ...] | None = None
    decision: bool | None = None
    context: EvaluatedContext | None = None


class PolicyDecisionPoint(msgspec.Struct, frozen=True, kw_only=True):
    """AuthZEN's metadata. What is not named here there is not."""

    policy_decision_point: str
    access_evaluation_endpoint: str
    access_evaluations_endpoint: str


@post(EVALUATION, operation_id="evaluate", status_code=200, opt={BODY: Evaluation})
async def evaluate(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> Evaluated:
    """May I contact this customer? AuthZEN's single evaluation: no is an answer, not an error."""
    asked = await read_body(request, Evaluation)
    return _evaluated(request, await evaluations.evaluate(vault, actor, asked=asked))


@post(EVALUATIONS, operation_id="evaluate_batch", status_code=200, opt={BODY: Evaluations})
async def evaluate_batch(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> AllEvaluated:
    """Evaluate up to 1,000 at once: all, or up to the first no or the first yes. Each has its own entry in the log."""
    asked = await read_body(request, Evaluations)
    each = [read_part(one, Evaluation) for one in asked.each()]
    answers = await evaluations.evaluate_all(vault, actor, asked=each, semantic=asked.semantic)
    return _all_evaluated(request, answers, listed=bool(asked.evaluations))


@get(METADATA, operation_id="authzen_metadata", sync_to_thread=False)
def metadata(vault: NamedDependency[Vault]) -> PolicyDecisionPoint:
    """Return AuthZEN's metadata."""
    return PolicyDecisionPoint(
        policy_decision_point=vault.issuer.rstrip("/"),
        access_evaluation_endpoint=endpoint(vault.issuer, EVALUATION),
        access_evaluations_endpoint=endpoint(vault.issuer, EVALUATIONS),
    )


def _evaluated(request: Request[Any, Any, Any], answer: Answer) -> Evaluated:
    if isinstance(answer, VaultError):
        told = of_standard(request, answer).content
        error = EvaluationError(status=told.status, message=told.detail)
        return Evaluated(decision=False, context=EvaluatedContext(error=error))
    strongest = answer.reasons[0]
    context = EvaluatedContext(
        id=answer.id,
        outcome=answer.outcome,
        defer_until=answer.defer_until,
        reasons=answer.reasons,
        reason_admin={"en": strongest.message},
        reason_user={"en": REASONS[strongest.code].to_customer},
        channel=answer.channel,
        channels=answer.channels,
        configuration=answer.configuration,
        log=answer.log,
        standing=answer.standing,
        withdrawal_link=answer.withdrawal_link,
        permit=answer.permit,
    )
    return Evaluated(decision=answer.allowed, context=context)


def _all_evaluated(request: Request[Any, Any, Any], answers: Sequence[Answer], *, listed: bool) -> AllEvaluated:
    if listed:
        return AllEvaluated(evaluations=tuple(_evaluated(request, answer) for answer in answers))
    [answer] = answers
    if isinstance(answer, VaultError):
        raise answer
    alone = _evaluated(request, answer)
    return AllEvaluated(decision=alone.decision, context=alone.context)


def _echo(app: ASGIApp) -> ASGIApp:
    """Return the application with the request's own id on each of its answers; one that is no id is malformed."""

    async def echoing(scope: Scope, receive: Receive, send: Send) -> None:
        sent = [value for name, value in scope["headers"] if name == b"x-request-id"]
        if not sent:
            await app(scope, receive, send)
            return
        if len(sent) > 1 or _REQUEST_ID.fullmatch(sent[0]) is None:
            raise ClientException

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", sent[0])]
            await send(message)

        await app(scope, receive, send_with_id)

    return echoing


router = Router(
    path="/",
    route_handlers=[evaluate, evaluate_batch],
    exception_handlers=OF_STANDARD,
    middleware=[_echo],
    parameters={
        "request_id": HeaderParameter(
            name="X-Request-ID",
            annotation=str,
            required=False,
            min_length=1,
            max_length=255,
            description="comes back with the answer",
        )
    },
    tags=["AuthZEN"],
)
