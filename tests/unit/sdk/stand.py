"""A stand-in for a vault: it gives out tokens, answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx2
from consent_vault import AsyncVault, Pace, Vault

URL = "https://vault.test"
CUSTOMER = "cus_06h0090m41t835kpwqjv10s1y0"
QUICK = Pace(first=0.001, longest=1.0)

Answer = httpx2.Response | Exception


def decision(*, allowed: bool = False, **more: Any) -> dict[str, Any]:
    reason = {"code": "granted" if allowed else "never_asked", "message": "…"}
    return {
        "id": "dec_06h0090m41t835kpwqjv10s1y0",
        "allowed": allowed,
        "outcome": "allow" if allowed else "deny",
        "reasons": [reason],
        "channel": "email",
        "configuration": "1",
        "log": {"entry": "ent_06h0090m41t835kpwqjv10s1y0"},
        **more,
    }


def refusal(status: int, code: str = "refused") -> httpx2.Response:
    document = {"type": f"urn:x:{code}", "title": "No", "status": status, "code": code, "detail": "what would help"}
    return httpx2.Response(status, json=document, headers={"content-type": "application/problem+json"})


class Stand:
    """`answers` are given in turn to what is no token request, then `last` for good; an exception is no answer."""

    def __init__(self, *answers: Answer, last: Callable[[httpx2.Request], Answer] | None = None) -> None:
        self.answers = list(answers)
        self.last = last or (lambda _: httpx2.Response(200, json=decision()))
        self.asked: list[httpx2.Request] = []
        self.discovered = 0
        self.forms: list[dict[str, list[str]]] = []
        self.headers: list[httpx2.Headers] = []
        self.lifetime = 300
        self.tokens: list[Answer] = []
        self.metadata = {"issuer": URL, "token_endpoint": f"{URL}/oauth/token"}

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _answer(self, request: httpx2.Request) -> Answer:
        if request.url.path == "/.well-known/oauth-authorization-server":
            self.discovered += 1
            return httpx2.Response(200, json=self.metadata)
        if request.url.path == "/oauth/token":
            self.forms.append(parse_qs(request.content.decode()))
            self.headers.append(request.headers)
            return self.tokens.pop(0) if self.tokens else self.token()
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else self.last(request)

    def token(self) -> httpx2.Response:
        named = f"token-{len(self.forms)}"
        return httpx2.Response(
            200, json={"access_token": named, "token_type": "Bearer", "expires_in": self.lifetime, "scope": "decide"}
        )

    def bodies(self) -> list[Any]:
        return [json.loads(request.content) for request in self.asked]

    def sync(self, **options: Any) -> Vault:
        http = httpx2.Client(transport=httpx2.MockTransport(self))
        return Vault(URL, client_id="fernhill.crm", http=http, **_filled(options))

    def waiting(self, **options: Any) -> AsyncVault:
        async def answer(request: httpx2.Request) -> httpx2.Response:
            await asyncio.sleep(0)  # as every network does
            return self(request)

        http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        return AsyncVault(URL, client_id="fernhill.crm", http=http, **_filled(options))


def _filled(options: dict[str, Any]) -> dict[str, Any]:
    own = {} if "private_key" in options else {"client_secret": "s"}
    return {"pace": QUICK, **own, **options}
