"""The endpoints of the authorization server as pure functions from a request to an answer.

Nothing is looked up or written here. The caller looks the client up beforehand (`claimed_client`) and afterwards, in
one transaction, writes what the `Answer` names and the log entry, and commits; only then may the answer leave. A client
that is not believed gets the same answer, whatever was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from vault.base.ids import CustomerId
from vault.oauth import held as tokens
from vault.oauth.answer import HEADERS, Answer, refusal, refused
from vault.oauth.authentication import Proof, prove
from vault.oauth.client import Registered
from vault.oauth.core import Call, Core, Known
from vault.oauth.dpop.nonces import Nonces
from vault.oauth.issuer import NONCE, Issuer
from vault.oauth.request import Asked, Malformed, Request, read
from vault.oauth.token import Claims, Keys, TokenError

_NEEDED: Final = {"grant_type": "send grant_type=client_credentials", "token": "send token"}


class Server:
    """The authorization server of one issuer; make it once for as long as the keys stay the same.

    `audience` is the API that its tokens are good for. With `nonces` every DPoP proof must carry one of them.
    """

    def __init__(self, *, issuer: str, audience: str, keys: Keys, nonces: Nonces | None = None) -> None:
        self._issuer = Issuer(issuer=issuer, audience=audience, keys=keys, nonces=nonces)
        self._core = Core(self._issuer)

    def token(
        self,
        request: Request,
        client: Registered | None,
        *,
        now: datetime,
        jti: str,
        customer: CustomerId | None = None,
    ) -> Answer:
        """Return the answer to a token request (RFC 6749 section 4.4, RFC 8693).

        `client`: whoever `claimed_client` names; `jti`: fresh chance. `customer`: whom `exchange.claimed` names, if the
        code beside it is the living one that was sent to them for this very client; None if it is not.
        """
        try:
            asked = _read(request, needs="grant_type")
        except Malformed as error:
            return refused(refusal(error.code, error.detail))
        call = Call(asked, Known(client=client, customer=customer, now=now, jti=jti), proofs=request.dpop)
        status, body, headers = self._core.respond(call)
        if request.dpop and self._issuer.nonces is not None and call.proof is not None:
            headers = (*headers, (NONCE, self._issuer.nonces.current(now)))
        told: dict[str, Any] = {"customer": call.customer, "credential": call.proof.credential if call.proof else None}
        if call.issued is None:
            return refused((status, body, headers), call.reason, **told)
        return Answer(
            status=status,
            body=body,
            headers=headers,
            issued=call.issued,
            once=call.proof.once if call.proof else None,
            proof=call.possession.once if call.possession else None,
            **told,
        )

    def revoke(self, request: Request, client: Registered | None, *, now: datetime) -> Answer:
        """Return the answer to a revocation request (RFC 7009): 200 to every client that proved itself.

        If it was a living token of that client, `revoked` says what to write down.
        """
        found = self._asked(request, client, now=now)
        if isinstance(found, Answer):
            return found
        proof, claims = found
        if claims is None or not tokens.may_revoke(proof.client, claims):
            return _done({}, proof)
        return _done({}, proof, revoked=tokens.revoked(claims))

    def introspect(
        self, request: Request, client: Registered | None, *, now: datetime, lives: Callable[[Claims], bool]
    ) -> Answer:
        """Return the answer to an introspection request (RFC 7662); for a token that is active, `introspected`.

        `lives`: whether a token of the client's own organization, which this issuer signed and which is not over, was
        neither revoked nor issued before its client's `not_before`, and its client is there and not suspended.
        """
        found = self._asked(request, client, now=now)
        if isinstance(found, Answer):
            return found
        proof, claims = found
        if claims is None or not tokens.may_introspect(proof.client, claims) or not lives(claims):
            return _done(tokens.INACTIVE, proof)
        body = tokens.active(claims, issuer=self._issuer.name, audience=self._issuer.audience)
        return _done(body, proof, introspected=claims)

    def _asked(
        self, request: Request, client: Registered | None, *, now: datetime
    ) -> tuple[Proof, Claims | None] | Answer:
        """Return who asks and what the token says, or the answer to a client that is not believed."""
        try:
            asked = _read(request, needs="token")
        except Malformed as error:
            return refused(refusal(error.code, error.detail))
        proof = prove(asked, client, audiences=self._issuer.audiences, now=now)
        if not isinstance(proof, Proof):
            return refused(refusal("invalid_client"), proof)
        try:
            return proof, self._issuer.believe(asked.parameters["token"], now=now)
        except TokenError:
            return proof, None


def _read(request: Request, *, needs: str) -> Asked:
    asked = read(request)
    if needs not in asked.parameters:
        raise Malformed(_NEEDED[needs])
    return asked


def _done(body: Mapping[str, Any], proof: Proof, **told: Any) -> Answer:
    return Answer(status=200, body=body, headers=HEADERS, once=proof.once, credential=proof.credential, **told)
