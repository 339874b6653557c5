"""What can go wrong, as exceptions. A no is an answer and never one of them; a failure is never an answer."""

from __future__ import annotations

from typing import Final

import msgspec


class Problem(Exception):
    """The vault did not answer the question. `code` is for programs, `detail` for people; neither holds a value.

    `status` is the HTTP status, or None where there was no answer at all.
    """

    def __init__(self, code: str, detail: str, *, status: int | None = None) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class Invalid(Problem):
    """The request makes no sense as it stands: sending it again will not help."""


class Denied(Problem):
    """The client may not, or is not believed to be who it says it is (status 401)."""


class NotFound(Problem):
    """There is no such thing, or it is not for this client to know."""


class Conflict(Problem):
    """It contradicts what the vault holds already."""


class Unavailable(Problem):
    """No answer, or none that can be read. Treat it as a no."""


_KINDS: Final[dict[int, type[Problem]]] = {
    400: Invalid,
    401: Denied,
    403: Denied,
    404: NotFound,
    405: Invalid,
    409: Conflict,
    410: NotFound,
    413: Invalid,
    414: Invalid,
    415: Invalid,
    422: Invalid,
    431: Invalid,
}


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457 as the vault writes it, or RFC 6749 section 5.2 from its token endpoint."""

    code: str | None = None
    detail: str | None = None
    error: str | None = None
    error_description: str | None = None


def problem(status: int, body: bytes) -> Problem:
    """Return the problem an answer tells of; one without a readable document still is one."""
    kind = _KINDS.get(status, Unavailable)
    try:
        told = msgspec.json.decode(body, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        told = _Document()
    code = told.code or told.error or f"http_{status}"
    detail = told.detail or told.error_description or f"the vault, or something before it, answered with {status}"
    return kind(code, detail, status=status)


def unreadable(status: int) -> Unavailable:
    """Return the problem of an answer that is none of the vault's."""
    return Unavailable("unreadable_answer", "the answer is not one a vault gives; take it for a no", status=status)
