"""The parts an action works with, and what a worker holds of each organization."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from vault.actions.gatherer import Gatherer
from vault.base.clock import Clock, Entropy
from vault.base.errors import Denied, Invalid, Unavailable
from vault.base.ids import ClientId, OrganizationId
from vault.courier.parts import Courier
from vault.crypto.keyring import Keyring
from vault.crypto.provider import KeyProvider
from vault.domain.access import PRINCIPALS, facts, refusal
from vault.domain.actor import Actor
from vault.domain.decision.basis import Way
from vault.domain.organization import EVERY, Client, Organization
from vault.domain.standing import rule
from vault.oauth.key_set import KeySet
from vault.oauth.token import Keys
from vault.policy.decide import Policies
from vault.policy.loader import load
from vault.store import keys, organizations
from vault.store.database import Database, Work
from vault.store.keys import Safe

_NO_ORGANIZATION: Final = "there is no such organization here; `consent-vault apply FILE` makes one"


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """One organization as it stood at an epoch: what it declares, its policies, its keys."""

    id: OrganizationId
    epoch: int
    configuration: str
    organization: Organization
    clients: Mapping[str, ClientId]
    policies: Policies
    safe: Safe
    ways: dict[tuple[str, str], Way]

    def way(self, purpose_key: str, channel_key: str) -> Way:
        """Return a purpose over a channel; `Invalid` for a key nobody declared, or a channel it cannot use."""
        if (way := self.ways.get((purpose_key, channel_key))) is None:
            purpose = self.organization.purpose(purpose_key)
            channel = None if channel_key == EVERY and not purpose.channels else self.organization.channel(channel_key)
            if channel is not None and channel_key not in purpose.channels:
                raise Invalid("channel_not_for_purpose", "this purpose does not use this channel")
            way = Way(
                organization=self.organization,
                purpose=purpose,
                channel=channel,
                rule=rule(self.organization, purpose, channel=channel_key),
            )
            self.ways[purpose_key, channel_key] = way
        return way

    def admit(self, actor: Actor, name: str, *, now: datetime) -> None:
        """Refuse an actor whom the policies do not let do this; whoever sits at the machine they do not ask."""
        if actor.at_the_machine:
            return
        if actor.client is not None:
            self.client(actor, now)
        principal = (PRINCIPALS[actor.kind], actor.key or actor.kind)
        verdict = self.policies.access(facts(actor, now), principal=principal, operation=name)
        if not verdict.allowed:
            raise refusal(actor, verdict.policies)

    def client(self, actor: Actor, now: datetime) -> Client:
        """Return what the file says of the acting client; `Denied` for one it no longer names or that has expired."""
        client = self.organization.clients.get(actor.key or "")
        if client is None or self.clients.get(client.key) != actor.client:
            raise Denied("invalid_token", "this token is of a client that is no longer registered")
        if client.expires is not None and client.expires < now.date():
            raise Denied("invalid_token", "this token is of a client whose time is over")
        return client


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration as it is kept: the applied file as written and as read, the policies and their schema."""

    file: str
    organization: Organization
    policies: Mapping[str, str]


class Memory(msgspec.Struct, kw_only=True):
    """What this process remembers, and could read anew: organizations for an epoch, tokens until they end, keys."""

    here: dict[OrganizationId, Here] = {}
    believed: dict[bytes, tuple[datetime, Actor]] = {}
    keys: Keys | None = None
    gatherers: dict[OrganizationId, Gatherer[Any, Any]] = {}  # of what `decisions` asks and answers
    key_sets: dict[str, KeySet] = {}  # of clients, by `jwks_uri`
    fetching: dict[str, asyncio.Task[None]] = {}


class Vault(msgspec.Struct, frozen=True, kw_only=True):
    """The vault's parts. `lanes` batches of decisions of at most `most` run at a time for each organization."""

    clock: Clock
    entropy: Entropy
    database: Database
    provider: KeyProvider
    keyring: Keyring
    issuer: str
    courier: Courier
    lanes: int = 2
    most: int = 256
    memory: Memory = msgspec.field(default_factory=Memory)


async def here(vault: Vault, work: Work) -> tuple[Here, datetime]:
    """Return the organization as it stands now, and PostgreSQL's time. Reads it anew when the epoch moved."""
    found = await organizations.epoch(work)
    if found is None:
        raise Unavailable("no_organization", _NO_ORGANIZATION)
    epoch, now = found
    return await at_epoch(vault, work, epoch=epoch), now


async def at_epoch(vault: Vault, work: Work, *, epoch: int) -> Here:
    """Return the organization as it stands at `epoch`, which a query of this work has just returned."""
    held = vault.memory.here.get(work.organization)
    if held is not None and held.epoch == epoch:
        return held
    fresh = await _read(vault, work)
    vault.memory.here[work.organization] = fresh
    return fresh


def rebuild(document: bytes) -> tuple[Organization, Policies]:
    """Return what a kept configuration declares, and its policies; the same years later."""
    kept = msgspec.json.decode(document, type=Document)
    return kept.organization, load(kept.policies, kept.organization)


async def _read(vault: Vault, work: Work) -> Here:
    kept = await organizations.by_id(work)
    document = None if kept is None else await organizations.configuration(work, kept.configuration)
    if kept is None or document is None:
        raise Unavailable("no_organization", _NO_ORGANIZATION)
    declared, policies = rebuild(document)
    return Here(
        id=work.organization,
        epoch=kept.epoch,
        configuration=kept.configuration,
        organization=declared,
        clients=await organizations.clients(work),
        policies=policies,
        safe=await keys.read(work, vault.keyring, entropy=vault.entropy),
        ways={},
    )
