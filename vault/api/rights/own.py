"""Requests by right of a customer, by a token of theirs. By none leaves what they wrote, or the copy of their data."""

from __future__ import annotations

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vault.actions.rights import asking
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.rights.request import NewRequest, RequestTold


class OwnRequests(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, the newest first."""

    rights_requests: list[RequestTold]


@get("/", operation_id="me_rights")
async def show(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> OwnRequests:
    """Show what the customer asked for by right, until when it is answered, and how it stands."""
    return OwnRequests(rights_requests=[*await asking.listed(vault, actor)])


@post("/", operation_id="me_ask_right", status_code=200)
async def ask(data: JSONBody[NewRequest], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> RequestTold:
    """Ask for something by right. A lock and an objection count at once; a copy is made on the own page."""
    return await asking.ask(vault, actor, wanted=data)


router = Router(path="/me/rights-requests", route_handlers=[show, ask], tags=["customers"])
