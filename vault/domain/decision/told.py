"""What the log keeps of a decision: enough to decide again from the entry alone, and nothing that names a person.

Most entries are of this kind, so its members are declared once, in the order of RFC 8785 and of types that canonical
JSON has, instead of being sorted and checked each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from vault.domain.decision.basis import Flat

_GAP: Final = "\0"
_SPELLED: Final = "\\u0000"
_PARTS: Final = 6
_encoder: Final = msgspec.json.Encoder(order="deterministic")


class AChannel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was decided for one channel, where any was asked about."""

    flat: Flat | None = None
    outcome: str
    policies: Sequence[str]
    reasons: Sequence[str]


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a decision's entry. `asked_with` stands where the client might not ask, else `flat`.

    `facts` are all that the question rests on, `facts_elsewhere` those about another contact point than the question's.
    Asked over any channel, `channel` is the one that was chosen, and `any` tells of each. `permit_for` is the client
    that was given a permit. `salt` stands where no subject does: nobody may guess the entry by its hash. Of whoever was
    merged, `parts` are the facts of each subject, and `merges` say which of them were made one and when.
    """

    actor: Mapping[str, str]
    any: Mapping[str, AChannel] | None = None
    asked_at: str | None = None
    asked_with: Mapping[str, bool] | None = None
    at: str
    by: str
    campaign: str | None = None
    channel: str
    configuration: str
    decision: str
    defer_until: str | None = None
    facts: Sequence[str] | None = None
    facts_elsewhere: Sequence[str] | None = None
    flat: Flat | None = None
    id: str
    kind: str
    merges: Sequence[str] | None = None
    organization: str
    outcome: str
    parts: Sequence[str] | None = None
    permit_for: str | None = None
    policies: Sequence[str]
    purpose: str
    reasons: Sequence[str]
    released: Sequence[str] | None = None
    reserved: bool | None = None
    salt: str | None = None
    standing: str | None = None
    subject: str | None = None
    v: int
    withheld: Mapping[str, str] | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that differ only in whose they are: what stands between an instant and ids, encoded once.

    Ids and instants need no escape, so each is written as it is. It fills to the bytes that `encoded` would return.
    """

    parts: tuple[str, str, str, str, str, str]

    def fill(self, own: str, *, at: str, decision: str, facts: Iterable[str], subject: str) -> bytes:
        """Return the bytes of the entry `own`. At least one fact stands behind each."""
        first, second, third, fourth, fifth, last = self.parts
        stated = '","'.join(facts)
        return f"{first}{at}{second}{decision}{third}{stated}{fourth}{own}{fifth}{subject}{last}".encode()


def form(told: Told) -> Form | None:
    """Return the form of entries that are like this one but for `at`, `decision`, `facts`, `id` and `subject`.

    None where anything else has the look of a gap.
    """
    text = encoded(msgspec.structs.replace(told, at=_GAP, decision=_GAP, facts=(_GAP,), id=_GAP, subject=_GAP))
    parts = text.decode().split(_SPELLED)
    return None if len(parts) != _PARTS else Form(parts=(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]))


def encoded(told: Told) -> bytes:
    """Return the bytes of the entry, as they are stored and later signed (RFC 8785)."""
    return _encoder.encode(told)
