"""Problems: every error there is becomes an RFC 9457 document. The only file that knows which status an error has.

No value a caller sent is repeated: it may be personal. What the vault did not foresee is a 500 without a word of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.types import ExceptionHandlersMap

from vault.actions.client.carriers import Unproven
from vault.base.errors import Conflict, Denied, Gone, Invalid, TooMany, Unavailable, Unknown, VaultError, place
from vault.oauth.dpop.presented import Scheme, challenge

MEDIA_TYPE: Final = "application/problem+json"
_UNAUTHORIZED: Final = frozenset({"invalid_token", "invalid_dpop_proof", "use_dpop_nonce"})
_NO_SESSION: Final = "session_over"
_SESSION: Final = 'Cookie realm="console"'
_STATUS: Final[Mapping[type[VaultError], int]] = {
    Invalid: 422,
    Unknown: 404,
    Denied: 403,
    Conflict: 409,
    Gone: 410,
    TooMany: 429,
    Unavailable: 503,
}
TITLES: Final[Mapping[int, str]] = {
    400: "The request cannot be read",
    401: "No valid token or session",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Contradiction",
    410: "Gone",
    413: "Too large",
    415: "Unknown media type",
    422: "The request makes no sense here",
    429: "Too many requests",
    500: "An error of ours",
    503: "Not available now",
}
_MALFORMED: Final = "the body is not valid JSON, or a parameter is not what it must be"
_DECODING: Final = "litestar.serialization."  # it lets bodies that are not UTF-8 or too deep pass as errors of ours
_KEY: Final = re.compile(r"`([a-z][a-z_]{0,40})`")
_WHERE: Final = re.compile(r"[a-z][a-z0-9_.\[\]]{0,80}")
_QUOTED: Final = re.compile(r"(`[^`]*`|'[^']*'|\"[^\"]*\")")
_KINDS: Final = frozenset({"str", "int", "bool", "float", "object", "array", "null", "datetime", "date"})

_log = structlog.get_logger()


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong (RFC 9457): `code` is for machines, `detail` for people. It repeats no value that was sent."""

    type: str
    title: str
    status: int
    code: str
    detail: str


def problem(status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    """Return a problem document."""
    return Response(
        Problem(
            type=f"urn:consent-vault:{code}",
            title=TITLES.get(status, "Error"),
            status=status,
            code=code,
            detail=detail,
        ),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"cache-control": "no-store", **(headers or {})},
    )


def of_vault(request: Request[Any, Any, Any], error: VaultError) -> Response[Problem]:
    """Render an error of ours."""
    headers = {}
    if error.code in {*_UNAUTHORIZED, "insufficient_scope"}:
        headers["www-authenticate"] = challenge(error.code, _scheme(request, error))
    if isinstance(error, Unproven):
        headers["dpop-nonce"] = error.nonce
    if error.code == _NO_SESSION:
        headers["www-authenticate"] = _SESSION
    if error.code in {*_UNAUTHORIZED, _NO_SESSION}:
        return problem(401, error.code, error.detail, headers=headers)
    if isinstance(error, Unavailable):
        _log.error("unavailable", code=error.code)
        headers["retry-after"] = "1"
    if isinstance(error, TooMany):
        headers["retry-after"] = str(error.retry_after_seconds)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    if status == 500:  # noqa: PLR2004 - an error of ours, such as a seal that does not open: somebody must hear of it
        _log.error("unforeseen", kind=type(error).__name__, code=error.code)
    return problem(status, error.code, error.detail, headers=headers)


def of_validation(_: Request[Any, Any, Any], error: ValidationException) -> Response[Problem]:
    """Render what was wrong with a body or parameter: where, and what was expected. Never what was sent."""
    extra = error.extra if isinstance(error.extra, list) else []
    faults = [fault(str(one.get("key") or ""), str(one.get("message", ""))) for one in extra if isinstance(one, dict)]
    return problem(422, "invalid_request", "; ".join(faults) or "the request is not of the shape it must have")


def of_standard(request: Request[Any, Any, Any], error: VaultError | ValidationException) -> Response[Problem]:
    """Render an error for a standard that knows 400 alone for whatever makes no sense."""
    told = of_vault(request, error) if isinstance(error, VaultError) else of_validation(request, error)
    if told.status_code != 422:  # noqa: PLR2004 - Unprocessable Content
        return told
    return problem(400, told.content.code, told.content.detail)


def of_framework(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Render an exception of the framework."""
    status = error.status_code
    if isinstance(error.__cause__, SerializationException) or status == 400:  # noqa: PLR2004 - Bad Request
        return problem(400, "malformed", _MALFORMED)
    if status >= 500:  # noqa: PLR2004 - server errors
        return of_anything(_, error)
    code = TITLES.get(status, "error").lower().replace(" ", "_")
    allowed = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    detail = "there is nothing here" if code == "not_found" else TITLES.get(status, "the request was refused").lower()
    return problem(status, code, detail, headers=allowed)


def of_anything(_: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Render what nobody foresaw. The log has its kind and place, and no message: that may hold a value."""
    where = place(error)
    if isinstance(error, UnicodeDecodeError | RecursionError) and where.startswith(_DECODING):
        return problem(400, "malformed", _MALFORMED)
    _log.error("unforeseen", kind=type(error).__name__, where=where)
    return problem(500, "internal", "something went wrong here; it was written down, and nothing was released")


HANDLERS: Final[ExceptionHandlersMap] = {
    VaultError: of_vault,
    ValidationException: of_validation,
    HTTPException: of_framework,
    Exception: of_anything,
}
OF_STANDARD: Final[ExceptionHandlersMap] = {VaultError: of_standard, ValidationException: of_standard}


def _scheme(request: Request[Any, Any, Any], error: VaultError) -> Scheme | None:
    word = request.headers.get("authorization", "").partition(" ")[0].lower()
    if isinstance(error, Unproven) or word == "dpop":
        return "dpop"
    return "bearer" if word == "bearer" else None


def fault(key: str, message: str) -> str:
    """Return what is wrong with a part of a body or a parameter, without any value that was sent."""
    named = key if _WHERE.fullmatch(key) else "the request"
    if "matching regex" in message:
        return f"{named}: it is not of the form it must have"
    return f"{named}: {_QUOTED.sub(_keep, message)}"


def _keep(match: re.Match[str]) -> str:
    """Keep names of kinds and fields as they stand in our types; leave out what may be the caller's."""
    word = match.group(0).strip("`'\"")
    return match.group(0) if word in _KINDS or _KEY.fullmatch(match.group(0)) else "…"
