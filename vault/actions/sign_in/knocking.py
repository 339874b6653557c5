"""Knocking: one transaction of somebody whom the vault does not know yet."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vault.actions.acting import Acting
from vault.actions.vault import Vault, here
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor, ActorKind


@asynccontextmanager
async def knocking(vault: Vault, organization: OrganizationId, *, kind: ActorKind) -> AsyncIterator[Acting]:
    """Open an action of somebody at the door. Policies are not asked: they speak of those who were let in.

    A refusal is an answer here and no error, so that what was counted and told of it is written.
    """
    async with vault.database.work(organization) as work:
        current, now = await here(vault, work)
        yield Acting(vault=vault, work=work, here=current, actor=Actor(organization=organization, kind=kind), now=now)
