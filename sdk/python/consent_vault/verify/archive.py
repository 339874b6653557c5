"""The archive of a bundle: a ZIP of stored files in one prescribed order, read once from its beginning to its end.

Each byte of the framing has one right value, and each byte of a file is under its CRC-32, so no byte may differ. The
reader says which file comes next: a name it did not expect, a path, a second copy or a compressed file is refused
before a byte of it is read. Nothing is unpacked, and no more than one file is in memory.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import BinaryIO, Final
from zlib import crc32

from consent_vault.verify.refusal import Refused

_VERSION: Final = 20  # of PKWARE's APPNOTE that a reader has to know
_DATE: Final = 0x21  # 1 January 1980, the first day there is
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_SUMS: Final = struct.Struct("<2I")
_SUMS_AT: Final = 14
_MOST_FILES: Final = 65_534
_LARGEST: Final = 2**32 - 2
_CHUNK: Final = 65_536


class Archive:
    """An archive being read. Files come in the order in which they stand, each asked for by its name."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._directory = sha256()
        self._directory_length = 0
        self._count = 0
        self._at = 0

    def read(self, name: str, *, most: int, index: int | None = None) -> bytes:
        """Return the next file, which has this name and at most so many bytes. `index` is its first entry."""
        spelled = name.encode("ascii")
        start = self._at
        head = self._take(_LOCAL.size + len(spelled))
        size, crc = 0, 0
        if len(head) >= _LOCAL.size:
            crc, size = _SUMS.unpack_from(head, _SUMS_AT)
        if size > most or head != _local(spelled, crc=crc, size=size):
            raise Refused("damaged_bundle", f"the bundle does not go on with {name}", index=index)
        data = self._take(size)
        if len(data) != size or crc32(data) != crc:
            raise Refused("damaged_bundle", f"{name} is damaged", index=index)
        self._note(_central(spelled, crc=crc, size=size, at=start))
        return data

    def close(self) -> None:
        """Read the directory, which has to list exactly what was read, and the end of the file."""
        start = self._at
        found = sha256()
        left = self._directory_length
        while left and (chunk := self._take(min(_CHUNK, left))):
            found.update(chunk)
            left -= len(chunk)
        count = self._count
        end = _END.pack(b"PK\x05\x06", 0, 0, count, count, self._directory_length, start, 0)
        if left or found.digest() != self._directory.digest() or self._take(len(end) + 1) != end:
            raise Refused("damaged_bundle", "the bundle does not end as it should: there is more, less or other in it")

    def _take(self, count: int) -> bytes:
        data = self._file.read(count)
        self._at += len(data)
        return data

    def _note(self, record: bytes) -> None:
        self._directory.update(record)
        self._directory_length += len(record)
        self._count += 1
        if self._count > _MOST_FILES or self._at > _LARGEST:
            raise Refused("bundle_too_large", "a bundle holds at most 65,534 files in four gigabytes")


def _local(name: bytes, *, crc: int, size: int) -> bytes:
    return _LOCAL.pack(b"PK\x03\x04", _VERSION, 0, 0, 0, _DATE, crc, size, size, len(name), 0) + name


def _central(name: bytes, *, crc: int, size: int, at: int) -> bytes:
    head = (b"PK\x01\x02", _VERSION, _VERSION, 0, 0, 0, _DATE, crc, size, size, len(name), 0, 0, 0, 0, 0, at)
    return _CENTRAL.pack(*head) + name
