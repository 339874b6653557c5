"""A message's text as SMTP carries it (RFC 5321 section 4.5.2). Pure."""

from __future__ import annotations

import re
from typing import Final

_END: Final = b".\r\n"
_BREAK: Final = re.compile(rb"\r\n|\r|\n")
_DOT: Final = re.compile(rb"^\.", re.MULTILINE)


def framed(content: bytes) -> bytes:
    """Return a text with its end: lines end alike, so that no server sees an end where another sees none."""
    lines = _BREAK.sub(b"\r\n", content)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _DOT.sub(b"..", lines) + _END
