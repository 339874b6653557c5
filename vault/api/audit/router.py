"""All that auditors and admins ask of a log, below `/v1/log/SLUG`: each part has a file, and joins the router here."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide

from vault.api.audit import breaking, capabilities, entries, replays, samples, search, stories, tree
from vault.api.audit.entrance import actor

router = Router(
    path="/v1/log/{slug:str}",
    route_handlers=[
        breaking.router,
        replays.router,
        samples.router,
        search.router,
        entries.router,
        stories.router,
        tree.router,
        capabilities.router,
    ],
    dependencies={"actor": Provide(actor)},
    security=[{"session": []}],
    tags=["log"],
)
