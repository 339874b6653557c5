"""The copy: all that is held of whoever is signed in, opened after the COMMIT of its entry, and kept nowhere.

It answers GDPR Art. 15 and Art. 20 alike. What others said of a shared address, and who they are, is in no copy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.audit.breaking import looked
from vault.actions.choices.saying import person_of
from vault.actions.customer import whole
from vault.actions.record import accesses, history
from vault.actions.record.accesses import Access
from vault.actions.record.history import Line
from vault.actions.rights.asking import Asked, read
from vault.actions.vault import Vault
from vault.base.ids import REQUEST, CustomerId, EntryId, FactId, Subject
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.audit.commitment import unpacked
from vault.domain.audit.opened import Looked
from vault.domain.choices.preference import Preference
from vault.domain.merging.whole import wishes
from vault.domain.rights.request import COPIES, Request, Right
from vault.domain.sign_in.device import shown as device_shown
from vault.store import keys
from vault.store.customer import consents, copying, preferences, requests
from vault.store.customer.copying import CopiedField, CopiedPoint, CopiedReference, Sealed
from vault.store.customer.requests import Kept
from vault.store.keys import CustomerKey
from vault.store.log import details
from vault.store.log.details import Holder

MOST: Final = 10_000


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a device of theirs showed, beside an entry."""

    entry: EntryId
    at: datetime
    address: Personal
    user_agent: Personal


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """Everything. `evidence` is what clients brought to show a yes, by the fact it is of."""

    organization: str
    made_at: datetime
    customer: CustomerId
    subject: Subject
    registered_at: datetime
    locale: str | None
    time_zone: str | None
    minor_until: date | None
    locked_since: datetime | None
    attributes: tuple[CopiedField, ...]
    contact_points: tuple[CopiedPoint, ...]
    external: tuple[CopiedReference, ...]
    preferences: Preference
    said: tuple[Line, ...]
    evidence: Mapping[FactId, Mapping[str, Personal]]
    asked: tuple[Access, ...]
    looked: tuple[Looked, ...]
    requests: tuple[Asked, ...]
    devices: tuple[Shown, ...]
    signed_in: tuple[datetime, ...]
    passkeys: int

    def __repr__(self) -> str:
        return f"Copy(said={len(self.said)}, asked={len(self.asked)})"


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """What lies under the key of one customer, still sealed."""

    subject: Subject
    key: CustomerKey
    proof: CustomerKey
    held: Sealed
    said: frozenset[FactId]
    looks: Sequence[tuple[details.Detail, bytes]]
    shown: Sequence[tuple[details.Detail, bytes]]
    requests: Sequence[Kept]

    @property
    def holder(self) -> Holder:
        """Who opens details that lie sealed beside the log."""
        return Holder(subject=self.subject, key=self.key)


async def copy(vault: Vault, actor: Actor, *, right: Right) -> Copy:
    """Return the copy; `Denied` for whoever signed in longer than ten minutes ago. What was asked for is done by it."""
    async with acting(vault, actor, name="me_copy") as act:
        whose = await whole.hold(act, actor.me)
        subject, work = whose[actor.me], act.work
        wished = wishes([await preferences.of(work, one) for one in whose])
        _, lines = await history.read(act, actor.me)
        evidence = await consents.evidence(work, [line.fact.id for line in lines])
        asked = await accesses.everything(act, await person_of(act))
        await _answer(act, subject=subject, right=right)
        parts = [await _part(act, one, subject=under) for one, under in whose.items()]
        await act.log("copy_made", subject=subject, right=right)
    first, safe = parts[0].held, act.here.safe
    return Copy(
        organization=act.here.organization.name,
        made_at=act.now,
        customer=actor.me,
        subject=subject,
        registered_at=min(part.held.registered_at for part in parts),
        locale=first.locale,
        time_zone=first.time_zone,
        minor_until=max((part.held.minor_until for part in parts if part.held.minor_until), default=None),
        locked_since=min((part.held.restricted_since for part in parts if part.held.restricted_since), default=None),
        attributes=tuple(one for part in parts for one in copying.attributes(safe, part.key, sealed=part.held)),
        contact_points=tuple(one for part in parts for one in copying.points(safe, part.key, sealed=part.held)),
        external=tuple(one for part in parts for one in copying.references(safe, part.key, sealed=part.held)),
        preferences=wished,
        said=tuple(msgspec.structs.replace(line, notice=None) for line in lines),
        evidence=_evidence(act, parts, sealed=evidence),
        asked=tuple(asked),
        looked=tuple(looked(safe, part.holder, detail=one, body=body) for part in parts for one, body in part.looks),
        requests=tuple(read(act, one, key=part.key) for part in parts for one in part.requests),
        devices=tuple(one for part in parts for one in _devices(act, part.holder, found=part.shown)),
        signed_in=tuple(sorted(at for part in parts for at in part.held.signed_in)),
        passkeys=sum(part.held.passkeys for part in parts),
    )


async def _part(act: Acting, customer: CustomerId, *, subject: Subject) -> _Part:
    """Read what lies under one key: of whoever was merged there are several."""
    work, safe = act.work, act.here.safe
    return _Part(
        subject=subject,
        key=await keys.opened(work, safe, customer=customer, kind="data"),
        proof=await keys.opened(work, safe, customer=customer, kind="proof"),
        held=await copying.read(work, customer),
        said=frozenset(fact.id for fact in await consents.every(work, subject)),
        looks=await details.about(work, subject, what="reason", limit=MOST),
        shown=await details.about(work, subject, what="details", limit=MOST),
        requests=await requests.of(work, customer),
    )


def _evidence(
    act: Acting, parts: Sequence[_Part], *, sealed: Mapping[FactId, bytes]
) -> dict[FactId, Mapping[str, Personal]]:
    """Open what proves each word, under the key of whoever said it."""
    return {
        fact: _named(consents.unseal(act.here.safe, part.proof, fact=fact, sealed=one))
        for fact, one in sealed.items()
        for part in parts
        if fact in part.said
    }


async def _answer(act: Acting, *, subject: Subject, right: Right) -> None:
    """Close what asked for a copy; where nothing did, note that one was asked for and given."""
    found = [one for one in await requests.of(act.work, act.actor.me) if one.request.is_open]
    waiting = [one for one in found if one.request.right in COPIES]
    if not waiting:
        made = Request(id=act.id(REQUEST), right=right, asked_at=act.now)
        waiting = [Kept(customer=act.actor.me, subject=subject, request=made)]
    for one in waiting:
        await requests.keep(act.work, msgspec.structs.replace(one, request=one.request.done(act.now)))


def _devices(act: Acting, holder: Holder, *, found: Sequence[tuple[details.Detail, bytes]]) -> list[Shown]:
    shown = []
    for one, body in found:
        device = device_shown(unpacked(details.unseal(act.here.safe, holder, detail=one)).text)
        at = datetime.fromisoformat(json.loads(body)["at"])
        shown.append(Shown(entry=one.entry, at=at, address=device.address, user_agent=device.user_agent))
    return shown


def _named(text: Personal) -> dict[str, Personal]:
    told: dict[str, Any] = json.loads(text.reveal())  # what a client sent: names and texts
    return {name: Personal(str(value)) for name, value in told.items()}
