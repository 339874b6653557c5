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
from vault.actions.customer.customers import locked
from vault.actions.record import accesses, history
from vault.actions.record.accesses import Access
from vault.actions.record.history import Line
from vault.actions.rights.asking import Asked, read
from vault.actions.vault import Vault
from vault.base.ids import REQUEST, CustomerId, EntryId, FactId, RequestId, Subject
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.audit.commitment import unpacked
from vault.domain.audit.opened import Looked
from vault.domain.choices.preference import Preference
from vault.domain.rights.request import COPIES, Request, Right
from vault.domain.sign_in.device import shown as device_shown
from vault.store import keys
from vault.store.customer import consents, copying, preferences, requests
from vault.store.customer.copying import CopiedField, CopiedPoint, CopiedReference
from vault.store.customer.requests import Kept
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


async def copy(vault: Vault, actor: Actor, *, right: Right) -> Copy:
    """Return the copy; `Denied` for whoever signed in longer than ten minutes ago. What was asked for is done by it."""
    async with acting(vault, actor, name="me_copy") as act:
        subject = await locked(act, actor.me)
        safe, work = act.here.safe, act.work
        key = await keys.opened(work, safe, customer=actor.me, kind="data")
        proof = await keys.opened(work, safe, customer=actor.me, kind="proof")
        held = await copying.read(work, actor.me)
        wished = await preferences.of(work, actor.me)
        _, lines = await history.read(act, actor.me)
        evidence = await consents.evidence(work, [line.fact.id for line in lines])
        asked = await accesses.everything(act, await person_of(act))
        looks = await details.about(work, subject, what="reason", limit=MOST)
        shown = await details.about(work, subject, what="details", limit=MOST)
        await _answer(act, subject=subject, right=right)
        kept = await requests.of(work, actor.me)
        await act.log("copy_made", subject=subject, right=right)
    holder = Holder(subject=subject, key=key)
    return Copy(
        organization=act.here.organization.name,
        made_at=act.now,
        customer=actor.me,
        subject=subject,
        registered_at=held.registered_at,
        locale=held.locale,
        time_zone=held.time_zone,
        minor_until=held.minor_until,
        locked_since=held.restricted_since,
        attributes=copying.attributes(safe, key, sealed=held),
        contact_points=copying.points(safe, key, sealed=held),
        external=copying.references(safe, key, sealed=held),
        preferences=wished,
        said=tuple(msgspec.structs.replace(line, notice=None) for line in lines),
        evidence={
            fact: _named(consents.unseal(safe, proof, fact=fact, sealed=sealed)) for fact, sealed in evidence.items()
        },
        asked=tuple(asked),
        looked=tuple(looked(safe, holder, detail=one, body=body) for one, body in looks),
        requests=tuple(read(act, one, key=key) for one in kept),
        devices=tuple(_devices(act, holder, found=shown)),
        signed_in=held.signed_in,
        passkeys=held.passkeys,
    )


async def _answer(act: Acting, *, subject: Subject, right: Right) -> None:
    """Close what asked for a copy; where nothing did, note that one was asked for and given."""
    found = [one for one in await requests.of(act.work, act.actor.me) if one.request.is_open]
    waiting = [one for one in found if one.request.right in COPIES]
    if not waiting:
        made = Request(id=RequestId(act.id(REQUEST)), right=right, asked_at=act.now)
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
