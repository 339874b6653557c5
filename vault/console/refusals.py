"""What goes wrong, as a page: never a value, never whether somebody exists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from vault.actions.vault import Vault
from vault.base.errors import Denied, Gone, Invalid, TooMany, Unavailable, Unknown, VaultError, place
from vault.base.ids import FAULT, fresh
from vault.console.entrance import frame_of
from vault.pages.frame import Frame
from vault.pages.page import go, render

_NOT_FOUND: Final = 404
_SERVER: Final = 500
_log = structlog.get_logger()


def of_vault(request: Request[Any, Any, Any], error: VaultError) -> Response[bytes]:
    """Show an error of ours."""
    frame = frame_of(request)
    match error:
        case Denied(code="session_over"):
            return go(frame.to("/sign-in"))
        case Denied():
            return _not_yours(frame) if error.code == "not_allowed" else _too_old(frame)
        case Invalid() | Gone() | Unknown():
            return _too_old(frame, status=400) if isinstance(error, Invalid) else _nowhere(frame)
        case TooMany():
            return _too_many(request, frame, seconds=error.retry_after_seconds)
        case Unavailable():
            _log.error("unavailable", code=error.code)
            return _fault(request, frame, status=503)
        case _:
            _log.error("unforeseen", kind=type(error).__name__, code=error.code)
            return _fault(request, frame, status=_SERVER)


def of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Show what the framework refused: no such page, a form too large."""
    if error.status_code >= _SERVER:
        return of_anything(request, error)
    page = (_nowhere if error.status_code in {_NOT_FOUND, 405} else _too_old)(frame_of(request))
    page.status_code = error.status_code
    page.headers.update({name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"})
    return page


def of_anything(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Show what nobody foresaw, without a word of it."""
    _log.error("unforeseen", kind=type(error).__name__, where=place(error))
    return _fault(request, frame_of(request), status=_SERVER)


HANDLERS: Final[ExceptionHandlersMap] = {
    VaultError: of_vault,
    HTTPException: of_framework,
    Exception: of_anything,
}


def _nowhere(frame: Frame) -> Response[bytes]:
    say = frame.words.say
    what = say("It may be too old, or already used, or a piece of it got lost. Nobody is told which.")
    return render(
        "refused.html", frame, values={"title": say("This link leads nowhere"), "what": what}, status=_NOT_FOUND
    )


def _not_yours(frame: Frame) -> Response[bytes]:
    say = frame.words.say
    values = {"title": say("This is not for your role"), "what": say("Nothing was shown. That you asked is an entry.")}
    return render("refused.html", frame, values=values, status=403)


def _too_old(frame: Frame, *, status: int = 403) -> Response[bytes]:
    say = frame.words.say
    values = {"title": say("This page was open too long"), "what": say("Nothing was changed. Please begin once more.")}
    return render("refused.html", frame, values=values, status=status)


def _too_many(request: Request[Any, Any, Any], frame: Frame, *, seconds: int) -> Response[bytes]:
    vault: Vault = request.app.state.vault
    say = frame.words.say
    time = frame.words.time(vault.clock.now() + timedelta(seconds=seconds), zone=frame.zone)
    what = say("That was asked for too often. Nothing was changed. Come back at %(time)s UTC.", time=time)
    page = render("refused.html", frame, values={"title": say("Too often"), "what": what}, status=429)
    page.headers["retry-after"] = str(seconds)
    return page


def _fault(request: Request[Any, Any, Any], frame: Frame, *, status: int) -> Response[bytes]:
    vault: Vault = request.app.state.vault
    name = fresh(FAULT, vault.clock, entropy=vault.entropy)
    _log.error("told", request=name)
    page = render("error.html", frame, values={"request_id": name}, status=status)
    page.headers["retry-after"] = "1"
    return page
