"""Key providers: who holds the root key and wraps with it, and the one that keeps it in a file.

A provider's root key never reaches the database, a log or a `repr`. A key file that others could read is refused. It is
read at the start and kept in memory, so a file lost later stops nobody before the next start; `health` notices.
"""

from __future__ import annotations

import os
from pathlib import Path
from stat import S_ISREG
from typing import Final, Protocol

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vault.base.clock import Entropy
from vault.base.errors import Conflict, Unavailable
from vault.crypto.box import KEY, SALT
from vault.crypto.wrap import ROOT_FILE, Binding, Source, WrappingKey, source_of, unwrap, wrap

_OTHERS: Final = 0o077
_NO_EPOCH: Final = 0  # a key file has one root, and no versions of it


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of itself. `key_id` is no secret; `note` is a sentence for people, certificates included."""

    name: str
    key_id: str
    can_destroy: bool
    note: str


class KeyProvider(Protocol):
    """Wraps the few keys at the top under a root key it alone holds."""

    def wrap(self, key: bytes, binding: Binding) -> bytes:
        """Return the wrapped form of a 32-byte key; `Unavailable` when the root key cannot be reached."""
        ...

    def unwrap(self, wrapped: bytes, binding: Binding) -> bytes:
        """Return the key; `SealError` for another binding, `Unavailable` for another root key or none."""
        ...

    def describe(self) -> Description:
        """Say what holds the root key, and whether it can destroy a version of it."""
        ...

    def health(self) -> None:
        """Return when the root key can be used; `Unavailable` says what is missing."""
        ...


class FileProvider:
    """Keeps the root key in a file: for trying, and where there is no key service."""

    __slots__ = ("_entropy", "_path", "_root")

    def __init__(self, path: Path, *, entropy: Entropy) -> None:
        self._path = path
        self._entropy = entropy
        self._root = _root(_read(path))

    def wrap(self, key: bytes, binding: Binding) -> bytes:
        """Return the wrapped form of a 32-byte key."""
        return wrap(self._root, key, binding=binding, salt=self._entropy.draw(SALT))

    def unwrap(self, wrapped: bytes, binding: Binding) -> bytes:
        """Return the key; `Unavailable` when another root key wrapped it."""
        if source_of(wrapped) != self._root.source:
            raise Unavailable(
                "other_root_key",
                f"{self._path} is not the root key this database was made with; bring back the file it was made with",
            )
        return unwrap(self._root, wrapped, binding=binding)

    def describe(self) -> Description:
        """Say that a file cannot destroy what it may have been copied from."""
        return Description(
            name="file",
            key_id=self._root.source.key_id.hex(),
            can_destroy=False,
            note="the root key is a file, which may have copies; no version of it can be destroyed for certain",
        )

    def health(self) -> None:
        """Read the file again; `Unavailable` when it is missing, open to others or another key."""
        if _read(self._path) != self._root.key:
            raise Unavailable("other_root_key", f"{self._path} changed since the start; bring back the file of then")


def create(path: Path, *, entropy: Entropy) -> None:
    """Make the key file, mode 0600; `Conflict` when there is one already: it is never overwritten.

    The key is written and flushed under another name and then linked, so no reader finds half a key, two creators
    cannot both win, and a crash leaves at most a `.new` file that nothing reads.
    """
    draft = path.with_name(f"{path.name}.{entropy.draw(8).hex()}.new")
    try:
        try:
            _write(draft, entropy.draw(KEY))
            os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        _flush(path.parent)
    except FileExistsError:
        raise Conflict("key_file_exists", f"{path} exists already; a root key is never overwritten") from None
    except OSError as error:
        raise Unavailable("key_file_not_made", f"{path} could not be made: {error.strerror}") from None


def _write(path: Path, key: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> bytes:
    """Return the key. What is checked is the open file, so nobody can swap it in between."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Unavailable(
            "no_key_file",
            f"there is no key file {path}; bring back the one this database was made with, "
            "or for a new one write 32 random bytes there with mode 0600",
        ) from None
    except OSError as error:
        raise Unavailable("bad_key_file", f"the key file {path} cannot be read: {error.strerror}") from None
    try:
        _check(path, os.fstat(descriptor))
        key = os.read(descriptor, KEY + 1)
    finally:
        os.close(descriptor)
    if len(key) != KEY:
        raise Unavailable("bad_key_file", f"the key file {path} must hold exactly 32 bytes; bring back the right one")
    return key


def _check(path: Path, found: os.stat_result) -> None:
    if not S_ISREG(found.st_mode):
        raise Unavailable("bad_key_file", f"the key file {path} must be an ordinary file")
    if found.st_uid != os.geteuid():
        raise Unavailable(
            "bad_key_file", f"the key file {path} must belong to the user who runs the vault; chown it to them"
        )
    if found.st_mode & _OTHERS:
        raise Unavailable("bad_key_file", f"the key file {path} is open to others; run: chmod 600 {path}")


def _root(key: bytes) -> WrappingKey:
    fingerprint = HKDFExpand(SHA256(), 16, b"cv/root-id/1\x00").derive(key)
    return WrappingKey(source=Source(provider=ROOT_FILE, key_id=fingerprint, epoch=_NO_EPOCH), key=key)
