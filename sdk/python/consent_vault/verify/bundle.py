"""A bundle verified: every leaf hashed, every tile and every root recomputed, every checkpoint's signature checked.

Roots come out equal only if no entry was changed, left out, added or moved, and each larger tree begins with the
smaller one: the checkpoints are prefixes of each other because one and the same run of leaves gives all their roots.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO, Final, NamedTuple

from consent_vault.verify import manifest as manifests
from consent_vault.verify.archive import Archive
from consent_vault.verify.manifest import Manifest
from consent_vault.verify.notes import Checkpoint, Key, check_signatures, read_checkpoint, read_key
from consent_vault.verify.refusal import Refused
from consent_vault.verify.tree import BITS, FULL, HASH, WIDTH, Edge, path, top


class Leaf(NamedTuple):
    """A leaf on its way past: its number, its hash, and its entry unless that was pruned."""

    number: int
    hash: bytes
    entry: bytes | None


Each = Callable[[Leaf], None]

_MOST_NOTE: Final = 512 * 1024
_MOST_ENTRIES: Final = WIDTH * (65_535 + 2)


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a bundle was shown to hold. `signed` says how many of the `checkpoints`, by size, each key signed.

    `announced` is the entry that tells of the pruning, where entries were pruned and the bundle holds it.
    """

    manifest: Manifest
    root: bytes
    checkpoints: dict[int, Checkpoint]
    signed: dict[Key, int]
    unchecked: tuple[Key, ...]
    own_keys: bool
    subject: str | None
    found: tuple[int, ...]
    announced: int | None
    since: int | None
    seconds: float


@dataclass(kw_only=True)
class _Reading:
    archive: Archive
    manifest: Manifest
    heads: dict[int, Checkpoint]
    subject: str | None
    edge: Edge = field(default_factory=Edge)
    good: int = 0
    found: list[int] = field(default_factory=list)
    announced: int | None = None
    each: Each | None = None


def verify(
    file: BinaryIO,
    *,
    keys: Sequence[Key] = (),
    subject: str | None = None,
    since: Checkpoint | None = None,
    each: Each | None = None,
) -> Verified:
    """Verify a bundle, or raise `Refused`, which names the first bad entry.

    Without `keys` those in the bundle are used, which shows that it agrees with itself and no more. `since` is a
    checkpoint kept from an earlier bundle: this one has to extend it. `subject` is searched for in every entry; if
    there is none, the one the bundle is about. `each` is handed every leaf, on the way and before it is known to be
    right.
    """
    begun = time.perf_counter()
    archive = Archive(file)
    manifest = manifests.read(archive.read("manifest.json", most=manifests.LARGEST))
    own = _read_keys(archive.read("keys", most=_MOST_NOTE))
    trusted = tuple(keys) or own
    heads, signed = _read_checkpoints(archive, manifest, keys=trusted)
    if since is not None:
        _compare(manifest, heads, since=since, trusted=trusted)
    subject = subject or manifest.subject
    reading = _Reading(archive=archive, manifest=manifest, heads=heads, subject=subject, each=each)
    _walk(reading)
    archive.close()
    if manifest.subject is not None and manifest.subject == reading.subject:
        _check_story(manifest, reading.found)
    return Verified(
        manifest=manifest,
        root=heads[manifest.end].root,
        checkpoints={size: heads[size] for size in manifest.checkpoints},
        signed=signed,
        unchecked=tuple(key for key in trusted if not key.is_checkable),
        own_keys=not keys,
        subject=reading.subject,
        found=tuple(reading.found),
        announced=reading.announced,
        since=since.size if since is not None else None,
        seconds=time.perf_counter() - begun,
    )


def _read_keys(raw: bytes) -> tuple[Key, ...]:
    try:
        lines = raw.decode("ascii").split("\n")
    except UnicodeDecodeError:
        lines = ["?"]
    if lines.pop():
        raise Refused("malformed_key", "the list of keys does not end")
    return tuple(read_key(line) for line in lines)


def _read_checkpoints(
    archive: Archive, manifest: Manifest, *, keys: Sequence[Key]
) -> tuple[dict[int, Checkpoint], dict[Key, int]]:
    heads = {}
    signed = dict.fromkeys(keys, 0)
    for size in manifest.checkpoints:
        head = read_checkpoint(archive.read(f"checkpoint/{size}", most=_MOST_NOTE, index=None), size=size)
        if head.origin != manifest.origin:
            raise Refused("wrong_log", f"the checkpoint of size {size} is of {head.origin}", size=size)
        by = check_signatures(head, keys)
        if not any(key.name == manifest.origin for key in by):
            raise Refused("unsigned", f"no trusted key of the log signed the checkpoint of size {size}", size=size)
        for key in by:
            signed[key] += 1
        heads[size] = head
    for key, count in signed.items():
        if not count and key.is_checkable:
            raise Refused("not_cosigned", f"{key.name} ({key.algorithm}) signed no checkpoint in the bundle")
    return heads, signed


def _compare(manifest: Manifest, heads: dict[int, Checkpoint], *, since: Checkpoint, trusted: Sequence[Key]) -> None:
    """Let the tree of `since` be recomputed too, if it lies in the range."""
    if since.origin != manifest.origin:
        raise Refused("wrong_log", f"the checkpoint to compare with is of {since.origin}", size=since.size)
    if not check_signatures(since, trusted):
        raise Refused("unsigned", "no trusted key signed the checkpoint to compare with", size=since.size)
    if since.size > manifest.end:
        raise Refused(
            "older_checkpoint",
            f"the log was larger before: {since.size} entries were signed, and this bundle ends at {manifest.end}",
            index=manifest.end,
            size=since.size,
        )
    if since.size < manifest.start:
        raise Refused("not_comparable", f"the bundle begins at {manifest.start}; ask for one from {since.size}")
    known = heads.setdefault(since.size, since)
    if known.root != since.root:
        raise Refused("forked", f"two different trees of size {since.size} were signed", index=0, size=since.size)


def _walk(reading: _Reading) -> None:
    """Read entries and tiles in their order and compare each tile and each root with what comes out."""
    manifest, edge = reading.manifest, reading.edge
    for level, index, width in _partial(manifest.start):
        name = path(level, index, width=width)
        edge.put(level, _exactly(reading.archive.read(name, most=FULL, index=0), name=name, width=width))
    _check_root(reading, manifest.start, leaves=b"")
    for first in range(manifest.start, manifest.end, WIDTH):
        _read_tile(reading, first)
    for level, index, width in _partial(manifest.end):
        if level:
            name = path(level, index, width=width)
            _check_tile(reading, edge.row(level), name=name, first=index << BITS * (level + 1), step=BITS * level)


def _partial(size: int) -> Iterable[tuple[int, int, int]]:
    """Yield level, index and width of the partial tiles of a tree."""
    level = 0
    while row := size >> BITS * level:
        if width := row % WIDTH:
            yield level, row // WIDTH, width
        level += 1


def _read_tile(reading: _Reading, first: int) -> None:
    width = min(WIDTH, reading.manifest.end - first)
    index = first // WIDTH
    leaves = _read_entries(reading, first, width=width) if first >= reading.manifest.pruned else None
    name = path(0, index, width=width)
    tile = _exactly(reading.archive.read(name, most=FULL, index=first), name=name, width=width)
    if leaves is None:
        leaves = tile
        _show_pruned(reading, tile, first=first)
    bad = _first_difference(leaves, tile)
    until = first + width if bad is None else first + bad
    for size in sorted(size for size in reading.heads if first < size <= until):
        _check_root(reading, size, leaves=leaves[: (size - first) * HASH])
    if bad is not None:
        raise Refused("wrong_entry", f"entry {until} is not the one the tree holds", index=until)
    if width == WIDTH:
        _carry(reading, leaves, first=first)


def _read_entries(reading: _Reading, first: int, *, width: int) -> bytes:
    """Read the entries behind a tile, look through them, and return their hashes."""
    name = path("entries", first // WIDTH, width=width)
    entries = _unpack(reading.archive.read(name, most=_MOST_ENTRIES, index=first), width=width, first=first)
    leaves = [sha256(b"\0" + entry).digest() for entry in entries]
    if reading.each is not None:
        for number, (leaf, entry) in enumerate(zip(leaves, entries, strict=True), first):
            reading.each(Leaf(number, leaf, entry))
    if reading.subject is not None:
        reading.found.extend(_search(entries, reading.subject, first=first))
    if reading.manifest.pruned > reading.manifest.start:
        told = [number for number, entry in enumerate(entries, first) if _announces(entry, reading.manifest)]
        reading.announced = told[0] if told and reading.announced is None else reading.announced
    return b"".join(leaves)


def _show_pruned(reading: _Reading, tile: bytes, *, first: int) -> None:
    if reading.each is not None:
        for at in range(0, len(tile), HASH):
            reading.each(Leaf(first + at // HASH, tile[at : at + HASH], None))


def _announces(entry: bytes, manifest: Manifest) -> bool:
    """Say whether an entry tells of a pruning that reached at least as far as the one of this bundle."""
    if b'"log_pruned"' not in entry:
        return False
    try:
        told = json.loads(entry)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(told, dict)
        and (told.get("kind"), told.get("generation")) == ("log_pruned", manifest.generation)
        and isinstance(told.get("end"), int)
        and told["end"] >= manifest.pruned
    )


def _carry(reading: _Reading, leaves: bytes, *, first: int) -> None:
    """Hang the root of a full tile into the level above; a tile that becomes full there is compared, and so on."""
    edge, level, full = reading.edge, 1, leaves
    while True:
        row = edge.row(level) + top(full)
        edge.put(level, row)
        if len(row) < FULL:
            return
        index = first >> BITS * (level + 1)
        name = path(level, index, width=WIDTH)
        _check_tile(reading, row, name=name, first=index << BITS * (level + 1), step=BITS * level)
        edge.put(level, b"")
        level, full = level + 1, row


def _check_tile(reading: _Reading, row: bytes, *, name: str, first: int, step: int) -> None:
    width = len(row) // HASH
    bad = _first_difference(row, _exactly(reading.archive.read(name, most=FULL, index=first), name=name, width=width))
    if bad is not None:
        index = first + (bad << step)
        raise Refused("wrong_tile", f"{name} is wrong from the hash over entry {index} on", index=index)


def _check_root(reading: _Reading, size: int, *, leaves: bytes) -> None:
    head = reading.heads.get(size)
    if head is None:
        return
    if reading.edge.root(leaves) != head.root:
        raise Refused(
            "wrong_root",
            f"the tree of size {size} is not the one that was signed; they differ from entry {reading.good} or later",
            index=reading.good,
            size=size,
        )
    reading.good = size


def _exactly(tile: bytes, *, name: str, width: int) -> bytes:
    if len(tile) != width * HASH:
        raise Refused("malformed_tile", f"{name} does not hold {width} hashes")
    return tile


def _first_difference(one: bytes, other: bytes) -> int | None:
    if one == other:
        return None
    return next(at // HASH for at in range(0, len(one), HASH) if one[at : at + HASH] != other[at : at + HASH])


def _unpack(raw: bytes, *, width: int, first: int) -> list[bytes]:
    """Return the entries behind their lengths; no byte may be left."""
    entries: list[bytes] = []
    at = 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        if at > len(raw):
            raise Refused("malformed_entries", "entries are missing", index=first + len(entries))
        entries.append(raw[start:at])
    if at != len(raw):
        raise Refused("malformed_entries", "there are more entries than there should be", index=first + width)
    return entries


def _search(entries: Sequence[bytes], subject: str, *, first: int) -> list[int]:
    r"""Return the numbers of the entries that speak of a subject. A letter spelled as `\u0073` hides nothing."""
    needle = subject.encode()
    return [
        number
        for number, entry in enumerate(entries, first)
        if (needle in entry or b"\\u" in entry) and _speaks_of(entry, subject)
    ]


def _speaks_of(entry: bytes, subject: str) -> bool:
    try:
        waiting: list[Any] = [json.loads(entry)]
    except (ValueError, RecursionError):
        return True  # who cannot read it cannot rule it out
    while waiting:
        value = waiting.pop()
        if value == subject:
            return True
        waiting.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
    return False


def _check_story(manifest: Manifest, found: list[int]) -> None:
    for number in sorted(set(manifest.entries).symmetric_difference(found)):
        kept_back = number in found
        what = "speaks of the subject and was kept back" if kept_back else "does not speak of the subject"
        raise Refused("incomplete_story" if kept_back else "wrong_story", f"entry {number} {what}", index=number)
