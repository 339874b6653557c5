"""Clients: their ids, what they may, the secrets that prove who they are, and what ends what they may."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Unknown
from vault.base.ids import ClientId
from vault.domain.actor import Actor
from vault.domain.organization import Ceiling, Client
from vault.oauth import jwk
from vault.oauth.client import secret_digest, secret_name
from vault.store import organizations
from vault.store.client import clients, uses
from vault.store.client.clients import Kept

LIVE: Final = 2
"""How many secrets may live at once: the old one and the new one, while the client changes over."""
_SECRET_BYTES: Final = 32
_WITH_KEYS: Final = (
    "this client proves itself with its own key, there is no secret to make: write its new public key beside the old "
    "one in the organization file, or where it publishes them"
)


class CredentialShown(msgspec.Struct, frozen=True, kw_only=True):
    """A key, by its `kid` or thumbprint, or a secret, by how its SHA-256 begins. `used_at` is true to the minute."""

    name: str
    made_at: datetime | None = None
    used_at: datetime | None = None


class ClientShown(msgspec.Struct, frozen=True, kw_only=True):
    """A client as the operator sees it; never a secret."""

    id: ClientId
    client_id: str
    title: str
    method: str
    secrets: int
    credentials: tuple[CredentialShown, ...]
    used_at: datetime | None
    suspended_at: datetime | None
    tokens_from: datetime | None
    ceiling: Ceiling


async def add_secret(vault: Vault, actor: Actor, *, key: str) -> str:
    """Return a new secret of 256 bits for a client, shown this once: only its SHA-256 is kept."""
    async with acting(vault, actor, name="add_secret") as act:
        kept = _with_secrets(act, key)
        if len(kept.secrets) >= LIVE:
            raise Conflict(
                "secrets_full",
                f"this client has {LIVE} live secrets already; `consent-vault client rotate` replaces the older one",
            )
        return await _new_secret(act, kept)


async def rotate_secret(vault: Vault, actor: Actor, *, key: str) -> str:
    """Return a new secret for a client; the one it has goes on until the next rotation, or until this one is finished.

    A second rotation drops what the first one left.
    """
    async with acting(vault, actor, name="add_secret") as act:
        kept = _with_secrets(act, key)
        await clients.drop_secrets(act.work, kept.id, but=LIVE - 1)
        return await _new_secret(act, kept)


async def finish_rotation(vault: Vault, actor: Actor, *, key: str) -> int:
    """Drop every secret of a client but the newest, and return how many went."""
    async with acting(vault, actor, name="finish_rotation") as act:
        kept = _with_secrets(act, key)
        gone = await clients.drop_secrets(act.work, kept.id, but=1)
        if gone:
            await organizations.grow(act.work)
            await act.log("client_secrets_dropped", of=kept.id, dropped=gone)
        return gone


async def suspend(vault: Vault, actor: Actor, *, key: str) -> None:
    """Let a client do nothing from its next request on, anywhere; a decision it asks for is a no with that reason."""
    async with acting(vault, actor, name="suspend_client") as act:
        _, kept = _client(act, key)
        await clients.suspend(act.work, kept.id, at=act.now)
        await organizations.grow(act.work)
        await act.log("client_suspended", of=kept.id)


async def resume(vault: Vault, actor: Actor, *, key: str) -> None:
    """Let a suspended client act again, with new tokens: those it had while it was suspended are ended."""
    async with acting(vault, actor, name="resume_client") as act:
        _, kept = _client(act, key)
        if kept.suspended_at is None:
            raise Conflict("not_suspended", "this client is not suspended")
        await clients.resume(act.work, kept.id)
        await clients.end_tokens(act.work, kept.id, before=_from_now_on(act.now))
        await organizations.grow(act.work)
        await act.log("client_resumed", of=kept.id)


async def end_tokens(vault: Vault, actor: Actor, *, key: str) -> None:
    """End every token a client has; it may get new ones at once."""
    async with acting(vault, actor, name="end_tokens") as act:
        _, kept = _client(act, key)
        await clients.end_tokens(act.work, kept.id, before=_from_now_on(act.now))
        await organizations.grow(act.work)
        await act.log("client_tokens_ended", of=kept.id)


async def show_clients(vault: Vault, actor: Actor, *, key: str | None = None) -> list[ClientShown]:
    """Return one client, or all, with their ceilings, and which of their credentials was used when."""
    async with acting(vault, actor, name="show_clients") as act:
        await act.log("clients_read")
        keys = act.here.organization.clients if key is None else [key]
        return [await _shown(act, of=_client(act, one)) for one in keys]


def _from_now_on(now: datetime) -> datetime:
    """Return the instant from which tokens count: to the second, as they are dated, and after this work is written.

    Whoever issues one meanwhile on what stood before dates it by PostgreSQL's clock, and so before that instant.
    """
    return now.replace(microsecond=0) + timedelta(seconds=2)


def _client(act: Acting, key: str) -> tuple[Client, Kept]:
    client, kept = act.here.organization.clients.get(key), act.here.clients.get(key)
    if client is None or kept is None:
        known = ", ".join(sorted(act.here.organization.clients))
        raise Unknown("unknown_client", f"the organization file declares no such client; there are {known}")
    return client, kept


def _with_secrets(act: Acting, key: str) -> Kept:
    client, kept = _client(act, key)
    if client.authentication.method != "client_secret_basic":
        raise Conflict("no_secret_needed", _WITH_KEYS)
    return kept


async def _new_secret(act: Acting, kept: Kept) -> str:
    secret = urlsafe_b64encode(act.vault.entropy.draw(_SECRET_BYTES)).rstrip(b"=").decode()
    await clients.add_secret(act.work, kept.id, digest=secret_digest(secret), recorded_at=act.now)
    await organizations.grow(act.work)
    await act.log("client_secret_made", of=kept.id)
    return secret


async def _shown(act: Acting, *, of: tuple[Client, Kept]) -> ClientShown:
    client, kept = of
    used = await uses.read(act.work, kept.id)
    made = {secret_name(digest): at for digest, at in (await clients.secrets(act.work, kept.id)).items()}
    published = [key.name for key in jwk.published(client.authentication.jwks)]
    names = made or published or used  # of keys a client publishes by itself, those it ever used
    return ClientShown(
        id=kept.id,
        client_id=f"{act.here.organization.slug}.{client.key}",
        title=client.title,
        method=client.authentication.method,
        secrets=len(kept.secrets),
        credentials=tuple(CredentialShown(name=name, made_at=made.get(name), used_at=used.get(name)) for name in names),
        used_at=max(used.values(), default=None),
        suspended_at=kept.suspended_at,
        tokens_from=kept.not_before,
        ceiling=client.ceiling,
    )
