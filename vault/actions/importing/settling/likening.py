"""Likening: who may be one person though nothing proves it, among rows that come together and whom the vault knows.

Nobody is made one for it: an admin looks at the two (law 13). What many have is no sign.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from uuid import UUID

from vault.actions.acting import Acting
from vault.base.ids import CUSTOMER, CustomerId, raw, show
from vault.imports.identity.resolution import FEW, Resolution
from vault.store.customer.merges import Pair
from vault.store.imports import held
from vault.store.imports.held import LIKENESS
from vault.store.imports.writing import Writing
from vault.store.keys import REFERENCE


class Likening:
    """The people of a batch, held against all others."""

    def __init__(self, act: Acting, resolution: Resolution) -> None:
        self._act = act
        self._resolution = resolution

    async def liken(self, whose: Sequence[CustomerId | None], writing: Writing) -> list[Pair]:
        """Note by what each is like others, and return who may be one. `whose` are the people of the resolution.

        Those of one batch were held against each other already, with all that rows say of them.
        """
        have, why = self._likenesses(whose)
        known = await held.alike(self._act.work, list(have), most=FEW + 1) if have else {}
        here = {one for people in have.values() for one in people}
        found: dict[tuple[UUID, UUID], list[str]] = {}
        for tag, people in have.items():
            others = known.get(tag, [])
            for one in people:
                if one not in others:
                    writing.liken(one, tag)
            if len({*people, *others}) <= FEW:
                for pair in product(people, (other for other in others if other not in here)):
                    found.setdefault(pair, []).append(why[tag])
        return [*self._together(whose), *((_shown(one), _shown(other), all_) for (one, other), all_ in found.items())]

    def _likenesses(self, whose: Sequence[CustomerId | None]) -> tuple[dict[UUID, list[UUID]], dict[UUID, str]]:
        """Return who has each likeness, by its tag, and what it is."""
        have: dict[UUID, list[UUID]] = {}
        why: dict[UUID, str] = {}
        for person, own in zip(self._resolution.people, whose, strict=True):
            if own is None or not person.likenesses:
                continue
            customer = raw(own)
            for likeness in person.likenesses:
                parts = [part.reveal().encode() for part in likeness.parts]
                tag = self._act.here.safe.index(REFERENCE, LIKENESS.encode(), likeness.why.encode(), *parts)
                why[tag] = likeness.why
                have.setdefault(tag, []).append(customer)
        return have, why

    def _together(self, whose: Sequence[CustomerId | None]) -> Iterator[Pair]:
        for suggested in self._resolution.suggestions:
            one, other = (whose[place] for place in suggested.people)
            if one is not None and other is not None:
                yield one, other, suggested.why


def _shown(customer: UUID) -> CustomerId:
    return show(CUSTOMER, customer)
