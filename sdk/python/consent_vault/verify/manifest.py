"""What a bundle says of itself. Nothing of it is believed: each word is compared with what was signed or recomputed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from consent_vault.verify.refusal import Refused
from consent_vault.verify.tree import WIDTH

FORMAT: Final = "consent-vault-bundle/1"
LARGEST: Final = 64 * 1024 * 1024  # bytes; a story of millions of entries lists their numbers
_MOST: Final = 2048  # checkpoints
_LAST: Final = 2**63 - 1
_ALWAYS: Final = {"checkpoints", "end", "format", "generation", "organization", "origin", "start"}
_STORY: Final = {"entries", "subject"}
_PRUNED: Final = {"pruned"}
_SUBJECT: Final = re.compile(r"sub_[0-9a-z]{26}")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The log, the range from `start` up to `end`, the sizes of its checkpoints; of a story whose and which entries.

    Entries from `start` up to `pruned` have no body: what is known of them is their hashes.
    """

    organization: str
    origin: str
    generation: int
    start: int
    end: int
    checkpoints: tuple[int, ...]
    pruned: int
    subject: str | None
    entries: tuple[int, ...]


def read(raw: bytes) -> Manifest:
    """Return the manifest; it has one spelling, and every number in it makes sense."""
    try:
        found = _read(json.loads(raw), raw)
    except (ValueError, RecursionError):  # of JSON and of UTF-8 too
        raise Refused("malformed_manifest", "the manifest is not one of a bundle") from None
    if not found.origin.endswith(f"/log/{found.organization}/g{found.generation}"):
        raise Refused("wrong_log", f"{found.origin} is no log of {found.organization}, generation {found.generation}")
    return found


def _read(told: Any, raw: bytes) -> Manifest:
    if not isinstance(told, dict) or set(told) - _PRUNED not in (_ALWAYS, _ALWAYS | _STORY):
        raise ValueError
    if json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != raw:
        raise ValueError
    subject = told.get("subject")
    start, end, generation = told["start"], told["end"], told["generation"]
    checkpoints, entries = told["checkpoints"], told.get("entries", [])
    pruned: Any = told.get("pruned", start)
    numbers_hold = (
        told["format"] == FORMAT
        and _rises([start, end])
        and start % WIDTH == 0
        and _rises([generation])
        and _rises(checkpoints)
        and 1 <= len(checkpoints) <= _MOST
        and checkpoints[0] >= max(start, 1)
        and checkpoints[-1] == end
        and ("pruned" not in told or (_rises([start, pruned]) and (pruned == end or pruned % WIDTH == 0)))
        and pruned <= end
        and _rises(entries)
        and all(pruned <= number < end for number in entries)
    )
    words_hold = all(isinstance(told[name], str) for name in ("organization", "origin")) and (
        subject is None if "subject" not in told else isinstance(subject, str) and _SUBJECT.fullmatch(subject)
    )
    if not (numbers_hold and words_hold):
        raise ValueError
    return Manifest(
        organization=told["organization"],
        origin=told["origin"],
        generation=generation,
        start=start,
        end=end,
        checkpoints=tuple(checkpoints),
        pruned=pruned,
        subject=subject,
        entries=tuple(entries),
    )


def _rises(numbers: Any) -> bool:
    """Say whether it is a list of whole numbers, each larger than the one before."""
    if not isinstance(numbers, list) or not all(type(number) is int and 0 <= number <= _LAST for number in numbers):
        return False
    return all(one < other for one, other in pairwise(numbers))
