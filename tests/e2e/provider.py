"""A sign-in provider of our own, on this machine: it keeps to its standard, but where a test tells it not to."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from uuid import uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests import make
from tests.e2e.colleague import Colleague
from tests.stage import Stage
from tests.tls import Request, answer, authority, web
from tests.visitor import Page
from vault.actions.client.tokens import public_keys
from vault.courier.fetch import Fetcher
from vault.courier.parts import Courier

Json = dict[str, Any]

PATH: Final = "/realm"
SUBJECT: Final = "Quokka.the-auditor"
KEY: Final[RSAPrivateKey] = generate_private_key(65537, 2048)
STAFF: Final[Json] = {
    "client_id": "vault",
    "claim": "groups",
    "scopes": ["groups"],
    "auditors": ["data-protection"],
    "admins": ["marketing-ops"],
}


@dataclass
class Asked:
    """What a browser brought."""

    nonce: str
    challenge: str
    redirect_uri: str
    subject: str


@dataclass
class Provider:
    """`people` says in which groups somebody is. What is spoilt is set by tests: metadata, claims, the signing."""

    people: dict[str, list[str]] = field(default_factory=lambda: {SUBJECT: ["data-protection"]})
    metadata: Json = field(default_factory=dict)
    claims: Json = field(default_factory=dict)
    keys: list[Json] | None = None
    sign: Callable[[Json], str] | None = None
    tokens: bytes | None = None
    replays: bool = False
    vault_keys: Json | None = None
    issuer: str = ""
    codes: dict[str, Asked] = field(default_factory=dict)
    seen: list[Request] = field(default_factory=list)

    def login(self, url: str, subject: str = SUBJECT, /, **changes: str | None) -> str:
        """Log somebody in who was sent here, and return the query with which they go back."""
        at = urlsplit(url)
        assert f"{at.scheme}://{at.netloc}{at.path}" == f"{self.issuer}/auth"
        asked = dict(parse_qsl(at.query, strict_parsing=True))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == "vault"
        assert asked["scope"] == "openid groups"
        assert asked["code_challenge_method"] == "S256"
        code = uuid4().hex
        self.codes[code] = Asked(asked["nonce"], asked["code_challenge"], asked["redirect_uri"], subject)
        query = {"code": code, "state": asked["state"], "iss": self.issuer} | changes
        return urlencode({name: value for name, value in query.items() if value is not None})

    async def respond(self, request: Request) -> bytes:
        """Answer the vault."""
        self.seen.append(request)
        match request.target.removeprefix(PATH):
            case "/.well-known/openid-configuration":
                return answer(json.dumps(self._metadata()).encode())
            case "/jwks":
                return answer(json.dumps({"keys": [jwk()] if self.keys is None else self.keys}).encode())
            case "/token":
                return self.tokens or self._exchange(request)
            case _:
                return answer(b"{}", status="404 Not Found")

    def _metadata(self) -> Json:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "none"],
            "authorization_response_iss_parameter_supported": True,
        }
        return told | self.metadata

    def _exchange(self, request: Request) -> bytes:
        form = {name: values[0] for name, values in parse_qs(request.body.decode(), strict_parsing=True).items()}
        asked = self.codes.get(form["code"]) if self.replays else self.codes.pop(form["code"], None)
        if asked is None or not self._proves(form, asked):
            return answer(b'{"error": "invalid_grant"}', status="400 Bad Request")
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": self.issuer,
            "sub": asked.subject,
            "aud": "vault",
            "iat": now,
            "exp": now + 300,
            "nonce": asked.nonce,
            "name": make.MARK,
            "groups": self.people[asked.subject],
        }
        told = {name: value for name, value in (claims | self.claims).items() if value is not None}
        signed = signed_with(KEY, told) if self.sign is None else self.sign(told)
        return answer(json.dumps({"id_token": signed, "access_token": "x", "token_type": "Bearer"}).encode())

    def _proves(self, form: Json, asked: Asked) -> bool:
        """Whether the browser's own vault asks, and proves who it is, if it should."""
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if (challenge, form["redirect_uri"]) != (asked.challenge, asked.redirect_uri):
            return False
        if self.vault_keys is None:
            return "client_assertion" not in form
        kid = jwt.get_unverified_header(form["client_assertion"])["kid"]
        [published] = [one for one in self.vault_keys["keys"] if one["kid"] == kid]
        key: Any = ECAlgorithm.from_jwk(published)
        claims = jwt.decode(form["client_assertion"], key, ["ES256"], audience=self.issuer)
        return (claims["iss"], claims["sub"]) == ("vault", "vault")


def jwk(key: RSAPrivateKey = KEY, kid: str = "k") -> Json:
    """Return a key as the provider publishes it."""
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256", "use": "sig"}


def signed_with(key: Any, claims: Json, algorithm: str = "RS256", kid: str = "k") -> str:
    """Sign whatever claims, as PyJWT would not."""
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm=algorithm, headers={"kid": kid})


def courier() -> Courier:
    """Return a courier that trusts servers of this machine."""
    return Courier(fetcher=Fetcher(trusted=frozenset({"localhost"}), tls=authority().trusting()), post=None)


@asynccontextmanager
async def serving(stage: Stage, provider: Provider | None = None, **staff: Any) -> AsyncIterator[Provider]:
    """Let the sample organization's staff come by a provider that is served meanwhile."""
    provider = provider or Provider()
    async with web(provider.respond) as port:
        provider.issuer = f"https://localhost:{port}{PATH}"
        stage.apps[0].state.vault = msgspec.structs.replace(stage.vault, courier=courier())
        provider.vault_keys = await public_keys(stage.vault)
        await stage.apply(make.organization() | {"staff_sign_in": {"issuer": provider.issuer, **STAFF, **staff}})
        yield provider


async def sent(colleague: Colleague) -> str:
    """Press the door to the provider, and return where a browser is sent."""
    await colleague.get("/sign-in")
    page = await colleague.press("/sign-in/provider")
    assert page.heading == "On the way to your provider", page.text
    [url] = [place for place in page.links if place != "#main"]
    assert page.headers["refresh"] == f"0; url={url}"
    return url


async def come(provider: Provider, colleague: Colleague, subject: str = SUBJECT, /, **changes: str | None) -> Page:
    """Go to the provider and come back."""
    query = provider.login(await sent(colleague), subject, **changes)
    return await colleague.get(f"/sign-in/provider/back?{query}")
