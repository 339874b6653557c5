"""Sessions: opened by whoever proved who they are, closed by whoever leaves. What is done in one looks for it again."""

from __future__ import annotations

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.vault import Vault
from vault.base.ids import SESSION, CustomerId, OrganizationId, StaffId
from vault.domain.actor import Actor
from vault.domain.sign_in.session import SECRET, How, Role, SessionToken, digest, spelled
from vault.store.customer import customers
from vault.store.sign_in import sessions
from vault.store.sign_in.sessions import Kept


async def open(  # noqa: A001 - sessions.open
    act: Acting, *, role: Role, how: How, customer: CustomerId | None = None, staff: StaffId | None = None
) -> SessionToken:
    """Open a session of a customer or of staff, with its entry, in the transaction that proved who it is."""
    secret = act.vault.entropy.draw(SECRET)
    own = act.id(SESSION)
    kept = Kept(id=own, role=role, customer=customer, staff=staff, signed_in_at=act.now)
    await sessions.add(act.work, kept, digest=digest(secret), how=how)
    subjects = await customers.subjects(act.work, [customer] if customer is not None else [])
    subject = subjects[0] if subjects else None
    actor = msgspec.structs.replace(acting_in(act.work.organization, kept), device=act.actor.device)
    await msgspec.structs.replace(act, actor=actor).log("signed_in", how=how, subject=subject)
    return SessionToken(id=own, secret=spelled(secret))


async def close(vault: Vault, actor: Actor) -> None:
    """End the session of whoever acts in one."""
    if actor.session is None:
        return
    async with acting(vault, actor, name="sign_out") as act:
        await sessions.close(act.work, actor.session)
        found = await customers.subjects(act.work, [actor.customer] if actor.customer is not None else [])
        await act.log("signed_out", subject=found[0] if found else None)


def acting_in(organization: OrganizationId, kept: Kept) -> Actor:
    """Return who acts in a session."""
    return Actor(
        organization=organization,
        kind=kept.role,
        customer=kept.customer,
        staff=kept.staff,
        session=kept.id,
        signed_in_at=kept.signed_in_at,
    )
