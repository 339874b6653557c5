"""Rich authorization requests (RFC 9396) of the one type there is, `consent_vault`: as asked for, and as granted.

Exactly one object, nothing in it that is not understood, every word of it within the ceiling: or no token at all.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from vault.domain.organization import Action
from vault.domain.reach import Beyond, Reach

TYPE: Final = "consent_vault"


class Granted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a token goes, as the token says it: complete, so that what is not named is not in it."""

    type: Literal["consent_vault"]
    purposes: tuple[str, ...]
    channels: tuple[str, ...]
    fields: tuple[str, ...]
    actions: tuple[Action, ...]


class _Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    type: Literal["consent_vault"]
    purposes: tuple[str, ...] | UnsetType = UNSET
    channels: tuple[str, ...] | UnsetType = UNSET
    fields: tuple[str, ...] | UnsetType = UNSET
    actions: tuple[str, ...] | UnsetType = UNSET


def narrow(text: str, reach: Reach) -> Reach:
    """Return what the parameter asks for of `reach`; `Beyond` for more than that, and for what is not understood."""
    try:
        (wanted,) = msgspec.json.decode(text, type=tuple[_Wanted])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Beyond from None
    named = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    del named["type"]
    return reach.narrow(**named)


def granted(reach: Reach) -> tuple[Granted]:
    """Return how a token or an answer says it."""
    return (Granted(type=TYPE, **msgspec.structs.asdict(reach)),)


def shown(reach: Reach) -> list[dict[str, Any]]:
    """Return it as JSON is answered."""
    return [{"type": TYPE, **{kind: [*named] for kind, named in msgspec.structs.asdict(reach).items()}}]


def read(details: tuple[Granted]) -> Reach:
    """Return what a token of ours says."""
    (only,) = details
    return Reach(purposes=only.purposes, channels=only.channels, fields=only.fields, actions=only.actions)
