"""What an auditor opens with a reason, and what comes out: words on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from vault.base.ids import SHOWN, EntryId, Subject
from vault.base.personal import Personal
from vault.domain.audit.commitment import What
from vault.domain.sign_in.provider import StaffRole


class WhyDetails(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why somebody opens what lies sealed beside an entry: 10 to 500 letters, which the customer is shown."""

    reason: Personal


class WhyName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why somebody opens fields of a customer, and which: keys of attributes, kinds of contact points."""

    subject: Annotated[Subject, Meta(pattern="^sub" + SHOWN)]
    fields: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=63)], ...], Meta(min_length=1, max_length=50)]
    reason: Personal


class OpenedDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What lay sealed beside an entry, and `by` which entry the log tells that it was opened.

    `matches` says whether it is what the entry committed to: where it is not, somebody changed the database. `gone` is
    what was erased since.
    """

    entry: EntryId
    by: EntryId
    matches: bool
    gone: tuple[What, ...] = ()
    address: Personal | None = None
    user_agent: Personal | None = None
    reason: Personal | None = None
    finding: Personal | None = None


class OpenedField(msgspec.Struct, frozen=True, kw_only=True):
    """A field that was opened: an attribute by its key, or a contact point by its kind."""

    field: str
    value: Personal


class OpenedName(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for of somebody, as far as it is filled, and `by` which entry the log tells of it."""

    subject: Subject
    by: EntryId
    fields: tuple[OpenedField, ...]


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """That somebody looked at what is sealed of a customer: as what, when, at which fields if it was a name, and why.

    `found` is false where the look came too late to open anything.
    """

    entry: EntryId
    at: datetime
    role: StaffRole
    fields: tuple[str, ...]
    found: bool
    reason: Personal
