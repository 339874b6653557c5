"""An issuer: its names, its keys, and what it makes of a client that has proved itself."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from vault.oauth.authentication import Audiences
from vault.oauth.client import Registered
from vault.oauth.dpop.nonces import Nonces
from vault.oauth.dpop.proof import NotPossessed, Possession, Sent, prove_possession
from vault.oauth.metadata import API, ENDPOINTS, TOKEN, endpoint
from vault.oauth.token import Claims, Keys, issue, verify

NONCE: Final = "DPoP-Nonce"


class Issuer:
    """Who issues, with which keys, for which API. With `nonces` every DPoP proof must carry one of them."""

    def __init__(self, *, issuer: str, audience: str, keys: Keys, nonces: Nonces | None) -> None:
        self.name = issuer
        self.audience = audience
        self.nonces = nonces
        self.audiences = Audiences(issuer=issuer, endpoints=frozenset(endpoint(issuer, path) for path in ENDPOINTS))
        self.targets = frozenset({issuer, endpoint(issuer, "/"), endpoint(issuer, API), audience})
        self._keys = keys
        self._public = keys.public()
        self._token = endpoint(issuer, TOKEN)

    def bind(self, client: Registered, proofs: tuple[str, ...], *, now: datetime) -> Possession | None:
        """Return the key a token is to be bound to; `NotPossessed` for no good proof where one is sent or needed."""
        if not proofs and not client.must_bind:
            return None
        found = prove_possession(Sent(proofs=proofs, method="POST", url=self._token), now=now, nonces=self.nonces)
        if not isinstance(found, Possession):
            raise NotPossessed(found)
        return found

    def issue(self, claims: Claims) -> str:
        """Return the signed token; `Overlong` for one that nobody would carry."""
        return issue(claims, self._keys, issuer=self.name, audience=self.audience)

    def believe(self, token: str, *, now: datetime) -> Claims:
        """Return what a token says; `TokenError` unless this issuer made it and it lives."""
        return verify(token, self._public, issuer=self.name, audience=self.audience, now=now)
