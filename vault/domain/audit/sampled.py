"""What is told of a sample: its rule, how it was drawn, the entries, and what was found of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from vault.base.ids import EntryId, SampleId
from vault.base.personal import Personal
from vault.domain.audit.sample import State, Verdict, WaitsFor


class RuleTold(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: what to draw from, and the entry that fixed it, with its number once it has one.

    `witnesses` are the verifier keys of those one of whom gives the seed. Without any the log's own signature does, and
    the vault could have tried twice.
    """

    size: int
    generation: int
    start: int
    end: int
    kind: str | None
    population: int
    witnesses: tuple[str, ...]
    entry: EntryId
    number: int | None
    at: datetime


class DrawingTold(msgspec.Struct, frozen=True, kw_only=True):
    """How it was drawn. `seed` and `digest` of the numbers are in hex; `checkpoint` is the size of the tree."""

    entry: EntryId
    generation: int
    checkpoint: int
    witness: str | None
    seed: str
    digest: str
    at: datetime


class FindingTold(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of an entry last. The words are for auditors."""

    entry: EntryId
    number: int
    verdict: Verdict
    text: Personal | None
    at: datetime


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """A drawn entry, and what was found of it."""

    number: int
    entry: EntryId
    kind: str
    outcome: str | None
    at: datetime
    finding: FindingTold | None


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A sample in a list: its rule, and for how many of its entries something was found."""

    id: SampleId
    state: State
    rule: RuleTold
    count: int | None
    found: int


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A sample: its rule, how it was drawn, and the entries in the order they were drawn in.

    `waits_for` says what a waiting one waits for: `number` (the rule's entry has none yet), `witness` (none has
    cosigned it), `auditor` (the seed is there; whoever may draw draws by looking), `nothing` (the generation of the log
    ended before it was cosigned, so this sample will never be drawn). `vault_could_retry`: no witness gives the seed.
    """

    id: SampleId
    state: State
    waits_for: WaitsFor | None
    vault_could_retry: bool
    rule: RuleTold
    drawing: DrawingTold | None
    entries: tuple[Drawn, ...]
    tally: Mapping[Verdict, int]
