"""Cookies: one while somebody is signed in, and a sealed one while their code is waited for. No script reads them.

`__Host-` binds a cookie to this very host, to TLS and to the whole path. Browsers take 127.0.0.1 and localhost for
safe, so that a trial needs no exception.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from litestar.datastructures import Cookie

PORTAL: Final = "__Host-consent-vault-portal"
CONSOLE: Final = "__Host-consent-vault-console"
FLOW: Final = "__Host-consent-vault-flow"
PROOF: Final = "__Host-consent-vault-proof"


def kept(name: str, value: str, *, lasts: timedelta | None = None) -> Cookie:
    """Return a cookie to set; without `lasts` it goes when the browser is closed."""
    seconds = int(lasts.total_seconds()) if lasts is not None else None
    return Cookie(key=name, value=value, path="/", max_age=seconds, secure=True, httponly=True, samesite="lax")


def gone(name: str) -> Cookie:
    """Return a cookie that takes another away."""
    return Cookie(key=name, value="", path="/", max_age=0, secure=True, httponly=True, samesite="lax")
