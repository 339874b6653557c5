"""Entry bundles (C2SP tlog-tiles): up to 256 entries, each behind its length in two bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vault.tlog.line import Malformed
from vault.tlog.tile import WIDTH

LONGEST: Final = 65_535  # bytes of one entry: what two bytes can count

_LENGTH: Final = 2


def pack(entries: Sequence[bytes]) -> bytes:
    """Return the bundle of 1 to 256 entries of at most 65,535 bytes."""
    if not 1 <= len(entries) <= WIDTH or max(map(len, entries)) > LONGEST:
        raise Malformed("malformed_bundle", "a bundle holds 1 to 256 entries of at most 65,535 bytes")
    return b"".join([len(entry).to_bytes(_LENGTH, "big") + entry for entry in entries])


def unpack(bundle: bytes, *, width: int) -> list[bytes]:
    """Return the entries of a bundle that should hold `width` of them, no byte left over."""
    entries = []
    at = 0
    for _ in range(width):
        start = at + _LENGTH
        at = start + int.from_bytes(bundle[at:start], "big")
        entries.append(bundle[start:at])
    if at != len(bundle):
        raise Malformed("malformed_bundle", "a bundle does not hold the entries it should")
    return entries
