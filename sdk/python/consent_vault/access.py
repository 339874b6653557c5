"""How a client proves who it is: with a key that signs a fresh assertion each time, or with a secret.

Neither is ever printed. Secrets go to the address the client was made with, and nowhere else.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict
from urllib.parse import quote_plus, urlencode, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from consent_vault.calls import Call, Pace
from consent_vault.machine import fresh, now
from consent_vault.problems import Invalid

PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey

_METADATA: Final = "/.well-known/oauth-authorization-server"
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME: Final = 60
_SMALLEST_RSA: Final = 2048


class Options(TypedDict, total=False):
    """How to reach a vault.

    Give `private_key` (PEM, unencrypted, or a key of `cryptography`) or `client_secret`. `issuer` is what the vault
    calls itself where that is not the address at which you reach it. `scope`, one space apart, and
    `authorization_details` (RFC 9396) ask for tokens that may do less than the client: what a token never had, whoever
    steals it does not have either.
    """

    private_key: str | bytes | PrivateKey
    kid: str
    client_secret: str
    issuer: str
    scope: str
    authorization_details: Sequence[Mapping[str, Any]]
    pace: Pace


class Access:
    """One client's way into one vault."""

    def __init__(self, url: str, client_id: str, *, options: Options) -> None:
        if ("private_key" in options) == ("client_secret" in options):
            raise ValueError("give private_key or client_secret, and only one of them")
        self.url = _address(url)
        self.issuer = _address(options.get("issuer", url))
        self.pace = options.get("pace", Pace())
        self._less = _less(options)
        self._client_id = client_id
        self._secret = options.get("client_secret")
        self._kid = options.get("kid")
        self._key = _key(options["private_key"]) if "private_key" in options else None

    def __repr__(self) -> str:
        return f"Access({self.url}, {self._client_id})"

    def discovery(self) -> Call:
        """Return the call that asks where tokens are given out (RFC 8414)."""
        return Call(method="GET", url=self.url + _METADATA)

    def token_call(self, metadata: Metadata) -> Call:
        """Return a call for a token, with a proof of its own: an assertion is good once."""
        endpoint = self._endpoint(metadata)
        form = {"grant_type": "client_credentials", **self._less}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if self._key is None:
            pair = f"{quote_plus(self._client_id)}:{quote_plus(self._secret or '')}"
            headers["authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            form |= {
                "client_assertion_type": _ASSERTION,
                "client_assertion": self._assertion(metadata.issuer, self._key),
            }
        return Call(method="POST", url=endpoint, headers=headers, body=urlencode(form).encode())

    def _endpoint(self, metadata: Metadata) -> str:
        """Return where to ask. A vault under another name might pass our assertion on to the one it names."""
        issuer = metadata.issuer.rstrip("/")
        if issuer != self.issuer:
            raise Invalid("other_issuer", "the vault there goes by another name: give that name as `issuer`")
        if not metadata.token_endpoint.startswith(f"{issuer}/"):
            raise Invalid("other_issuer", "the vault there wants its tokens fetched elsewhere: that is not safe")
        return self.url + metadata.token_endpoint.removeprefix(issuer)

    def _assertion(self, audience: str, key: PrivateKey) -> str:
        issued = int(now())
        claims = {"iss": self._client_id, "sub": self._client_id, "aud": audience, "jti": fresh()}
        times = {"iat": issued, "exp": issued + _LIFETIME}
        headers = {"kid": self._kid} if self._kid is not None else None
        return jwt.encode({**claims, **times}, key, algorithm=_algorithm(key), headers=headers)


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What an authorization server says of itself (RFC 8414), as far as we need it."""

    issuer: str
    token_endpoint: str


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """An access token and the seconds it lives."""

    access_token: str
    token_type: str
    expires_in: int

    def __post_init__(self) -> None:
        if (
            self.token_type.lower() != "bearer"
            or not self.access_token.isascii()
            or not self.access_token.isprintable()
        ):
            raise ValueError("not a token for us")

    def __repr__(self) -> str:
        return "Token(...)"


def _less(options: Options) -> dict[str, str]:
    form = {"scope": options["scope"]} if "scope" in options else {}
    if "authorization_details" in options:
        form["authorization_details"] = msgspec.json.encode(options["authorization_details"]).decode()
    return form


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("write the vault's address as https://vault.example")
    return url.rstrip("/")


def _key(given: str | bytes | PrivateKey) -> PrivateKey:
    key: object = given
    if isinstance(given, str | bytes):
        try:
            key = load_pem_private_key(given.encode() if isinstance(given, str) else given, None)
        except (ValueError, TypeError):
            raise ValueError("private_key is no unencrypted private key in PEM") from None
    if isinstance(key, EllipticCurvePrivateKey | Ed25519PrivateKey | RSAPrivateKey):
        _algorithm(key)
        return key
    raise ValueError("private_key must be of EC P-256, Ed25519 or RSA")


def _algorithm(key: PrivateKey) -> str:
    match key:
        case EllipticCurvePrivateKey() if isinstance(key.curve, SECP256R1):
            return "ES256"
        case Ed25519PrivateKey():
            return "EdDSA"
        case RSAPrivateKey() if key.key_size >= _SMALLEST_RSA:
            return "PS256"
    raise ValueError("private_key must be of EC P-256, Ed25519, or RSA with at least 2048 bits")
