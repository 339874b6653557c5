"""Breaking the glass: an auditor opens what lies sealed beside an entry, or somebody's fields, and says why.

The reason is sealed like what it opens, under the key of whoever is concerned, and they are shown it; the entry commits
to it. What is opened is opened after the COMMIT of that entry. Of somebody erased nothing opens, and that is told too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
import structlog

from vault.actions.acting import Acting, acting
from vault.actions.audit.details import Secret
from vault.actions.vault import Vault
from vault.base.canonical import Json
from vault.base.errors import Gone, Invalid, Unknown
from vault.base.ids import CUSTOMER, ENTRY, SUBJECT, EntryId, Subject, read, show
from vault.base.personal import Personal
from vault.crypto.box import SealError
from vault.domain.actor import Actor
from vault.domain.audit.commitment import MEMBERS, Opening, What, read_reason, unpacked
from vault.domain.audit.opened import Looked, OpenedDetails, OpenedField, OpenedName
from vault.domain.sign_in.device import Device, shown
from vault.store import keys, log
from vault.store.customer import customers, fields
from vault.store.keys import Safe
from vault.store.log import details
from vault.store.log.details import Detail, Holder

_MOST_LOOKS: Final = 200

_log = structlog.get_logger()


class _Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry committed to, and what of it is left with the key that opens it; whose key the customer's is."""

    committed: Mapping[What, str]
    left: Sequence[tuple[Detail, Holder]]
    subject: Subject | None
    customer: Holder | None

    @property
    def gone(self) -> tuple[What, ...]:
        """What is left no more."""
        left = {one.what for one, _ in self.left}
        return tuple(what for what in self.committed if what not in left)


async def open_details(vault: Vault, actor: Actor, *, entry: EntryId, reason: Personal) -> OpenedDetails:
    """Open what lies sealed beside an entry; `Unknown` where nothing ever did, `Gone` where it was erased."""
    read(ENTRY, entry)
    async with acting(vault, actor, name="open_details") as act:
        why = read_reason(reason)
        found = await _beside(act, entry)
        outcome = "opened" if found.left else "gone"
        secret = _secret(why, found.customer)
        by = await _tell(act, "details_opened", secret=secret, of=entry, subject=found.subject, outcome=outcome)
        safe = act.here.safe
    if not found.left:
        raise Gone("details_gone", "what lay sealed beside this entry was erased; the entry stands")
    return _opened(safe, entry, found=found, by=by)


async def open_name(
    vault: Vault, actor: Actor, *, subject: Subject, fields: Sequence[str], reason: Personal
) -> OpenedName:
    """Open fields of whoever is behind a subject; `Unknown` for a subject of nobody, `Gone` for somebody erased."""
    read(SUBJECT, subject)
    async with acting(vault, actor, name="open_name") as act:
        why, names = read_reason(reason), _names(act, fields)
        holder = await _customer(act, subject)
        sealed = await _sealed(act, holder, names=names)
        outcome, asked = "gone" if holder is None else "opened", list[Json](names)
        secret = _secret(why, holder)
        by = await _tell(act, "name_opened", secret=secret, subject=subject, fields=asked, outcome=outcome)
        safe = act.here.safe
    if holder is None:
        raise Gone("customer_erased", "whoever this subject was has been erased; nothing leads to them any more")
    opened = [OpenedField(field=one.field, value=_unsealed(safe, holder, field=one)) for one in sealed]
    return OpenedName(subject=subject, by=by, fields=tuple(opened))


async def looked_at_me(vault: Vault, actor: Actor) -> list[Looked]:
    """Return who looked at what is sealed of whoever is signed in, and why, the newest first."""
    async with acting(vault, actor, name="me_show") as act:
        holder, safe = await details.holder(act.work, act.here.safe, whose=actor.me), act.here.safe
        if holder is None or holder.subject is None:
            return []
        found = await details.about(act.work, holder.subject, what="reason", limit=_MOST_LOOKS)
    return [looked(safe, holder, detail=one, body=body) for one, body in found]


# ── What lies beside an entry ────────────────────────────────────────────────────────────────────────────────────────
async def _beside(act: Acting, entry: EntryId) -> _Beside:
    body = await log.read(act.work, entry)
    told = {} if body is None else json.loads(body)
    committed: dict[What, str] = {what: told[name] for what, name in MEMBERS.items() if name in told}
    if not committed:
        raise Unknown("no_details", "nothing was ever sealed beside this entry, or it is not of this log")
    kept = [one for one in await details.read(act.work, entry) if one.what in committed]
    subject = next((one.subject for one in kept if one.subject is not None), told.get("subject"))
    customer = None if subject is None else await details.holder(act.work, act.here.safe, whose=subject)
    holders = {subject: customer} | {None: _nobody(act.here.safe)}
    left = [(one, holder) for one in kept if (holder := holders[one.subject]) is not None]
    return _Beside(committed=committed, left=left, subject=subject, customer=customer)


def _opened(safe: Safe, entry: EntryId, *, found: _Beside, by: EntryId) -> OpenedDetails:
    openings = {one.what: _opening(safe, holder, detail=one) for one, holder in found.left}
    matches = all(one is not None and one.opens(found.committed[what]) for what, one in openings.items())
    if not matches:
        _log.error("details_do_not_match", entry=entry)
    texts = {what: one.text for what, one in openings.items() if one is not None}
    device = shown(texts["details"]) if "details" in texts else Device()
    return OpenedDetails(
        entry=entry,
        by=by,
        matches=matches,
        gone=found.gone,
        address=device.address or None,
        user_agent=device.user_agent or None,
        reason=texts.get("reason"),
        finding=texts.get("finding"),
    )


def _opening(safe: Safe, holder: Holder, *, detail: Detail) -> Opening | None:
    try:
        return unpacked(details.unseal(safe, holder, detail=detail))
    except SealError:  # not what was sealed there
        return None


def looked(safe: Safe, holder: Holder, *, detail: Detail, body: bytes) -> Looked:
    """Return a look at what is sealed, with its reason opened for whoever it was about."""
    told = json.loads(body)
    return Looked(
        entry=detail.entry,
        at=datetime.fromisoformat(told["at"]),
        role=told["actor"]["kind"],
        fields=tuple(told.get("fields", ())),
        found=told["outcome"] == "opened",
        reason=unpacked(details.unseal(safe, holder, detail=detail)).text,
    )


def _nobody(safe: Safe) -> Holder | None:
    return Holder(subject=None, key=safe.nobodys_key()) if safe.has(keys.DETAILS) else None


# ── Whose ────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def _customer(act: Acting, subject: Subject) -> Holder | None:
    """Return the key of whoever is behind a subject and hold their row; none where they were erased."""
    holder = await details.holder(act.work, act.here.safe, whose=subject)
    if holder is None and not await details.is_known(act.work, subject):
        raise Unknown("unknown_subject", "nothing in this log is about such a subject")
    if holder is None or await customers.lock(act.work, show(CUSTOMER, holder.key.customer)) is None:
        return None
    return holder


async def _sealed(act: Acting, holder: Holder | None, *, names: Sequence[str]) -> list[fields.Field]:
    return [] if holder is None else await fields.read(act.work, holder.key, names=names)


def _unsealed(safe: Safe, holder: Holder, *, field: fields.Field) -> Personal:
    return fields.unseal(safe, holder.key, field=field)


def _names(act: Acting, asked: Sequence[str]) -> list[str]:
    declared = act.here.organization
    known = {*declared.attributes, *(channel.reaches for channel in declared.channels.values())}
    names = sorted(set(asked))
    if not names or not known.issuperset(names):
        raise Invalid("unknown_field", "name the fields: keys of attributes, or kinds of contact points, as declared")
    return names


# ── Why ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
def _secret(why: Personal, holder: Holder | None) -> Secret:
    """Return the reason as it is sealed: for the customer where there is one, else with the organization."""
    return Secret(what="reason", text=why, whose=None if holder is None else holder.subject)


async def _tell(act: Acting, kind: str, *, secret: Secret, **told: Json | None) -> EntryId:
    entry = await act.detailed(kind, secret, **told)
    await log.add(act.work, [entry])
    return entry[0]
