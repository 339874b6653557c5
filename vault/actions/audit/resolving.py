"""From an address that an auditor already holds to the pseudonyms it stands for: a complaint begins with an address.

It tells nothing else. Known or not, it takes the same statements; the entry says of what kind the address was.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from vault.actions import limits
from vault.actions.acting import acting
from vault.actions.customer.points import tag_point
from vault.actions.vault import Vault
from vault.base.errors import TooMany
from vault.base.ids import Subject
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.store.customer import bridge

IN_AN_HOUR: Final = 60
_HOUR: Final = 3600


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The subjects an address stands for: of several people who share it, all; of nobody, none."""

    subjects: list[Subject]


async def resolve(vault: Vault, actor: Actor, *, kind: str, value: Personal) -> Resolved:
    """Return the subjects who have this contact point; `TooMany` beyond 60 in an hour for one auditor."""
    async with acting(vault, actor, name="resolve") as act:
        sought = tag_point(act.here, kind, value=value).sought
        if not await limits.count(act.work, _name(actor), window_seconds=_HOUR, limit=IN_AN_HOUR):
            limits.note(vault, actor, name="resolve")
            raise TooMany("too_many_requests", f"{IN_AN_HOUR} in an hour are enough", retry_after_seconds=60)
        found = await bridge.subjects(act.work, sought)
        await act.log("resolved", field=kind)
    return Resolved(subjects=found)


def _name(actor: Actor) -> bytes:
    return sha256(f"resolve {actor.staff or actor.kind}".encode()).digest()[:16]
