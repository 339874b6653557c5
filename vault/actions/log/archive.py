"""The archive of a bundle, written: a ZIP of stored files, each byte of its framing fixed (SECURITY.md).

Stored, for a compressed file has many spellings, and a reader of one should never have to unpack it.
"""

from __future__ import annotations

import struct
from typing import Final
from zlib import crc32

from vault.base.errors import Invalid

_VERSION: Final = 20
_DATE: Final = 0x21  # 1 January 1980: a bundle does not say when it was made
_LOCAL: Final = struct.Struct("<4s5H3I2H")
_CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_END: Final = struct.Struct("<4s4H2IH")
_MOST_FILES: Final = 65_534
_LARGEST: Final = 2**32 - 2


class Archive:
    """An archive being written, file by file. Only its directory is kept in memory."""

    def __init__(self) -> None:
        self._directory: list[bytes] = []
        self._at = 0

    def file(self, name: str, data: bytes) -> bytes:
        """Return the bytes of the next file; `Invalid` when it does not fit any more."""
        spelled = name.encode()
        told = (0, 0, 0, _DATE, crc32(data), len(data), len(data), len(spelled), 0)
        raw = _LOCAL.pack(b"PK\x03\x04", _VERSION, *told) + spelled + data
        record = _CENTRAL.pack(b"PK\x01\x02", _VERSION, _VERSION, *told, 0, 0, 0, 0, self._at)
        self._directory.append(record + spelled)
        self._at += len(raw)
        if self._at > _LARGEST or len(self._directory) > _MOST_FILES:
            raise Invalid("bundle_too_large", "a bundle holds four gigabytes at most; ask for a smaller range")
        return raw

    def end(self) -> bytes:
        """Return the directory, which ends the archive."""
        directory = b"".join(self._directory)
        count = len(self._directory)
        return directory + _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), self._at, 0)
