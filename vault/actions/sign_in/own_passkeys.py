"""A passkey of one's own: offered to customers who are in, refused once for all, and used instead of a code.

A code stays as good a way in. Whoever wants no passkey any more has none from then on, and is not offered one again.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from vault.actions import networks
from vault.actions.acting import acting
from vault.actions.sign_in import passkeys, sessions
from vault.actions.sign_in.knocking import TRIED_BY_NETWORK, knocking, limit_network, tell
from vault.actions.sign_in.passkeys import Refused
from vault.actions.vault import Vault
from vault.base.errors import Denied
from vault.base.ids import OrganizationId, Subject
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import SessionToken
from vault.store.customer import customers
from vault.store.database import Work
from vault.store.sign_in import passkeys as store
from vault.store.sign_in.passkeys import Owner

_REFUSED: Final = "this passkey did not open the door"


class Stands(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with a customer's passkeys: whether they have one, and what to ask a device to offer one."""

    has: bool
    offer: dict[str, Any] | None = None


async def ask(vault: Vault, organization: OrganizationId) -> dict[str, Any]:
    """Return what a device is asked to sign in with a passkey. Nothing is written."""
    async with knocking(vault, organization, kind="customer") as act:
        return passkeys.to_sign(act)


async def enter(vault: Vault, organization: OrganizationId, *, answer: str, device: Device) -> SessionToken:
    """Sign a customer in with the answer of their device; `Denied`, `TooMany`."""
    await networks.knock(vault, device.network, name="sign_in")
    async with knocking(vault, organization, kind="customer", device=device) as act:
        await limit_network(act, device, what="tried", limit=TRIED_BY_NETWORK)
        found = await passkeys.signed(act, answer=answer, of="customer")
        if not isinstance(found, Refused):
            return await sessions.open(act, role="customer", how="passkey", customer=found.customer)
        await tell(act, "sign_in_failed", subjects=await _subjects(act.work, found.owner), reason=found.reason)
    raise Denied("passkey_refused", _REFUSED)


async def stands(vault: Vault, actor: Actor) -> Stands:
    """Return how it stands. One is offered to whoever has just signed in, has none, and did not refuse."""
    owner = Owner(customer=actor.me)
    async with acting(vault, actor, name="me_show") as act:
        if await store.of(act.work, owner):
            return Stands(has=True)
        if not actor.is_fresh(act.now) or await store.refused(act.work, actor.me):
            return Stands(has=False)
        return Stands(has=False, offer=await passkeys.to_enrol(act, owner, name=act.here.organization.name))


async def add(vault: Vault, actor: Actor, *, answer: str) -> None:
    """Keep the passkey that a device made; `Denied` for an answer that makes none."""
    async with acting(vault, actor, name="me_add_passkey") as act:
        subject = await customers.lock(act.work, actor.me)
        made = await passkeys.enrol(act, Owner(customer=actor.me), answer=answer)
        if not isinstance(made, Refused):
            await act.log("passkey_added", subject=subject)
            return
        await act.log("passkey_refused", subject=subject, reason=made.reason)
    raise Denied("passkey_refused", _REFUSED)


async def refuse(vault: Vault, actor: Actor) -> None:
    """Forget whatever passkeys a customer has, and offer none again."""
    async with acting(vault, actor, name="me_no_passkey") as act:
        subject = await customers.lock(act.work, actor.me)
        await store.end_of(act.work, Owner(customer=actor.me))
        await store.refuse(act.work, actor.me)
        await act.log("passkeys_ended", subject=subject)


async def _subjects(work: Work, owner: Owner) -> list[Subject]:
    return await customers.subjects(work, [owner.customer] if owner.customer is not None else [])
