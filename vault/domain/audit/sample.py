"""Samples: entries that nobody could choose, neither the vault nor the auditor (SECURITY.md, Samples).

The rule is an entry, so it stands before the dice fall. The seed comes of the rule's leaf and of a signature that came
later; from the two anybody draws the same numbers again. What was found of a drawn entry is an entry too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from vault.base.errors import Conflict, Invalid
from vault.base.personal import Personal
from vault.domain.fact import Instant, check_instants

LARGEST: Final = 1000
LONGEST_TEXT: Final = 1000

Size = Annotated[int, Meta(ge=1, le=LARGEST, description="how many entries to draw, 1 to 1000")]
Kind = Annotated[str, Meta(pattern=r"^[a-z][a-z_]{0,63}$(?!\n)", description="the kind of entry; none: any")]
Number = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Verdict = Literal["ok", "remark", "wrong"]
State = Literal["waiting", "drawn", "done"]
WaitsFor = Literal["number", "witness", "auditor", "nothing"]

_WORD: Final = 8
_WORDS: Final = 1 << 64


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn from: of one generation the entries from `start` up to `end`, of one kind or of any.

    `population` says how many those are. `witnesses` are the verifier keys of which one gives the seed; with none the
    log's own signature does, and the vault could have tried twice.
    """

    size: int
    generation: int
    start: int
    end: int
    kind: str | None
    population: int
    witnesses: tuple[str, ...] = ()


class NewSample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an auditor wants drawn: of the entries from number `start` up to `end`, or from `since` up to `until`.

    What is left out is the first entry there is, and the last that has its number when the rule is fixed.
    """

    size: Size
    kind: Kind | None = None
    start: Number | None = None
    end: Number | None = None
    since: Instant | None = None
    until: Instant | None = None


class NewFinding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an auditor found of one drawn entry. A remark, and what is wrong, is said in words; they may hold a name."""

    number: Annotated[Number, Meta(description="the entry's number in the log")]
    verdict: Verdict
    text: Personal | None = None


def seed(rule: bytes, signature: bytes) -> bytes:
    """Return the seed: SHA-256 over the leaf hash of the rule's entry and a signature, each as its bytes.

    Of a signature line everything behind the key's id, so of a cosignature its time as well.
    """
    return sha256(rule + signature).digest()


def places(seed: bytes, *, population: int, size: int) -> list[int]:
    """Draw `size` different places below `population`, or all of them in some order where there are no more.

    Number i of the dice is the first eight bytes of SHA-256(seed, i in eight bytes). It counts if it lies below the
    largest multiple of the population that eight bytes hold, so that no place has a larger share, and if its place
    (the rest after division) was not drawn before.
    """
    drawn: dict[int, None] = {}
    fair, throws = _WORDS - _WORDS % population, 0
    while len(drawn) < min(size, population):
        thrown = int.from_bytes(sha256(seed + throws.to_bytes(_WORD, "big")).digest()[:_WORD], "big")
        throws += 1
        if thrown < fair:
            drawn[thrown % population] = None
    return [*drawn]


def digest(numbers: Iterable[int]) -> str:
    """Return the SHA-256, in hex, of numbers in the order they were drawn in, eight bytes each."""
    return sha256(b"".join([number.to_bytes(_WORD, "big") for number in numbers])).hexdigest()


def check_new(new: NewSample) -> None:
    """Refuse a size that no sample has, a range that is told twice, and one in a time without a zone."""
    if not 1 <= new.size <= LARGEST:
        raise Invalid("bad_size", f"a sample is of 1 to {LARGEST} entries")
    if (new.start, new.end) != (None, None) and (new.since, new.until) != (None, None):
        raise Invalid("range_twice", "say from where to where in numbers or in times, not in both")
    check_instants(new.since, new.until)


def check(rule: Rule, *, size: int) -> None:
    """Refuse a rule that nothing can be drawn by in a log of so many entries."""
    if not 0 <= rule.start < rule.end <= size:
        raise Invalid("empty_range", f"the log has {size} entries; name a range of them that is not empty")
    if not rule.population:
        raise Invalid("nothing_to_draw", "there is no entry of this kind in this range")


def check_finding(new: NewFinding, numbers: Sequence[int] | None) -> None:
    """Refuse a finding on what was not drawn, one too long, and one that wants words and has none."""
    if numbers is None:
        raise Conflict("not_drawn", "this sample is not drawn yet")
    if new.number not in numbers:
        raise Invalid("not_in_sample", "this entry was not drawn")
    if new.verdict not in get_args(Verdict):
        raise Invalid("bad_verdict", "a finding is ok, remark or wrong")
    if new.text is not None and len(new.text.reveal()) > LONGEST_TEXT:
        raise Invalid("text_too_long", f"say it in {LONGEST_TEXT} letters at most")
    if new.verdict != "ok" and not new.text:
        raise Invalid("text_missing", "say in words what you remark, or what is wrong")


def tally(verdicts: Iterable[Verdict]) -> Mapping[Verdict, int]:
    """Return how often each verdict was given."""
    counted = Counter(verdicts)
    return {verdict: counted[verdict] for verdict in get_args(Verdict)}


def state(numbers: Sequence[int] | None, *, found: int) -> State:
    """Return how far a sample is; `found` says how many of its numbers have a finding."""
    if numbers is None:
        return "waiting"
    return "drawn" if found < len(numbers) else "done"
