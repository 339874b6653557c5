"""A client that holds a key and proves it with each request (RFC 9449), as one without our code would."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from itertools import count
from typing import Any, Final

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from jwt.algorithms import ECAlgorithm

from tests import make
from tests.stage import ISSUER, JWT_BEARER, Stage, said

_names = count(1)
TOKEN: Final = "/oauth/token"


class Holder:
    """One client of `stage` at one application, with a key of its own for its tokens."""

    def __init__(self, stage: Stage, client_id: str = "fernhill.everything", *, app: int = 0) -> None:
        self.key = generate_private_key(SECP256R1())
        self.client_id = client_id
        self.nonce: str | None = None
        self.token = ""
        self._stage = stage
        self._app = app

    @property
    def http(self) -> httpx2.AsyncClient:
        """The application."""
        return self._stage._https[self._app]

    def proof(self, method: str, path: str, **changed: Any) -> str:
        """Return a proof for a request, or with a claim changed; None leaves one out."""
        claims: dict[str, Any] = {
            "jti": f"p{next(_names)}",
            "htm": method,
            "htu": f"{ISSUER}{path}",
            "iat": int(self._stage.apps[self._app].state.vault.clock.now().timestamp()),
            "nonce": self.nonce,
            "ath": self._hash() if path != TOKEN else None,
        } | changed
        key = claims.pop("key", self.key)
        jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, key, "ES256", headers={"typ": "dpop+jwt", "jwk": jwk})

    async def ask(self, *proofs: str, **form: str) -> httpx2.Response:
        """Ask for a token."""
        now = self._stage.apps[self._app].state.vault.clock.now()
        asked = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": make.assertion(self.client_id, audience=ISSUER, now=now),
        }
        headers = [("dpop", proof) for proof in proofs]
        return await self.http.post(TOKEN, data=asked | form, headers=headers)

    async def get(self, **form: str) -> dict[str, Any]:
        """Get a token, as the protocol goes: once without a nonce, once with the one that comes back."""
        first = await self.ask(self.proof("POST", TOKEN, nonce=None), **form)
        assert (first.status_code, first.json()["error"]) == (400, "use_dpop_nonce"), first.text
        self.nonce = first.headers["dpop-nonce"]
        answer = said(await self.ask(self.proof("POST", TOKEN), **form))
        self.token = answer["access_token"]
        return answer

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        scheme: str = "DPoP",
        proofs: tuple[str, ...] | None = None,
    ) -> httpx2.Response:
        """Send a request with the token and a fresh proof, or with these."""
        proofs = (self.proof(method, path),) if proofs is None else proofs
        headers = [("authorization", f"{scheme} {self.token}"), *(("dpop", proof) for proof in proofs)]
        given: dict[str, Any] = {"json": body} if body is not None else {}
        return await self.http.request(method, path, headers=headers, **given)

    def _hash(self) -> str:
        return urlsafe_b64encode(sha256(self.token.encode()).digest()).rstrip(b"=").decode()
