"""What stands for addresses, codes and links: tags and digests under the organization's keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from vault.actions.customer.points import Tagged, tag_point
from vault.actions.vault import Here
from vault.base.ids import uuid8
from vault.base.personal import Personal
from vault.domain.sign_in.whose import chosen, mailbox
from vault.store.sign_in.holders import Holder

EMAIL: Final = "email"
PHONE: Final = "phone"


def read_reach(here: Here, typed: Personal) -> Tagged:
    """Read what somebody typed: an e-mail address where it has an @, else a telephone number; `Invalid` for neither."""
    return tag_point(here, EMAIL if "@" in typed.reveal() else PHONE, value=typed)


def mailbox_tag(here: Here, address: Personal) -> UUID:
    """Return what stands for the mailbox that was written to."""
    return UUID(bytes=here.safe.repeat(b"sign_in_mailbox", mailbox(address)))


def code_digest(here: Here, code: UUID, *, typed: str) -> bytes:
    """Return the digest of a code, bound to the one time it was sent: by itself six digits are soon tried out."""
    return here.safe.repeat(b"sign_in_code", code.bytes, typed.encode("utf-8", "replace"))


def link_id(here: Here, secret: bytes) -> UUID:
    """Return where a link is found."""
    return uuid8(here.safe.repeat(b"sign_in_link", secret))


def reached(found: Sequence[Holder], typed: Personal) -> Holder | None:
    """Return whom to write to, at the address as it is kept and never as it was typed.

    Folding finds more than one mailbox where people are careless; then the one that was typed comes first.
    """
    same = [holder for holder in found if mailbox(holder.address) == mailbox(typed)]
    return next(iter([*same, *found]), None)


def who(here: Here, found: Sequence[Holder], *, reached: UUID | None, name: str) -> Holder | None:
    """Return who of those with an address came in by a letter to one mailbox; the first name decides."""
    there = [holder for holder in found if mailbox_tag(here, holder.address) == reached]
    place = chosen([holder.first_name for holder in there], name, whose=[holder.person for holder in there])
    return None if place is None else there[place]
