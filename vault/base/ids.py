"""Ids: UUIDv7, stored as `uuid`, shown as `prefix_` and 26 characters of lower-case Crockford base32.

An id in the program is always the shown form, in a type of its own kind; only `store` turns it into a UUID.
Ids are never secrets and never personal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Generic, NewType, TypeVar, cast
from uuid import UUID, SafeUUID

from msgspec import Meta

from vault.base import letters
from vault.base.clock import Clock, Entropy
from vault.base.errors import Invalid, Unknown
from vault.base.letters import LENGTH, SIZE

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

Id = TypeVar("Id", bound=str)


class Kind(str, Generic[Id]):
    """What the shown ids of one type begin with."""

    __slots__ = ()

    def of(self, text: str) -> Id:
        """Return a shown id in its type, which is but a string when it runs: for nothing else may one be taken."""
        return cast("Id", text)

    def of_all(self, texts: list[str]) -> list[Id]:
        """Return many in their type."""
        return cast("list[Id]", texts)


CUSTOMER: Final = Kind[CustomerId]("cus")
SUBJECT: Final = Kind[Subject]("sub")
ORGANIZATION: Final = Kind[OrganizationId]("org")
CONTACT_POINT: Final = Kind[ContactPointId]("ctp")
FACT: Final = Kind[FactId]("fct")
DECISION: Final = Kind[DecisionId]("dec")
ENTRY: Final = Kind[EntryId]("ent")
CLIENT: Final = Kind[ClientId]("cli")
SUPPRESSION: Final = Kind[SuppressionId]("sup")
SESSION: Final = Kind[SessionId]("ses")
STAFF: Final = Kind[StaffId]("stf")
MESSAGE: Final = Kind[MessageId]("msg")
CAPABILITY: Final = Kind[CapabilityId]("cap")
SAMPLE: Final = Kind[SampleId]("smp")
RECEIPT: Final = Kind[ReceiptId]("rct")
REQUEST: Final = Kind[RequestId]("rgt")
AUDIENCE: Final = Kind[AudienceId]("aud")
IMPORT: Final = Kind[ImportId]("imp")
MERGE: Final = Kind[MergeId]("mrg")
FAULT: Final = Kind[str]("req")
"""What a page shows of a request that went wrong, and our lines name it by."""

LETTERS: Final = "_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]"
SHOWN: Final = LETTERS + r"$(?!\n)"  # a bare `$` also matches before a last line break
CustomerIdText = Annotated[CustomerId, Meta(pattern="^cus" + SHOWN, examples=["cus_06h0090m41t835kpwqjv10s1y0"])]
ContactPointIdText = Annotated[ContactPointId, Meta(pattern="^ctp" + SHOWN)]

_CHANCE: Final = 10
_LOWEST: Final = 2**62 - 1
_FREE: Final = (0xFFF << 64 | _LOWEST).to_bytes(SIZE, "big")


def show(kind: Kind[Id], value: UUID) -> Id:
    """Return the shown form; it sorts like the bytes of the UUID."""
    return kind.of(f"{kind}_{letters.spell(value.int)}")


def read(kind: Kind[Id], text: str) -> UUID:
    """Return the UUID behind a shown id; `Invalid` for another prefix, a foreign letter or a form not our own."""
    try:
        value = raw(text)
    except ValueError:
        raise Invalid("malformed_id", f"an id of this kind is {kind}_ and 26 characters") from None
    if show(kind, value) != text:
        raise Invalid("malformed_id", f"an id of this kind is {kind}_ and 26 characters")
    return value


def known(kind: Kind[Id], text: str, *, noun: str) -> Id:
    """Return an id as it came; what cannot be one is of nothing there is: `Unknown` with the code `unknown_<noun>`."""
    try:
        read(kind, text)
    except Invalid:
        raise Unknown(f"unknown_{noun}", f"there is no such {noun}") from None
    return kind.of(text)


def raw(shown: str) -> UUID:
    """Return the UUID behind an id of ours, whatever its kind. For ids already checked."""
    return _uuid(letters.read(shown[-LENGTH:]))


def array(shown: Iterable[str | None]) -> str:
    """Return the UUIDs behind ids of ours as PostgreSQL reads an array of them: one text costs a statement least."""
    each = list(shown)
    behind = letters.read_all([one for one in each if one is not None]).hex(",", SIZE)
    if None in each:
        found = iter(behind.split(","))
        behind = ",".join(["NULL" if one is None else next(found) for one in each])
    return f"{{{behind}}}"


def show_all(kind: Kind[Id], uuids: Iterable[str]) -> list[Id]:
    """Return the shown forms of many UUIDs, each as PostgreSQL spells it, in their order."""
    together = bytes.fromhex("".join(uuids).replace("-", ""))
    return kind.of_all(letters.spell_all(together, before=f"{kind}_"))


def data(shown: Iterable[str]) -> list[bytes]:
    """Return the 16 bytes behind each of many ids of ours, whatever their kind. For ids already checked."""
    together = letters.read_all([*shown])
    return [together[at : at + SIZE] for at in range(0, len(together), SIZE)]


def fresh(kind: Kind[Id], clock: Clock, *, entropy: Entropy) -> Id:
    """Return a new id: RFC 9562 section 5.7, milliseconds of the clock and 74 bits of chance."""
    return kind.of(f"{kind}_{letters.spell(_uuid7(clock, entropy))}")


def several(kind: Kind[Id], clock: Clock, *, entropy: Entropy, count: int) -> list[Id]:
    """Return so many new ids of one moment, in no order: many are made as one long number, and faster by far."""
    if count == 1:
        return [fresh(kind, clock, entropy=entropy)]
    size = SIZE * count
    same = _uuid7_of(_moment(clock), 0).to_bytes(SIZE, "big") * count
    chance = int.from_bytes(entropy.draw(size), "big") & int.from_bytes(_FREE * count, "big")
    new = (int.from_bytes(same, "big") | chance).to_bytes(size, "big")
    return kind.of_all(letters.spell_all(new, before=f"{kind}_"))


def uuid7(clock: Clock, entropy: Entropy) -> UUID:
    """Return a UUIDv7 (RFC 9562 section 5.7)."""
    return UUID(int=_uuid7(clock, entropy))


def uuid8(tag: bytes) -> UUID:
    """Return 16 bytes as a UUIDv8 (RFC 9562 section 5.8): an id derived from something, the same each time."""
    value = int.from_bytes(tag, "big")
    value = value & ~(0xF << 76) & ~(0b11 << 62) | 0x8 << 76 | 0b10 << 62
    return UUID(int=value)


def _uuid7(clock: Clock, entropy: Entropy) -> int:
    return _uuid7_of(_moment(clock), int.from_bytes(entropy.draw(_CHANCE), "big"))


def _moment(clock: Clock) -> int:
    return int(clock.now().timestamp() * 1000) << 80


def _uuid7_of(high: int, chance: int) -> int:
    """Return what 48 bits of time make with 80 bits of chance, of which six are not used."""
    return high | 0x7 << 76 | (chance >> 68) << 64 | 0b10 << 62 | chance & _LOWEST


def _uuid(value: int) -> UUID:
    """Return `UUID(int=value)` without what that asks first, which costs more than all else in reading an id."""
    made = UUID.__new__(UUID)
    object.__setattr__(made, "int", value)
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made
