"""Permits with an answer: kept in the transaction that decides, signed after its COMMIT. Others pay nothing for it.

The address is opened to be hashed, after the COMMIT like all that leaves, and goes nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from vault.actions.client.signing_keys import signing_keys
from vault.actions.customer.points import read_point
from vault.actions.decision.answers import Prepared, Settled
from vault.actions.decision.senders import Proof, name
from vault.actions.vault import Vault
from vault.base.ids import raw
from vault.base.spelling import spelled
from vault.crypto.permit import address_hash
from vault.domain.decision.permit import TYPE, Permit, ends
from vault.domain.organization import CONTACT
from vault.oauth import jws
from vault.oauth.token import Keys
from vault.store.database import Work
from vault.store.decision import permits as store
from vault.store.decision import releases
from vault.store.decision.permits import NewPermit
from vault.store.decision.releases import Sealed


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A permit that is kept and not signed yet, with the address it is for, still sealed."""

    kept: NewPermit
    address: Sealed


async def keys(vault: Vault, asked: Sequence[Prepared]) -> Keys | None:
    """Return the keys to sign with, where anybody asks for a permit. Opens a work of its own, so never inside one."""
    if all(one.asked.question.permit_for is None for one in asked):
        return None
    return await signing_keys(vault)


async def horizon(work: Work, asked: Sequence[Prepared]) -> str | None:
    """Return what permits are kept with, before what they rest on is read; none where nobody asks for any."""
    if all(one.asked.question.permit_for is None for one in asked):
        return None
    return await store.horizon(work)


async def keep(work: Work, settled: Mapping[int, Settled], *, at: datetime, horizon: str) -> dict[int, Pending]:
    """Store the permits that go with these answers, and return them by place."""
    new = {place: made for place, one in settled.items() if (made := _permit(one, at=at)) is not None}
    if not new:
        return {}
    safe = next(iter(settled.values())).prepared.here.safe
    wanted = [releases.Wanted(customer=one.customer, attributes=(), point=one.point) for one in new.values()]
    sealed = dict(zip(new, await releases.read(work, safe, wanted=wanted), strict=True))
    kept = {place: one for place, one in new.items() if CONTACT in sealed[place].names}
    await store.add(work, list(kept.values()), horizon=horizon)
    return {place: Pending(kept=one, address=sealed[place]) for place, one in kept.items()}


def sign(vault: Vault, keys: Keys, *, pending: Pending, settled: Settled, proof: Proof) -> Proof:
    """Return the proof with the signed permit. Only after the COMMIT of the entry that tells of it."""
    prepared, kept = settled.prepared, pending.kept
    here, question, way = prepared.here, prepared.asked.question, prepared.way
    sender, key = name(here, question.permit_for or ""), here.safe.permits()
    address = releases.open_fields(here.safe, pending.address)[CONTACT]
    found_by = read_point(here, way.channel.reaches if way.channel is not None else "", value=address).index
    permit = Permit(
        iss=vault.issuer,
        aud=sender,
        sub=spelled(key.pseudonym(sender.encode(), raw(kept.subject).bytes)),
        iat=int(kept.at.timestamp()),
        exp=int(kept.expires_at.timestamp()),
        jti=kept.decision,
        purpose=kept.purpose,
        channel=kept.channel,
        to=spelled(address_hash(key.of_sender(sender.encode()), found_by.reveal().encode())),
        campaign=question.campaign,
        unsubscribe=proof.link,
    )
    return Proof(link=proof.link, permit=jws.sign(permit, keys.private, kid=keys.kid, typ=TYPE))


def _permit(settled: Settled, *, at: datetime) -> NewPermit | None:
    person, rests, prepared = settled.person, settled.basis, settled.prepared
    client = prepared.asked.actor.client
    if settled.sender is None or person is None or rests is None or rests.point is None or client is None:
        return None
    bounds = [bound for _, bound in rests.bounds]
    return NewPermit(
        customer=person.customer,
        subject=person.subject,
        decision=prepared.asked.decision,
        client=client,
        sender=prepared.here.clients[settled.sender].id,
        purpose=prepared.way.purpose.key,
        channel=prepared.channel,
        point=rests.point.id,
        named=rests.named is not None,
        at=at,
        expires_at=ends(at, until=rests.standing.until, bounds=bounds),
    )
