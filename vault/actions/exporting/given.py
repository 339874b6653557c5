"""What a restore is given, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from vault.crypto.provider import KeyProvider
from vault.domain.exported.manifest import Manifest

Progress = Callable[[int, int], None]
"""Told how many customers are restored, of how many."""


class Given(Protocol):
    """An export whose files were held against its manifest. `digest` is the manifest's."""

    @property
    def manifest(self) -> Manifest:
        """What it holds."""
        ...

    @property
    def digest(self) -> str:
        """The SHA-256 of the manifest, in hex."""
        ...

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a file; of one that is not there, none."""
        ...


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How it is restored. `carrier` unwraps the key of what is known of addresses that nobody has.

    `without_tags` goes without that: their stops are lost then. `dry` only looks whether it could be. So many customers
    at most are written in one transaction.
    """

    carrier: KeyProvider | None = None
    without_tags: bool = False
    dry: bool = False
    most: int = 100
    tell: Progress | None = None


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was restored. `repeated`: all of it had been, and nothing was done; `dry`: nothing was done but looking."""

    organization: str
    customers: int
    facts: int
    dry: bool
    repeated: bool
