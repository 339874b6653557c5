"""A token as a request to the API presents it: as a bearer, or with a proof that its key is at hand (RFC 9449, 7).

A bound token is no bearer token and an unbound one needs no proof: the scheme must be the token's own.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

import msgspec

from vault.oauth.authentication import Once
from vault.oauth.dpop.nonces import Nonces
from vault.oauth.dpop.proof import ALGORITHMS, NotPossessed, Possession, Sent, prove_possession
from vault.oauth.token import TokenError

Scheme = Literal["bearer", "dpop"]

_ALGS: Final = f'algs="{" ".join(ALGORITHMS)}"'


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """An `Authorization` header read. Nothing in it is verified."""

    scheme: Scheme
    token: str

    def __repr__(self) -> str:
        return f"Presented({self.scheme})"


def presented(authorization: str | None) -> Presented:
    """Return scheme and token (RFC 6750 section 2.1, RFC 9449 section 7.1); `TokenError` for any other header."""
    scheme, _, token = (authorization or "").partition(" ")
    if not token:
        raise TokenError
    match scheme.lower():
        case "bearer":
            return Presented(scheme="bearer", token=token)
        case "dpop":
            return Presented(scheme="dpop", token=token)
        case _:
            raise TokenError


def possessed(shown: Presented, jkt: str | None, *, sent: Sent, now: datetime, nonces: Nonces | None) -> Once | None:
    """Return what the caller must reserve before it acts, or None for a bearer token, which needs no proof.

    `jkt` is what the believed token says it is bound to. `TokenError` for a token under the other's scheme,
    `NotPossessed` for a proof that is none. If client and `once` are taken, raise `NotPossessed("replayed_proof")`.
    """
    if (shown.scheme == "dpop") != (jkt is not None):
        raise TokenError
    if jkt is None:
        return None
    bound = msgspec.structs.replace(sent, access_token=shown.token, jkt=jkt)
    found = prove_possession(bound, now=now, nonces=nonces)
    if not isinstance(found, Possession):
        raise NotPossessed(found)
    return found.once


def challenge(code: str, scheme: Scheme | None) -> str:
    """Return the `WWW-Authenticate` of a refusal; without a readable scheme, it names both there are."""
    match scheme:
        case "dpop":
            return f'DPoP error="{code}", {_ALGS}'
        case "bearer":
            return f'Bearer error="{code}"'
        case None:
            return f'Bearer error="{code}", DPoP {_ALGS}'
