"""Passkeys of customers and of staff: a browser is asked, and its answer is taken once, within five minutes.

A challenge is sealed for its organization and its use, so that asking writes nothing; what is kept is that it was
answered. A refusal is an answer here and no error, so that a challenge stays spent and a copied passkey stays ended.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from vault.actions.acting import Acting
from vault.actions.vault import Vault
from vault.base.errors import Conflict
from vault.crypto import passkey as passkeys
from vault.crypto.box import SealError
from vault.crypto.passkey import Account, Passkey, PasskeyError, Site
from vault.store.customer import customers
from vault.store.sign_in import passkeys as store
from vault.store.sign_in import staff
from vault.store.sign_in.passkeys import Owner

LASTS: Final = timedelta(minutes=5)
_CHANCE: Final = 16
_Use = Literal["passkey/enrol", "passkey/sign"]
_NO_NAME: Final = (
    "passkeys need a vault with a name: set VAULT_ISSUER to https://vault.example instead of an address in numbers"
)


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """An answer that opens nothing. `reason` is for the log; `owner` is whose passkey it was, if that is certain."""

    reason: Literal["challenge_over", "passkey_refused", "passkey_unknown", "passkey_taken", "passkey_copied"]
    owner: Owner = Owner()


class _Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What a challenge is about: the handle of whoever gets a passkey, or nobody yet."""

    handle: bytes
    chance: bytes
    ends_at: datetime


def site(vault: Vault) -> Site:
    """Return where passkeys of this vault work; `Conflict` when its address is a number."""
    found = passkeys.site(vault.issuer)
    if found is None:
        raise Conflict("no_name_for_passkeys", _NO_NAME)
    return found


def origin(vault: Vault) -> str | None:
    """Return where a browser has to be for passkeys to work, if they do."""
    found = passkeys.site(vault.issuer)
    return None if found is None else found.origin


async def to_enrol(act: Acting, owner: Owner, *, name: str) -> dict[str, Any]:
    """Return what a browser is asked to make a passkey; the owner's device will show it as `name`."""
    account = Account(handle=_handle(owner), name=name, at=act.here.organization.name)
    challenge = _challenge(act, "passkey/enrol", handle=account.handle)
    known = await store.of(act.work, owner)
    return passkeys.to_enrol(site(act.vault), account, challenge=challenge, known=known)


async def enrol(act: Acting, owner: Owner, *, answer: str) -> Passkey | Refused:
    """Keep the passkey a browser made for this owner, whose row the caller holds."""
    try:
        said = passkeys.read(answer)
        asked = await _asked(act, "passkey/enrol", challenge=said.challenge)
        if asked is None or asked.handle != _handle(owner):
            return Refused(reason="challenge_over")
        made = passkeys.enrolled(answer, site=site(act.vault), challenge=said.challenge)
    except PasskeyError:
        return Refused(reason="passkey_refused")
    if not await store.add(act.work, made, owner=owner, recorded_at=act.now):
        return Refused(reason="passkey_taken")
    return made


def to_sign(act: Acting) -> dict[str, Any]:
    """Return what a browser is asked to sign in with whatever passkey it has."""
    return passkeys.to_sign(site(act.vault), challenge=_challenge(act, "passkey/sign", handle=b""))


async def signed(act: Acting, *, answer: str, of: Literal["customer", "staff"]) -> Owner | Refused:
    """Return whose passkey answered, and hold their row until this work ends."""
    try:
        said = passkeys.read(answer)
        if await _asked(act, "passkey/sign", challenge=said.challenge) is None:
            return Refused(reason="challenge_over")
        owner = await store.owner(act.work, said.id)
        kept = (
            await _hold(act, owner, passkey=said.id) if owner is not None and getattr(owner, of) is not None else None
        )
        if owner is None or kept is None:
            return Refused(reason="passkey_unknown")
        found = passkeys.signed(answer, site=site(act.vault), challenge=said.challenge, passkey=kept)
        if said.handle != _handle(owner):
            raise PasskeyError  # noqa: TRY301 - one answer for all that is not to be believed
    except PasskeyError:
        return Refused(reason="passkey_refused")
    if passkeys.is_copied(kept, found):
        # Whoever has the copy could count on until it fits, so it opens nothing any more.
        await store.end(act.work, kept.id)
        return Refused(reason="passkey_copied", owner=owner)
    await store.count_on(act.work, found)
    return owner


async def _hold(act: Acting, owner: Owner, *, passkey: bytes) -> Passkey | None:
    if owner.staff is not None:
        await staff.hold(act.work, owner.staff)
    elif owner.customer is not None:
        await customers.lock(act.work, owner.customer)
    return await store.hold(act.work, passkey)


def _challenge(act: Acting, use: _Use, *, handle: bytes) -> bytes:
    asked = _Challenge(handle=handle, chance=act.vault.entropy.draw(_CHANCE), ends_at=act.now + LASTS)
    return act.here.safe.ticket(use, msgspec.json.encode(asked))


async def _asked(act: Acting, use: _Use, *, challenge: bytes) -> _Challenge | None:
    """Return what a challenge was about, and spend it; none for one that is over, spent, or was never ours."""
    try:
        asked = msgspec.json.decode(act.here.safe.read(use, challenge), type=_Challenge)
    except SealError:
        return None
    if act.now >= asked.ends_at or not await store.answer(act.work, challenge, ends_at=asked.ends_at):
        return None
    return asked


def _handle(owner: Owner) -> bytes:
    """Return what a device knows an owner by: an id of ours, which is no secret and says nothing about anybody."""
    return owner.shown.encode()
