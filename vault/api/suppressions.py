"""Suppressions over HTTP, and the text messages that make and end one."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from vault.actions.customer import suppressions
from vault.actions.leaving import hearing
from vault.actions.vault import Vault
from vault.base.ids import SHOWN, SuppressionId
from vault.domain.actor import Actor
from vault.domain.leaving.hearing import TextMessage, Understood
from vault.domain.suppression import NewSuppression, Suppression

After = Annotated[
    SuppressionId | None, QueryParameter(pattern="^sup" + SHOWN, description="the last id of the page before")
]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="how many at the most")]


class Suppressed(msgspec.Struct, frozen=True, kw_only=True):
    """A page of suppressions, without what they stop."""

    suppressions: list[Suppression]


@post("/", operation_id="suppress", status_code=200)
async def suppress(
    data: JSONBody[NewSuppression], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> Suppression:
    """Stop a contact point, whoever has it."""
    return await suppressions.suppress(vault, actor, new=data)


@get("/", operation_id="list_suppressions")
async def page(
    vault: NamedDependency[Vault], actor: NamedDependency[Actor], after: After = None, limit: Limit = 100
) -> Suppressed:
    """List suppressions, a page at a time."""
    return Suppressed(suppressions=await suppressions.page(vault, actor, after=after, limit=limit))


@post("/sms", operation_id="hear_sms", status_code=200)
async def hear(data: JSONBody[TextMessage], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Understood:
    """Hand on a text message you received: every one, whatever it says.

    A word that stops counts at once, for everybody who has the number. A word that starts again needs `outcome`.
    """
    return await hearing.hear(vault, actor, message=data)


router = Router(path="/suppressions", route_handlers=[suppress, page], tags=["suppressions"])
inbound = Router(path="/inbound", route_handlers=[hear], tags=["suppressions"])
