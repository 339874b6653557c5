"""What lies sealed beside entries: kept with them, under the key of the customer it is about or of the organization."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from vault.base.ids import ENTRY, SUBJECT, CustomerId, EntryId, Subject, raw, show
from vault.base.personal import Personal
from vault.domain.audit.commitment import What
from vault.store.database import Work
from vault.store.keys import CustomerKey, Safe

_KEY_OF: Final = """
SELECT s.subject, s.customer, k.version, k.wrapped FROM keystore.subject s
JOIN keystore.customer_key k ON k.organization = s.organization AND k.customer = s.customer AND k.kind = 'data'
WHERE s.organization = $1 AND (s.subject = $2 OR s.customer = $2)
"""
_ADD: Final = "INSERT INTO vault.log_detail (organization, entry, what, subject, sealed) VALUES ($1, $2, $3, $4, $5)"
_READ: Final = "SELECT what, subject, sealed FROM vault.log_detail WHERE organization = $1 AND entry = $2"
_ABOUT: Final = """
SELECT d.entry, d.sealed, e.body FROM vault.log_detail d
JOIN vault.log_entry e ON e.organization = d.organization AND e.id = d.entry
WHERE d.organization = $1 AND d.subject = $2 AND d.what = $3 ORDER BY d.entry DESC LIMIT $4
"""
_KNOWN: Final = "SELECT 1 FROM vault.log_leaf WHERE organization = $1 AND subject = $2 LIMIT 1"
_TABLE: Final = "log_detail"

Whose = Subject | CustomerId


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Under whose key something is sealed: a customer's, or the organization's where there is no subject."""

    subject: Subject | None
    key: CustomerKey


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """Something sealed beside an entry."""

    entry: EntryId
    what: What
    subject: Subject | None
    sealed: bytes


async def holder(work: Work, safe: Safe, *, whose: Whose | None) -> Holder | None:
    """Return the key of a customer, known by subject or id; none for nobody, or for somebody erased."""
    rows = await work.fetch(_KEY_OF, work.own, None if whose is None else raw(whose))
    if not rows:
        return None
    row = rows[0]
    key = safe.open_key(row["customer"], "data", version=row["version"], wrapped=row["wrapped"])
    return Holder(subject=_subject(row["subject"]), key=key)


async def is_known(work: Work, subject: Subject) -> bool:
    """Whether any entry with a number is about a subject, erased or not."""
    return bool(await work.fetch(_KNOWN, work.own, raw(subject)))


async def add(work: Work, detail: Detail) -> None:
    """Keep something sealed beside an entry."""
    subject = None if detail.subject is None else raw(detail.subject)
    await work.fetch(_ADD, work.own, raw(detail.entry), detail.what, subject, detail.sealed)


async def read(work: Work, entry: EntryId) -> list[Detail]:
    """Return what lies sealed beside an entry."""
    rows = await work.fetch(_READ, work.own, raw(entry))
    return [
        Detail(entry=entry, what=row["what"], subject=_subject(row["subject"]), sealed=row["sealed"]) for row in rows
    ]


async def about(work: Work, subject: Subject, *, what: What, limit: int) -> list[tuple[Detail, bytes]]:
    """Return what of this kind lies sealed about a customer, each with its entry's bytes, the newest first."""
    return [
        (
            Detail(entry=show(ENTRY, row["entry"]), what=what, subject=subject, sealed=row["sealed"]),
            row["body"],
        )
        for row in await work.fetch(_ABOUT, work.own, raw(subject), what, limit)
    ]


def seal(safe: Safe, holder: Holder, *, entry: EntryId, what: What, packed: bytes) -> Detail:
    """Seal something into its place beside an entry."""
    sealed = safe.seal(holder.key, _TABLE, column=what, row=raw(entry), value=packed)
    return Detail(entry=entry, what=what, subject=holder.subject, sealed=sealed)


def unseal(safe: Safe, holder: Holder, *, detail: Detail) -> Personal:
    """Open what was sealed beside an entry; `SealError` where it is not what was sealed there."""
    return safe.open(holder.key, _TABLE, column=detail.what, row=raw(detail.entry), sealed=detail.sealed)


def _subject(own: UUID | None) -> Subject | None:
    return None if own is None else show(SUBJECT, own)
