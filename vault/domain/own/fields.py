"""Fields of a form about oneself: which may be corrected here, and what may stand in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from unicodedata import category, normalize

from vault.base.errors import Denied, Invalid
from vault.base.personal import Personal
from vault.domain.customer import BIRTH_DATE
from vault.domain.organization import Attribute, Organization

LONGEST: Final = 200
_UNREADABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})  # what is no letter, or turns the ones around it
_JOINERS: Final = frozenset("\u200c\u200d")  # which some scripts are written with


def may_correct(attribute: Attribute | None) -> bool:
    """Whether customers correct this field themselves; what is no longer declared nobody does.

    The birth date never: it says who is too young to be asked, which is not for them to say alone.
    """
    return attribute is not None and attribute.corrected_by == "customer" and attribute.key != BIRTH_DATE


def correctable(organization: Organization) -> tuple[Attribute, ...]:
    """Return the fields customers correct themselves, in the order of the file."""
    found = [one for one in organization.attributes.values() if may_correct(one)]
    return tuple(sorted(found, key=lambda one: one.place))


def check_correctable(organization: Organization, names: Mapping[str, object]) -> None:
    """Refuse a field that is not for customers to correct."""
    if not all(may_correct(organization.attributes.get(name)) for name in names):
        raise Denied("not_yours_to_correct", "a field of this form is corrected by another way")


def read_field(text: str) -> Personal | None:
    """Return what was typed as it is kept: one line, NFC, spaces folded; none for nothing.

    `Invalid` with `too_long` or `unreadable_field` for what is no line of text.
    """
    line = " ".join(normalize("NFC", text).split())
    if len(line) > LONGEST:
        raise Invalid("too_long", f"write at most {LONGEST} characters")
    if any(category(letter) in _UNREADABLE and letter not in _JOINERS for letter in line):
        raise Invalid("unreadable_field", "write it as text, without control characters")
    return Personal(line) if line else None
