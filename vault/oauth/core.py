"""The one file that knows Authlib: its server, its grant and its order of checks, without its defaults.

Nothing is remembered between calls, read from a clock or written to a log. No answer repeats what was sent.
"""
# Authlib ships no types, so calls into it are untyped everywhere in this file:
# mypy: allow-untyped-calls

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, get_args

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientCredentialsGrant, OAuth2Request
from authlib.oauth2.rfc6749.errors import OAuth2Error
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator

from vault.oauth.authentication import Once, Proof, Reason, prove
from vault.oauth.client import Registered
from vault.oauth.metadata import TOKEN, endpoint
from vault.oauth.request import Asked, Method
from vault.oauth.token import LIFETIME_SECONDS, Claims, Keys, issue

Headers = tuple[tuple[str, str], ...]
Plain = tuple[int, dict[str, Any], Headers]

_HEADERS: Final[Headers] = tuple(default_json_headers)
_CHALLENGE: Final = ("WWW-Authenticate", 'Basic realm="consent-vault", charset="UTF-8"')
_SAYS: Final = {
    "invalid_client": "the client is not authenticated: check its id, its key or secret, the audience and the clock",
    "invalid_scope": "ask for scopes of the ceiling of this client, one space apart",
    "unsupported_grant_type": "send grant_type=client_credentials",
    "unauthorized_client": "this client is declared fapi2 and must bind its tokens with DPoP, which is not offered yet",
    "invalid_authorization_details": "authorization_details are not offered yet: leave them out",
}


def refusal(error: str, description: str = "") -> Plain:
    """Return an error answer (RFC 6749 section 5.2). A 401 carries a challenge (RFC 9110 section 15.5.2)."""
    body = {"error": error, "error_description": _SAYS.get(error, description)}
    if error == "invalid_client":
        return 401, body, (*_HEADERS, _CHALLENGE)
    return 400, body, _HEADERS


class Call(OAuth2Request):
    """One request on its way through Authlib; its steps leave here what they find."""

    def __init__(self, asked: Asked, registered: Registered | None, *, now: datetime, jti: str) -> None:
        # Authlib looks at the scheme alone, and which scheme is good enough is for the settings to say.
        super().__init__("POST", "https://vault.invalid")
        self.payload: Any = BasicOAuth2Payload(asked.parameters)
        self.asked = asked
        self.registered = registered
        self.now = now
        self.jti = jti
        self.once: Once | None = None
        self.reason: Reason | None = None
        self.issued: Claims | None = None


class _Client:
    """A client that proved itself, in the words Authlib asks in."""

    def __init__(self, registered: Registered, call: Call) -> None:
        self.registered = registered
        self.call = call

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == self.registered.authentication.method

    def check_grant_type(self, _grant_type: str) -> bool:
        return self.registered.authentication.profile is None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """All or nothing: whoever asks beyond the ceiling gets no token, not a smaller one. None is a refusal."""
        asked = self.registered.scopes if scope is None else frozenset(scope.split(" "))
        return " ".join(sorted(asked)) if asked <= self.registered.scopes else None


class _Grant(ClientCredentialsGrant):
    request: Call
    TOKEN_ENDPOINT_AUTH_METHODS = list(get_args(Method))  # noqa: RUF012 - Authlib declares it so

    def validate_token_request(self) -> None:
        super().validate_token_request()
        if "authorization_details" in self.request.payload.data:
            # Ignoring them would hand out more than was asked for.
            raise OAuth2Error(error="invalid_authorization_details")

    def create_token_response(self) -> tuple[int, dict[str, Any], object]:
        # Authlib's own writes the access token to its debug log.
        token = self.generate_token(scope=self.request.payload.scope, include_refresh_token=False)
        return 200, token, _HEADERS


class Core(AuthorizationServer):
    """Authlib's server, whose token response is a status, a body and headers."""

    def __init__(self, *, issuer: str, audience: str, keys: Keys) -> None:
        super().__init__()
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._audiences = frozenset({issuer, endpoint(issuer, TOKEN)})
        self.register_grant(_Grant)
        for method in get_args(Method):
            self.register_client_auth_method(method, partial(self._authenticate, method))
        # Authlib's own tokens live ten days, name the client as audience and carry no `kid`.
        self.register_token_generator("default", BearerTokenGenerator(self._token, expires_generator=LIFETIME_SECONDS))

    def _authenticate(self, method: Method, *asked: Any) -> _Client | None:
        call: Call = asked[-1]  # Authlib hands over how to query a client, and the call
        credential = call.asked.credential
        if credential is not None and credential.method != method:
            return None
        proof = prove(call.asked, call.registered, audiences=self._audiences, now=call.now)
        if not isinstance(proof, Proof):
            call.reason = proof
            return None
        call.once = proof.once
        return _Client(proof.client, call)

    def _token(self, client: _Client, scope: str, **_ignored: object) -> str:
        call, registered = client.call, client.registered
        now = call.now.replace(microsecond=0)
        call.issued = Claims(
            organization=registered.organization,
            client=registered.id,
            client_id=registered.client_id,
            scopes=frozenset(scope.split(" ")),
            jti=call.jti,
            issued_at=now,
            expires=now + timedelta(seconds=LIFETIME_SECONDS),
        )
        return issue(call.issued, self._keys, issuer=self._issuer, audience=self._audience)

    def respond(self, call: Call) -> Plain:
        """Return the answer to `call`."""
        answer: Plain = self.create_token_response(call)
        return answer

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
