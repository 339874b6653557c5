"""The stylesheet and its fonts: served by their digests, so that a browser asks for each once.

An organization's colours are in its own copy and in nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from vault.domain.look.palette import Palette, palette
from vault.domain.look.portal import Portal

FONTS: Final = "/assets/fonts"
PLAIN: Final = "/assets/vault.css"
"""The stylesheet in nobody's colours, for pages of no organization."""
ICON: Final = "/assets/icon.svg"
"""What a browser shows beside a title: one for all, lest it asks for another and is told that there is none."""

_FOLDER: Final = Path(__file__).parent / "style"
_MARK: Final = "/* organization */"
_OWN_FONT: Final = '--font: "Figtree", '
_DIGEST: Final = 12
_HOUR: Final = "public, max-age=3600"
_HEADERS: Final = {
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
}


@lru_cache(maxsize=256)
def stylesheet(portal: Portal) -> str:
    """Return the stylesheet in the colours of an organization."""
    text = _text()
    if portal.font == "system":
        text = text.replace(_OWN_FONT, "--font: ")
    if portal.accent is None or portal.accent_dark is None:
        return text.replace(_MARK, "")
    light, dark = _block(palette(portal.accent, "light")), _block(palette(portal.accent_dark, "dark"))
    return text.replace(_MARK, f"{light}\n@media (prefers-color-scheme: dark) {{ {dark} }}")


@lru_cache(maxsize=256)
def version(portal: Portal) -> str:
    """Return what the address of a stylesheet ends in: it changes with every letter of it."""
    return sha256(stylesheet(portal).encode()).hexdigest()[:_DIGEST]


def styled(portal: Portal) -> Response[bytes]:
    """Return the stylesheet, for a year: another one has another address."""
    return Response(stylesheet(portal).encode(), media_type="text/css", headers=_HEADERS)


@get(f"{FONTS}/{{name:str}}", include_in_schema=False, sync_to_thread=False)
def font(name: FromPath[str]) -> Response[bytes]:
    """Return a font."""
    found = fonts().get(name)
    if found is None:
        raise NotFoundException
    return Response(found, media_type="font/woff2", headers=_HEADERS)


@get(PLAIN, include_in_schema=False, sync_to_thread=False)
def plain() -> Response[bytes]:
    """Return the stylesheet in nobody's colours."""
    return Response(stylesheet(Portal()).encode(), media_type="text/css", headers=_HEADERS | {"cache-control": _HOUR})


@get(ICON, include_in_schema=False, sync_to_thread=False)
def icon() -> Response[bytes]:
    """Return the icon."""
    return Response(_icon(), media_type="image/svg+xml", headers=_HEADERS | {"cache-control": _HOUR})


@cache
def _icon() -> bytes:
    return (_FOLDER / "icon.svg").read_bytes()


@cache
def fonts() -> Mapping[str, bytes]:
    """Return the fonts by file name."""
    return {path.name: path.read_bytes() for path in sorted((_FOLDER / "fonts").glob("*.woff2"))}


@cache
def _text() -> str:
    text = (_FOLDER / "vault.css").read_text("utf-8")
    for name, font in fonts().items():
        text = text.replace(f'"fonts/{name}"', f'"{FONTS}/{name}?v={sha256(font).hexdigest()[:_DIGEST]}"')
    return text


def _block(colours: Palette) -> str:
    return f":root {{ {' '.join(f'--{name}: {colour};' for name, colour in colours.items())} }}"


router = Router(path="/", route_handlers=[font, plain, icon], include_in_schema=False)
