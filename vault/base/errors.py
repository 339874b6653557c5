"""The errors of the vault: a code for machines, a detail for people, never a value.

Floors subclass the kinds beside the code that raises. Only `api/problems.py` knows which status each becomes. Of an
error nobody foresaw only its kind and place are ever told: its message may hold a value.
"""

from __future__ import annotations


class VaultError(Exception):
    """Something could not be done. `detail` says what and what would help; it never holds a value."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Invalid(VaultError):
    """The question or the file makes no sense as it stands."""


class Unknown(VaultError):
    """There is no such thing, or it is not for whoever asks to know."""


class Denied(VaultError):
    """Whoever asks may not."""


class Conflict(VaultError):
    """It contradicts what is already so."""


class Gone(VaultError):
    """It was here and is no more."""


class Unavailable(VaultError):
    """Something the vault stands on does not answer: when in doubt, no."""


class TooMany(VaultError):
    """More than a limit allows for now: the same again after `retry_after_seconds`, at least 1, may be taken."""

    def __init__(self, code: str, detail: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(code, detail)
        self.retry_after_seconds = retry_after_seconds


def place(error: BaseException) -> str:
    """Return where an error was raised, as `module:line`; all that may be told of it beside its kind."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace is not None else "nowhere"
