"""The console of every organization, below `/console/SLUG/`, and the page that asks whose."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from vault.actions.sign_in.visits import Visit
from vault.base.errors import Unknown
from vault.console import door, enrolment, imports, merges, policies, requests, you
from vault.console.desk import desk
from vault.console.entrance import BASE, actor, come, elsewhere, frame, frame_of
from vault.console.log import allowed, entry, overview, samples, search, story, verify
from vault.console.refusals import HANDLERS
from vault.pages.forms import LARGEST
from vault.pages.page import go, render


@get(BASE, sync_to_thread=False)
def which(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Ask whose console it should be; it never says whose there are."""
    asked = request.query_params.get("organization", "").strip().lower()
    known = asked.isascii() and asked.replace("-", "").isalnum()
    return go(f"{BASE}/{asked}/") if known else render("which.html", frame_of(request))


@get("/{rest:path}", sync_to_thread=False)
def nowhere(rest: FromPath[str], visit: NamedDependency[Visit]) -> Response[bytes]:
    """Show that there is no such page."""
    del rest, visit
    raise Unknown("no_page", "there is no such page")


_own = Router(
    path=f"{BASE}/{{slug:str}}",
    route_handlers=[
        overview.router,
        search.router,
        entry.router,
        story.router,
        allowed.router,
        samples.router,
        verify.router,
        policies.router,
        imports.router,
        requests.router,
        merges.router,
        you.router,
        door.router,
        enrolment.router,
        nowhere,
    ],
    dependencies={
        "visit": Provide(come),
        "frame": Provide(frame, sync_to_thread=False),
        "actor": Provide(actor, sync_to_thread=False),
        "desk": Provide(desk),
    },
    before_request=elsewhere,
)

router = Router(
    path="/",
    route_handlers=[which, _own],
    exception_handlers=HANDLERS,
    include_in_schema=False,
    request_max_body_size=LARGEST,
)
