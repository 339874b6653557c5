"""Senders: clients that verify permits, each with a key of its own; and what goes with an answer for the message."""

from __future__ import annotations

from datetime import datetime

import msgspec

from vault.actions.acting import acting
from vault.actions.vault import Here, Vault
from vault.base.errors import Invalid
from vault.base.spelling import spelled
from vault.domain.actor import Actor
from vault.domain.decision.basis import Way
from vault.domain.decision.permit import PermitKeyShown
from vault.store.keys import PERMIT


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What is made after the COMMIT, for the message: the link by which it is stopped, and the permit."""

    link: str | None = None
    permit: str | None = None


def name(here: Here, key: str) -> str:
    """Return what a client is called outside, its OAuth client id."""
    return f"{here.organization.slug}.{key}"


def check(here: Here, key: str, *, way: Way, now: datetime) -> None:
    """Refuse to name a sender that could verify nothing, or a way on which nothing is sent to anybody."""
    client = here.organization.clients.get(key)
    if client is None or "outcome" not in client.ceiling.actions or not _is_here(here, key, now=now):
        raise Invalid("unknown_sender", "permit_for names no active client of this organization with the scope outcome")
    if way.channel is None:
        raise Invalid("permit_without_channel", "a permit is for a message: this purpose has no channel")
    if not here.safe.has(PERMIT):
        raise Invalid("no_permit_key", "there is no permit key yet: `consent-vault apply FILE` makes one")


async def permit_key(vault: Vault, actor: Actor) -> PermitKeyShown:
    """Hand a sender the key by which it recognises the addresses that its permits are for."""
    async with acting(vault, actor, name="permit_key") as act:
        if not act.here.safe.has(PERMIT):
            raise Invalid("no_permit_key", "there is no permit key yet: `consent-vault apply FILE` makes one")
        own = name(act.here, act.actor.key or "")
        await act.log("permit_key_read")
        return PermitKeyShown(client_id=own, key=spelled(act.here.safe.permits().of_sender(own.encode())))


def gone(here: Here, now: datetime) -> list[str]:
    """Return the keys of clients by whose leave nothing may be sent any more."""
    return [key for key in here.clients if not _is_here(here, key, now=now)]


def _is_here(here: Here, key: str, *, now: datetime) -> bool:
    client, kept = here.organization.clients.get(key), here.clients.get(key)
    if client is None or kept is None or kept.suspended_at is not None:
        return False
    return client.expires is None or client.expires >= now.date()
