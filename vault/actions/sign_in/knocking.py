"""Knocking: one transaction of somebody whom the vault does not know yet, how often, and what the log is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from vault.actions import limits
from vault.actions.acting import Acting
from vault.actions.vault import Vault, here
from vault.base.canonical import Json
from vault.base.errors import TooMany
from vault.base.ids import OrganizationId, Subject
from vault.domain.actor import Actor, ActorKind
from vault.domain.sign_in.device import Device
from vault.store import log

ASKED_BY_ADDRESS: Final = 5
ASKED_BY_NETWORK: Final = 20
TRIED_BY_NETWORK: Final = 60
_HOUR_SECONDS: Final = 3600
_TEN_MINUTES_SECONDS: Final = 600


@asynccontextmanager
async def knocking(
    vault: Vault, organization: OrganizationId, *, kind: ActorKind, device: Device | None = None
) -> AsyncIterator[Acting]:
    """Open an action of somebody at the door. Policies are not asked: they speak of those who were let in.

    A refusal is an answer here and no error, so that what was counted and told of it is written.
    """
    async with vault.database.work(organization) as work:
        current, now = await here(vault, work)
        actor = Actor(organization=organization, kind=kind, device=device)
        yield Acting(vault=vault, work=work, here=current, actor=actor, now=now)


async def tell(act: Acting, kind: str, *, subjects: Sequence[Subject], **told: Json | None) -> None:
    """Write an entry for each who may be meant; one without a subject where nobody is."""
    meant: Sequence[Subject | None] = subjects or (None,)
    await log.add(act.work, [await act.detailed(kind, subject=subject, **told) for subject in meant])


async def limit_network(act: Acting, device: Device, *, what: str, limit: int) -> None:
    """Count what a device's network does at the door; `TooMany` when it did so too often within ten minutes."""
    name = act.here.safe.repeat(b"sign_in_limit", what.encode(), device.network.encode("utf-8", "replace"))
    await _count(act, name, window_seconds=_TEN_MINUTES_SECONDS, limit=limit)


async def limit_address(act: Acting, tag: UUID) -> None:
    """Count what is sent to an address or to a customer; `TooMany` when it was enough within the hour."""
    name = act.here.safe.repeat(b"sign_in_limit", b"address", tag.bytes)
    await _count(act, name, window_seconds=_HOUR_SECONDS, limit=ASKED_BY_ADDRESS)


async def _count(act: Acting, name: bytes, *, window_seconds: int, limit: int) -> None:
    if not await limits.count(act.work, name, window_seconds=window_seconds, limit=limit):
        raise too_often(act, window_seconds)


def too_often(act: Acting, seconds: int) -> TooMany:
    """Return the refusal of whoever has to wait; of many the log is told together."""
    limits.note(act.vault, act.actor, name="sign_in")
    return TooMany("too_many_requests", "this was asked for too often; wait first", retry_after_seconds=seconds)
