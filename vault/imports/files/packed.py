"""Bytes on their way in: counted, refused above a size, and unpacked where they are packed with gzip, as a stream.

What is packed is refused by what comes out of it, before more than a piece of that is held.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from vault.imports.row import FileRefused

LARGEST: Final = 4 << 30  # bytes

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_PIECE: Final = 1 << 16
_WITH_HEADER: Final = 16 + zlib.MAX_WBITS


def unpacked(chunks: Iterable[bytes], *, most: int = LARGEST) -> Iterator[bytes]:
    """Yield the bytes of a file, `most` of them; `FileRefused` for more, for what is cut, and for archives."""
    parts = iter(chunks)
    start = b""
    for part in parts:
        start += part
        if len(start) >= len(_ZIP):
            break
    if start.startswith(_ZIP):
        raise FileRefused("packed_file", "this is an archive: unpack it, and give the files in it")
    yield from _bounded(_inflated(start, parts) if start.startswith(_GZIP) else _whole(start, parts), most)


def _whole(start: bytes, parts: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from parts


def _bounded(parts: Iterator[bytes], most: int) -> Iterator[bytes]:
    size = 0
    for part in parts:
        size += len(part)
        if size > most:
            raise FileRefused("file_too_large", f"more than {most:,} bytes: split the file, each part with its header")
        yield part


def _inflated(start: bytes, parts: Iterator[bytes]) -> Iterator[bytes]:
    packed = zlib.decompressobj(_WITH_HEADER)
    try:
        for part in _whole(start, parts):
            rest = part
            while rest:
                if packed.eof:  # members may follow each other (RFC 1952 section 2.2)
                    packed = zlib.decompressobj(_WITH_HEADER)
                yield packed.decompress(rest, _PIECE)
                rest = packed.unconsumed_tail or packed.unused_data
    except zlib.error:
        raise FileRefused("unreadable_bytes", "the packed file is damaged: export it again") from None
    if not packed.eof:
        raise FileRefused("unreadable_bytes", "the packed file is cut: export it again")
