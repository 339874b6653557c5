"""Lines of an uploaded list: whom each names, or what is wrong with it. Nothing that was sent is ever repeated."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.base.ids import CustomerIdText
from vault.base.personal import Personal
from vault.domain.decision.question import Reference

LONGEST_LINE: Final = 4_096
"""In bytes; a longer one is no line."""


class AudienceMember(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a line names, in exactly one of two ways."""

    customer: CustomerIdText | None = None
    external: Reference | None = None


class Rubbish(msgspec.Struct, frozen=True):
    """A line nobody can be asked about, and why."""

    code: str


class Lines:
    """Cuts an upload into lines as it comes. A line that is too long is let go of as it comes, too."""

    def __init__(self) -> None:
        self._rest = b""
        self._too_long = False

    def feed(self, part: bytes) -> list[AudienceMember | Rubbish]:
        """Return the lines that end in this part."""
        *ended, rest = part.split(b"\n")
        found: list[AudienceMember | Rubbish] = []
        for piece in ended:
            found.extend(self._end(piece))
        self._hold(rest)
        return found

    def close(self) -> list[AudienceMember | Rubbish]:
        """Return the last line, if it has no break at its end."""
        return self._end(b"")

    def _hold(self, piece: bytes) -> None:
        self._too_long = self._too_long or len(self._rest) + len(piece) > LONGEST_LINE
        self._rest = b"" if self._too_long else self._rest + piece

    def _end(self, piece: bytes) -> list[AudienceMember | Rubbish]:
        """Return the line that ends here; a blank one is none."""
        self._hold(piece)
        line, too_long = self._rest, self._too_long
        self._rest, self._too_long = b"", False
        if too_long:
            return [Rubbish("line_too_long")]
        return [read_line(line)] if line.strip() else []


def read_line(line: bytes) -> AudienceMember | Rubbish:
    """Return whom a line names."""
    try:
        named = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Rubbish("malformed_line")
    if (named.customer is None) == (named.external is None):
        return Rubbish("one_person")
    return named


def _personal(kind: type, value: object) -> Personal:
    if kind is not Personal or not isinstance(value, str):
        raise TypeError("Expected `str`")
    return Personal(value)


_DECODER: Final = msgspec.json.Decoder(AudienceMember, dec_hook=_personal)
