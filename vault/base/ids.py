"""Ids: UUIDv7, stored as `uuid`, shown as `prefix_` and 26 characters of lower-case Crockford base32.

An id in the program is always the shown form, in a type of its own kind; only `store` turns it into a UUID.
Ids are never secrets and never personal.
"""

from __future__ import annotations

from typing import Annotated, Final, NewType
from uuid import UUID, SafeUUID

from msgspec import Meta

from vault.base.clock import Clock, Entropy
from vault.base.errors import Invalid, Unknown

OrganizationId = NewType("OrganizationId", str)
CustomerId = NewType("CustomerId", str)
Subject = NewType("Subject", str)
ContactPointId = NewType("ContactPointId", str)
FactId = NewType("FactId", str)
DecisionId = NewType("DecisionId", str)
EntryId = NewType("EntryId", str)
ClientId = NewType("ClientId", str)
SuppressionId = NewType("SuppressionId", str)
SessionId = NewType("SessionId", str)
StaffId = NewType("StaffId", str)
MessageId = NewType("MessageId", str)
CapabilityId = NewType("CapabilityId", str)
SampleId = NewType("SampleId", str)
ReceiptId = NewType("ReceiptId", str)
RequestId = NewType("RequestId", str)
AudienceId = NewType("AudienceId", str)
ImportId = NewType("ImportId", str)
MergeId = NewType("MergeId", str)

CUSTOMER: Final = "cus"
SUBJECT: Final = "sub"
ORGANIZATION: Final = "org"
CONTACT_POINT: Final = "ctp"
FACT: Final = "fct"
DECISION: Final = "dec"
ENTRY: Final = "ent"
CLIENT: Final = "cli"
SUPPRESSION: Final = "sup"
SESSION: Final = "ses"
STAFF: Final = "stf"
MESSAGE: Final = "msg"
CAPABILITY: Final = "cap"
SAMPLE: Final = "smp"
RECEIPT: Final = "rct"
REQUEST: Final = "rgt"
AUDIENCE: Final = "aud"
IMPORT: Final = "imp"
MERGE: Final = "mrg"

SHOWN: Final = r"_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$(?!\n)"  # a bare `$` also matches before a last line break
CustomerIdText = Annotated[CustomerId, Meta(pattern="^cus" + SHOWN, examples=["cus_06h0090m41t835kpwqjv10s1y0"])]
ContactPointIdText = Annotated[ContactPointId, Meta(pattern="^ctp" + SHOWN)]

_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(first + second for first in _LETTERS for second in _LETTERS)
_DIGITS: Final = str.maketrans(_LETTERS + "ilou", "0123456789abcdefghijklmnopqrstuv----")  # int()'s base 32
_LOW: Final = 2**60 - 1
_PAIR: Final = 2**10 - 1
_CHANCE: Final = 10
_LOWEST: Final = 2**62 - 1


def show(prefix: str, value: UUID) -> str:
    """Return the shown form; it sorts like the bytes of the UUID."""
    return _shown(prefix, value.int)


def read(prefix: str, text: str) -> UUID:
    """Return the UUID behind a shown id; `Invalid` for another prefix, a foreign letter or a form not our own."""
    try:
        value = raw(text)
    except ValueError:
        raise Invalid("malformed_id", f"an id of this kind is {prefix}_ and 26 characters") from None
    if show(prefix, value) != text:
        raise Invalid("malformed_id", f"an id of this kind is {prefix}_ and 26 characters")
    return value


def known(prefix: str, text: str, *, noun: str) -> str:
    """Return an id as it came; what cannot be one is of nothing there is: `Unknown` with the code `unknown_<noun>`."""
    try:
        read(prefix, text)
    except Invalid:
        raise Unknown(f"unknown_{noun}", f"there is no such {noun}") from None
    return text


def raw(shown: str) -> UUID:
    """Return the UUID behind an id of ours, whatever its kind. For ids already checked."""
    return _uuid(int(shown[-26:].translate(_DIGITS), 32) >> 2)


def digits(shown: str) -> str:
    """Return the UUID behind an id of ours in 32 hexadecimal digits, which cost a statement less than the object."""
    return f"{int(shown[-26:].translate(_DIGITS), 32) >> 2:032x}"


def data(shown: str) -> bytes:
    """Return the 16 bytes behind an id of ours, whatever its kind. For ids already checked."""
    return (int(shown[-26:].translate(_DIGITS), 32) >> 2).to_bytes(16, "big")


def fresh(prefix: str, clock: Clock, *, entropy: Entropy) -> str:
    """Return a new id: RFC 9562 section 5.7, milliseconds of the clock and 74 bits of chance."""
    return _shown(prefix, _uuid7(clock, entropy))


def several(prefix: str, clock: Clock, *, entropy: Entropy, count: int) -> list[str]:
    """Return so many new ids of one moment, in no order."""
    high = int(clock.now().timestamp() * 1000) << 80
    chance = entropy.draw(_CHANCE * count)
    return [
        _shown(prefix, _uuid7_of(high, int.from_bytes(chance[at : at + _CHANCE], "big")))
        for at in range(0, len(chance), _CHANCE)
    ]


def uuid7(clock: Clock, entropy: Entropy) -> UUID:
    """Return a UUIDv7 (RFC 9562 section 5.7)."""
    return UUID(int=_uuid7(clock, entropy))


def uuid8(tag: bytes) -> UUID:
    """Return 16 bytes as a UUIDv8 (RFC 9562 section 5.8): an id derived from something, the same each time."""
    value = int.from_bytes(tag, "big")
    value = value & ~(0xF << 76) & ~(0b11 << 62) | 0x8 << 76 | 0b10 << 62
    return UUID(int=value)


def _uuid7(clock: Clock, entropy: Entropy) -> int:
    return _uuid7_of(int(clock.now().timestamp() * 1000) << 80, int.from_bytes(entropy.draw(_CHANCE), "big"))


def _uuid7_of(high: int, chance: int) -> int:
    """Return what 48 bits of time make with 80 bits of chance, of which six are not used."""
    return high | 0x7 << 76 | (chance >> 68) << 64 | 0b10 << 62 | chance & _LOWEST


def _uuid(value: int) -> UUID:
    """Return `UUID(int=value)` without what that asks first, which costs more than all else in reading an id."""
    made = UUID.__new__(UUID)
    object.__setattr__(made, "int", value)
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made


def _shown(prefix: str, number: int) -> str:
    """Return 26 letters for 130 bits, the 128 and two zeros: thirteen pairs. Each answer has many ids.

    A table of triples takes fewer steps and more time: it does not stay in the processor's cache.
    """
    high, low = number >> 68, number >> 8 & _LOW
    return (
        f"{prefix}_{_PAIRS[high >> 50]}"
        f"{_PAIRS[high >> 40 & _PAIR]}{_PAIRS[high >> 30 & _PAIR]}{_PAIRS[high >> 20 & _PAIR]}"
        f"{_PAIRS[high >> 10 & _PAIR]}{_PAIRS[high & _PAIR]}"
        f"{_PAIRS[low >> 50]}{_PAIRS[low >> 40 & _PAIR]}{_PAIRS[low >> 30 & _PAIR]}{_PAIRS[low >> 20 & _PAIR]}"
        f"{_PAIRS[low >> 10 & _PAIR]}{_PAIRS[low & _PAIR]}{_PAIRS[number << 2 & _PAIR]}"
    )
