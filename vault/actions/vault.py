"""The parts an action works with, and what a worker holds of each organization."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import structlog

from vault.actions.gatherer import Gatherer
from vault.actions.log.parts import Sequencing
from vault.base.clock import Clock, Entropy
from vault.base.errors import Denied, Unavailable
from vault.base.ids import ClientId, OrganizationId
from vault.base.settings import OnFork
from vault.courier.parts import Courier
from vault.crypto.keyring import LIFETIME, Keyring
from vault.crypto.provider import KeyProvider
from vault.domain.access import PRINCIPALS, facts, refusal
from vault.domain.actor import Actor
from vault.domain.decision.basis import Way, way
from vault.domain.limit import Purse
from vault.domain.organization import Ceiling, Client, Organization
from vault.oauth.client import Registered
from vault.oauth.dpop.nonces import Nonces
from vault.oauth.key_set import KeySet
from vault.oauth.server import Server
from vault.oauth.token import Keys
from vault.policy.decide import Policies
from vault.policy.loader import load
from vault.store import keys, organizations
from vault.store.client import clients, revocations, signing_keys
from vault.store.client.assertions import Used
from vault.store.customer import brought
from vault.store.database import Database, Work
from vault.store.keys import Safe
from vault.store.log import state as log_state

_log = structlog.get_logger()

_NO_ORGANIZATION: Final = "there is no such organization here; `consent-vault apply FILE` makes one"


class Here(msgspec.Struct, frozen=True, kw_only=True):
    """One organization as it stood at an epoch: what it declares, its policies, its keys, its clients, dead tokens.

    `revoked` says until when a token's id has to be remembered. It may know of revocations after the epoch.
    `stopped` is why the log signs no more, if that is to end decisions; `undone`, whether an import was ever undone.
    """

    id: OrganizationId
    epoch: int
    configuration: str
    organization: Organization
    clients: Mapping[str, clients.Kept]
    revoked: dict[str, datetime]
    policies: Policies
    safe: Safe
    ways: dict[tuple[str, str], Way]
    registered: dict[str, Registered]
    gates: dict[tuple[Any, ...], Any]  # of what `decision.gate` asks and answers
    stopped: str | None = None
    undone: bool = True

    def way(self, purpose_key: str, channel_key: str) -> Way:
        """Return a purpose over a channel; `Invalid` for a key nobody declared, or a channel it cannot use."""
        if (found := self.ways.get((purpose_key, channel_key))) is None:
            found = self.ways[purpose_key, channel_key] = way(self.organization, purpose_key, channel=channel_key)
        return found

    def admit(self, actor: Actor, name: str, *, now: datetime) -> None:
        """Refuse an actor whom the policies do not let do this; whoever sits at the machine they do not ask."""
        if actor.at_the_machine:
            return
        if actor.client is not None:
            self.client(actor, now)
        self.allow(actor, name, now=now)

    def allow(self, actor: Actor, name: str, *, now: datetime) -> None:
        """Refuse an actor whom the policies do not let do this; whether a token still counts is not asked here."""
        principal = (PRINCIPALS[actor.kind], actor.key or actor.kind)
        verdict = self.policies.access(facts(actor, now), principal=principal, operation=name)
        if verdict.error:
            _log.error("policy_error", operation=name, configuration=self.configuration)
        if not verdict.allowed:
            raise refusal(actor, verdict.policies, failed=verdict.error)

    def client(self, actor: Actor, now: datetime) -> Client:
        """Return what the file says of the acting client; `Denied` if its token counts for nothing any more."""
        client = self.bearer(actor, now)
        if self.is_suspended(client):
            raise Denied("invalid_token", "this token is of a client that is suspended")
        return client

    def bearer(self, actor: Actor, now: datetime) -> Client:
        """Return the acting client, which may be suspended; `Denied` if it is gone, has expired, or its token has."""
        client, kept = self.organization.clients.get(actor.key or ""), self.clients.get(actor.key or "")
        if client is None or kept is None or kept.id != actor.client:
            raise Denied("invalid_token", "this token is of a client that is no longer registered")
        if client.expires is not None and client.expires < now.date():
            raise Denied("invalid_token", "this token is of a client whose time is over")
        if kept.not_before is not None and (actor.issued_at is None or actor.issued_at < kept.not_before):
            raise Denied("invalid_token", "the tokens of this client were ended; get a new one")
        if actor.token in self.revoked:
            raise Denied("invalid_token", "this token was revoked; get a new one")
        return client

    def is_suspended(self, client: Client) -> bool:
        """Whether a client may do nothing for now."""
        return self.clients[client.key].suspended_at is not None

    def ceiling(self, actor: Actor, now: datetime) -> Ceiling:
        """Return how far the acting client may go by this token; `Denied` as `client` says."""
        ceiling = self.client(actor, now).ceiling
        return ceiling if actor.reach is None else actor.reach.within(ceiling)


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration as it is kept: the applied file as written and as read, the policies and their schema."""

    file: str
    organization: Organization
    policies: Mapping[str, str]


class Believed(msgspec.Struct, frozen=True, kw_only=True):
    """A token that was verified: whose it is, until when, and the thumbprint of the key it is bound to, if it is."""

    actor: Actor
    expires: datetime
    jkt: str | None


class Signing(msgspec.Struct, kw_only=True):
    """The signing keys as they were read at a time of `clock.passed`, and what they were last made into."""

    kept: list[signing_keys.Kept]
    read_at: float
    keys: Keys | None = None


class Promising(msgspec.Struct, frozen=True, kw_only=True):
    """The key that signs an organization's promises, what it is called, and when it was opened."""

    key: Any  # a `NoteKey`, whose kinds the framework cannot read
    id: str
    opened_at: datetime

    def __repr__(self) -> str:
        return f"Promising({self.id})"

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may be held any longer."""
        return timedelta(0) <= now - self.opened_at < LIFETIME


class Issuing(msgspec.Struct, frozen=True, kw_only=True):
    """The authorization server with these keys, and its nonces."""

    keys: Keys
    nonces: Nonces
    server: Server


class Memory(msgspec.Struct, kw_only=True):
    """What this process remembers, and could read anew: organizations for an epoch, tokens until they end, keys."""

    here: dict[OrganizationId, Here] = {}
    believed: dict[bytes, Believed] = {}
    signing: Signing | None = None
    issuing: Issuing | None = None
    promising: dict[OrganizationId, Promising] = {}
    gatherers: dict[OrganizationId, Gatherer[Any, Any]] = {}  # of what `decisions` asks and answers
    used: dict[Used, datetime] = {}  # assertions and proofs, for as long as they would be believed
    token_gatherers: dict[OrganizationId, Gatherer[Any, Any]] = {}  # of what `tokens` asks and answers
    proofs: dict[OrganizationId, Gatherer[Any, Any]] = {}  # of what `carriers` uses up
    purses: dict[tuple[OrganizationId, bytes], tuple[Purse, Gatherer[tuple[int, int], int]]] = {}
    refused: dict[tuple[Actor, str], int] = {}  # by limits, and not yet told to the log
    uses: dict[tuple[OrganizationId, ClientId, str], datetime] = {}  # of clients' credentials, as written down
    unwritten: dict[tuple[OrganizationId, ClientId, str], datetime] = {}  # and not yet
    installation: Safe | None = None
    key_sets: dict[str, KeySet] = {}  # of clients, by `jwks_uri`
    fetching: dict[str, asyncio.Task[None]] = {}
    slugs: dict[str, OrganizationId] = {}  # which never come to mean another organization
    providers: dict[str, tuple[datetime, Any]] = {}  # sign-in providers' metadata as read, by issuer


class Vault(msgspec.Struct, frozen=True, kw_only=True):
    """The vault's parts. `lanes` batches of decisions of at most `most` run at a time for each organization.

    `sequencing` is the worker's own way to the log; `on_fork` says whether decisions go on when the log is stopped.
    `witnesses` are the verifier keys of those who are asked to cosign.
    """

    clock: Clock
    entropy: Entropy
    database: Database
    provider: KeyProvider
    keyring: Keyring
    issuer: str
    sequencing: Sequencing | None = None
    on_fork: OnFork = "answer"
    witnesses: tuple[str, ...] = ()
    courier: Courier
    lanes: int = 2
    most: int = 256
    per_network: int = 100
    proxies: tuple[Any, ...] = ()  # `Network`s, of which the framework can read only one kind
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
    if held is not None and held.epoch == epoch and held.stopped is None:
        return held
    fresh = await _read(vault, work, held=held)
    held = vault.memory.here.get(work.organization)
    if held is None or held.epoch < fresh.epoch or held.stopped is not None:
        vault.memory.here[work.organization] = fresh
    return fresh


def forget(vault: Vault) -> None:
    """Let go of keys, and of tokens that have ended: an idle process holds no key for longer than five minutes."""
    now = vault.clock.now()
    vault.keyring.forget_expired()
    if vault.memory.installation is not None:
        vault.memory.installation.forget()
    for organization in [own for own, key in vault.memory.promising.items() if not key.is_fresh(now)]:
        del vault.memory.promising[organization]
    for held in vault.memory.here.values():
        held.safe.forget()
        for token in [token for token, ends in held.revoked.items() if ends < now]:
            del held.revoked[token]
    for used in [used for used, ends in vault.memory.used.items() if ends < now]:
        del vault.memory.used[used]
    for name in [name for name, token in vault.memory.believed.items() if token.expires < now]:
        del vault.memory.believed[name]


def rebuild(document: bytes) -> tuple[Organization, Policies]:
    """Return what a kept configuration declares, and its policies; the same years later."""
    kept = msgspec.json.decode(document, type=Document)
    return kept.organization, load(kept.policies, kept.organization)


async def _read(vault: Vault, work: Work, *, held: Here | None) -> Here:
    """Read the organization. The epoch first: what is read after it is of that epoch, or of a later one."""
    kept = await organizations.by_id(work)
    if kept is None:
        raise Unavailable("no_organization", _NO_ORGANIZATION)
    if held is None or held.configuration != kept.configuration:
        declared, policies, ways = await _declared(work, kept.configuration)
    else:
        declared, policies, ways = held.organization, held.policies, held.ways
    return Here(
        id=work.organization,
        epoch=kept.epoch,
        configuration=kept.configuration,
        organization=declared,
        clients=await clients.read(work),
        revoked=await _revoked(work, held=held),
        policies=policies,
        safe=await keys.read(work, vault.keyring, entropy=vault.entropy),
        ways=ways,
        registered={},
        gates={},
        stopped=await log_state.stopped(work) if vault.on_fork == "refuse" else None,
        undone=await brought.is_any_undone(work),
    )


async def _declared(work: Work, configuration: str) -> tuple[Organization, Policies, dict[tuple[str, str], Way]]:
    document = await organizations.configuration(work, configuration)
    if document is None:
        raise Unavailable("no_organization", _NO_ORGANIZATION)
    return *rebuild(document), {}


async def _revoked(work: Work, *, held: Here | None) -> dict[str, datetime]:
    """Return the tokens revoked; of many, only what came since the epoch held is read."""
    known = {} if held is None else held.revoked
    known |= await revocations.since(work, -1 if held is None else held.epoch)
    return known
