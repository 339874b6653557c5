"""Answers: what to send, what to write before it is sent, and what a refusal says (RFC 6749 section 5.2).

No answer repeats what was sent, and every client that is not believed gets the same one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from vault.oauth import authentication
from vault.oauth.authentication import Once
from vault.oauth.dpop import proof
from vault.oauth.dpop.proof import NotPossessed
from vault.oauth.token import Claims

Headers = tuple[tuple[str, str], ...]
Plain = tuple[int, dict[str, Any], Headers]
Reason = authentication.Reason | proof.Reason | Literal["customer_not_proved"]

TOO_MANY: Final = 429
HEADERS: Final[Headers] = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("Pragma", "no-cache"),  # RFC 6749 section 5.1 asks for it by name
)
_CHALLENGE: Final = ("WWW-Authenticate", 'Basic realm="consent-vault", charset="UTF-8"')
_SAYS: Final = {
    "invalid_client": "the client is not authenticated: check its id, its key or secret, the audience and the clock",
    "invalid_scope": "ask for scopes of the ceiling of this client, one space apart",
    "unsupported_grant_type": "send grant_type=client_credentials, or a token exchange",
    "unauthorized_client": "this client is not declared to act for customers",
    "temporarily_unavailable": "this is more than a limit allows: wait as long as Retry-After says",
}


class Revoked(msgspec.Struct, frozen=True, kw_only=True):
    """A token that must not open anything any more; after `expires` it does not by itself."""

    jti: str
    expires: datetime


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What to send, and what to write before it is sent, in the transaction that writes the entry.

    * `once`: the assertion, to be reserved for this client; if it is taken, send `replayed()` instead.
    * `proof`: the DPoP proof, likewise; if it is taken, send `replayed_proof()` instead.
    * `issued`: what the new token says. `revoked`: the token to revoke. `introspected`: what an active token says.
    * `customer`: `proved`, then use the code up; `missed`, then count a try; None, then the code was not looked at.
    * `credential`: which key or secret proved the client, to be kept as last used; None if nothing did.
    * `error` and `reason` are for the entry; `reason` never leaves the house.
    """

    status: int
    body: Mapping[str, Any]
    headers: Headers
    issued: Claims | None = None
    revoked: Revoked | None = None
    introspected: Claims | None = None
    once: Once | None = None
    proof: Once | None = None
    customer: Literal["proved", "missed"] | None = None
    credential: str | None = None
    error: str | None = None
    reason: Reason | None = None

    def __repr__(self) -> str:
        return f"Answer({self.status})"


def refusal(error: str, description: str = "") -> Plain:
    """Return an error answer. A 401 carries a challenge (RFC 9110 section 15.5.2)."""
    body = {"error": error, "error_description": _SAYS.get(error, description)}
    if error == "invalid_client":
        return 401, body, (*HEADERS, _CHALLENGE)
    return 400, body, HEADERS


def refused(plain: Plain, reason: Reason | None = None, **told: Any) -> Answer:
    """Return the answer that says so; `told` are further members of it."""
    status, body, headers = plain
    return Answer(status=status, body=body, headers=headers, error=body["error"], reason=reason, **told)


def replayed() -> Answer:
    """Return the answer to an assertion that was used before; it reads like every other failed authentication."""
    return refused(refusal("invalid_client"), "replayed")


def replayed_proof() -> Answer:
    """Return the answer to a DPoP proof that was used before."""
    error = NotPossessed("replayed_proof")
    return refused(refusal(error.code, error.detail), error.reason)


def too_many(retry_after_seconds: int) -> Answer:
    """Return the answer to whoever asks too often: 429 (RFC 6585), and the code of RFC 6749 for not now."""
    _, body, headers = refusal("temporarily_unavailable")
    return refused((TOO_MANY, body, (*headers, ("Retry-After", str(retry_after_seconds)))))
