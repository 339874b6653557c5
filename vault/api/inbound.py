"""What came from a number, over HTTP."""

from __future__ import annotations

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vault.actions.leaving import hearing
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.leaving.hearing import TextMessage, Understood


@post("/sms", operation_id="hear_sms", status_code=200)
async def hear(data: JSONBody[TextMessage], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Understood:
    """Hand on a text message you received: every one, whatever it says.

    A word that stops counts at once, for everybody who has the number. A word that starts again needs `outcome`.
    """
    return await hearing.hear(vault, actor, message=data)


router = Router(path="/inbound", route_handlers=[hear], tags=["suppressions"])
