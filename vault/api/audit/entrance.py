"""The entrance for auditors and admins: whose log is asked for, and who comes, by the session of the console.

No session, one of somebody else and an organization that is not here are told the same.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import PathParameter

from vault.actions.sign_in.visits import visit
from vault.actions.vault import Vault
from vault.api.bodies import check_body
from vault.base.errors import Denied, Invalid, Unknown
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import is_csrf
from vault.pages.cookies import CONSOLE

QUERY: Final = "query"  # in the `opt` of a route: the parameters it knows, where it refuses all others
TOKEN: Final = "x-csrf-token"  # noqa: S105 - the name of a header
SlugPath = Annotated[str, PathParameter(pattern=r"^[a-z0-9_-]{1,100}$(?!\n)", description="the organization")]

_STAFF: Final = frozenset({"auditor", "admin"})
_READS: Final = frozenset({"GET", "HEAD"})


async def actor(
    request: Request[Any, Any, Any], slug: SlugPath, vault: NamedDependency[Vault], device: NamedDependency[Device]
) -> Actor:
    """Return the auditor or admin who is signed in here; whatever changes something also carries the page's token."""
    cookie = request.cookies.get(CONSOLE)
    _check_site(request)
    try:
        found = (await visit(vault, slug, cookie=cookie, device=device)).actor
    except Unknown:
        found = None
    if cookie is None or found is None or found.kind not in _STAFF:
        raise Denied("session_over", "sign in at the console first")
    if request.method not in _READS and not is_csrf(request.headers.get(TOKEN, ""), cookie):
        raise Denied("bad_csrf_token", "send the token of a page of this session as X-CSRF-Token; nothing was done")
    _check_query(request)
    await check_body(request)
    return found


def _check_query(request: Request[Any, Any, Any]) -> None:
    """Refuse what this route does not know: a filter that is misspelt would silently find more."""
    names = [name for name, _ in request.query_params.multi_items()]
    known = request.route_handler.opt.get(QUERY, names)
    if not set(names) <= set(known) or len(names) != len(set(names)):
        raise Invalid("unknown_parameter", f"this knows {', '.join(known) or 'no parameter'}, each once")


def _check_site(request: Request[Any, Any, Any]) -> None:
    """Refuse what another site sends in somebody's name; browsers say which does (Fetch Metadata).

    A read may also be typed into the address bar; then there is no site that sends it.
    """
    ours = {"same-origin", "none"} if request.method in _READS else {"same-origin"}
    if request.headers.get("sec-fetch-site", "same-origin") not in ours:
        raise Denied("another_site", "this was not sent from a page of ours; nothing was done")
