"""Who asked about whoever is signed in: for now, who opened what is sealed of them, and why."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.di import NamedDependency

from vault.actions.audit import breaking
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.wording import opened


@get("/asked", operation_id="me_show")
async def show(
    vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show who asked about whoever is signed in."""
    looks = await breaking.looked_at_me(vault, actor)
    shown = [(opened(frame, one, organization=visit.here.organization), one) for one in looks]
    return render("asked.html", frame, values={"looks": shown})


router = Router(path="/", route_handlers=[show])
