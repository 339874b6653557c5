"""The entrance: whose console it is, and who comes. Asked once for every page, before anything else.

The console speaks English and counts time in UTC, for it is read beside a log that does. Its look is the vault's own.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from vault.actions.sign_in.passkeys import origin
from vault.actions.sign_in.visits import Visit, visit
from vault.actions.vault import Vault
from vault.base.errors import Denied
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import csrf
from vault.pages.cookies import CONSOLE
from vault.pages.frame import Frame
from vault.pages.page import go
from vault.pages.stylesheet import PLAIN
from vault.words.catalogue import ENGLISH, words

BASE: Final = "/console"
_FRAME: Final = "frame"
_STAFF: Final = frozenset({"auditor", "admin"})
_NAME: Final = "Vault console"
_NUMBERS: Final = frozenset({"127.0.0.1", "[::1]"})


def elsewhere(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    """Send a browser from this machine's number to its name: no passkey can be of a number."""
    vault: Vault = request.app.state.vault
    host, home = request.headers.get("host", ""), urlsplit(origin(vault) or "")
    number, _, port = host.rpartition(":")
    if request.method == "GET" and number in _NUMBERS and home.netloc == f"localhost:{port}":
        query = request.url.query
        return go(f"{home.scheme}://{home.netloc}{request.url.path}{'?' if query else ''}{query}")
    return None


async def come(
    request: Request[Any, Any, Any], slug: FromPath[str], vault: NamedDependency[Vault],
    device: NamedDependency[Device],
) -> Visit:  # fmt: skip
    """Return the visit of whoever asks for a page."""
    found = await visit(vault, slug, cookie=request.cookies.get(CONSOLE), device=device)
    request.scope["state"][_FRAME] = framed(request, found)  # for a page that says what went wrong
    return found


def frame(request: Request[Any, Any, Any], visit: NamedDependency[Visit]) -> Frame:
    """Return what stands around a page of this visit."""
    del visit  # it comes first: it made the frame
    made: Frame = request.scope["state"][_FRAME]
    return made


def actor(visit: NamedDependency[Visit]) -> Actor:
    """Return the auditor or admin who is signed in; `Denied` where none is: a customer's session is none here."""
    if visit.actor is None or visit.actor.kind not in _STAFF:
        raise Denied("session_over", "sign in first")
    return visit.actor


def framed(request: Request[Any, Any, Any], visit: Visit) -> Frame:
    """Return the frame of an organization's console."""
    signed_in = visit.actor is not None and visit.actor.kind in _STAFF
    return _bare(
        base=f"{BASE}/{visit.here.organization.slug}",
        path=request.url.path,
        csrf=csrf(request.cookies[CONSOLE]) if signed_in else "",
        signed_in=signed_in,
    )


def frame_of(request: Request[Any, Any, Any]) -> Frame:
    """Return the frame of a request that went wrong: nobody's, if it did so before anybody knew whose console it is."""
    made: Frame | None = request.scope["state"].get(_FRAME)
    return made if made is not None else _bare()


def _bare(**more: Any) -> Frame:
    given = {"base": "", "path": ""} | more
    return Frame(
        door="console", name=_NAME, stylesheet=PLAIN, words=words(ENGLISH, "GB"), zone="UTC", passkeys=True, **given
    )
