"""Contact points: one spelling to keep and one to find them by, for each kind.

Pure and versioned: the same text and region give the same forms for as long as `NORMALISATION` stays. What cannot be
read is an error that names no value, never a guess. No DNS, no lists of valid numbers, no network enter.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import category, normalize

import msgspec
from email_validator import EmailNotValidError, validate_email
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    parse,
)

from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.organization import Key

NORMALISATION: Final = 1

_LONGEST_EMAIL: Final = 320  # 64, @ and 255 (RFC 5321 section 4.5.3.1); the library then says 254 in all
_LONGEST_NUMBER: Final = 64  # with all its brackets and an extension; the library's search grows with the square
_LETTERS_OF_NUMBERS: Final = re.compile(r"^tel:|ext", re.IGNORECASE)
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN: Final = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@([A-Za-z0-9.-]+)")
_LONGEST_PLAIN: Final = 64
_DOMAINS: Final = 4096
_UNREADABLE: Final = frozenset({"Cc", "Cs"})  # control characters and halves of surrogate pairs


class ContactValue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contact point by its value."""

    kind: Key
    value: Personal


class Normalised(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point that could be read: `value` is kept and written to, `index` is compared and never shown."""

    kind: str
    value: Personal
    index: Personal


def normalise(kind: str, text: Personal, *, region: str) -> Normalised:
    """Return both forms of a contact point; `Invalid` with code `unreadable_<kind>` when it cannot be read.

    `region` is the ISO 3166 country in which a telephone number without a country code is read. Kinds that are
    neither e-mail nor telephone are taken as written: NFC, white space folded.
    """
    match kind:
        case "email":
            value, index = _email(text.reveal())
        case "phone" | "fax_number":
            value = index = _number(kind, text.reveal(), region=region)
        case _:
            value, index = _other(kind, text.reveal())
    return Normalised(kind=kind, value=Personal(value), index=Personal(index))


def _email(text: str) -> tuple[str, str]:
    text = text.strip()
    if len(text) > _LONGEST_EMAIL:
        raise _unreadable_email()
    plain = _PLAIN.fullmatch(text) if len(text) <= _LONGEST_PLAIN else None
    if plain is not None:  # most are: of these only the domain may be wrong, and many have the same
        local, domain = plain[1], _domain(plain[2])
    else:
        local, domain = _validated(text) or ("", None)
    if domain is None:
        raise _unreadable_email()
    return f"{local}@{domain}", f"{_caseless(local)}@{domain}"


@lru_cache(maxsize=_DOMAINS)
def _domain(text: str) -> str | None:
    read = _validated(f"a@{text}")
    return None if read is None else read[1]


def _validated(text: str) -> tuple[str, str] | None:
    try:
        # The test environment lets `.test` pass: such an address reaches nobody, and people who try the vault use it.
        read = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return read.local_part, read.ascii_domain


def _caseless(text: str) -> str:
    """Fold case as Unicode 3.13 D145 does for canonical matching, and compose again."""
    return normalize("NFC", normalize("NFD", text).casefold())


def _number(kind: str, text: str, *, region: str) -> str:
    text = text.strip()
    if len(text) > _LONGEST_NUMBER:
        raise _unreadable_number(kind)
    if any(letter.isalpha() for letter in _LETTERS_OF_NUMBERS.sub("", text)):  # the library would dial them
        raise _unreadable_number(kind)
    try:
        number = parse(text, region)
    except NumberParseException:
        raise _unreadable_number(kind) from None
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise _unreadable_number(kind)
    return format_number(number, PhoneNumberFormat.E164)


def _other(kind: str, text: str) -> tuple[str, str]:
    """Keep the lines: a postal address is written on several."""
    lines = [" ".join(line.split()) for line in normalize("NFC", text).splitlines()]
    value = "\n".join(line for line in lines if line)
    index = value.replace("\n", " ")
    if not index or any(category(letter) in _UNREADABLE for letter in index):
        raise Invalid(f"unreadable_{kind}", "write it as text, without control characters")
    return value, index


def _unreadable_email() -> Invalid:
    return Invalid("unreadable_email", "write one e-mail address, such as name@mail.example")


def _unreadable_number(kind: str) -> Invalid:
    return Invalid(
        f"unreadable_{kind}",
        "write one telephone number with its area code, digits only, such as +44 1632 960001",
    )
