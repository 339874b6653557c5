"""Locks of the operating system: none outlives the processes that hold it, however they end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock for the length of the block; wait for it if another holds it."""
    lock = open_private(path)
    try:
        flock(lock, LOCK_EX)
        yield
    finally:
        os.close(lock)


def try_lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock, or nothing if another does."""
    lock = open_private(path)
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def open_private(path: Path) -> int:
    """Return a descriptor of the file, made readable for its owner only if it was not there."""
    # As root in somebody's folder: a link planted there leads nowhere, and what is made is theirs.
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)
    return file
