"""Tokens: clients get one for five minutes, and carry it with every request. Each given or refused is an entry."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from vault.actions.acting import written
from vault.actions.vault import Here, Vault, here
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor
from vault.oauth.client import Registered
from vault.oauth.metadata import metadata
from vault.oauth.request import Request, claimed_client
from vault.oauth.server import Answer, Server, replayed
from vault.oauth.token import Claims, Keys, TokenError, jwks, verify
from vault.store import log, organizations, tokens
from vault.store.database import Work
from vault.store.organizations import INSTALLATION

_JTI: Final = 16
_REMEMBERED: Final = 10_000
_LOCK: Final = 7_310_411_602_240_022


class Tokens:
    """The tokens of one process. A believed token is remembered by its digest until it ends."""

    def __init__(self, vault: Vault, keys: Keys) -> None:
        self._vault = vault
        self._keys = keys
        self._server = Server(issuer=vault.issuer, audience=vault.issuer, keys=keys)
        self._public = keys.public()
        self._believed: dict[bytes, tuple[datetime, Actor]] = {}

    def metadata(self) -> dict[str, Any]:
        """Return RFC 8414 metadata."""
        return metadata(self._vault.issuer)

    def jwks(self) -> dict[str, Any]:
        """Return the public keys, RFC 7517."""
        return jwks(self._keys)

    def authenticate(self, authorization: str | None) -> Actor:
        """Return whose token a Bearer header carries (RFC 6750 section 2.1); `TokenError` for any other header."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenError
        now = self._vault.clock.now()
        name = sha256(token.encode()).digest()
        known = self._believed.get(name)
        if known is not None and now < known[0]:
            return known[1]
        claims = verify(token, self._public, issuer=self._vault.issuer, audience=self._vault.issuer, now=now)
        if len(self._believed) >= _REMEMBERED:
            self._believed.clear()
        self._believed[name] = (claims.expires, actor := _actor(claims))
        return actor

    async def token(self, request: Request) -> Answer:
        """Answer a token request (RFC 6749 section 4.4). The assertion is used up with the entry that tells of it."""
        vault, now = self._vault, self._vault.clock.now()
        async with vault.database.work() as work:
            found = await _registered(vault, work, claimed_client(request))
            answer = self._server.token(request, found and found[1], now=now, jti=vault.entropy.draw(_JTI).hex())
            if found is not None and answer.once is not None:
                known = found[1]
                once = answer.once
                if not await tokens.reserve(work, known.organization, known.id, once.jti, expires=once.expires):
                    answer = replayed()
            await _log(vault, work, found and found[1], answer, now)
        return answer


async def open_tokens(vault: Vault) -> Tokens:
    """Return the tokens of this process, with the installation's signing keys; the very first start makes one."""
    async with vault.database.work() as work:
        await work.lock([_LOCK])
        keys = await tokens.signing_keys(work, vault.provider)
        if not keys:
            now = vault.clock.now()
            keys = [await tokens.add_signing_key(work, vault.provider, vault.entropy, recorded_at=now)]
            made = written(vault, _NOBODY, "keys_made", now, keys=["token_signing"], kid=keys[0].kid)
            await log.add(work, INSTALLATION, [made])
    previous = {key.kid: key.private.public_key() for key in keys[1:]}
    return Tokens(vault, Keys(kid=keys[0].kid, private=keys[0].private, previous=previous))


_NOBODY: Final = Actor(organization=INSTALLATION, kind="operator")


async def _registered(vault: Vault, work: Work, client_id: str | None) -> tuple[Here, Registered] | None:
    slug, _, key = (client_id or "").partition(".")
    kept = await organizations.by_slug(work, slug) if slug else None
    if kept is None:
        return None
    organization, _ = await here(vault, work, kept.id)
    client, own = organization.organization.clients.get(key), organization.clients.get(key)
    if client is None or own is None:
        return None
    return organization, Registered(
        organization=kept.id,
        id=own,
        client_id=f"{slug}.{key}",
        authentication=client.authentication,
        actions=client.ceiling.actions,
        secrets=tuple(await organizations.secrets(work, kept.id, own)),
        expires=client.expires,
    )


async def _log(vault: Vault, work: Work, client: Registered | None, answer: Answer, now: datetime) -> None:
    """Write the entry: of the client's organization, or of the installation where nobody knows the client."""
    organization = client.organization if client is not None else INSTALLATION
    actor = _client(organization, client)
    if answer.issued is not None:
        told = written(vault, actor, "token_issued", now, jti=answer.issued.jti, scopes=[*sorted(answer.issued.scopes)])
    else:
        told = written(vault, actor, "token_refused", now, error=answer.error, reason=answer.reason)
    await log.add(work, organization, [told])


def _client(organization: OrganizationId, client: Registered | None) -> Actor:
    return Actor(organization=organization, kind="client", client=client.id if client is not None else None)


def _actor(claims: Claims) -> Actor:
    return Actor(
        organization=claims.organization,
        kind="client",
        client=claims.client,
        key=claims.client_id.partition(".")[2],
        scopes=claims.scopes,
        token=claims.jti,
    )
