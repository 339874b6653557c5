"""Clients: their ids, what they may, and the secrets that prove who they are."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Unknown
from vault.base.ids import ClientId
from vault.domain.actor import Actor
from vault.domain.organization import Ceiling, Client
from vault.oauth.client import secret_digest
from vault.store import organizations

LIVE: Final = 2
"""How many secrets may live at once: the old one and the new one, while the client changes over."""
_SECRET_BYTES: Final = 32


class ClientShown(msgspec.Struct, frozen=True, kw_only=True):
    """A client as the operator sees it; never a secret."""

    id: ClientId
    client_id: str
    title: str
    method: str
    secrets: int
    ceiling: Ceiling


async def add_secret(vault: Vault, actor: Actor, *, key: str) -> str:
    """Return a new secret of 256 bits for a client, shown this once: only its SHA-256 is kept."""
    async with acting(vault, actor, name="add_secret") as act:
        client, own = _client(act, key)
        if client.authentication.method != "client_secret_basic":
            raise Conflict("no_secret_needed", "this client proves itself with its own key: there is no secret to make")
        if len(await organizations.secrets(act.work, own)) >= LIVE:
            raise Conflict("secrets_full", f"this client has {LIVE} live secrets already")
        secret = urlsafe_b64encode(vault.entropy.draw(_SECRET_BYTES)).rstrip(b"=").decode()
        await organizations.add_secret(act.work, own, digest=secret_digest(secret), recorded_at=act.now)
        await organizations.grow(act.work)
        await act.log("client_secret_made", of=own)
        return secret


async def show_clients(vault: Vault, actor: Actor, *, key: str | None = None) -> list[ClientShown]:
    """Return one client, or all, with their ceilings."""
    async with acting(vault, actor, name="show_clients") as act:
        await act.log("clients_read")
        keys = act.here.organization.clients if key is None else [key]
        found = [_client(act, one) for one in keys]
        return [await _shown(act, client, own=own) for client, own in found]


def _client(act: Acting, key: str) -> tuple[Client, ClientId]:
    client, own = act.here.organization.clients.get(key), act.here.clients.get(key)
    if client is None or own is None:
        known = ", ".join(sorted(act.here.organization.clients))
        raise Unknown("unknown_client", f"the organization file declares no such client; there are {known}")
    return client, own


async def _shown(act: Acting, client: Client, *, own: ClientId) -> ClientShown:
    return ClientShown(
        id=own,
        client_id=f"{act.here.organization.slug}.{client.key}",
        title=client.title,
        method=client.authentication.method,
        secrets=len(await organizations.secrets(act.work, own)),
        ceiling=client.ceiling,
    )
