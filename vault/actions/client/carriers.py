"""Carriers: whoever brings an access token with a request, as a bearer or with a proof of possession.

A believed token is remembered by its digest until it ends; whether it still counts is asked with each request, by the
epoch. A proof is used up in the database before anything is done for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from vault.actions.acting import deny
from vault.actions.client.signing_keys import issuing, signing_keys
from vault.actions.gatherer import Gatherer
from vault.actions.limits import let_in
from vault.actions.vault import Believed, Vault
from vault.base.errors import Denied
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor
from vault.oauth.authentication import Once
from vault.oauth.dpop.presented import possessed, presented
from vault.oauth.dpop.proof import NotPossessed, Sent
from vault.oauth.metadata import endpoint
from vault.oauth.token import Claims, TokenError, key_named, verify
from vault.store.client import assertions
from vault.store.client.assertions import Used

_REMEMBERED: Final = 10_000


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What a request brings along, and what for: `path` is as it was sent, without query."""

    authorization: str | None
    proofs: tuple[str, ...] = ()
    method: str
    path: str

    def __repr__(self) -> str:
        return f"Carried({self.method})"


class Unproven(Denied):
    """A believed token without a good proof that its key is at hand; `nonce` is for the next one (RFC 9449, 9)."""

    def __init__(self, error: Denied, nonce: str) -> None:
        super().__init__(error.code, error.detail)
        self.nonce = nonce


async def authenticate(vault: Vault, carried: Carried) -> Actor:
    """Return whose token this is; `TokenError` for none that is believed, `Unproven` for one bound to a key not shown.

    Who carries somebody else's bound token has proved nothing, but is written down.
    """
    now = vault.clock.now()
    shown = presented(carried.authorization)
    believed = await _believed(vault, shown.token, now=now)
    if shown.scheme == "bearer" and believed.jkt is None:
        return believed.actor
    nonces = (await issuing(vault)).nonces
    sent = Sent(proofs=carried.proofs, method=carried.method, url=endpoint(vault.issuer, carried.path))
    try:
        once = possessed(shown, believed.jkt, sent=sent, now=now, nonces=nonces)
        if once is not None:
            await _use_up(vault, believed.actor, once=once)
    except (TokenError, NotPossessed) as error:
        await _deny(vault, believed.actor, error=error)
        raise Unproven(error, nonces.current(now)) from None
    return believed.actor


def carrier(claims: Claims) -> Actor:
    """Return who acts with a token: its client, or for a customer the client that they are talking to (RFC 8693)."""
    return Actor(
        organization=claims.organization,
        kind="client" if claims.customer is None else "customer",
        client=claims.client,
        key=claims.client_id.partition(".")[2],
        scopes=claims.scopes,
        token=claims.jti,
        issued_at=claims.issued_at,
        reach=claims.reach,
        customer=claims.customer,
    )


async def _believed(vault: Vault, token: str, *, now: datetime) -> Believed:
    believed, name = vault.memory.believed, sha256(token.encode()).digest()
    known = believed.get(name)
    if known is not None and now < known.expires:
        return known
    keys = (await signing_keys(vault)).public()
    if key_named(token) not in keys:
        keys = (await signing_keys(vault, missing=True)).public()
    claims = verify(token, keys, issuer=vault.issuer, audience=vault.issuer, now=now)
    if len(believed) >= _REMEMBERED:
        believed.clear()
    found = believed[name] = Believed(actor=carrier(claims), expires=claims.expires, jkt=claims.jkt)
    return found


async def _use_up(vault: Vault, actor: Actor, *, once: Once) -> None:
    """Use a proof up, with whatever others came meanwhile; `NotPossessed` for one that was used before."""
    if actor.client is None:
        raise TokenError
    [fresh] = await _gatherer(vault, actor.organization).ask_all([((actor.client, once.jti), once.expires)])
    if not fresh:
        raise NotPossessed("replayed_proof")


def _gatherer(vault: Vault, organization: OrganizationId) -> Gatherer[tuple[Used, datetime], bool]:
    if (gatherer := vault.memory.proofs.get(organization)) is None:

        async def serve(asked: Sequence[tuple[Used, datetime]]) -> Sequence[bool]:
            async with vault.database.work(organization) as work:
                fresh = await assertions.reserve(work, dict(asked))
            first = {used: place for place, (used, _) in reversed([*enumerate(asked)])}
            return [used in fresh and first[used] == place for place, (used, _) in enumerate(asked)]

        gatherer = vault.memory.proofs[organization] = Gatherer(serve, lanes=vault.lanes, most=vault.most)
    return gatherer


async def _deny(vault: Vault, actor: Actor, *, error: TokenError | NotPossessed) -> None:
    if error.code == "use_dpop_nonce":
        return  # every honest client comes without a nonce the first time
    await let_in(vault, actor, name="authenticate")
    await deny(vault, actor, name="authenticate", refusal=error)
