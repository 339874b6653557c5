"""The key of an export: a file of its own, made with the export and gone with one that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vault.base.clock import SystemEntropy
from vault.base.errors import Conflict, Invalid
from vault.crypto.provider import FileProvider, KeyProvider, create


@contextmanager
def made(path: Path) -> Iterator[KeyProvider]:
    """Yield a new key, mode 0600; `Conflict` when there is a file of that name. It stays when the block ends well."""
    if path.exists():
        raise Conflict("key_exists", f"{path} is there already; name another with --key")
    entropy = SystemEntropy()
    create(path, entropy=entropy)
    try:
        yield FileProvider(path, entropy=entropy)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def kept(path: Path) -> KeyProvider:
    """Return the key of an export that was made before."""
    if not path.is_file():
        raise Invalid("no_export_key", f"there is no key file {path}; give the one that was made with the export")
    return FileProvider(path, entropy=SystemEntropy())
