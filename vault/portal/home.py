"""What whoever is signed in sees first, and the stylesheet of an organization."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.di import NamedDependency

from vault.actions.sign_in import own_passkeys
from vault.actions.sign_in.own_passkeys import Stands
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.pages.script import script
from vault.pages.stylesheet import styled


@get("/", operation_id="me_show")
async def home(
    vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Show the page of whoever is signed in."""
    passkeys = await own_passkeys.stands(vault, actor) if frame.passkeys else Stands(has=False)
    return render("home.html", frame, values={"passkeys": passkeys, "script": script()})


@get("/vault.css", sync_to_thread=False)
def colours(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Return the stylesheet in the colours of this organization."""
    return styled(visit.here.organization.portal)


router = Router(path="/", route_handlers=[home, colours])
