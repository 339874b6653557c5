"""A sample drawn again from a bundle: its numbers are those that the rule's leaf and a later signature give.

Written from the description in SECURITY.md alone. What was found of the drawn entries is for people to judge.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO, Final

from consent_vault.verify.bundle import Leaf, Verified, verify
from consent_vault.verify.notes import ED25519, Checkpoint, Key, check_signatures, read_key
from consent_vault.verify.refusal import Refused

_WORDS: Final = 1 << 64
_LARGEST: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a bundle shows of a sample: the numbers as they were drawn, and by whose signature under which checkpoint.

    `rule` and `drawing` are the numbers of their entries. Without a `witness` it was the log's own signature, so the
    vault could have tried twice. `earlier` are the smaller checkpoints in the bundle that a witness of the rule
    cosigned: if there are any, ask why they did not give the seed.
    """

    id: str
    numbers: tuple[int, ...]
    rule: int
    drawing: int
    checkpoint: int
    witness: Key | None
    earlier: tuple[int, ...]


@dataclass(kw_only=True)
class Watch:
    """What is gathered about a sample while its bundle is read: give `see` to `verify` as `each`, then `check`."""

    sample: str
    told: dict[str, list[tuple[int, bytes, dict[str, Any]]]] = field(default_factory=dict)
    kinds: dict[str, array[int]] = field(default_factory=dict)

    def see(self, leaf: Leaf) -> None:
        """Note an entry. What cannot be read is of no kind; that it is in the log at all is checked elsewhere."""
        try:
            body = json.loads(leaf.entry) if leaf.entry is not None else None
        except (ValueError, RecursionError):
            return
        if not isinstance(body, dict):
            return
        kind = str(body.get("kind"))
        self.kinds.setdefault(kind, array("Q")).append(leaf.number)
        if body.get("sample") == self.sample and kind in {"sample_ruled", "sample_drawn"}:
            self.told.setdefault(kind, []).append((leaf.number, leaf.hash, body))

    def one(self, kind: str) -> tuple[int, bytes, dict[str, Any]]:
        """Return the one entry of this kind about the sample, with its number and its leaf hash."""
        found = self.told.get(kind, [])
        if len(found) != 1:
            raise Refused("no_sample", f"the bundle holds {len(found)} entries {kind} of {self.sample}, and not one")
        return found[0]

    def check(self, verified: Verified) -> Sample:
        """Draw the sample again from what was verified, or raise `Refused`."""
        try:
            return _check(self, verified)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Refused("malformed_sample", "an entry is none of a sample as it is described") from None


def check(file: BinaryIO, *, sample: str, keys: Sequence[Key] = ()) -> Sample:
    """Verify a bundle and draw a sample again, or raise `Refused`.

    The bundle holds the entries of its rule and its drawing; for a rule about one kind of entry its whole range too.
    """
    watch = Watch(sample=sample)
    return watch.check(verify(file, keys=keys, each=watch.see))


def _check(seen: Watch, verified: Verified) -> Sample:
    ruled, leaf, rule = seen.one("sample_ruled")
    drawing, _, drawn = seen.one("sample_drawn")
    size = drawn["checkpoint"]
    head = verified.checkpoints.get(size)
    if drawn["generation"] != verified.manifest.generation or head is None:
        raise Refused("checkpoint_missing", f"the bundle does not hold the checkpoint of size {size}", size=size)
    if not rule["end"] <= ruled < size <= drawing or drawn["ruled"] != ruled:
        raise Refused("wrong_order", "the rule, the signature and the drawing do not follow each other", index=drawing)
    witness, by = _signer(rule, drawn, verified=verified)
    seed = sha256(leaf + _signature(head, by)).digest()
    if seed.hex() != drawn["seed"]:
        raise Refused("wrong_seed", "the rule's leaf and the signature give another seed", index=drawing)
    population = _population(seen, rule, verified=verified)
    numbers = tuple(population[place] for place in _places(seed, population=len(population), size=rule["size"]))
    if sha256(b"".join(number.to_bytes(8, "big") for number in numbers)).hexdigest() != drawn["numbers"]:
        raise Refused("wrong_numbers", "the seed gives other numbers than were drawn", index=drawing)
    earlier = _earlier(rule, ruled, verified=verified, size=size)
    if witness is None and earlier:
        raise Refused("not_first", f"the checkpoint of size {earlier[0]} has the rule already", size=size)
    return Sample(
        id=seen.sample,
        numbers=numbers,
        rule=ruled,
        drawing=drawing,
        checkpoint=size,
        witness=witness,
        earlier=earlier,
    )


def _signer(rule: dict[str, Any], drawn: dict[str, Any], *, verified: Verified) -> tuple[Key | None, Key]:
    """Return the witness, if there is one, and whose signature it was."""
    if bool(rule["witnesses"]) != ("witness" in drawn) or drawn.get("witness", "") not in [*rule["witnesses"], ""]:
        raise Refused("wrong_witness", "the rule names other witnesses than the one it was drawn by")
    if "witness" in drawn:
        witness = read_key(drawn["witness"])
        return witness, witness
    origin = verified.manifest.origin
    own = [key for key in verified.signed if key.name == origin and key.kind == ED25519]
    if len(own) != 1:
        raise Refused("key_missing", "the seed is of the log's Ed25519 key; give that one, too")
    return None, own[0]


def _signature(head: Checkpoint, by: Key) -> bytes:
    if not check_signatures(head, [by]):
        raise Refused(
            "unsigned", f"{by.name} did not sign the checkpoint, or it cannot be checked here", size=head.size
        )
    return next(one.raw for one in head.signatures if (one.name, one.id) == (by.name, by.id))


def _population(seen: Watch, rule: dict[str, Any], *, verified: Verified) -> Sequence[int]:
    """Return the numbers that may be drawn."""
    manifest, start, end = verified.manifest, rule["start"], rule["end"]
    population: Sequence[int] = range(start, end)
    if "of" in rule:
        if rule["generation"] != manifest.generation or not max(manifest.start, manifest.pruned) <= start:
            raise Refused("range_missing", f"the bundle does not hold the entries {start} to {end - 1}")
        population = [number for number in seen.kinds.get(rule["of"], ()) if start <= number < end]
    if len(population) != rule["population"] or not 1 <= rule["size"] <= _LARGEST:
        raise Refused("wrong_population", f"there are {len(population)} entries to draw from; the rule says otherwise")
    return population


def _places(seed: bytes, *, population: int, size: int) -> list[int]:
    drawn: dict[int, None] = {}
    turn = 0
    while len(drawn) < min(size, population):
        value = int.from_bytes(sha256(seed + turn.to_bytes(8, "big")).digest()[:8], "big")
        if value < _WORDS // population * population:
            drawn[value % population] = None
        turn += 1
    return list(drawn)


def _earlier(rule: dict[str, Any], ruled: int, *, verified: Verified, size: int) -> tuple[int, ...]:
    """Return the smaller checkpoints with the rule that could have given the seed."""
    smaller = [head for head in verified.checkpoints.values() if ruled < head.size < size]
    witnesses = [read_key(vkey) for vkey in rule["witnesses"]]
    return tuple(head.size for head in smaller if not witnesses or check_signatures(head, witnesses))
