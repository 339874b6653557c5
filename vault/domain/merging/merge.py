"""A merge as clients and staff ask for it, and which pairs it refuses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from vault.base.errors import Conflict, Invalid
from vault.base.ids import CustomerId, CustomerIdText
from vault.base.personal import Personal
from vault.domain.customer import CustomerShown

MOST: Final = 20
"""So many customers are one person at most: whoever is more than that is somebody's placeholder."""


class NewMerge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer that joins the one in the path, which stays."""

    customer: CustomerIdText


def check_two(kept: CustomerId, joined: CustomerId) -> None:
    """Refuse to merge a customer with itself."""
    if kept == joined:
        raise Invalid("same_customer", "a customer is merged with another one")


def check(kept: Iterable[CustomerId], joined: Iterable[CustomerId]) -> None:
    """Refuse to merge who is one person already, or too many to be one."""
    stays, joins = set(kept), set(joined)
    if stays & joins:
        raise Conflict("already_merged", "these customers are one person already")
    if len(stays | joins) > MOST:
        raise Conflict("too_many_merged", f"no more than {MOST} customers are one person")


def check_born(birth_dates: Iterable[Personal]) -> None:
    """Refuse to merge who was born on different days: whatever else agrees, they are two."""
    if len({_day(born) for born in birth_dates}) > 1:
        raise Conflict("different_birth_dates", "their dates of birth differ: they are different people")


def together(shown: Iterable[CustomerShown]) -> CustomerShown:
    """Return several customers as the one person they are; the first of them stays, and what it holds is told first."""
    first, *others = shown
    if not others:
        return first
    each = (first, *others)
    return msgspec.structs.replace(
        first,
        contact_points=tuple(point for one in each for point in one.contact_points),
        external=tuple(sorted(source for one in each for source in one.external)),
        attributes=tuple(sorted({name for one in each for name in one.attributes})),
        locale=next((one.locale for one in each if one.locale is not None), None),
        time_zone=next((one.time_zone for one in each if one.time_zone is not None), None),
        minor=any(one.minor for one in each),
        merged=tuple(one.id for one in others),
    )


def _day(born: Personal) -> date | str:
    try:
        return date.fromisoformat(born.reveal())
    except ValueError:
        return born.reveal()
