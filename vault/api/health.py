"""Whether this process can answer."""

from __future__ import annotations

from litestar import Router, get
from litestar.di import NamedDependency

from vault.actions import health
from vault.actions.health import Health
from vault.actions.vault import Vault


@get("/health", operation_id="health")
async def show(vault: NamedDependency[Vault]) -> Health:
    """Answer 200 when database and root key can be used, 503 when not; `log` tells how the access log is."""
    return await health.check(vault)


router = Router(path="/", route_handlers=[show], tags=["health"])
