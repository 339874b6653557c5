"""Audiences over HTTP: everyone by a body, a list line by line as it comes, and the result line by line as it goes."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream

from vault.actions.audience import making, reading
from vault.actions.vault import Vault
from vault.api.bodies import read_body
from vault.api.contract import ANSWER, BODY, LINES, MEDIA, NDJSON
from vault.api.parameters import CONFLICTS, IdempotencyKey
from vault.base.errors import Invalid
from vault.base.ids import SHOWN, AudienceId
from vault.domain.actor import Actor
from vault.domain.audience.job import AudienceLine, AudienceTold, NewAudience, Screening
from vault.domain.audience.line import AudienceMember

_LONGEST_LIST: Final = 2**30
_KEY: Final = r"^([a-z][a-z0-9_]{0,62}|\*)$(?!\n)"

AudiencePath = Annotated[AudienceId, PathParameter(pattern="^aud" + SHOWN, description="the audience's id")]
Purpose = Annotated[str | None, QueryParameter(pattern=_KEY, description="of a list: the purpose")]
Channel = Annotated[str | None, QueryParameter(pattern=_KEY, description="of a list: a channel, `any` or `*`")]
Release = Annotated[
    list[str] | None, QueryParameter(max_items=64, description="of a list: what reading the result hands out")
]
PermitFor = Annotated[str | None, QueryParameter(pattern=_KEY, description="of a list: the client that sends")]
Campaign = Annotated[str | None, QueryParameter(pattern=_KEY, description="of a list: what you call it yourself")]


def _listed(
    purpose: Purpose = None, channel: Channel = None, release: Release = None, permit_for: PermitFor = None,
    campaign: Campaign = None,
) -> Screening | None:  # fmt: skip
    if purpose is None or channel is None:
        return None
    asked = tuple(release or ())
    return Screening(purpose=purpose, channel=channel, release=asked, permit_for=permit_for, campaign=campaign)


@post(
    "/", operation_id="make_audience", status_code=200, request_max_body_size=_LONGEST_LIST,
    opt={BODY: NewAudience, LINES: AudienceMember, "problems": (409, 422)},
    dependencies={"listed": Provide(_listed, sync_to_thread=False)},
)  # fmt: skip
async def make(
    request: Request[Any, Any, Any],
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    listed: NamedDependency[Screening | None],
    idempotency_key: IdempotencyKey = None,
) -> AudienceTold:
    """Screen an audience: everyone, or a list of one customer a line, asked about in the query. Ask how far it is."""
    if request.content_type[0] != NDJSON:
        body = await read_body(request, NewAudience)
        return await making.of_everyone(vault, actor, screening=body.screening, repeat=idempotency_key)
    if listed is None:
        raise Invalid("purpose_and_channel", "a list is asked about by `purpose` and `channel` in the query")
    return await making.of_list(vault, actor, screening=listed, parts=request.stream(), repeat=idempotency_key)


@get("/{audience:str}", operation_id="show_audience")
async def show(audience: AudiencePath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> AudienceTold:
    """Show how far an audience is, with totals."""
    return await reading.show(vault, actor, audience=audience)


@get("/{audience:str}/result", operation_id="audience_result", opt={ANSWER: AudienceLine, MEDIA: NDJSON, **CONFLICTS})
async def result(audience: AudiencePath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Stream:
    """Read what came out, line by line; what is handed out is decided afresh. The last line is `{"end": how many}`."""
    return Stream(await reading.result(vault, actor, audience=audience), media_type=NDJSON)


@post("/{audience:str}/cancel", operation_id="cancel_audience", status_code=200, opt=CONFLICTS)
async def cancel(audience: AudiencePath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> AudienceTold:
    """Call an audience off. What is answered stays."""
    return await reading.cancel(vault, actor, audience=audience)


router = Router(path="/audiences", route_handlers=[make, show, result, cancel], tags=["audiences"])
