"""Working off what customers asked for by right: by id, right, date and field, never a value or a word they wrote."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from vault.actions.rights import answering
from vault.actions.vault import Vault
from vault.api.parameters import CONFLICTS
from vault.base.ids import SHOWN, RequestId
from vault.domain.actor import Actor
from vault.domain.rights.request import Because, RequestTold

RequestPath = Annotated[RequestId, PathParameter(pattern="^rgt" + SHOWN, description="the request's id")]
After = Annotated[
    RequestId | None, QueryParameter(pattern="^rgt" + SHOWN, description="the last id of the page before")
]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="how many at the most")]
All = Annotated[bool, QueryParameter(name="all", description="those that were answered, too")]


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """A page of requests, in the order in which they were asked for."""

    rights_requests: list[RequestTold]


@get("/", operation_id="list_rights_requests")
async def page(
    vault: NamedDependency[Vault], actor: NamedDependency[Actor], after: After = None, limit: Limit = 100,
    everything: All = False,  # noqa: FBT002 - a parameter of the address
) -> Requests:  # fmt: skip
    """List what customers asked for and nobody answered yet, a page at a time."""
    found = await answering.page(vault, actor, only_open=not everything, after=after, limit=limit)
    return Requests(rights_requests=[*found])


@get("/{request_id:str}", operation_id="show_rights_request")
async def show(request_id: RequestPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> RequestTold:
    """Show one: which right, of whom, which field is meant, until when."""
    return await answering.show(vault, actor, request=request_id)


@post("/{request_id:str}/done", operation_id="finish_rights_request", status_code=200, opt=CONFLICTS)
async def finish(request_id: RequestPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> RequestTold:
    """Say that it is done; the customer is written to. An erasure is done by erasing."""
    return await answering.finish(vault, actor, request=request_id)


@post("/{request_id:str}/refuse", operation_id="refuse_rights_request", status_code=200, opt=CONFLICTS)
async def refuse(
    request_id: RequestPath, data: JSONBody[Because], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> RequestTold:
    """Refuse, with a reason that the customer reads. What counts at once cannot be refused."""
    return await answering.refuse(vault, actor, request=request_id, reason=data.reason)


@post("/{request_id:str}/extend", operation_id="extend_rights_request", status_code=200, opt=CONFLICTS)
async def extend(
    request_id: RequestPath, data: JSONBody[Because], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> RequestTold:
    """Take two months more, once and within the first (GDPR Art. 12(3)), with a reason that the customer reads."""
    return await answering.extend(vault, actor, request=request_id, reason=data.reason)


router = Router(path="/rights-requests", route_handlers=[page, show, finish, refuse, extend], tags=["rights"])
