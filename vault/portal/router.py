"""The portal of every organization, below `/p/SLUG/`."""

from __future__ import annotations

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from vault.actions.sign_in.visits import Visit
from vault.base.errors import Unknown
from vault.pages.forms import LARGEST
from vault.portal import erasure, links, passkeys, sign_in, stop_address
from vault.portal.choices import allow, signal, stopped, wishes
from vault.portal.entrance import actor, come, frame
from vault.portal.own import details, points
from vault.portal.record import asked, history, receipts
from vault.portal.refusals import HANDLERS
from vault.portal.rights import page as rights


@get("/{rest:path}", sync_to_thread=False)
def nowhere(rest: FromPath[str], visit: NamedDependency[Visit]) -> Response[bytes]:
    """Show that there is no such page."""
    del rest, visit
    raise Unknown("no_page", "there is no such page")


router = Router(
    path="/p/{slug:str}",
    route_handlers=[
        allow.router,
        stopped.router,
        wishes.router,
        signal.router,
        asked.router,
        details.router,
        points.router,
        history.router,
        receipts.router,
        sign_in.router,
        stop_address.router,
        links.router,
        passkeys.router,
        erasure.router,
        rights.router,
        nowhere,
    ],
    dependencies={
        "visit": Provide(come),
        "frame": Provide(frame, sync_to_thread=False),
        "actor": Provide(actor, sync_to_thread=False),
    },
    exception_handlers=HANDLERS,
    include_in_schema=False,
    request_max_body_size=LARGEST,
)
