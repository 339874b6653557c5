"""How far a token goes: as far as the ceiling of its client, or less.

Nothing here widens: what is narrowed lies within what it was narrowed from, and a ceiling lowered later counts at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from vault.base.errors import Invalid
from vault.domain.organization import Action, Ceiling

ALWAYS: Final[Action] = "withdraw"
"""What every client may, whatever its ceiling: a no must get through."""

Word = TypeVar("Word", bound=str)


class Beyond(Invalid):
    """More was asked than the ceiling holds (RFC 9396 section 5): no token, and no smaller one either."""

    def __init__(self) -> None:
        super().__init__("invalid_authorization_details", "ask for what stands in the ceiling of this client, or less")


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What a token may touch: exactly what is named, each list sorted. An empty list is nothing at all."""

    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()

    @staticmethod
    def whole(ceiling: Ceiling) -> Reach:
        """Return all of a ceiling, and `withdraw`."""
        return Reach(
            purposes=_sorted(ceiling.purposes),
            channels=_sorted(ceiling.channels),
            fields=_sorted(ceiling.fields),
            actions=_sorted((*ceiling.actions, ALWAYS)),
        )

    def narrow(
        self,
        *,
        purposes: Sequence[str] | None = None,
        channels: Sequence[str] | None = None,
        fields: Sequence[str] | None = None,
        actions: Sequence[str] | None = None,
    ) -> Reach:
        """Return what is asked for, where None is all there is; `Beyond` if a single word is not within this reach."""
        return Reach(
            purposes=_asked(self.purposes, purposes),
            channels=_asked(self.channels, channels),
            fields=_asked(self.fields, fields),
            actions=_asked(self.actions, actions),
        )

    def within(self, ceiling: Ceiling) -> Ceiling:
        """Return what this token leaves of its client's ceiling as it stands now: what both name, nothing else."""
        return msgspec.structs.replace(
            ceiling,
            purposes=_both(ceiling.purposes, self.purposes),
            channels=_both(ceiling.channels, self.channels),
            fields=_both(ceiling.fields, self.fields),
            actions=_both(ceiling.actions, self.actions),
        )


def _asked(there: tuple[Word, ...], asked: Sequence[str] | None) -> tuple[Word, ...]:
    if asked is None:
        return there
    named = frozenset(asked)
    if not named <= frozenset(there):
        raise Beyond
    return tuple(word for word in there if word in named)


def _both(there: tuple[Word, ...], named: Sequence[str]) -> tuple[Word, ...]:
    return tuple(word for word in there if word in named)


def _sorted(words: Sequence[Word]) -> tuple[Word, ...]:
    return tuple(sorted(frozenset(words)))
