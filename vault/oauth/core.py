"""The one file that knows Authlib's server: its grants and its order of checks, without its defaults.

Nothing is remembered between calls, read from a clock or written to a log. No answer repeats what was sent.
"""
# Authlib ships no types, so calls into it are untyped everywhere in this file:
# mypy: allow-untyped-calls

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, get_args

import msgspec
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientCredentialsGrant, OAuth2Request
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from vault.base.errors import Invalid
from vault.base.ids import CustomerId
from vault.oauth.answer import HEADERS, Plain, Reason, refusal
from vault.oauth.authentication import Proof, prove
from vault.oauth.client import Registered
from vault.oauth.dpop.proof import NotPossessed, Possession
from vault.oauth.grant import details, exchange
from vault.oauth.grant.granted import Granted, grant
from vault.oauth.issuer import Issuer
from vault.oauth.request import Asked, Method
from vault.oauth.token import LIFETIME_SECONDS, Claims


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller found out beforehand: the client that is named, and whom the code proves. Time and chance."""

    client: Registered | None
    customer: CustomerId | None
    now: datetime
    jti: str


class Call(OAuth2Request):
    """One request on its way through Authlib; its steps leave here what they find."""

    def __init__(self, asked: Asked, known: Known, *, proofs: tuple[str, ...]) -> None:
        # Authlib looks at the scheme alone, and which scheme is good enough is for the settings to say.
        super().__init__("POST", "https://vault.invalid")
        self.client: Any = None
        self.payload: Any = BasicOAuth2Payload(asked.parameters)
        self.asked = asked
        self.proofs = proofs
        self.known = known
        self.proof: Proof | None = None
        self.possession: Possession | None = None
        self.customer: Literal["proved", "missed"] | None = None
        self.issued: Claims | None = None
        self.reason: Reason | None = None


class _NotProved(Invalid):
    """RFC 8693 section 2.2.2: whatever is wrong with a subject token is invalid_request."""

    def __init__(self) -> None:
        super().__init__("invalid_request", "the code is wrong, used or too old: have a new one sent")


class _Client:
    """A client that proved itself, in the words Authlib asks in."""

    def __init__(self, registered: Registered) -> None:
        self.registered = registered

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == self.registered.authentication.method

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type != exchange.GRANT or self.registered.acts_for_customers


class _Grant(ClientCredentialsGrant):
    request: Call
    server: Core
    TOKEN_ENDPOINT_AUTH_METHODS = list(get_args(Method))  # noqa: RUF012 - Authlib declares it so

    def customer(self) -> CustomerId | None:
        """Return for whom the client acts."""
        return None

    def create_token_response(self) -> tuple[int, dict[str, Any], object]:
        # Authlib's own writes the access token to its debug log.
        call, issuer, client = self.request, self.server.issuer, self.request.client.registered
        call.possession = issuer.bind(client, call.proofs, now=call.known.now)
        granted = grant(call.asked.parameters, client.ceiling, targets=issuer.targets)
        claims = _claims(call, client, granted=granted, customer=self.customer())
        body = _body(claims, token=issuer.issue(claims))
        call.issued = claims
        return 200, body, HEADERS


class _Exchange(_Grant):
    GRANT_TYPE = exchange.GRANT  # type: ignore[assignment]  # None where Authlib declares it

    def customer(self) -> CustomerId | None:
        """Return the customer the code proves; the one thing that is looked at last, for it is used up by that."""
        call, wanted = self.request, exchange.read(self.request.asked.parameters)
        call.customer = "proved" if wanted.customer == call.known.customer else "missed"
        if call.customer == "missed":
            raise _NotProved
        return wanted.customer


class Core(AuthorizationServer):
    """Authlib's server, whose token response is a status, a body and headers."""

    def __init__(self, issuer: Issuer) -> None:
        super().__init__()
        self.issuer = issuer
        self.register_grant(_Grant)
        self.register_grant(_Exchange)
        for method in get_args(Method):
            self.register_client_auth_method(method, partial(self._authenticate, method))

    def respond(self, call: Call) -> Plain:
        """Return the answer to `call`."""
        try:
            answer: Plain = self.create_token_response(call)
        except NotPossessed as error:
            call.reason = error.reason
            return refusal(error.code, error.detail)
        except Invalid as error:
            call.reason = "customer_not_proved" if isinstance(error, _NotProved) else None
            return refusal(error.code, error.detail)
        return answer

    def _authenticate(self, method: Method, *asked: Any) -> _Client | None:
        call: Call = asked[-1]  # Authlib hands over how to query a client, and the call
        credential = call.asked.credential
        if credential is not None and credential.method != method:
            return None
        proof = prove(call.asked, call.known.client, audiences=self.issuer.audiences, now=call.known.now)
        if not isinstance(proof, Proof):
            call.reason = proof
            return None
        call.proof = proof
        return _Client(proof.client)

    def create_oauth2_request(self, request: Call) -> Call:
        """Return the call: it is built already."""
        return request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(self, *plain: Any) -> Plain:
        """Return status, body and headers as they are; who speaks HTTP stands two floors above."""
        status, body, headers = plain
        return status, body, headers

    def handle_error_response(self, _request: Call, error: OAuth2Error) -> Plain:
        """Return the code with our words: Authlib's may repeat what was sent."""
        return refusal(str(error.error))


def _claims(call: Call, client: Registered, *, granted: Granted, customer: CustomerId | None) -> Claims:
    at = call.known.now.replace(microsecond=0)
    return Claims(
        organization=client.organization,
        client=client.id,
        client_id=client.client_id,
        scopes=granted.scopes,
        jti=call.known.jti,
        issued_at=at if client.dated is None else client.dated.replace(microsecond=0),
        expires=at + timedelta(seconds=LIFETIME_SECONDS),
        reach=granted.reach,
        jkt=None if call.possession is None else call.possession.jkt,
        customer=customer,
    )


def _body(claims: Claims, *, token: str) -> dict[str, Any]:
    """Return the answer with the token: RFC 6749 section 5.1, RFC 9396 section 7, RFC 8693 section 2.2.1."""
    body: dict[str, Any] = {
        "access_token": token,
        "token_type": "Bearer" if claims.jkt is None else "DPoP",
        "expires_in": LIFETIME_SECONDS,
        "scope": " ".join(sorted(claims.scopes)),
    }
    if claims.reach is not None:
        body["authorization_details"] = details.shown(claims.reach)
    if claims.customer is not None:
        body |= {"issued_token_type": exchange.ACCESS_TOKEN, "act": {"sub": claims.client_id}}
    return body
