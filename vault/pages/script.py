"""The one script there is: served by its digest, so that a browser asks for it once. Only a passkey needs it."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from litestar import Response, Router, get

_PLACE: Final = "/assets/passkeys.js"
_DIGEST: Final = 12
_HEADERS: Final = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}


@get(_PLACE, include_in_schema=False, sync_to_thread=False)
def passkeys() -> Response[bytes]:
    """Return the script that asks a device for a passkey."""
    return Response(_text(), media_type="text/javascript", headers=_HEADERS)


@cache
def script() -> str:
    """Return the address of the script, which changes with every letter of it."""
    return f"{_PLACE}?v={sha256(_text()).hexdigest()[:_DIGEST]}"


@cache
def _text() -> bytes:
    return (Path(__file__).parent / "passkeys.js").read_bytes()


router = Router(path="/", route_handlers=[passkeys], include_in_schema=False)
