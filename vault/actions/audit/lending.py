"""Capabilities lent to an auditor's programs, which read the log without a session until they are ended.

The secret is told once and kept nowhere.
"""

from __future__ import annotations

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.vault import Vault
from vault.base.errors import Unknown
from vault.base.ids import CAPABILITY, CapabilityId, read
from vault.domain.actor import Actor
from vault.domain.sign_in.session import SECRET, digest, spelled
from vault.store.audit import capabilities
from vault.store.audit.capabilities import Capability
from vault.store.log import state as states


class Lent(msgspec.Struct, frozen=True, kw_only=True):
    """A capability just made. `path` is where a program reads, below the vault's address; it is told this once."""

    id: CapabilityId
    path: str

    def __repr__(self) -> str:
        return f"Lent(id={self.id!r})"


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """All capabilities there ever were, oldest first."""

    capabilities: list[Capability]


async def make(vault: Vault, actor: Actor) -> Lent:
    """Make a capability for the log."""
    async with acting(vault, actor, name="make_capability") as act:
        secret, own = vault.entropy.draw(SECRET), act.id(CAPABILITY)
        by = actor.kind if actor.staff is None else f"{actor.kind}/{actor.staff}"
        made = Capability(id=own, made_by=by, made_at=act.now)
        await capabilities.add(act.work, made, digest=digest(secret))
        await act.log("capability_made", of=own)
        return Lent(id=own, path=await _path(act, secret))


async def end(vault: Vault, actor: Actor, *, capability: CapabilityId) -> None:
    """End a capability for good; `Unknown` where there is none of that id, or it was ended already."""
    read(CAPABILITY, capability)
    async with acting(vault, actor, name="end_capability") as act:
        if not await capabilities.end(act.work, capability, at=act.now):
            raise Unknown("unknown_capability", "there is no such capability that is not ended")
        await act.log("capability_ended", of=capability)


async def show(vault: Vault, actor: Actor) -> Capabilities:
    """Return all capabilities of the log, never a secret."""
    async with acting(vault, actor, name="show_capabilities") as act:
        found = await capabilities.every(act.work)
        await act.log("capabilities_read")
    return Capabilities(capabilities=found)


async def _path(act: Acting, secret: bytes) -> str:
    state = await states.read(act.work)
    if state is None:
        raise Unknown("no_log", "there is no such log")
    return f"/log/{state.slug}/g{state.generation}/{spelled(secret)}"
