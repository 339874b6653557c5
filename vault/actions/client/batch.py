"""A batch of requests to the authorization server, of one organization's clients: one COMMIT for all.

Whatever becomes of one request, the others of its batch are answered. An answer leaves only after the COMMIT, with an
entry for each: what was given and what was refused alike. Of two requests with the same assertion one wins. A batch
that only gives, refuses and introspects tokens is read by one statement and written by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final, Literal

import msgspec

from vault.actions import promises
from vault.actions.acting import written
from vault.actions.client import uses
from vault.actions.client.carriers import carrier
from vault.actions.client.signing_keys import issuing
from vault.actions.sign_in.codes import prove
from vault.actions.vault import Here, Vault, here
from vault.base.canonical import Json
from vault.base.errors import Denied
from vault.base.ids import CustomerId, OrganizationId, Subject
from vault.domain.actor import Actor
from vault.domain.decision.question import Promise
from vault.domain.organization import Authentication, plain
from vault.domain.sign_in.code import Wrong
from vault.oauth.answer import Answer, replayed, replayed_proof, too_many
from vault.oauth.client import Registered
from vault.oauth.grant import exchange
from vault.oauth.request import Request, claimed_id
from vault.oauth.server import Server
from vault.oauth.token import LIFETIME_SECONDS, Claims
from vault.store import log, organizations
from vault.store.client import assertions, revocations
from vault.store.client.assertions import Used
from vault.store.customer import customers
from vault.store.database import INSTALLATION, Work
from vault.store.log import Entry

Endpoint = Literal["token", "revoke", "introspect"]

_JTI: Final = 16
_REMEMBERED: Final = 20_000
_BREATH: Final = 8  # signatures hold the loop; between so many requests everybody else gets a turn
_REVOKED: Final = timedelta(seconds=LIFETIME_SECONDS + 60)


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A request on its way. `keys` is what its client publishes by itself, fetched as `authentication` says.

    `wait`: for how many seconds the client it names has to, should it prove to be the one; None for not at all.
    """

    endpoint: Endpoint
    request: Request
    client_id: str | None
    authentication: Authentication | None = None
    keys: Mapping[str, Any] | None = None
    wait: int | None = None

    @property
    def slug(self) -> str:
        """The organization it names; nothing for none."""
        return (self.client_id or "").partition(".")[0]

    @property
    def key(self) -> str:
        """What the organization file calls the client."""
        return (self.client_id or "").partition(".")[2]


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """It is of an organization that nobody knew here: ask there."""

    organization: OrganizationId


class Unfetched(msgspec.Struct, frozen=True, kw_only=True):
    """Its client publishes its keys by itself, and they are not at hand: fetch them as this says, and ask again."""

    authentication: Authentication


class _Batch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch under way; `at` is PostgreSQL's time. Without `here` it is of clients nobody knows."""

    vault: Vault
    work: Work
    server: Server
    now: datetime
    at: datetime
    here: Here | None


_Written = tuple[list[Entry], dict[Used, datetime]]
"""The entries that were written, and what was used up."""


class _Served(msgspec.Struct, kw_only=True):
    """A request with its answer, which stands when everything is written. `subject`: of whom, in an exchange."""

    asking: Asking
    client: Registered | None
    answer: Answer
    subject: Subject | None = None


async def serve(
    vault: Vault, organization: OrganizationId, *, asked: Sequence[Asking]
) -> list[Answer | Elsewhere | Unfetched]:
    """Answer requests to one organization; of `INSTALLATION`, those that name none, or one nobody knew yet.

    Of what a limit refuses nothing is written here.
    """
    key = await promises.promising(vault, organization) if organization != INSTALLATION else None
    server = (await issuing(vault)).server
    async with vault.database.work(organization, whole=False) as work:
        batch, answers, served = await _answered(vault, work, server=server, asked=asked)
        written = await _written_at_once(batch, served)
    if written is None:  # meanwhile somebody may have revoked what was found to live
        async with vault.database.work(organization) as work:
            batch, answers, served = await _answered(vault, work, server=server, asked=asked)
            written = await _written(batch, served)
    entries, used = written
    if key is not None:
        bodies = [body for _, body in entries]
        _promise(served, promises.promises(key, bodies, organization=organization, at=batch.at))
    _remember(vault, used)
    for one in served:
        if one.client is not None and one.answer.credential is not None:
            uses.note(vault, one.client, credential=one.answer.credential, at=batch.at)
    return [one.answer if isinstance(one, _Served) else one for one in answers]


async def _answered(
    vault: Vault, work: Work, *, server: Server, asked: Sequence[Asking]
) -> tuple[_Batch, list[_Served | Answer | Elsewhere | Unfetched], list[_Served]]:
    """Answer what was asked, as far as it can be without what is written; with it those that leave an entry here."""
    known: Mapping[str, OrganizationId] = {}
    current: Here | None = None
    now = vault.clock.now()
    if work.organization == INSTALLATION:
        known, at = await organizations.ids(work, {one.slug for one in asked})
        vault.memory.slugs |= known
    else:
        current, at = await here(vault, work)
    batch = _Batch(vault=vault, work=work, server=server, now=now, at=at, here=current)
    answers = [await _served(batch, one, place=place, known=known) for place, one in enumerate(asked)]
    return batch, answers, [one for one in answers if isinstance(one, _Served)]


async def _written_at_once(batch: _Batch, served: Sequence[_Served]) -> _Written | None:
    """Write all with one statement; where that cannot be, nothing.

    It cannot where a code is looked at or a token revoked, nor where an assertion or a proof came before, or twice.
    """
    used = _uses(served)
    if len({name for name, _ in used}) < len(used):
        return None
    if any(_wanted(one) is not None or one.answer.revoked is not None for one in served):
        return None
    entries = [_entry(batch, one) for one in served]
    if not used:
        await log.add(batch.work, entries)
    elif not await assertions.use_up(batch.work, dict(used), entries=entries):
        return None
    return entries, dict(used)


async def _written(batch: _Batch, served: Sequence[_Served]) -> _Written:
    """Look at codes, use assertions and proofs up, and revoke, which may change answers; then write their entries."""
    await _exchange(batch, served)
    used = await _use_up(batch, served)
    await _revoke(batch, served)
    entries = [_entry(batch, one) for one in served]
    await log.add(batch.work, entries)
    return entries, used


def _promise(served: Sequence[_Served], given: Sequence[Promise]) -> None:
    """Give clients that proved who they are the promise of their entry: whose log it is would tell others too much."""
    for one, own in zip(served, given, strict=True):
        if one.answer.credential is not None:
            headers = (*one.answer.headers, (promises.HEADER, promises.spelled(own)))
            one.answer = msgspec.structs.replace(one.answer, headers=headers)


async def _served(
    batch: _Batch, asking: Asking, *, place: int, known: Mapping[str, OrganizationId]
) -> _Served | Answer | Elsewhere | Unfetched:
    if place % _BREATH == _BREATH - 1:
        await asyncio.sleep(0)
    if asking.slug in known:
        return Elsewhere(organization=known[asking.slug])
    client = None if batch.here is None else _registered(batch, batch.here, asking=asking)
    if isinstance(client, Unfetched):
        return client
    answer = _again(batch, asking, client=client) or _answer(batch, asking, client=client)
    if asking.wait is not None and answer.credential is not None:
        return too_many(asking.wait)
    return _Served(asking=asking, client=client, answer=answer)


def _again(batch: _Batch, asking: Asking, *, client: Registered | None) -> Answer | None:
    """Refuse an assertion that this process has seen used, whoever sends it now, before anything is verified."""
    jti = claimed_id(asking.request) if client is not None else None
    return replayed() if client is not None and jti and (client.id, jti) in batch.vault.memory.used else None


def _remember(vault: Vault, used: Mapping[Used, datetime]) -> None:
    known = vault.memory.used
    if len(known) + len(used) > _REMEMBERED:
        for one in [*islice(known, len(known) // 2 + len(used))]:
            del known[one]
    known |= used


def _answer(batch: _Batch, asking: Asking, *, client: Registered | None, customer: CustomerId | None = None) -> Answer:
    server, request, now = batch.server, asking.request, batch.now
    match asking.endpoint:
        case "token":
            jti = batch.vault.entropy.draw(_JTI).hex()
            return server.token(request, client, now=now, jti=jti, customer=customer)
        case "revoke":
            return server.revoke(request, client, now=now)
        case "introspect":
            return server.introspect(request, client, now=now, lives=partial(_lives, batch))


def _lives(batch: _Batch, claims: Claims) -> bool:
    try:
        if batch.here is not None:
            batch.here.client(carrier(claims), batch.at)
    except Denied:
        return False
    return batch.here is not None


# ── Who asks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _registered(batch: _Batch, current: Here, *, asking: Asking) -> Registered | Unfetched | None:
    client, kept = current.organization.clients.get(asking.key), current.clients.get(asking.key)
    if client is None or kept is None:
        return None
    how = client.authentication
    if how.jwks_uri is not None and asking.authentication != how:
        return Unfetched(authentication=how)
    if (registered := current.registered.get(client.key)) is None:
        registered = current.registered[client.key] = Registered(
            organization=current.id,
            id=kept.id,
            client_id=f"{current.organization.slug}.{client.key}",
            authentication=how,
            ceiling=client.ceiling,
            secrets=kept.secrets,
            expires=client.expires,
            suspended=kept.suspended_at is not None,
            acts_for_customers=client.acts_for_customers,
        )
    # What ends tokens goes by PostgreSQL's clock: none is dated later than by that, and none before what ended others.
    dated = min(batch.now, batch.at)
    if kept.not_before is not None:
        dated = max(dated, kept.not_before)
    keys = asking.keys if how.jwks_uri is not None else None
    return msgspec.structs.replace(registered, keys=keys, dated=dated)


# ── What is written with the answers ─────────────────────────────────────────────────────────────────────────────────
async def _exchange(batch: _Batch, served: Sequence[_Served]) -> None:
    """Look at codes, last of all: whoever gets so far would have a token if the code were right."""
    missed = [(wanted, one) for one in served if (wanted := _wanted(one)) is not None]
    for wanted, one in sorted(missed, key=lambda pair: pair[0].customer):  # each holds its row: in one order
        if batch.here is None or one.client is None:
            continue
        found = await prove(batch.here, batch.work, customer=wanted.customer, code=wanted.code, client=one.client.id)
        if isinstance(found, Wrong):
            one.subject = next(iter(await customers.subjects(batch.work, [wanted.customer])), None)
        else:
            one.subject = found
            one.answer = _answer(batch, one.asking, client=one.client, customer=wanted.customer)


def _wanted(served: _Served) -> exchange.Exchange | None:
    return exchange.claimed(served.asking.request) if served.answer.customer == "missed" else None


async def _use_up(batch: _Batch, served: Sequence[_Served]) -> dict[Used, datetime]:
    """Use assertions and proofs up and return them; of those that came twice the first alone counts, here or before."""
    uses: dict[Used, datetime] = {}
    for name, expires in _uses(served):
        uses.setdefault(name, expires)
    fresh = await assertions.reserve(batch.work, uses) if uses else set()
    for one in served:
        for once, refused in ((one.answer.once, replayed), (one.answer.proof, replayed_proof)):
            if once is None or one.client is None:
                continue
            if (used := (one.client.id, once.jti)) not in fresh:
                one.answer = refused()
                break
            fresh.remove(used)
    return uses


def _uses(served: Sequence[_Served]) -> list[tuple[Used, datetime]]:
    """Return which assertions and proofs were sent, each until when it is believed."""
    return [
        ((one.client.id, once.jti), once.expires)
        for one in served
        if one.client is not None
        for once in (one.answer.once, one.answer.proof)
        if once is not None
    ]


async def _revoke(batch: _Batch, served: Sequence[_Served]) -> None:
    known = batch.here.revoked if batch.here is not None else {}
    found = [one.answer.revoked for one in served if one.answer.revoked is not None]
    if fresh := {token.jti: token.expires for token in found if token.jti not in known}:
        await revocations.add(batch.work, fresh, keep=_REVOKED)


def _entry(batch: _Batch, served: _Served) -> Entry:
    answer, client = served.answer, served.client
    actor = Actor(organization=batch.work.organization, kind="client", client=client.id if client is not None else None)
    kind, told = _told(served.asking.endpoint, answer)
    return written(
        batch.vault,
        actor,
        kind=kind,
        at=batch.at,
        credential=answer.credential,
        subject=served.subject,
        **told,
    )


def _told(endpoint: Endpoint, answer: Answer) -> tuple[str, dict[str, Json | None]]:
    """Return what the entry of an answer is called, and tells."""
    if answer.error is not None:
        return "token_refused", {"endpoint": endpoint, "error": answer.error, "reason": answer.reason}
    if answer.issued is not None:
        return "token_issued", _issued(answer.issued)
    if endpoint == "revoke":
        return "token_revoked", {"jti": answer.revoked.jti if answer.revoked is not None else None}
    found = answer.introspected
    return "token_introspected", {"jti": found.jti if found is not None else None, "active": found is not None}


def _issued(claims: Claims) -> dict[str, Json | None]:
    return {
        "jti": claims.jti,
        "scopes": [*sorted(claims.scopes)],
        "reach": None if claims.reach is None else plain(claims.reach),
        "bound": claims.jkt,
    }
