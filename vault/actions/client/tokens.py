"""Tokens: clients get one for five minutes, and carry it with every request. Each given or refused is an entry."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from vault.actions.acting import written
from vault.actions.vault import Vault, here
from vault.domain.actor import Actor
from vault.oauth.answer import Answer, replayed
from vault.oauth.client import Registered
from vault.oauth.metadata import metadata as document
from vault.oauth.request import Request, claimed_client
from vault.oauth.server import Server
from vault.oauth.token import Claims, Keys, TokenError, jwks, verify
from vault.store import log, organizations
from vault.store.client import tokens
from vault.store.database import INSTALLATION, Work

_JTI: Final = 16
_REMEMBERED: Final = 10_000
_LOCK: Final = 7_310_411_602_240_022
_INSTALLATION: Final = Actor(organization=INSTALLATION, kind="operator")


def metadata(vault: Vault) -> dict[str, Any]:
    """Return RFC 8414 metadata."""
    return document(vault.issuer)


async def public_keys(vault: Vault) -> dict[str, Any]:
    """Return the public keys, RFC 7517."""
    return jwks(await signing_keys(vault))


async def authenticate(vault: Vault, authorization: str | None) -> Actor:
    """Return whose token a Bearer header carries (RFC 6750 section 2.1); `TokenError` for any other header.

    A believed token is remembered by its digest until it ends.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise TokenError
    believed, now = vault.memory.believed, vault.clock.now()
    name = sha256(token.encode()).digest()
    known = believed.get(name)
    if known is not None and now < known[0]:
        return known[1]
    keys = (await signing_keys(vault)).public()
    claims = verify(token, keys, issuer=vault.issuer, audience=vault.issuer, now=now)
    if len(believed) >= _REMEMBERED:
        believed.clear()
    believed[name] = (claims.expires, actor := _actor(claims))
    return actor


async def token(vault: Vault, request: Request) -> Answer:
    """Answer a token request (RFC 6749 section 4.4). The assertion is used up with the entry that tells of it."""
    keys, now = await signing_keys(vault), vault.clock.now()
    server = Server(issuer=vault.issuer, audience=vault.issuer, keys=keys)
    async with vault.database.work() as work:
        client = await _registered(vault, work, client_id=claimed_client(request), now=now)
        answer = server.token(request, client, now=now, jti=vault.entropy.draw(_JTI).hex())
        if client is not None and (once := answer.once) is not None:
            used = await tokens.reserve(work.of(client.organization), client.id, jti=once.jti, expires=once.expires)
            answer = answer if used else replayed()
        await _log(vault, work, client=client, answer=answer, now=now)
    return answer


async def signing_keys(vault: Vault) -> Keys:
    """Return the installation's signing keys; the very first use makes one."""
    if vault.memory.keys is not None:
        return vault.memory.keys
    async with vault.database.work() as work:
        await work.lock([_LOCK])
        keys = await tokens.signing_keys(work, vault.provider)
        if not keys:
            now = vault.clock.now()
            keys = [await tokens.add_signing_key(work, vault.provider, entropy=vault.entropy, recorded_at=now)]
            made = written(vault, _INSTALLATION, kind="keys_made", at=now, keys=["token_signing"], kid=keys[0].kid)
            await log.add(work, [made])
    previous = {key.kid: key.private.public_key() for key in keys[1:]}
    vault.memory.keys = Keys(kid=keys[0].kid, private=keys[0].private, previous=previous)
    return vault.memory.keys


async def _registered(vault: Vault, work: Work, *, client_id: str | None, now: datetime) -> Registered | None:
    slug, _, key = (client_id or "").partition(".")
    kept = await organizations.by_slug(work, slug) if slug else None
    if kept is None:
        return None
    work = work.of(kept.id)
    current, told = await here(vault, work)
    client, kept_client = current.organization.clients.get(key), current.clients.get(key)
    if client is None or kept_client is None:
        return None
    return Registered(
        organization=kept.id,
        id=kept_client.id,
        client_id=f"{slug}.{key}",
        authentication=client.authentication,
        ceiling=client.ceiling,
        secrets=kept_client.secrets,
        expires=client.expires,
        suspended=kept_client.suspended_at is not None,
        dated=_dated(now, told, not_before=kept_client.not_before),
    )


def _dated(now: datetime, told: datetime, *, not_before: datetime | None) -> datetime:
    """Return the date of a token. What ends tokens goes by PostgreSQL's clock: none is dated later than by that."""
    dated = min(now, told)
    return dated if not_before is None else max(dated, not_before)


async def _log(vault: Vault, work: Work, *, client: Registered | None, answer: Answer, now: datetime) -> None:
    """Write the entry: of the client's organization, or of the installation where nobody knows the client."""
    organization = client.organization if client is not None else INSTALLATION
    actor = Actor(organization=organization, kind="client", client=client.id if client is not None else None)
    if answer.issued is not None:
        told = written(
            vault, actor, kind="token_issued", at=now, jti=answer.issued.jti, scopes=[*sorted(answer.issued.scopes)]
        )
    else:
        told = written(vault, actor, kind="token_refused", at=now, error=answer.error, reason=answer.reason)
    await log.add(work.of(organization), [told])


def _actor(claims: Claims) -> Actor:
    return Actor(
        organization=claims.organization,
        kind="client",
        client=claims.client,
        key=claims.client_id.partition(".")[2],
        scopes=claims.scopes,
        token=claims.jti,
        issued_at=claims.issued_at,
    )
