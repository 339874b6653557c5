"""Acting: one transaction for one action, with whoever acts let in, and an entry even for whoever is not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import msgspec

from vault.actions import promises
from vault.actions.audit import details
from vault.actions.audit.details import Secret
from vault.actions.limits import let_in
from vault.actions.vault import Here, Vault, here
from vault.base.canonical import Json
from vault.base.errors import Denied
from vault.base.ids import ENTRY, SUBJECT, Id, Kind, Subject, fresh, show, uuid8
from vault.domain.actor import Actor
from vault.domain.audit.commitment import MEMBERS
from vault.domain.entry import entry
from vault.store import log
from vault.store.database import Work
from vault.store.log import Entry
from vault.store.sign_in import sessions

_SALT: Final = 16


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """An action under way: its transaction, the organization as it stands, who acts, and PostgreSQL's time."""

    vault: Vault
    work: Work
    here: Here
    actor: Actor
    now: datetime

    def id(self, kind: Kind[Id]) -> Id:
        """Return a new id."""
        return fresh(kind, self.vault.clock, entropy=self.vault.entropy)

    def subject(self) -> Subject:
        """Return a new subject: chance alone, for a time in it would lead back to its customer after an erasure."""
        return show(SUBJECT, uuid8(self.vault.entropy.draw(16)))

    def entry(self, kind: str, **told: Json | None) -> Entry:
        """Return a log entry about this action that says nothing of a device."""
        return written(self.vault, self.actor, kind=kind, at=self.now, **told)

    async def detailed(self, kind: str, *secrets: Secret, **told: Json | None) -> Entry:
        """Return a log entry that commits to secrets and to what the device showed, which lie sealed beside it."""
        subject = told.get("subject")
        shown = details.of_device(self.actor, Subject(subject) if isinstance(subject, str) else None)
        own, safe = self.id(ENTRY), self.here.safe
        commitments = {
            MEMBERS[one.what]: await details.commit(self.vault, self.work, safe=safe, entry=own, secret=one)
            for one in (*secrets, *shown)
        }
        return own, entry(own, kind, actor=self.actor, at=self.now, **salted(self.vault, told), **commitments)

    async def log(self, kind: str, **told: Json | None) -> None:
        """Write a log entry about this action."""
        await log.add(self.work, [await self.detailed(kind, **told)])


@asynccontextmanager
async def acting(vault: Vault, actor: Actor, *, name: str) -> AsyncIterator[Acting]:
    """Open the action `name`, if the policies let the actor do it. A refusal is logged in a transaction of its own."""
    await let_in(vault, actor, name=name)
    try:
        async with vault.database.work(actor.organization) as work:
            current, now = await here(vault, work)
            await _hold_session(work, actor)
            current.admit(actor, name, now=now)
            yield Acting(vault=vault, work=work, here=current, actor=actor, now=now)
        promises.committed(work, now)
    except Denied as refusal:
        await deny(vault, actor, name=name, refusal=refusal)
        raise


async def deny(vault: Vault, actor: Actor, *, name: str, refusal: Denied, times: int = 1) -> None:
    """Write the entry of a refused action; it changed nothing else. Of many in one call it says how many."""
    async with vault.database.work(actor.organization) as work:
        current, now = await here(vault, work)
        act = Acting(vault=vault, work=work, here=current, actor=actor, now=now)
        await act.log("denied", action=name, reason=refusal.code, times=times if times > 1 else None)
    promises.committed(work, now)


async def _hold_session(work: Work, actor: Actor) -> None:
    if actor.session is not None and not await sessions.is_open(work, actor.session):
        raise Denied("session_over", "this sign-in is over; sign in again")


def written(vault: Vault, actor: Actor, *, kind: str, at: datetime, **told: Json | None) -> Entry:
    """Return a log entry with an id of its own."""
    own = fresh(ENTRY, vault.clock, entropy=vault.entropy)
    return own, entry(own, kind, actor=actor, at=at, **salted(vault, told))


def salted(vault: Vault, told: Mapping[str, Json | None]) -> Mapping[str, Json | None]:
    """Return what an entry tells, with a salt where no subject is in it.

    The hash of an entry leaves with its promise. Nobody who guesses the rest may find by it what they were not told.
    """
    return told if told.get("subject") is not None else {**told, "salt": salt_of(vault)}


def salt_of(vault: Vault) -> str:
    """Return the salt of an entry, in hex."""
    return vault.entropy.draw(_SALT).hex()
