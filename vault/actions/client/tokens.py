"""Tokens: clients get one for five minutes, take it back, and ask what it still says. Each request is an entry.

Requests of one organization's clients that come at the same time are written together. What a client publishes by
itself is fetched before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from vault.actions import limits, networks
from vault.actions.client.batch import Asking, Elsewhere, Endpoint, Unfetched, serve
from vault.actions.client.keysets import keys_for
from vault.actions.client.signing_keys import signing_keys
from vault.actions.gatherer import Gatherer
from vault.actions.vault import Vault
from vault.base.errors import TooMany, Unavailable
from vault.base.ids import OrganizationId
from vault.domain.actor import Actor
from vault.domain.organization import Authentication
from vault.oauth.answer import TOO_MANY, Answer, too_many
from vault.oauth.metadata import metadata as document
from vault.oauth.request import Request, claimed_client, claimed_key, once_read
from vault.oauth.token import jwks
from vault.store.database import INSTALLATION

_TRIES: Final = 4  # an organization may be new here, and its file change while keys are fetched


class _Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken of a client's limit, and under which name; or for how many seconds it has to wait."""

    actor: Actor
    name: bytes | None = None
    taken: int = 0
    wait: int | None = None


def metadata(vault: Vault) -> dict[str, Any]:
    """Return RFC 8414 metadata."""
    return document(vault.issuer)


async def public_keys(vault: Vault) -> dict[str, Any]:
    """Return the public keys, RFC 7517: of those that sign, will sign, and signed what may still live."""
    return jwks(await signing_keys(vault))


async def token(vault: Vault, request: Request, *, network: str) -> Answer:
    """Answer a token request (RFC 6749 section 4.4, RFC 8693)."""
    return await _limited(vault, request, endpoint="token", network=network)


async def revoke(vault: Vault, request: Request, *, network: str) -> Answer:
    """Answer a revocation request (RFC 7009). With the answer the token is refused everywhere."""
    return await _limited(vault, request, endpoint="revoke", network=network)


async def introspect(vault: Vault, request: Request, *, network: str) -> Answer:
    """Answer an introspection request (RFC 7662)."""
    return await _limited(vault, request, endpoint="introspect", network=network)


async def _limited(vault: Vault, request: Request, *, endpoint: Endpoint, network: str) -> Answer:
    """Answer what comes from a network, as long as not too much does."""
    try:
        await networks.knock(vault, network, name=endpoint)
    except TooMany as error:
        return too_many(error.retry_after_seconds)
    answer = await _asked(vault, request, endpoint=endpoint)
    if answer.error == "invalid_client":
        await networks.failed(vault, network)
    return answer


async def _asked(vault: Vault, request: Request, *, endpoint: Endpoint) -> Answer:
    request = once_read(request)
    asking = Asking(endpoint=endpoint, request=request, client_id=claimed_client(request))
    organization = vault.memory.slugs.get(asking.slug, INSTALLATION)
    held = vault.memory.here.get(organization)
    client = None if held is None else held.organization.clients.get(asking.key)
    if client is not None:
        asking = await _with_keys(vault, asking, how=client.authentication)
    counted: _Counted | None = None
    for _ in range(_TRIES):
        if counted is None and organization != INSTALLATION:
            counted = await _counted(vault, organization, asking=asking)
            asking = msgspec.structs.replace(asking, wait=counted.wait)
        [found] = await _gatherer(vault, organization).ask_all([asking])
        match found:
            case Answer():
                _settle(vault, counted, answer=found, name=endpoint)
                return found
            case Elsewhere():
                organization = found.organization
            case Unfetched():
                asking = await _with_keys(vault, asking, how=found.authentication)
    raise Unavailable("organization_changing", "the organization file changes just now; ask again")


async def _counted(vault: Vault, organization: OrganizationId, *, asking: Asking) -> _Counted:
    """Count a request for the client it names, which has yet to prove that it is the one."""
    current = await limits.current_of(vault, organization)
    client, kept = current.organization.clients.get(asking.key), current.clients.get(asking.key)
    if client is None or kept is None:
        return _Counted(actor=Actor(organization=organization, kind="client"))
    actor, name = (
        Actor(organization=organization, kind="client", client=kept.id),
        limits.client_tag(kept.id, asking.endpoint),
    )
    limit = client.limits.tokens_per_second if asking.endpoint == "token" else client.limits.requests_per_second
    try:
        taken = await limits.take(vault, organization, name=name, limit=limit)
    except TooMany as error:
        return _Counted(actor=actor, wait=error.retry_after_seconds)
    return _Counted(actor=actor, name=name, taken=taken)


def _settle(vault: Vault, counted: _Counted | None, *, answer: Answer, name: str) -> None:
    """Give back what somebody else took under a client's name; note what a limit refused."""
    if counted is None:
        return
    if answer.status == TOO_MANY:
        limits.note(vault, counted.actor, name=name)
    elif answer.error == "invalid_client" and counted.name is not None:
        limits.give(vault, counted.actor.organization, name=counted.name, taken=counted.taken)


async def _with_keys(vault: Vault, asking: Asking, *, how: Authentication) -> Asking:
    if how.jwks_uri is None or asking.client_id is None:
        return asking
    keys = await keys_for(vault, asking.client_id, authentication=how, kid=claimed_key(asking.request))
    return msgspec.structs.replace(asking, authentication=how, keys=keys)


def _gatherer(vault: Vault, organization: OrganizationId) -> Gatherer[Asking, Answer | Elsewhere | Unfetched]:
    if (gatherer := vault.memory.token_gatherers.get(organization)) is None:

        async def batch(asked: Sequence[Asking]) -> Sequence[Answer | Elsewhere | Unfetched]:
            return await serve(vault, organization, asked=asked)

        gatherer = vault.memory.token_gatherers[organization] = Gatherer(batch, lanes=vault.lanes, most=vault.most)
    return gatherer
