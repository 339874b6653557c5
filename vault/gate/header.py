"""Fields of a message's header, as bytes: taken out and put in, while every other byte stays as it came. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import Final

PERMIT: Final = "Consent-Permit"
UNSUBSCRIBE: Final = "List-Unsubscribe"
ONE_CLICK: Final = "List-Unsubscribe-Post"


def without(content: bytes, names: Sequence[str]) -> tuple[bytes, dict[str, list[str]]]:
    """Return the message without the fields of these names, and what stood in each, unfolded."""
    wanted = {name.lower().encode(): name for name in names}
    kept: list[bytes] = []
    found: dict[str, list[str]] = {name: [] for name in names}
    fields, body = _parts(content)
    for field in fields:
        name, _, value = field.partition(b":")
        if (known := wanted.get(name.strip().lower())) is None:
            kept.append(field)
        else:
            found[known].append(_text(value))
    return b"".join(kept) + body, found


def put(content: bytes, fields: Sequence[tuple[str, str]]) -> bytes:
    """Return the message with these fields before all others."""
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in fields) + content


def _parts(content: bytes) -> tuple[list[bytes], bytes]:
    """Return each field with its folded lines, and the rest from the empty line on."""
    fields: list[bytes] = []
    place = 0
    for line in content.splitlines(keepends=True) if b"\n" in content else [content]:
        if line in {b"\r\n", b"\n"}:
            break
        if line[:1] in {b" ", b"\t"} and fields:
            fields[-1] += line
        else:
            fields.append(line)
        place += len(line)
    return fields, content[place:]


def _text(value: bytes) -> str:
    """Return a permit as it was before a mail library folded it, or took it for a word too long (RFC 2047)."""
    text = value.decode("ascii", "replace")
    if "=?" in text:
        try:
            text = str(make_header(decode_header(text)))
        except (LookupError, ValueError, MessageError):
            return ""
    return "".join(text.split())
