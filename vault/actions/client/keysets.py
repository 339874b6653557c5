"""The key sets of clients who publish their own: fetched outside any transaction, and kept for a while.

One fetch at a time for each address, in which all who ask for it share; whoever hangs up cancels it for nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import structlog

from vault.actions.vault import Vault
from vault.base.errors import VaultError
from vault.domain.organization import Authentication
from vault.oauth.key_set import failed, fetched

_REMEMBERED: Final = 1_000
_log = structlog.get_logger()


async def keys_for(
    vault: Vault, client_id: str, *, authentication: Authentication, kid: str | None = None
) -> Mapping[str, Any] | None:
    """Return a client's JWK set (RFC 7517): the one in the organization file, or the one its `jwks_uri` serves.

    None when there is none to be had just now. Call it before a transaction is opened: it may wait for three seconds.
    `kid` is the key an assertion names: an unknown one is a reason to look again, once a minute at most.
    """
    uri = authentication.jwks_uri
    if uri is None:
        return authentication.jwks
    held, now = vault.memory.key_sets.get(uri), vault.clock.now()
    if held is None or held.wants_fetching(kid, now):
        await _fetched(vault, uri, client_id=client_id)
        held, now = vault.memory.key_sets.get(uri), vault.clock.now()
    return held.usable(now) if held is not None else None


async def _fetched(vault: Vault, uri: str, *, client_id: str) -> None:
    fetching = vault.memory.fetching
    if (flight := fetching.get(uri)) is None:
        flight = fetching[uri] = asyncio.create_task(_fetch(vault, uri, client_id=client_id))
    await asyncio.shield(flight)


async def _fetch(vault: Vault, uri: str, *, client_id: str) -> None:
    key_sets = vault.memory.key_sets
    try:
        found, code = None, "fetch_no_keys"
        try:
            document = await vault.courier.fetcher.get(uri)
            found = fetched(document.body, max_age=document.max_age, now=vault.clock.now())
        except VaultError as error:
            code = error.code
        if found is None:
            _log.warning("keys_not_fetched", client=client_id, code=code)
            found = failed(key_sets.get(uri), now=vault.clock.now())
        key_sets.pop(uri, None)
        while len(key_sets) >= _REMEMBERED:
            del key_sets[next(iter(key_sets))]
        key_sets[uri] = found
    finally:
        del vault.memory.fetching[uri]
