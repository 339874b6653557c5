"""What whoever is signed in sees first, and the stylesheet of an organization."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.di import NamedDependency

from vault.actions.sign_in.visits import Visit
from vault.domain.actor import Actor
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.pages.stylesheet import styled


@get("/", sync_to_thread=False)
def home(actor: NamedDependency[Actor], frame: NamedDependency[Frame]) -> Response[bytes]:
    """Show the page of whoever is signed in."""
    del actor  # it is enough that there is one
    return render("home.html", frame)


@get("/vault.css", sync_to_thread=False)
def colours(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Return the stylesheet in the colours of this organization."""
    return styled(visit.here.organization.portal)


router = Router(path="/", route_handlers=[home, colours])
