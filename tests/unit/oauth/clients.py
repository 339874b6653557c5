"""A token endpoint, clients of each kind, and the requests they send, honest or not."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, Final

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from vault.base.ids import ClientId, OrganizationId
from vault.domain.organization import Authentication, Ceiling
from vault.oauth.answer import Answer
from vault.oauth.client import Registered, secret_digest
from vault.oauth.request import ASSERTION_TYPE, Request
from vault.oauth.server import Server
from vault.oauth.token import Keys

NOW: Final = datetime(2026, 11, 2, 12, 0, 0, 250_000, tzinfo=UTC)
SECONDS: Final = int(NOW.timestamp())
ISSUER: Final = "https://vault.example"
ENDPOINT: Final = "https://vault.example/oauth/token"
AUDIENCE: Final = "https://vault.example/v1"
CLIENT_ID: Final = "fernhill.crm"
SECRET: Final = "kX3v9_Zt-1pQmN7c"
JTI: Final = "0f" * 16

CEILING: Final = Ceiling(
    purposes=("newsletter", "sales"),
    channels=("email", "sms"),
    fields=("contact", "first_name"),
    actions=("decide", "release", "capture"),
)

KINDS: Final = ("purposes", "channels", "fields", "actions")

SIGNING: Final = generate_private_key(SECP256R1())
KEYS: Final = Keys(kid="now", private=SIGNING)
SERVER: Final = Server(issuer=ISSUER, audience=AUDIENCE, keys=KEYS)

EC: Final = generate_private_key(SECP256R1())
EC_OTHER: Final = generate_private_key(SECP256R1())
EC_384: Final = generate_private_key(SECP384R1())
ED: Final = Ed25519PrivateKey.generate()
ED_448: Final = Ed448PrivateKey.generate()
RSA: Final = generate_rsa_key(public_exponent=65537, key_size=2048)
RSA_SHORT: Final = generate_rsa_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused
PRIVATE: Final[dict[str, Any]] = {"ES256": EC, "EdDSA": ED, "Ed25519": ED, "PS256": RSA}


def jwk(private: Any, **members: str) -> dict[str, Any]:
    """The public half as a JWK; further members override."""
    kind = next(
        kind
        for kind, names in ((ECAlgorithm, "ec"), (OKPAlgorithm, "ed"), (RSAAlgorithm, "rsa"))
        if f".{names}" in type(private).__module__ or names in type(private).__name__.lower()
    )
    return {**kind.to_jwk(private.public_key(), as_dict=True), **members}


def signer(*keys: dict[str, Any], **given: Any) -> Registered:
    """A client that signs, with the keys it published."""
    algorithm = given.pop("algorithm", None)
    profile = given.pop("profile", None)
    expires = given.pop("key_expires", None)
    return client(
        Authentication(
            method="private_key_jwt",
            algorithm=algorithm,
            jwks={"keys": list(keys or (jwk(EC, kid="a"),))},
            profile=profile,
            expires=expires,
        ),
        **given,
    )


def old_crm(*secrets: str, **given: Any) -> Registered:
    """A client with secrets."""
    expires = given.pop("secret_expires", None)
    profile = given.pop("profile", None)
    authentication = Authentication(method="client_secret_basic", expires=expires, profile=profile)
    digests = tuple(secret_digest(secret) for secret in secrets or (SECRET,))
    return client(authentication, **{"secrets": digests, **given})


def client(authentication: Authentication, **given: Any) -> Registered:
    plain: dict[str, Any] = {
        "organization": OrganizationId("org_fernhill"),
        "id": ClientId("cli_crm"),
        "client_id": CLIENT_ID,
        "ceiling": msgspec.structs.replace(CEILING, **{kind: given.pop(kind) for kind in KINDS if kind in given}),
    }
    return Registered(authentication=authentication, **{**plain, **given})


def claims(**changed: Any) -> dict[str, Any]:
    """Claims of an honest assertion; None leaves one out."""
    honest = {
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "aud": ISSUER,
        "iat": SECONDS,
        "exp": SECONDS + 60,
        "jti": "once-1",
    }
    return {name: value for name, value in {**honest, **changed}.items() if value is not None}


def signed(
    private: Any = EC, algorithm: str = "ES256", *, headers: dict[str, Any] | None = None, **changed: Any
) -> str:
    """An assertion; PyJWT does not know the second name of EdDSA, so that one is put together here."""
    if algorithm != "Ed25519":
        return jwt.encode(claims(**changed), private, algorithm=algorithm, headers=headers)
    body = part({"alg": "Ed25519", **(headers or {})}) + "." + part(claims(**changed))
    return f"{body}.{b64(private.sign(body.encode()))}"


def part(value: object) -> str:
    return b64(json.dumps(value).encode())


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def asserting(assertion: str, **parameters: str) -> Request:
    """A request with an assertion."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
        **parameters,
    }
    return Request(form=tuple(form.items()))


def basic(user: str = CLIENT_ID, secret: str = SECRET, **parameters: str) -> Request:
    """A request with HTTP Basic, as it stands."""
    form = {"grant_type": "client_credentials", **parameters}
    header = "Basic " + b64encode(f"{user}:{secret}".encode()).decode()
    return Request(form=tuple(form.items()), authorization=header)


def ask(request: Request, who: Registered | None, now: datetime = NOW) -> Answer:
    return SERVER.token(request, who, now=now, jti=JTI)


def refused(answer: Answer, reason: str | None, error: str = "invalid_client") -> bool:
    """Whether it was refused for exactly this, and nothing was issued or is to be reserved."""
    assert (answer.error, answer.reason) == (error, reason)
    assert answer.body["error"] == error
    return answer.status >= 400 and answer.issued is None and answer.once is None and "access_token" not in answer.body
