"""What a token request gets of a client's ceiling: which scopes, how far, and for which API. All of it, or no token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from vault.base.errors import Invalid
from vault.domain.organization import Ceiling
from vault.domain.reach import ALWAYS, Reach
from vault.oauth.grant import details, exchange

_DETAILS: Final = "authorization_details"


class InvalidScope(Invalid):
    """RFC 6749 section 5.2, invalid_scope: beyond the ceiling, or nothing is left of what was asked."""

    def __init__(self) -> None:
        super().__init__("invalid_scope", "ask for scopes of the ceiling of this client, one space apart")


class InvalidTarget(Invalid):
    """RFC 8707 section 2, RFC 8693 section 2.2.2: tokens of this vault are good for its own API and no other."""

    def __init__(self) -> None:
        super().__init__("invalid_target", "leave resource and audience out, or name the issuer or its API")


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """The scopes of a token, and its reach where authorization_details were sent: then both name the same actions."""

    scopes: frozenset[str]
    reach: Reach | None = None


def grant(parameters: Mapping[str, str], ceiling: Ceiling, *, targets: frozenset[str]) -> Granted:
    """Return what is granted. Whoever asks beyond the ceiling gets no token, not a smaller one.

    `InvalidScope`, `InvalidTarget`, or `Beyond` for authorization_details that ask for more or are not understood.
    """
    named = {parameters[name] for name in ("resource", "audience") if name in parameters}
    if not named <= targets:
        raise InvalidTarget
    whole = Reach.whole(ceiling)
    if parameters["grant_type"] == exchange.GRANT:
        whole = whole.narrow(actions=[action for action in whole.actions if action in exchange.PERSONAL])
    scopes = _scopes(parameters.get("scope"), whole)
    if _DETAILS not in parameters:
        return Granted(scopes=scopes)
    reach = details.narrow(parameters[_DETAILS], whole)
    scopes &= {*reach.actions, ALWAYS}
    if not scopes:
        raise InvalidScope
    return Granted(scopes=scopes, reach=msgspec.structs.replace(reach, actions=tuple(sorted(scopes))))


def _scopes(asked: str | None, whole: Reach) -> frozenset[str]:
    there: frozenset[str] = frozenset(whole.actions)
    scopes = there if asked is None else frozenset(asked.split(" "))
    if not scopes <= there:
        raise InvalidScope
    return scopes
