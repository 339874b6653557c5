"""Signing keys of access tokens: made, taken in turn, destroyed when the last token they signed is over.

Every process reads them anew once a minute, and at once for a token of a key it does not know. A key is published for
longer than that before it signs, so a change of keys interrupts nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from vault.actions.acting import written
from vault.actions.vault import Issuing, Signing, Vault
from vault.base.clock import passed
from vault.base.errors import Conflict, VaultError
from vault.domain.actor import Actor
from vault.oauth.dpop.nonces import Nonces
from vault.oauth.server import Server
from vault.oauth.token import Keys
from vault.oauth.turns import PENDING, State, states
from vault.store import log
from vault.store.client import signing_keys as store
from vault.store.client.signing_keys import Kept
from vault.store.database import INSTALLATION, Work

_FRESH_SECONDS: Final = 60
_AGAIN_SECONDS: Final = 1
_OPERATOR: Final = Actor(organization=INSTALLATION, kind="operator")


class KeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """A signing key as the operator sees it; never the key."""

    kid: str
    state: State
    recorded_at: datetime
    signs_from: datetime


async def signing_keys(vault: Vault, *, missing: bool = False) -> Keys:
    """Return the installation's signing keys; the very first use makes one.

    `missing`: a token names a key that was not among them. Whoever makes that up has them read once a second at most.
    """
    held = vault.memory.signing
    if held is None:
        held = vault.memory.signing = await _read(vault, known=())
    elif passed() - held.read_at >= (_AGAIN_SECONDS if missing else _FRESH_SECONDS):
        held = await _anew(vault, held)
    return _keys(held, vault.clock.now())


async def issuing(vault: Vault) -> Issuing:
    """Return the authorization server with the keys of now."""
    keys = await signing_keys(vault)
    held = vault.memory.issuing
    if held is None or held.keys is not keys:
        nonces = Nonces.of(keys)
        server = Server(issuer=vault.issuer, audience=vault.issuer, keys=keys, nonces=nonces)
        held = vault.memory.issuing = Issuing(keys=keys, nonces=nonces, server=server)
    return held


async def show_keys(vault: Vault) -> list[KeyShown]:
    """Return the signing keys, whoever signs last first."""
    async with vault.database.work() as work:
        return _shown(await store.every(work, vault.provider), await store.now(work))


async def rotate(vault: Vault, *, at_once: bool = False) -> list[KeyShown]:
    """Make a key that signs in ten minutes, when everybody knows it; `Conflict` while one is waiting already.

    `at_once` it signs now and all others are destroyed: tokens they signed are over, on every process within a minute.
    """
    async with vault.database.work() as work:
        now = await store.lock(work)
        kept = await store.every(work, vault.provider)
        if at_once:
            for one in kept:
                await _destroy(vault, work, kid=one.key.kid, at=now)
        elif any(one.state == "pending" for one in _shown(kept, now)):
            raise Conflict("rotating", "a key is waiting for its turn already: let it sign first")
        await _make(vault, work, at=now, signs_from=now if at_once or not kept else now + PENDING)
        shown = _shown(await store.every(work, vault.provider), now)
    _forget(vault)
    return shown


async def destroy_spent(vault: Vault) -> None:
    """Destroy keys whose tokens are all over."""
    held = vault.memory.signing
    if held is None or not _spent(held.kept, vault.clock.now()):
        return
    async with vault.database.work() as work:
        now = await store.lock(work)
        for kid in _spent(await store.every(work, vault.provider), now):
            await _destroy(vault, work, kid=kid, at=now)
    _forget(vault)


async def _read(vault: Vault, *, known: Iterable[Kept]) -> Signing:
    read_at = passed()
    async with vault.database.work() as work:
        kept = await store.every(work, vault.provider, known=known)
        if not kept:
            now = await store.lock(work)
            kept = await store.every(work, vault.provider) or [await _make(vault, work, at=now, signs_from=now)]
    return Signing(kept=kept, read_at=read_at)


async def _anew(vault: Vault, held: Signing) -> Signing:
    """Read them again; whoever comes meanwhile goes on with what is held, and so does everybody if that fails."""
    held.read_at = passed()
    try:
        fresh = await _read(vault, known=held.kept)
    except VaultError:
        return held
    if {one.key.kid for one in held.kept} - {one.key.kid for one in fresh.kept}:
        _forget(vault)
    else:
        fresh.keys = held.keys
    vault.memory.signing = fresh
    return fresh


def _forget(vault: Vault) -> None:
    """Forget the keys, and every token that was believed by one of them."""
    vault.memory.signing = None
    vault.memory.believed.clear()


async def _destroy(vault: Vault, work: Work, *, kid: str, at: datetime) -> None:
    await store.drop(work, kid)
    told = written(vault, _OPERATOR, kind="key_destroyed", at=at, key="token_signing", kid=kid)
    await log.add(work, [told])


async def _make(vault: Vault, work: Work, *, at: datetime, signs_from: datetime) -> Kept:
    made = await store.add(work, vault.provider, entropy=vault.entropy, recorded_at=at, signs_from=signs_from)
    told = written(vault, _OPERATOR, kind="keys_made", at=at, keys=["token_signing"], kid=made.key.kid)
    await log.add(work, [told])
    return made


def _keys(held: Signing, now: datetime) -> Keys:
    """Return the keys as they stand, and the same object as long as they stand so."""
    found = _states(held.kept, now)
    by_kid = {one.key.kid: one.key for one in held.kept}
    [signing] = [kid for kid, state in found.items() if state == "signing"]
    others = [kid for kid, state in found.items() if state in {"pending", "verifying"}]
    if held.keys is None or (held.keys.kid, [*held.keys.others]) != (signing, others):
        public = {kid: by_kid[kid].private.public_key() for kid in others}
        held.keys = Keys(kid=signing, private=by_kid[signing].private, others=public)
    return held.keys


def _states(kept: list[Kept], now: datetime) -> dict[str, State]:
    return states({one.key.kid: one.signs_from for one in kept}, now)


def _spent(kept: list[Kept], now: datetime) -> list[str]:
    return [kid for kid, state in _states(kept, now).items() if state == "over"]


def _shown(kept: list[Kept], now: datetime) -> list[KeyShown]:
    found = _states(kept, now)
    return [
        KeyShown(kid=one.key.kid, state=found[one.key.kid], recorded_at=one.recorded_at, signs_from=one.signs_from)
        for one in kept
    ]
