"""What a request carries to show who sends it: the token, and the proofs that its key is at hand (RFC 9449)."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from litestar import Request

from vault.actions.client.carriers import Carried

_LETTERS: Final = "/:@!$&'()*+,;=~"  # of a path as they stand (RFC 3986 section 3.3)


def carried(request: Request[Any, Any, Any]) -> Carried:
    """Return it. Which address was asked says the path alone: scheme and host are the issuer's, whoever is between."""
    return Carried(
        authorization=request.headers.get("authorization"),
        proofs=tuple(request.headers.getall("dpop", [])),
        method=request.method,
        path=quote(request.scope["path"], safe=_LETTERS),
    )
