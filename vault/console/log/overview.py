"""The overview: the log in numbers, and what somebody should look at. It names nobody, so looking is no entry."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.di import NamedDependency

from vault.console.desk import Desk


@get("/", operation_id="show_overview")
async def show(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Show the log in numbers."""
    return desk.show("log/overview.html")


router = Router(path="/", route_handlers=[show])
