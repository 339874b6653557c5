"""What goes wrong, as a page: never a value, never whether somebody exists, always a way on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from vault.actions.vault import Vault
from vault.base.errors import Conflict, Denied, Gone, Invalid, TooMany, Unavailable, Unknown, VaultError, place
from vault.base.ids import FAULT, fresh
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.portal.entrance import frame_of

_log = structlog.get_logger()


def of_vault(request: Request[Any, Any, Any], error: VaultError) -> Response[bytes]:
    """Show an error of ours."""
    frame = frame_of(request)
    match error:
        case Denied(code="session_over"):
            page = go(frame.to("/sign-in"))
        case Denied(code="passkey_refused"):
            page = _no_passkey(frame)
        case Denied():
            page = _too_old(frame)
        case TooMany():
            page = _too_many(request, frame, seconds=error.retry_after_seconds)
        case Gone() | Unknown():
            page = render("gone.html", frame, status=404)
        case Invalid() | Conflict():
            page = _unread(frame, status=422)
        case Unavailable():
            _log.error("unavailable", code=error.code)
            page = _fault(request, frame, status=503)
        case _:
            _log.error("unforeseen", kind=type(error).__name__, code=error.code)
            page = _fault(request, frame, status=500)
    return page


def of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Show what the framework refused: no such page, a form too large."""
    frame = frame_of(request)
    if error.status_code >= 500:  # noqa: PLR2004 - server errors
        return of_anything(request, error)
    if error.status_code in {404, 405}:
        page = render("gone.html", frame, status=error.status_code)
        page.headers.update({name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"})
        return page
    return _unread(frame, status=error.status_code)


def of_anything(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Show what nobody foresaw, without a word of it."""
    _log.error("unforeseen", kind=type(error).__name__, where=place(error))
    return _fault(request, frame_of(request), status=500)


HANDLERS: Final[ExceptionHandlersMap] = {
    VaultError: of_vault,
    HTTPException: of_framework,
    Exception: of_anything,
}


def _too_old(frame: Frame) -> Response[bytes]:
    say = frame.words.say
    values = {
        "title": say("This page was open too long"),
        "what": say("Nothing was changed. Begin once more."),
        "door": say("Begin again"),
    }
    return render("refused.html", frame, values=values, status=403)


def _no_passkey(frame: Frame) -> Response[bytes]:
    say = frame.words.say
    values = {
        "title": say("That passkey did not work"),
        "what": say("Nothing was changed. Begin once more."),
        "door": say("Begin again"),
    }
    return render("refused.html", frame, values=values, status=403)


def _unread(frame: Frame, *, status: int) -> Response[bytes]:
    say = frame.words.say
    values = {
        "title": say("We could not read that"),
        "what": say("Nothing was changed. Begin once more."),
        "door": say("Begin again"),
    }
    return render("refused.html", frame, values=values, status=status)


def _too_many(request: Request[Any, Any, Any], frame: Frame, *, seconds: int) -> Response[bytes]:
    vault: Vault = request.app.state.vault
    say = frame.words.say
    time = frame.words.time(vault.clock.now() + timedelta(seconds=seconds), zone=frame.zone)
    values = {
        "title": say("Too often"),
        "what": say("That was asked for too often. Nothing was changed. Come back at %(time)s.", time=time),
        "door": say("Go back"),
    }
    page = render("refused.html", frame, values=values, status=429)
    page.headers["retry-after"] = str(seconds)
    return page


def _fault(request: Request[Any, Any, Any], frame: Frame, *, status: int) -> Response[bytes]:
    vault: Vault = request.app.state.vault
    name = fresh(FAULT, vault.clock, entropy=vault.entropy)
    _log.error("told", request=name)
    page = render("error.html", frame, values={"request_id": name}, status=status)
    page.headers["retry-after"] = "1"
    return page
