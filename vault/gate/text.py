"""A message's text as SMTP carries it (RFC 5321 section 4.5.2). Pure.

The mail library does the same, but only when the server waits for the text. Here it is done before that, so that
nothing takes time between the last look at a permit and the text.
"""

from __future__ import annotations

from typing import Final

_END: Final = b".\r\n"


def framed(content: bytes) -> bytes:
    """Return a text with its end: lines end alike, so that no server sees an end where another sees none."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    lines = lines.replace(b"\r\n.", b"\r\n..")
    return (b"." if lines.startswith(b".") else b"") + lines + _END
