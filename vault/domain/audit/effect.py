"""The effect of other policies: logged questions answered by two sets of rules, and what comes out otherwise, counted.

Pure: two answers to the same flat facts go in, a table of whom the other rules would reach, or no longer reach, comes
out. No name is opened; a person is the subject under which entries are kept.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

import msgspec

from vault.base.ids import EntryId

Answer = Literal["yes", "wait", "no"]

EXAMPLES: Final = 3
"""How many entries are named for each change."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a set of rules says to a logged question; `codes` are its reasons, the strongest first."""

    answer: Answer
    codes: tuple[str, ...]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A logged question: where it stands in the log and whom it is about, if anybody was found."""

    entry: EntryId
    subject: str | None
    purpose: str
    channel: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Questions that would be answered otherwise, alike in purpose, channel, both answers and reason.

    `reason` is the strongest that refuses: of the new answer where it refuses, else of the old one. `people` counts
    each subject once; `examples` are entries to look at.
    """

    purpose: str
    channel: str
    before: Answer
    after: Answer
    reason: str
    decisions: int
    people: int
    examples: tuple[EntryId, ...]


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What other policies would have done to the last `decisions`. `unread` of them could not be asked again.

    `cut` says that there was no time for as many as were wanted.

    `reached` are people who would have been reached and were not, `lost` those who would not have been and were; of
    somebody who is both, each counts.
    """

    policies: str
    decisions: int
    unread: int
    same: int
    reached: int
    lost: int
    cut: bool
    changes: tuple[Change, ...]


class _Kind(msgspec.Struct, frozen=True):
    purpose: str
    channel: str
    before: Answer
    after: Answer
    reason: str


class _Group(msgspec.Struct):
    decisions: int = 0
    subjects: set[str] = msgspec.field(default_factory=set)
    examples: list[EntryId] = msgspec.field(default_factory=list)


class Tally:
    """Counts answers one by one. It keeps the subjects of what changes, and nothing of what stays the same."""

    def __init__(self) -> None:
        self._decisions = 0
        self._unread = 0
        self._groups: dict[_Kind, _Group] = {}

    def skip(self) -> None:
        """Count a question that cannot be asked again: its client, its facts or its rules are not held any more."""
        self._decisions += 1
        self._unread += 1

    def count(self, asked: Asked, *, before: Answered, after: Answered) -> None:
        """Count one question and what both sets of rules say to it."""
        self._decisions += 1
        if before.answer == after.answer:
            return
        refusing = after if after.answer != "yes" else before
        kind = _Kind(asked.purpose, asked.channel, before.answer, after.answer, next(iter(refusing.codes), ""))
        group = self._groups.setdefault(kind, _Group())
        group.decisions += 1
        if asked.subject is not None:
            group.subjects.add(asked.subject)
        if len(group.examples) < EXAMPLES:
            group.examples.append(asked.entry)

    def effect(self, policies: str, *, cut: bool = False) -> Effect:
        """Return what was counted, the largest change first; `policies` is the digest of the other rules."""
        changes = [
            Change(
                **{name: getattr(kind, name) for name in kind.__struct_fields__},
                decisions=group.decisions,
                people=len(group.subjects),
                examples=tuple(group.examples),
            )
            for kind, group in self._groups.items()
        ]
        changed = sum(change.decisions for change in changes)
        return Effect(
            policies=policies,
            decisions=self._decisions,
            unread=self._unread,
            same=self._decisions - self._unread - changed,
            reached=len(self._people([kind for kind in self._groups if kind.after == "yes"])),
            lost=len(self._people([kind for kind in self._groups if kind.before == "yes"])),
            cut=cut,
            changes=tuple(sorted(changes, key=_largest_first)),
        )

    def _people(self, kinds: Collection[_Kind]) -> set[str]:
        return {subject for kind in kinds for subject in self._groups[kind].subjects}


def _largest_first(change: Change) -> tuple[int, str, str, str, str]:
    return -change.decisions, change.purpose, change.channel, change.after, change.reason
