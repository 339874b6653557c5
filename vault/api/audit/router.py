"""All that auditors and admins ask of a log, below `/v1/log/SLUG`: each part has a file, and joins the router here."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide

from vault.api.audit import replays, samples
from vault.api.audit.entrance import actor

router = Router(
    path="/v1/log/{slug:str}",
    route_handlers=[replays.router, samples.router],
    dependencies={"actor": Provide(actor)},
    security=[{"session": []}],
    tags=["log"],
)
