"""The scripts there are: served by their digest, so that a browser asks for each once.

A passkey is asked for by `passkeys.js`. At the console `verify.js` verifies a bundle of the log, and `verifying.js`
shows what came out.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from litestar import Response, Router, get

_FLOOR: Final = Path(__file__).parent.parent
_AT: Final = {"passkeys.js": "pages", "verify.js": "console", "verifying.js": "console"}
_DIGEST: Final = 12
_HEADERS: Final = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}


@get("/assets/passkeys.js", include_in_schema=False, sync_to_thread=False)
def passkeys() -> Response[bytes]:
    """Return the script that asks a device for a passkey."""
    return _served("passkeys.js")


@get("/assets/verify.js", include_in_schema=False, sync_to_thread=False)
def verify() -> Response[bytes]:
    """Return the script that verifies a bundle of the log."""
    return _served("verify.js")


@get("/assets/verifying.js", include_in_schema=False, sync_to_thread=False)
def verifying() -> Response[bytes]:
    """Return the script that shows what it found."""
    return _served("verifying.js")


@cache
def script(name: str = "passkeys.js") -> str:
    """Return the address of a script, which changes with every letter of it."""
    return f"/assets/{name}?v={sha256(_text(name)).hexdigest()[:_DIGEST]}"


@cache
def integrity(name: str) -> str:
    """Return what a browser holds a script against before it runs it (W3C Subresource Integrity)."""
    return f"sha256-{b64encode(sha256(_text(name)).digest()).decode()}"


def _served(name: str) -> Response[bytes]:
    return Response(_text(name), media_type="text/javascript", headers=_HEADERS)


@cache
def _text(name: str) -> bytes:
    return (_FLOOR / _AT[name] / name).read_bytes()


router = Router(path="/", route_handlers=[passkeys, verify, verifying], include_in_schema=False)
