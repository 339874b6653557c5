"""The entrance: whose portal it is, who comes, in which language. Asked once for every page, before anything else."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import FromPath

from vault.actions.sign_in.passkeys import origin
from vault.actions.sign_in.visits import Visit, visit
from vault.actions.vault import Vault
from vault.base.errors import Denied
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import csrf
from vault.pages import stylesheet
from vault.pages.cookies import PORTAL
from vault.pages.frame import Frame, Tongue
from vault.words.catalogue import offered, own_name, preferred, words

FRAME: Final = "frame"
"""Where a request keeps the frame of its page, for a page that says what went wrong."""
_NOBODYS: Final = "Consent vault"


async def come(
    request: Request[Any, Any, Any], slug: FromPath[str], vault: NamedDependency[Vault],
    device: NamedDependency[Device],
) -> Visit:  # fmt: skip
    """Return the visit of whoever asks for a page."""
    found = await visit(vault, slug, cookie=request.cookies.get(PORTAL), device=device)
    request.scope["state"][FRAME] = framed(
        request, found, passkeys=_knows_passkeys(request, vault)
    )  # for a page that says what went wrong
    return found


def frame(request: Request[Any, Any, Any], visit: NamedDependency[Visit]) -> Frame:
    """Return what stands around a page of this visit."""
    del visit  # it comes first: it made the frame
    made: Frame = request.scope["state"][FRAME]
    return made


def actor(visit: NamedDependency[Visit]) -> Actor:
    """Return the customer who is signed in; `Denied` where none is: an auditor's session is none here."""
    if visit.actor is None or visit.actor.kind != "customer":
        raise Denied("session_over", "sign in first")
    return visit.actor


def framed(request: Request[Any, Any, Any], visit: Visit, *, passkeys: bool) -> Frame:
    """Return the frame of an organization's pages: in the language chosen here, else in one the browser asks for."""
    organization = visit.here.organization
    base = f"/p/{organization.slug}"
    choice = offered((organization.locale, *organization.locales))
    chosen = request.query_params.get("lang", "")
    chosen = chosen if chosen in choice else ""
    language = chosen or preferred(request.headers.get("accept-language"), choice) or choice[0]
    return Frame(
        door="portal",
        base=base,
        path=request.url.path if request.url.path != base else f"{base}/",
        name=organization.name,
        stylesheet=f"{base}/vault.css?v={stylesheet.version(organization.portal)}",
        words=words(language, organization.region),
        zone=organization.time_zone,
        tongues=_tongues(choice, language),
        chosen=chosen,
        passkeys=passkeys,
        csrf=csrf(request.cookies[PORTAL]) if visit.actor is not None else "",
        signed_in=visit.actor is not None,
        email=organization.portal.email,
        complaints=organization.portal.complaints,
    )


def frame_of(request: Request[Any, Any, Any]) -> Frame:
    """Return the frame of a request that went wrong: nobody's, if it did so before anybody knew whose page it is."""
    made: Frame | None = request.scope["state"].get(FRAME)
    if made is not None:
        return msgspec.structs.replace(made, path=f"{made.base}/sign-in")  # what was sought is not said again
    language = preferred(request.headers.get("accept-language"), offered(("en", "de", "fr"))) or "en"
    return Frame(
        door="portal",
        base="",
        path="",
        name=_NOBODYS,
        stylesheet=stylesheet.PLAIN,
        words=words(language, "GB"),
        zone="UTC",
    )


def _knows_passkeys(request: Request[Any, Any, Any], vault: Vault) -> bool:
    """Whether the browser is where passkeys of this vault work: under its name, not its number."""
    return request.headers.get("host") == urlsplit(origin(vault) or "").netloc


def _tongues(choice: tuple[str, ...], now: str) -> tuple[Tongue, ...]:
    return tuple(Tongue(code=one, name=own_name(one)) for one in choice if one != now)
