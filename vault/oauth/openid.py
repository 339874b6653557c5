"""The vault at an organization's sign-in provider (OpenID Connect Core 1.0, code flow): what it asks, what it believes.

PKCE (RFC 7636, S256), state and nonce are always there, and the vault sends no secret: it signs an assertion (RFC 7523)
or is a public client. What `asked` made is checked in `answered` and `identified`, and nothing of the provider's is
kept. No error quotes what a provider said.
"""

# Authlib ships no types, so calls into it are untyped everywhere in this file:
# mypy: allow-untyped-calls
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hmac import compare_digest
from typing import Annotated, Any, Final

import msgspec
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.errors import JoseError
from jwt.algorithms import RSAAlgorithm
from msgspec import Meta

from vault.base.errors import Denied
from vault.base.personal import Personal
from vault.domain.sign_in.provider import StaffSignIn
from vault.oauth import jwk, jws
from vault.oauth.token import Keys

DISCOVERY: Final = "/.well-known/openid-configuration"
_JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS: Final = frozenset({"ES256", "PS256", "RS256", "EdDSA", "Ed25519"})
_RS256: Final = RSAAlgorithm(RSAAlgorithm.SHA256)  # no client of ours may use it; most providers know nothing else
_LEEWAY_SECONDS: Final = 60
_OLDEST_SECONDS: Final = 600
_ASSERTION_SECONDS: Final = 60
_LONGEST_CODE: Final = 4096
_LONGEST_SUBJECT: Final = 255  # OpenID Connect Core 1.0, section 2
_OK: Final = 200
_SPOILED: Final = "the answer of the sign-in provider cannot be believed; begin again"

_Https = Annotated[str, Meta(pattern=r"^https://[^\s/?#@]+(/[^\s#]*)?$(?!\n)")]


class ProviderError(Denied):
    """The provider's part of a sign-in does not hold. The code says which, for the log."""

    def __init__(self, code: str, detail: str = _SPOILED) -> None:
        super().__init__(code, detail)


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: _Https
    token_endpoint: _Https
    jwks_uri: _Https
    authorization_response_iss_parameter_supported: bool = False
    code_challenge_methods_supported: list[str] | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What only the browser that asked can hand back: three times 256 bits of chance."""

    state: str
    nonce: str
    verifier: str

    def __repr__(self) -> str:
        return "Asked(...)"


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a provider says it is, by its own name for them, and all it claims."""

    subject: Personal
    claims: Mapping[str, Any]

    def __repr__(self) -> str:
        return "Identity(...)"


class _Header(msgspec.Struct, frozen=True):
    alg: str
    kid: str | None = None
    crit: object = None


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


def provider(document: object, *, declared: StaffSignIn) -> Provider:
    """Return what the provider's metadata says; `ProviderError` when it is another's, or cannot do what is needed."""
    try:
        found = msgspec.convert(document, Provider)
    except msgspec.ValidationError:
        raise ProviderError("provider_unusable") from None
    if found.issuer != declared.issuer:
        raise ProviderError("provider_mixed_up")
    challenges, methods = found.code_challenge_methods_supported, found.token_endpoint_auth_methods_supported
    if challenges is not None and "S256" not in challenges:
        raise ProviderError("provider_unusable")
    if methods is not None and declared.authentication not in methods:
        raise ProviderError("provider_unusable")
    return found


def asking(provider: Provider, *, declared: StaffSignIn, asked: Asked, redirect_uri: str) -> str:
    """Return where to send the browser (section 3.1.2.1)."""
    url: str = prepare_grant_uri(
        provider.authorization_endpoint,
        declared.client_id,
        "code",
        redirect_uri,
        ["openid", *declared.scopes],
        asked.state,
        nonce=asked.nonce,
        code_challenge=create_s256_code_challenge(asked.verifier),
        code_challenge_method="S256",
    )
    return url


def answered(query: Sequence[tuple[str, str]], *, provider: Provider, asked: Asked) -> str:
    """Return the code with which a browser came back (section 3.1.2.5, RFC 9207); `ProviderError` for any other."""
    told = dict(query)
    if len(told) != len(query):
        raise ProviderError("provider_answer_malformed")
    if not compare_digest(told.get("state", "").encode("utf-8", "replace"), asked.state.encode()):
        raise ProviderError("provider_other_state")
    issuer = told.get("iss", None if provider.authorization_response_iss_parameter_supported else provider.issuer)
    if issuer != provider.issuer:
        raise ProviderError("provider_mixed_up")
    if "error" in told:
        raise ProviderError("provider_said_no", "the sign-in provider did not let you in")
    code = told.get("code", "")
    if not 0 < len(code) <= _LONGEST_CODE:
        raise ProviderError("provider_answer_malformed")
    return code


def exchange(declared: StaffSignIn, *, code: str, asked: Asked, redirect_uri: str, assertion: str) -> dict[str, str]:
    """Return the form that turns a code into an ID token (section 3.1.3.1)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": asked.verifier,
        "client_id": declared.client_id,
    }
    if declared.authentication == "none":
        return form
    return form | {"client_assertion_type": _JWT_BEARER, "client_assertion": assertion}


def assertion(keys: Keys, *, declared: StaffSignIn, jti: str, now: datetime) -> str:
    """Return what proves to the provider that the vault asks (RFC 7523 section 3).

    It is for the issuer and not for its token endpoint: metadata may name anybody's endpoint, but no other issuer.
    """
    at = int(now.timestamp())
    claims = {
        "iss": declared.client_id,
        "sub": declared.client_id,
        "aud": declared.issuer,
        "jti": jti,
        "iat": at,
        "exp": at + _ASSERTION_SECONDS,
    }
    return jws.sign(claims, keys.private, kid=keys.kid, typ="JWT")


def id_token(status: int, body: object) -> str:
    """Return the ID token of an answer from the token endpoint; `ProviderError` when it gave none."""
    try:
        return msgspec.convert(body, _Tokens).id_token if status == _OK else _refused_code()
    except msgspec.ValidationError:
        raise ProviderError("provider_no_id_token") from None


def key_named(token: str) -> str | None:
    """Return the `kid` in an ID token's header, which anybody may have written."""
    return _header(token)[1].kid


def identified(
    token: str, jwks: Mapping[str, object] | None, *, declared: StaffSignIn, nonce: str, now: datetime
) -> Identity:
    """Return whom an ID token is about (section 3.1.3.7); `ProviderError` unless all of it holds at `now`."""
    parts, header = _header(token)
    _verify(parts, header, jwks=jwks)
    claims = _read(parts.payload, dict[str, Any])
    at = int(now.timestamp())
    rules = CodeIDToken(
        claims,
        {"alg": header.alg},
        {
            "iss": {"essential": True, "value": declared.issuer},
            "aud": {"essential": True, "value": declared.client_id},
        },
        {"client_id": declared.client_id, "nonce": nonce},
    )
    try:
        rules.validate(now=at, leeway=_LEEWAY_SECONDS)
    except (JoseError, TypeError, ValueError):
        raise ProviderError("provider_bad_id_token") from None
    subject, since = claims["sub"], claims["iat"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or at - since > _OLDEST_SECONDS:
        raise ProviderError("provider_bad_id_token")
    return Identity(subject=Personal(subject), claims=claims)


def _refused_code() -> str:
    raise ProviderError("provider_refused_code")


def _header(token: str) -> tuple[jws.Compact, _Header]:
    try:
        parts = jws.parse(token)
    except jws.BadSignature:
        raise ProviderError("provider_bad_id_token") from None
    return parts, _read(parts.header, _Header)


def _verify(parts: jws.Compact, header: _Header, *, jwks: Mapping[str, object] | None) -> None:
    """Verify with the key that is named, or, where none is, with the only one there is for this algorithm."""
    if header.alg not in _ALGORITHMS or header.crit is not None:
        raise ProviderError("provider_bad_id_token")
    algorithm = "PS256" if header.alg == "RS256" else header.alg
    keys = [
        key
        for key in jwk.published(jwks)
        if algorithm in key.algorithms and (header.kid is None or key.kid == header.kid)
    ]
    if len(keys) != 1 or not _is_signed(parts, keys[0], algorithm=header.alg):
        raise ProviderError("provider_bad_id_token")


def _is_signed(parts: jws.Compact, key: jwk.Key, *, algorithm: str) -> bool:
    if algorithm == "RS256":
        return isinstance(key.public, RSAPublicKey) and _RS256.verify(parts.signed, key.public, parts.signature)
    try:
        jws.verify(parts, key.public, algorithm=msgspec.convert(algorithm, jws.Algorithm))
    except jws.BadSignature:
        return False
    return True


def _read(part: bytes, kind: type[Any]) -> Any:
    try:
        return jws.read(part, kind)
    except jws.BadSignature:
        raise ProviderError("provider_bad_id_token") from None
