"""Pages: templates and their parts become HTML, in the reader's language, under headers that let nothing else in.

Every value is escaped. A name that a template uses and nobody gave is an error, never a blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie
from litestar.response import Stream

from vault.pages.frame import Frame
from vault.words.catalogue import Words

_FLOOR: Final = Path(__file__).parent.parent
_HTML: Final = "text/html"
_NOTHING: Final = (
    "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
    "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
    "screen-wake-lock", "serial", "sync-xhr", "usb", "xr-spatial-tracking",
)  # fmt: skip
_POLICY: Final = {
    "default-src": "'none'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self'",
    "script-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_ALWAYS: Final = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_PASSKEYS: Final = ("publickey-credentials-create", "publickey-credentials-get")


def render(
    template: str,
    frame: Frame,
    *,
    values: Mapping[str, object] | None = None,
    status: int = 200,
    cookies: Sequence[Cookie] = (),
) -> Response[bytes]:
    """Return a page. `template` is looked for among those of the frame's door, then among those of all."""
    text = _environment(frame.door, frame.words).get_template(template).render(frame=frame, **(values or {}))
    return Response(text.encode(), status_code=status, media_type=_HTML, headers=_headers(frame), cookies=list(cookies))


def go(path: str, *, cookies: Sequence[Cookie] = ()) -> Response[bytes]:
    """Return the answer to a form that was done: look there, and reloading repeats nothing (RFC 9110, 303)."""
    return Response(
        b"", status_code=303, media_type="text/plain", headers={"location": path, **_ALWAYS}, cookies=list(cookies)
    )


def download(pieces: Iterable[bytes], *, name: str, media_type: str) -> Response[Any]:
    """Return a file as it is made, piece by piece: it is kept nowhere, neither here nor on the way."""
    headers = {**_ALWAYS, "content-disposition": f'attachment; filename="{name}"'}
    return Stream(iter(pieces), status_code=200, media_type=media_type, headers=headers)


def _headers(frame: Frame) -> dict[str, str]:
    policy = "; ".join(f"{name} {value}" for name, value in (_POLICY | dict(frame.policy)).items())
    keys = "self" if frame.passkeys else ""
    allowed = ", ".join([*(f"{name}=()" for name in _NOTHING), *(f"{name}=({keys})" for name in _PASSKEYS)])
    return {**_ALWAYS, "content-security-policy": policy, "permissions-policy": allowed}


@cache
def _environment(door: str, words: Words) -> Environment:
    folders = [_FLOOR / door / "templates", _FLOOR / "pages" / "templates"]
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    translating: Any = made  # the extension adds methods that no type describes
    translating.install_gettext_callables(words.texts.gettext, words.texts.ngettext, newstyle=True)
    made.globals["words"] = words
    return made
