"""A promise held against a bundle: its entry is in the log, or it was left out, and the bundle shows that.

Written from the description in SECURITY.md alone.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from consent_vault.promises import Promise, decode
from consent_vault.promises import verify as is_signed
from consent_vault.verify.bundle import Leaf, Verified
from consent_vault.verify.refusal import Refused
from consent_vault.verify.tree import WIDTH

GRACE_SECONDS: Final = 60
"""How long an entry may wait for its number; longer, and the vault itself says that something is wrong."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A promise that was kept: the number of its entry, and of the entry that tells of the key, if that was used."""

    number: int
    key: int | None


@dataclass(kw_only=True)
class PromiseWatch:
    """What is gathered about a promise while a bundle is read: give `see` to `verify` as `each`, then `check`.

    `keys` are public keys known by another way; without them the log's own entry of the key is believed.
    """

    promise: Promise
    keys: Sequence[bytes] = ()
    number: int | None = None
    made: dict[bytes, int] = field(default_factory=dict)
    first: list[bytes] = field(default_factory=list)
    last: deque[bytes] = field(default_factory=lambda: deque(maxlen=WIDTH))

    def __post_init__(self) -> None:
        self._leaf = decode(self.promise.leaf)

    def see(self, leaf: Leaf) -> None:
        """Note an entry; of one that was pruned there is the hash alone."""
        if leaf.hash == self._leaf:
            self.number = leaf.number
        if (entry := leaf.entry) is None:
            return
        if b'"promise_key_made"' in entry:
            self._note_key(leaf.number, entry)
        if len(self.first) < WIDTH:
            self.first.append(entry)
        self.last.append(entry)

    def check(self, verified: Verified) -> Kept:
        """Return where the promised entry stands, or raise `Refused`: `omitted` if the log should hold it."""
        told = self.promise
        public = [*self.keys] or [*self.made]
        if not public:
            raise Refused("unknown_promise_key", f"the bundle does not tell of key {told.key}; give its public half")
        if not is_signed(told, public):
            raise Refused("wrong_promise", f"no key of the log called {told.key} signed this promise")
        if self.number is not None:
            return Kept(number=self.number, key=None if self.keys else self.made[public[0]])
        if {body.get("organization") for body in _bodies(self.last)} != {told.organization}:
            raise Refused("wrong_log", f"the promise is of {told.organization}, and the bundle is not")
        if not self._covers(verified):
            raise Refused(
                "not_covered", f"the bundle does not reach from before {_shown(told.time)} to a minute after it"
            )
        raise Refused(
            "omitted", f"the entry with the hash {told.leaf}, promised at {_shown(told.time)}, is not in the log"
        )

    def _note_key(self, number: int, entry: bytes) -> None:
        for body in _bodies([entry]):
            about = (body.get("kind"), body.get("key"), body.get("organization"))
            public = body.get("public")
            if about == ("promise_key_made", self.promise.key, self.promise.organization) and isinstance(public, str):
                self.made.setdefault(decode(public), number)

    def _covers(self, verified: Verified) -> bool:
        begins = verified.manifest.generation == 1 and verified.manifest.start == 0
        begins = begins or min(_instants(self.first), default=self.promise.time + 1) <= self.promise.time
        return begins and max(_instants(self.last), default=0) >= self.promise.time + GRACE_SECONDS


def _bodies(entries: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        try:
            body = json.loads(entry)
        except (ValueError, RecursionError):
            continue
        if isinstance(body, dict):
            yield body


def _instants(entries: Iterable[bytes]) -> Iterator[float]:
    for body in _bodies(entries):
        try:
            yield datetime.fromisoformat(body["at"]).timestamp()
        except (KeyError, TypeError, ValueError):
            continue


def _shown(time: int) -> str:
    try:
        return datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z")
    except (OverflowError, OSError, ValueError):
        return f"second {time}"
