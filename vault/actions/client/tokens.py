"""Tokens: clients get one for five minutes, take it back, and ask what it still says. Each request is an entry.

Requests of one organization's clients that come at the same time share a transaction. What a client publishes by
itself is fetched before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from vault.actions.client.batch import Asking, Elsewhere, Endpoint, Unfetched, serve
from vault.actions.client.keysets import keys_for
from vault.actions.client.signing_keys import signing_keys
from vault.actions.gatherer import Gatherer
from vault.actions.vault import Vault
from vault.base.errors import Unavailable
from vault.base.ids import OrganizationId
from vault.domain.organization import Authentication
from vault.oauth.answer import Answer
from vault.oauth.metadata import metadata as document
from vault.oauth.request import Request, claimed_client, claimed_key
from vault.oauth.token import jwks
from vault.store.database import INSTALLATION

_TRIES: Final = 4  # an organization may be new here, and its file change while keys are fetched


def metadata(vault: Vault) -> dict[str, Any]:
    """Return RFC 8414 metadata."""
    return document(vault.issuer)


async def public_keys(vault: Vault) -> dict[str, Any]:
    """Return the public keys, RFC 7517: of those that sign, will sign, and signed what may still live."""
    return jwks(await signing_keys(vault))


async def token(vault: Vault, request: Request) -> Answer:
    """Answer a token request (RFC 6749 section 4.4, RFC 8693)."""
    return await _asked(vault, request, endpoint="token")


async def revoke(vault: Vault, request: Request) -> Answer:
    """Answer a revocation request (RFC 7009). With the answer the token is refused everywhere."""
    return await _asked(vault, request, endpoint="revoke")


async def introspect(vault: Vault, request: Request) -> Answer:
    """Answer an introspection request (RFC 7662)."""
    return await _asked(vault, request, endpoint="introspect")


async def _asked(vault: Vault, request: Request, *, endpoint: Endpoint) -> Answer:
    asking = Asking(endpoint=endpoint, request=request, client_id=claimed_client(request))
    organization = vault.memory.slugs.get(asking.slug, INSTALLATION)
    held = vault.memory.here.get(organization)
    client = None if held is None else held.organization.clients.get(asking.key)
    if client is not None:
        asking = await _with_keys(vault, asking, how=client.authentication)
    for _ in range(_TRIES):
        [found] = await _gatherer(vault, organization).ask_all([asking])
        match found:
            case Answer():
                return found
            case Elsewhere():
                organization = found.organization
            case Unfetched():
                asking = await _with_keys(vault, asking, how=found.authentication)
    raise Unavailable("organization_changing", "the organization file changes just now; ask again")


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
