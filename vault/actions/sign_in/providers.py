"""Staff by the organization's own sign-in provider: sent there, back with a code, in by what the provider claims.

What was asked lies sealed in a cookie of ten minutes and counts once. Of the provider's answer a keyed tag of its name
for somebody is kept, and their role; both are asked for anew at each sign-in. Nobody waits for a provider inside a
transaction.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vault.actions.acting import Acting
from vault.actions.client.keysets import keys_for
from vault.actions.client.signing_keys import signing_keys
from vault.actions.sign_in import sessions
from vault.actions.sign_in.knocking import TRIED_BY_NETWORK, knocking, limit_network
from vault.actions.sign_in.staff import SOMEBODY, tell_refused
from vault.actions.vault import Here, Vault
from vault.base.errors import Unknown, VaultError
from vault.base.ids import STAFF, OrganizationId, StaffId
from vault.crypto import passkey
from vault.crypto.box import SealError
from vault.domain.organization import Authentication
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.provider import StaffRole, StaffSignIn, roles
from vault.domain.sign_in.session import SECRET, SessionToken, spelled
from vault.oauth import openid
from vault.oauth.openid import Asked, Identity, ProviderError
from vault.store.sign_in import passkeys as challenges
from vault.store.sign_in import sessions as kept_sessions
from vault.store.sign_in import staff
from vault.store.sign_in.staff import Member

LASTS: Final = timedelta(minutes=10)
_USE: Final = "provider"
_JTI: Final = 16
_KEPT: Final = timedelta(minutes=10)


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send a browser, and the cookie it takes along."""

    url: str
    flow: str


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """With what a browser came back: the query of its address, and the cookie."""

    query: Sequence[tuple[str, str]]
    flow: str | None

    def __repr__(self) -> str:
        return "Back(...)"


class _Flow(msgspec.Struct, frozen=True, kw_only=True):
    asked: Asked
    ends_at: datetime


def address(vault: Vault, slug: str) -> str:
    """Return the redirect URI of an organization's staff, to be registered at their provider."""
    found = passkey.site(vault.issuer)
    return f"{vault.issuer if found is None else found.origin}/console/{slug}/sign-in/provider/back"


async def begin(vault: Vault, organization: OrganizationId, *, device: Device) -> Way:
    """Return the way to the provider; `VaultError` after the entry when there is none just now."""
    async with knocking(vault, organization, kind=SOMEBODY, device=device) as act:
        await limit_network(act, device, what="staff", limit=TRIED_BY_NETWORK)
        here, now = act.here, act.now
    declared = _declared(here)
    try:
        provider = await _provider(vault, declared)
    except VaultError as error:
        await _refuse(vault, organization, reason=error.code, device=device)
        raise
    asked = Asked(**{name: spelled(vault.entropy.draw(SECRET)) for name in Asked.__struct_fields__})
    flow = here.safe.ticket(_USE, msgspec.json.encode(_Flow(asked=asked, ends_at=now + LASTS)))
    url = openid.asking(provider, declared=declared, asked=asked, redirect_uri=address(vault, here.organization.slug))
    return Way(url=url, flow=urlsafe_b64encode(flow).decode("ascii"))


async def finish(vault: Vault, organization: OrganizationId, *, back: Back, device: Device) -> SessionToken:
    """Let in whom the provider vouches for with a role; `VaultError` after the entry for anybody else."""
    async with knocking(vault, organization, kind=SOMEBODY, device=device) as act:
        await limit_network(act, device, what="staff", limit=TRIED_BY_NETWORK)
        flow = await _opened(act, back.flow)
        here = act.here
    try:
        if flow is None:
            raise ProviderError("provider_not_asked")
        declared = _declared(here)
        identity = await _identity(vault, declared, slug=here.organization.slug, back=back, asked=flow.asked)
    except VaultError as error:
        await _refuse(vault, organization, reason=error.code, device=device)
        raise
    found = roles(declared, identity.claims)
    return await _admit(vault, organization, identity=identity, found=found, device=device)


async def _identity(vault: Vault, declared: StaffSignIn, *, slug: str, back: Back, asked: Asked) -> Identity:
    provider = await _provider(vault, declared)
    code = openid.answered(back.query, provider=provider, asked=asked)
    own = openid.assertion(
        await signing_keys(vault),
        declared=declared,
        jti=spelled(vault.entropy.draw(_JTI)),
        now=vault.clock.now(),
    )
    form = openid.exchange(declared, code=code, asked=asked, redirect_uri=address(vault, slug), assertion=own)
    answer = await vault.courier.fetcher.post(provider.token_endpoint, form=form)
    token = openid.id_token(answer.status, answer.body)
    published = Authentication(method="private_key_jwt", jwks_uri=provider.jwks_uri)
    keys = await keys_for(vault, declared.issuer, authentication=published, kid=openid.key_named(token))
    return openid.identified(token, keys, declared=declared, nonce=asked.nonce, now=vault.clock.now())


async def _admit(
    vault: Vault, organization: OrganizationId, *, identity: Identity, found: frozenset[StaffRole], device: Device
) -> SessionToken:
    """Open a session in the one role found. Whoever has another role than before, or none, has no session left."""
    async with knocking(vault, organization, kind=SOMEBODY, device=device) as act:
        issuer, subject = _declared(act.here).issuer, identity.subject.reveal()
        tag = act.here.safe.repeat(b"staff", issuer.encode(), subject.encode("utf-8", "surrogatepass"))
        member = await staff.hold_tag(act.work, tag)
        if member is not None and found != {member.role}:
            await kept_sessions.close_all(act.work, staff=member.id)
        if len(found) == 1:
            [role] = found
            own = await _known(act, member, role=role, tag=tag)
            return await sessions.open(act, role=role, how="provider", staff=own)
        reason = "provider_gives_two_roles" if found else "provider_gives_no_role"
        await tell_refused(act, how="provider", reason=reason, of=None if member is None else member.id)
    raise ProviderError(reason, "the provider has to say of you that you are an auditor or an admin, and not both")


async def _known(act: Acting, member: Member | None, *, role: StaffRole, tag: bytes) -> StaffId:
    if member is None:
        member = Member(id=act.id(STAFF), role=role)
        await staff.add(act.work, member, tag=tag, recorded_at=act.now)
        await act.log("staff_added", of=member.id, role=role)
    elif member.role != role:
        await staff.give(act.work, member.id, role=role)
        await act.log("staff_role_changed", of=member.id, role=role)
    return member.id


async def _provider(vault: Vault, declared: StaffSignIn) -> openid.Provider:
    """Return the provider as it describes itself, read at most every ten minutes."""
    now = vault.clock.now()
    held = vault.memory.providers.get(declared.issuer)
    if held is None or not held[0] <= now < held[0] + _KEPT:
        document = await vault.courier.fetcher.get(declared.issuer.rstrip("/") + openid.DISCOVERY)
        openid.provider(document.body, declared=declared)  # what cannot be used is not kept either
        held = vault.memory.providers[declared.issuer] = now, document.body
    return openid.provider(held[1], declared=declared)


def _declared(here: Here) -> StaffSignIn:
    if here.organization.staff_sign_in is None:
        raise Unknown("no_provider", "the organization file names no sign-in provider for staff")
    return here.organization.staff_sign_in


async def _opened(act: Acting, cookie: str | None) -> _Flow | None:
    """Return what was asked, and spend it; none for a cookie that is over, spent, forged or another organization's."""
    try:
        ticket = urlsafe_b64decode((cookie or "").encode("ascii"))
        flow = msgspec.json.decode(act.here.safe.read(_USE, ticket), type=_Flow)
    except (SealError, Error, ValueError):
        return None
    if act.now >= flow.ends_at or not await challenges.answer(act.work, ticket, ends_at=flow.ends_at):
        return None
    return flow


async def _refuse(vault: Vault, organization: OrganizationId, *, reason: str, device: Device) -> None:
    async with knocking(vault, organization, kind=SOMEBODY, device=device) as act:
        await tell_refused(act, how="provider", reason=reason)
