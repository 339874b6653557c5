"""Receipts: a customer takes home what they said, signed by the organization's lasting key. Each issuing is an entry.

The key is the one that signs inclusion promises: it lasts, and its public half is an entry of the log. The person is
named by the customer id alone: the organization finds them by it, it says nothing about them, and once they are erased
it leads to nobody. The subject, under which the log is kept, is in no receipt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.customer.customers import meant
from vault.actions.promises import promising
from vault.actions.record.history import Line, Shown, read
from vault.actions.vault import Promising, Vault
from vault.base.canonical import Json
from vault.base.errors import Conflict, Unknown
from vault.base.ids import RECEIPT, CustomerId, FactId, OrganizationId
from vault.crypto import detached
from vault.domain.actor import Actor
from vault.domain.organization import EVERY, Organization
from vault.domain.receipt.check import Format
from vault.domain.receipt.iso_27560 import iso_27560
from vault.domain.receipt.kantara import kantara
from vault.domain.receipt.told import Said, Told, covered, events
from vault.store.log import promise_keys

_KIND: Final = "consent-receipt"
_ENTRY: Final = 500  # receipts that one entry tells of

Why = Literal["evidence_missing", "unconfirmed", "undone", "no_consent", "no_yes"]


class NoReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Something said that there is no receipt of in this format. `missing` are names of evidence nobody could show."""

    fact: FactId
    why: Why
    missing: tuple[str, ...] = ()


class Receipts(msgspec.Struct, frozen=True, kw_only=True):
    """Every receipt of a customer, the newest first, and what there is none of."""

    receipts: list[dict[str, Any]]
    without: list[NoReceipt]


async def receipts(vault: Vault, actor: Actor, *, form: Format = "iso-27560") -> Receipts:
    """Return signed receipts of all that whoever acts said; for a client, within its ceiling."""
    key = await promising(vault, actor.organization)
    async with acting(vault, actor, name="me_receipts") as act:
        lines, customer, subject = await _lines(act)
        without = [one for line in lines if (one := await _without(act, line, form=form)) is not None]
        refused = {one.fact for one in without}
        told = [await _told(act, line, lines=lines, customer=customer) for line in lines if line.fact.id not in refused]
        for some in _some(told):
            await _log(act, some, subject=subject, form=form)
    return Receipts(receipts=[_signed(key, one, form=form) for one in told], without=without)


async def receipt(vault: Vault, actor: Actor, *, fact: str, form: Format = "iso-27560") -> dict[str, Json]:
    """Return the signed receipt of one thing that whoever acts said; `Conflict` says why there is none."""
    key = await promising(vault, actor.organization)
    async with acting(vault, actor, name="me_receipt") as act:
        lines, customer, subject = await _lines(act)
        line = next((one for one in lines if one.fact.id == fact), None)
        if line is None:
            raise Unknown("unknown_fact", "nothing of the kind was said by this customer")
        if (none := await _without(act, line, form=form)) is not None:
            raise _conflict(none)
        told = await _told(act, line, lines=lines, customer=customer)
        await _log(act, [told], subject=subject, form=form)
    return _signed(key, told, form=form)


async def public_keys(vault: Vault, organization: OrganizationId) -> list[dict[str, str]]:
    """Return the public halves of the keys that sign receipts, as JWKs; none before the first was signed."""
    held = vault.memory.promising.get(organization)
    if held is None or not held.is_fresh(vault.clock.now()):
        async with vault.database.work(organization) as work:
            if await promise_keys.read(work, vault.provider) is None:
                return []
        held = await promising(vault, organization)
    return [detached.public_jwk(held.key, kid=held.id)]


async def _lines(act: Acting) -> tuple[list[Line], CustomerId, str]:
    """Return what may be told: all to the customer, to a client what its ceiling names."""
    customer = meant(act, None)
    subject, lines = await read(act, customer)
    if act.actor.client is None:
        return lines, customer, subject
    ceiling = act.here.ceiling(act.actor, act.now)
    channels = {*ceiling.channels, EVERY}
    within = [one for one in lines if one.fact.purpose in ceiling.purposes and one.fact.channel in channels]
    return within, customer, subject


async def _without(act: Acting, line: Line, *, form: Format) -> NoReceipt | None:
    fact = line.fact
    if line.receipt:
        return NoReceipt(fact=fact.id, why="no_yes") if form == "kantara" and fact.kind != "granted" else None
    if line.worth.why == "evidence_missing":
        return NoReceipt(fact=fact.id, why="evidence_missing", missing=line.missing)
    if line.worth.why == "undone":
        return NoReceipt(fact=fact.id, why="undone")
    return NoReceipt(
        fact=fact.id, why="unconfirmed" if covered(fact, await Shown(act).declared(fact)) else "no_consent"
    )


def _conflict(none: NoReceipt) -> Conflict:
    details: dict[Why, str] = {
        "evidence_missing": "somebody told of this yes and could not show it, so it does not count and has no receipt",
        "unconfirmed": "this yes was never confirmed, so it has no receipt",
        "undone": "the import that brought this was undone, so it counts no more and has no receipt",
        "no_consent": "this does not rest on consent, so it has no consent receipt",
        "no_yes": "this format knows a yes only; ask for iso-27560",
    }
    lacking = f"; missing: {', '.join(none.missing)}" if none.missing else ""
    return Conflict("no_receipt", details[none.why] + lacking)


async def _told(act: Acting, line: Line, *, lines: Sequence[Line], customer: CustomerId) -> Told:
    organization = await Shown(act).declared(line.fact)
    said = _said(line)
    return Told(
        id=act.id(RECEIPT),
        created=act.now,
        customer=customer,
        site=f"{act.vault.issuer}/p/{act.here.organization.slug}/",
        organization=_responsible(organization, now=act.here.organization),
        said=said,
        covered=covered(line.fact, organization),
        events=events(said, [_said(one) for one in lines if one.worth.why != "undone"], organization=organization),
    )


def _said(line: Line) -> Said:
    return Said(fact=line.fact, worth=line.worth, notice=line.notice, words=line.words)


def _responsible(then: Organization, *, now: Organization) -> Organization:
    """Return declarations of then under who is responsible, and where to complain, today."""
    return msgspec.structs.replace(
        then, name=now.name, contact=now.contact, officer=now.officer, complaints=now.complaints
    )


def _some(told: Sequence[Told]) -> Iterator[Sequence[Told]]:
    for start in range(0, max(len(told), 1), _ENTRY):
        yield told[start : start + _ENTRY]


async def _log(act: Acting, told: Sequence[Told], *, subject: str, form: Format) -> None:
    issued: list[Json] = [one.id for one in told]
    facts: list[Json] = [one.fact.id for one in told]
    await act.log("receipts_issued", subject=subject, format=form, receipts=issued, facts=facts)


def _signed(key: Promising, told: Told, *, form: Format) -> dict[str, Json]:
    document = kantara(told) if form == "kantara" else iso_27560(told)
    return document | {"signature": detached.sign(key.key, document, kid=key.id, kind=_KIND)}
