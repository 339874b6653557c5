"""Whether whoever sends a request holds a key: one proof, for this request, made just now (RFC 9449 section 4.3).

A refusal is a value. Whether the proof came before is for the caller to find out: it reserves what it is handed. The
signature is checked last, so that a proof with any other fault costs none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from vault.base.errors import Denied
from vault.oauth import jwk, jws
from vault.oauth.authentication import KEEP_SECONDS, LEEWAY_SECONDS, Once
from vault.oauth.dpop.nonces import Nonces

Reason = Literal[
    "no_proof", "several_proofs", "bad_proof_header", "bad_proof_claims", "other_request", "no_nonce", "old_nonce",
    "bad_proof_times", "other_token", "other_key", "bad_proof_signature", "replayed_proof",
]  # fmt: skip

ALGORITHMS: Final[tuple[jws.Algorithm, ...]] = ("ES256", "EdDSA", "Ed25519", "PS256")
AGE_SECONDS: Final = 60
AGE_WITH_NONCE_SECONDS: Final = 300
"""How far the client's clock may be off where our nonce says how fresh a proof is."""
_SAYS: Final = {
    "invalid_dpop_proof": "send one DPoP proof, made now for this request, and with the key its token is bound to",
    "use_dpop_nonce": "put the nonce of the DPoP-Nonce header into a new proof",
}
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ESCAPED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]")
_URL: Final = re.compile(r"[!-~]{1,2048}")


class NotPossessed(Denied):
    """The key was not shown to be at hand (RFC 9449 sections 5, 8 and 9). `reason` never leaves the house."""

    def __init__(self, reason: Reason) -> None:
        code = "use_dpop_nonce" if reason in {"no_nonce", "old_nonce"} else "invalid_dpop_proof"
        super().__init__(code, _SAYS[code])
        self.reason = reason


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """Every `DPoP` header of a request, and the request: its method and its address, built from the issuer.

    With an access token also the token as it was sent, and the thumbprint of the key it is bound to.
    """

    proofs: tuple[str, ...]
    method: str
    url: str
    access_token: str | None = None
    jkt: str | None = None

    def __repr__(self) -> str:
        return "Sent(...)"


class Possession(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever sent the request holds the key of thumbprint `jkt`. `once` must not be used again."""

    jkt: str
    once: Once


class _Header(msgspec.Struct, frozen=True, kw_only=True):
    alg: jws.Algorithm
    typ: Literal["dpop+jwt"]
    jwk: dict[str, Any]
    crit: object = None
    b64: object = None


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    jti: Annotated[str, Meta(pattern=r"^[!-~]{1,256}\Z")]
    htm: str
    htu: str
    iat: int | float
    ath: str | None = None
    nonce: str | None = None
    nbf: int | float = 0
    exp: int | float | None = None


class _Proof(msgspec.Struct, frozen=True, kw_only=True):
    token: jws.Compact
    algorithm: jws.Algorithm
    key: jwk.Key
    claims: _Claims


def prove_possession(sent: Sent, *, now: datetime, nonces: Nonces | None = None) -> Possession | Reason:
    """Return which key was proven, or why none was. With `nonces` a proof must carry one of ours."""
    if len(sent.proofs) != 1:
        return "several_proofs" if sent.proofs else "no_proof"
    proof = _unverified(sent.proofs[0])
    if not isinstance(proof, _Proof):
        return proof
    refused = _refused(proof, sent, now=now, nonces=nonces)
    if refused is not None:
        return refused
    try:
        jws.verify(proof.token, proof.key.public, algorithm=proof.algorithm)
    except jws.BadSignature:
        return "bad_proof_signature"
    return Possession(jkt=proof.key.thumbprint, once=_once(proof, nonces))


def same_address(one: str, other: str) -> bool:
    """Whether two addresses are one without query and fragment: RFC 3986 sections 6.2.2 and 6.2.3."""
    plain = _plain(one)
    return plain is not None and plain == _plain(other)


def _unverified(text: str) -> _Proof | Reason:
    try:
        token = jws.parse(text)
        header = jws.read(token.header, _Header)
    except jws.BadSignature:
        return "bad_proof_header"
    key = jwk.key(header.jwk)
    if key is None or header.alg not in key.algorithms or (header.crit, header.b64) != (None, None):
        return "bad_proof_header"
    try:
        return _Proof(token=token, algorithm=header.alg, key=key, claims=jws.read(token.payload, _Claims))
    except jws.BadSignature:
        return "bad_proof_claims"


def _refused(proof: _Proof, sent: Sent, *, now: datetime, nonces: Nonces | None) -> Reason | None:
    claims = proof.claims
    if claims.htm != sent.method or not same_address(claims.htu, sent.url):
        return "other_request"
    if nonces is not None and not nonces.are_good(claims.nonce or "", now):
        return "old_nonce" if claims.nonce else "no_nonce"
    if not _in_time(claims, now.timestamp(), nonces=nonces):
        return "bad_proof_times"
    if sent.access_token is not None and claims.ath != token_hash(sent.access_token):
        return "other_token"
    return "other_key" if sent.jkt not in {None, proof.key.thumbprint} else None


def token_hash(access_token: str) -> str:
    """Return what `ath` must say of a token (RFC 9449 section 4.2)."""
    return jws.base64url(sha256(access_token.encode()).digest())


def _oldest(nonces: Nonces | None) -> int:
    return AGE_SECONDS if nonces is None else AGE_WITH_NONCE_SECONDS


def _in_time(claims: _Claims, now: float, *, nonces: Nonces | None) -> bool:
    newest = now + (LEEWAY_SECONDS if nonces is None else AGE_WITH_NONCE_SECONDS)
    begun = max(claims.iat, claims.nbf) <= newest
    return begun and now - _oldest(nonces) <= claims.iat and (claims.exp is None or now < claims.exp)


def _once(proof: _Proof, nonces: Nonces | None) -> Once:
    """Return what to reserve: of bounded size, and never the id of an assertion of the same client."""
    jti = "dpop:" + jws.base64url(sha256(f"{proof.key.thumbprint}.{proof.claims.jti}".encode()).digest())
    over = proof.claims.iat + _oldest(nonces) + KEEP_SECONDS
    return Once(jti=jti, expires=datetime.fromtimestamp(over, UTC))


@lru_cache(maxsize=256)
def _plain(url: str) -> tuple[str, str, int | None, str] | None:
    if not _URL.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.scheme not in _DEFAULT_PORTS:
        return None
    path = _ESCAPED.sub(_unescaped, parts.path) or "/"
    return parts.scheme, parts.hostname, _DEFAULT_PORTS[parts.scheme] if port is None else port, path


def _unescaped(found: re.Match[str]) -> str:
    letter = chr(int(found[0][1:], 16))
    return letter if _UNRESERVED.fullmatch(letter) else found[0].upper()
