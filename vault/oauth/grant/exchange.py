"""Token exchange (RFC 8693): a one-time code, read aloud by the customer on the line, for a token to act for them.

Only the parameters are read here. Whether the code proves anything is found out by whoever keeps codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from vault.base.errors import Invalid
from vault.base.ids import CUSTOMER, CustomerId
from vault.base.ids import read as read_id
from vault.domain.organization import Action
from vault.oauth.request import Malformed, Request
from vault.oauth.request import read as read_request

GRANT: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
CODE: Final = "urn:consent-vault:token-type:code"
ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name
PERSONAL: Final[frozenset[Action]] = frozenset({"lookup", "withdraw"})
"""What a client may at most do for a customer: see what stands, and say no."""
_LONGEST: Final = 64


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the client wants to act for, and the code it heard. Neither is proven."""

    customer: CustomerId
    code: str

    def __repr__(self) -> str:
        return "Exchange(...)"


def read(parameters: Mapping[str, str]) -> Exchange:
    """Return what is exchanged; `Malformed` for another kind of token, on either side (RFC 8693 section 2.2.2)."""
    if parameters.get("subject_token_type") != CODE:
        raise Malformed(f"send subject_token_type={CODE}")
    if "actor_token" in parameters or "actor_token_type" in parameters:
        raise Malformed("send no actor_token: whoever acts is the client that authenticates")
    if parameters.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise Malformed(f"leave requested_token_type out, or send {ACCESS_TOKEN}")
    code, customer = parameters.get("subject_token", ""), parameters.get("customer", "")
    try:
        read_id(CUSTOMER, customer)
    except Invalid:
        raise Malformed("send customer, the id of whom the code was sent to") from None
    if not 0 < len(code) <= _LONGEST:
        raise Malformed("send subject_token, the code the customer read aloud")
    return Exchange(customer=CustomerId(customer), code=code)


def claimed(request: Request) -> Exchange | None:
    """Return what a token request wants to exchange, to look the code up and for nothing else: it is not proven."""
    try:
        asked = read_request(request)
        return read(asked.parameters) if asked.parameters.get("grant_type") == GRANT else None
    except Malformed:
        return None
