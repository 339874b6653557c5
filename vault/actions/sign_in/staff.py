"""Auditors and admins: invited by the operator, in by a passkey, out at once when they are removed. Never by a code.

Of them the vault keeps an id and a role. Each invitation, passkey, sign-in, refusal and removal is an entry.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.sign_in import passkeys, sessions
from vault.actions.sign_in.knocking import TRIED_BY_NETWORK, knocking, limit_network
from vault.actions.sign_in.passkeys import Refused
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Denied, Gone, Unknown, VaultError
from vault.base.ids import STAFF, OrganizationId, StaffId
from vault.base.ids import read as read_id
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.provider import StaffRole
from vault.domain.sign_in.session import LASTING, SECRET, How, Lasting, SessionToken, digest, read, spelled
from vault.store.sign_in import sessions as kept_sessions
from vault.store.sign_in import staff
from vault.store.sign_in.passkeys import Owner
from vault.store.sign_in.staff import Listed, Member

INVITED_FOR: Final = timedelta(hours=1)
SOMEBODY: Final = "auditor"
"""As whom the log knows somebody at the door who never said who they are."""


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody new. `secret` goes into their link and nowhere else; `site` is the origin at which it works."""

    id: StaffId
    secret: str
    site: str

    def __repr__(self) -> str:
        return f"Invitation(id={self.id!r})"


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody at the console's door sees. `options` are for their browser; without them there are no passkeys."""

    name: str
    options: dict[str, Any] | None
    has_provider: bool


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a link invites, and what their browser is asked."""

    id: StaffId
    role: StaffRole
    options: dict[str, Any]


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody signed in sees of themselves. `options` make another passkey, if that may be now."""

    name: str
    staff: Listed
    signed_in_at: datetime
    lasting: Lasting
    options: dict[str, Any] | None


# ── By the operator ──────────────────────────────────────────────────────────────────────────────────────────────────
async def add(vault: Vault, actor: Actor, *, role: StaffRole) -> Invitation:
    """Make an auditor or admin, and the one link by which they get a passkey within the hour."""
    site = passkeys.site(vault)
    async with acting(vault, actor, name="add_staff") as act:
        member = Member(id=act.id(STAFF), role=role)
        secret = vault.entropy.draw(SECRET)
        await staff.add(act.work, member, tag=None, recorded_at=act.now)
        await staff.invite(act.work, member.id, digest=digest(secret), ends_at=act.now + INVITED_FOR)
        await act.log("staff_added", of=member.id, role=role)
        return Invitation(id=member.id, secret=spelled(secret), site=site.origin)


async def show(vault: Vault, actor: Actor) -> list[Listed]:
    """Return all auditors and admins, oldest first."""
    async with acting(vault, actor, name="show_staff") as act:
        await act.log("staff_read")
        return await staff.every(act.work)


async def remove(vault: Vault, actor: Actor, *, of: StaffId) -> None:
    """End somebody's sessions and passkeys at once, for good."""
    read_id(STAFF, of)
    async with acting(vault, actor, name="remove_staff") as act:
        if await staff.hold(act.work, of) is None:
            raise Unknown(
                "unknown_staff", "nobody of this organization has that id; `consent-vault staff list` shows all"
            )
        await kept_sessions.close_all(act.work, staff=of)
        await staff.remove(act.work, of)
        await act.log("staff_removed", of=of)


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def door(vault: Vault, organization: OrganizationId) -> Door:
    """Return by what staff of this organization may come in."""
    async with knocking(vault, organization, kind=SOMEBODY) as act:
        declared = act.here.organization
        return Door(name=declared.name, options=_options(act), has_provider=declared.staff_sign_in is not None)


async def sign_in(vault: Vault, organization: OrganizationId, *, answer: str, device: Device) -> SessionToken:
    """Let in whoever's passkey answered; `Denied` after the entry for any other."""
    async with knocking(vault, organization, kind=SOMEBODY, device=device) as act:
        await limit_network(act, device, what="staff", limit=TRIED_BY_NETWORK)
        found = await passkeys.signed(act, answer=answer, of="staff")
        member = None if isinstance(found, Refused) else await staff.hold(act.work, StaffId(found.shown))
        if member is not None:
            return await sessions.open(act, role=member.role, how="passkey", staff=member.id)
        refused = found if isinstance(found, Refused) else Refused(reason="passkey_unknown")
        await tell_refused(act, how="passkey", reason=refused.reason, of=refused.owner.staff)
    if refused.reason == "challenge_over":
        raise _too_old()
    raise Denied("passkey_refused", "this passkey opens nothing here")


# ── By a link ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def welcome(vault: Vault, organization: OrganizationId, *, secret: str) -> Welcome:
    """Return whom a link invites. Looking uses nothing up; `Gone` for a link that is over, used, or never was."""
    async with knocking(vault, organization, kind=SOMEBODY) as act:
        if (member := await _invited(act, secret)) is None:
            raise _gone()
        options = await _to_enrol(act, member.id, role=member.role)
        return Welcome(id=member.id, role=member.role, options=options)


async def enrol(
    vault: Vault, organization: OrganizationId, *, secret: str, answer: str, device: Device
) -> SessionToken:
    """Use an invitation up: keep the passkey made, and let its owner in. A refused answer leaves the link as it was."""
    async with knocking(vault, organization, kind=SOMEBODY, device=device) as act:
        await limit_network(act, device, what="staff", limit=TRIED_BY_NETWORK)
        member = await _invited(act, secret)
        refusal: VaultError = _gone()
        if member is None or await staff.hold(act.work, member.id) is None:
            await tell_refused(act, how="passkey", reason="link_over")
        else:
            made = await passkeys.enrol(act, Owner(staff=member.id), answer=answer)
            if not isinstance(made, Refused):
                return await _enrolled(act, member, secret=secret)
            await tell_refused(act, how="passkey", reason=made.reason, of=member.id)
            refusal = _not_made(made)
    raise refusal


# ── Signed in ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def home(vault: Vault, actor: Actor) -> Home:
    """Return what somebody signed in sees of themselves."""
    async with acting(vault, actor, name="open_console") as act:
        found = None if actor.staff is None else await staff.find(act.work, actor.staff)
        if found is None or actor.signed_in_at is None:
            raise _over()
        may = actor.is_fresh(act.now) and not found.by_provider and passkeys.origin(vault) is not None
        return Home(
            name=act.here.organization.name,
            staff=found,
            signed_in_at=actor.signed_in_at,
            lasting=LASTING[found.role],
            options=await _to_enrol(act, found.id, role=found.role) if may else None,
        )


async def add_passkey(vault: Vault, actor: Actor, *, answer: str) -> None:
    """Keep one more passkey of whoever signed in just now by one."""
    async with acting(vault, actor, name="add_passkey") as act:
        found = None if actor.staff is None else await staff.find(act.work, actor.staff)
        if found is None or await staff.hold(act.work, found.id) is None:
            raise _over()
        if found.by_provider:
            raise Conflict("no_passkeys_beside_a_provider", "whoever comes by a provider comes by it alone")
        made = await passkeys.enrol(act, Owner(staff=found.id), answer=answer)
        if not isinstance(made, Refused):
            await act.log("passkey_made")
            return
        await act.log("passkey_not_made", reason=made.reason)
    raise _not_made(made)


async def tell_refused(act: Acting, *, how: How, reason: str, of: StaffId | None = None) -> None:
    """Write the entry of a sign-in that was refused; `of` is who it was, where that is certain."""
    await act.log("sign_in_refused", how=how, reason=reason, of=of)


async def _invited(act: Acting, secret: str) -> Member | None:
    known = read(secret)
    return None if known is None else await staff.invited(act.work, digest(known))


async def _enrolled(act: Acting, member: Member, *, secret: str) -> SessionToken:
    if not await staff.take(act.work, digest(read(secret) or b"")):
        raise _gone()  # somebody else was quicker with the same link: nothing of this is kept
    actor = msgspec.structs.replace(act.actor, kind=member.role, staff=member.id)
    own = msgspec.structs.replace(act, actor=actor)
    await own.log("passkey_made")
    return await sessions.open(own, role=member.role, how="passkey", staff=member.id)


def _options(act: Acting) -> dict[str, Any] | None:
    try:
        return passkeys.to_sign(act)
    except Conflict:  # the vault's address is a number
        return None


async def _to_enrol(act: Acting, own: StaffId, *, role: StaffRole) -> dict[str, Any]:
    # The last letters tell somebody's passkeys of two roles apart, and nobody's name.
    name = f"{act.here.organization.name}, {role} {own[-4:]}"
    return await passkeys.to_enrol(act, Owner(staff=own), name=name)


def _gone() -> Gone:
    return Gone("link_over", "this link works once, within an hour; ask for another")


def _over() -> Denied:
    return Denied("session_over", "this sign-in is over; sign in again")


def _too_old() -> Denied:
    return Denied("page_too_old", "this page was open for more than five minutes, or used before; try again")


def _not_made(refused: Refused) -> Denied:
    if refused.reason == "challenge_over":
        return _too_old()
    return Denied("passkey_not_made", "this browser made no passkey that the vault can keep; try again")
