"""A sign-in provider that is not ours, oidc-provider for Node, gets along with the vault without special cases."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any, Final

import httpx2
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as fresh_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as fresh_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests import make
from tests.chaos.processes import free_port
from tests.e2e.colleague import HOME, Colleague
from tests.e2e.provider import STAFF, courier, sent
from tests.javascript import HERE, NODE, packages
from tests.stage import Stage
from tests.tls import authority
from vault.actions.client.tokens import public_keys

Json = dict[str, Any]


def kept(kind: Any, key: Any) -> Json:
    """Return a private key as the provider keeps it; PyJWT says more than it wants to hear."""
    told: Json = kind.to_jwk(key, as_dict=True)
    return {name: value for name, value in told.items() if name != "key_ops"}


RSA: Final = fresh_rsa(65537, 2048)
KEYS: Final[dict[str, Json]] = {
    "RS256": kept(RSAAlgorithm, RSA),
    "PS256": kept(RSAAlgorithm, RSA),
    "ES256": kept(ECAlgorithm, fresh_ec(SECP256R1())),
    "EdDSA": kept(OKPAlgorithm, Ed25519PrivateKey.generate()),
}
BACK: Final = f"{HOME}/console/fernhill/sign-in/provider/back"
WHO: Final = "Quokka.the-auditor"


@asynccontextmanager
async def provider(stage: Stage, *, how: str = "private_key_jwt", algorithm: str = "RS256") -> AsyncIterator[Any]:
    """Let the sample's staff come by oidc-provider, and yield what tells it who is in which groups."""
    packages()
    port = free_port()
    issuer = f"https://localhost:{port}"
    stage.apps[0].state.vault = msgspec.structs.replace(stage.vault, courier=courier())
    client = {
        "client_id": "vault",
        "redirect_uris": [BACK],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": how,
        "id_token_signed_response_alg": algorithm,
        **({"jwks": await public_keys(stage.vault)} if how == "private_key_jwt" else {}),
    }
    given = {
        "issuer": issuer,
        "port": port,
        "pem": authority().vouched("localhost").decode(),
        "clients": [client],
        "people": {WHO: ["data-protection"]},
        "keys": [{"use": "sig", "kid": algorithm, **KEYS[algorithm]}],
    }
    node = subprocess.Popen(  # noqa: S603, ASYNC220 - a command of ours, which lives as long as the block
        [NODE, HERE / "provider.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert node.stdin is not None
    assert node.stdout is not None

    def tell(line: Json) -> None:
        assert node.stdin is not None
        node.stdin.write(json.dumps(line) + "\n")
        node.stdin.flush()

    try:
        tell(given)
        assert node.stdout.readline() == "ready\n", node.communicate(timeout=10)
        section = {"issuer": issuer, **STAFF, "authentication": how}
        await stage.apply(make.organization() | {"staff_sign_in": section})
        yield tell
    finally:
        node.stdin.close()
        node.wait(timeout=10)
        node.stdout.close()
        if node.stderr is not None:
            node.stderr.close()


async def logged_in(url: str) -> str:
    """Do at the provider's own pages what a person does, and return where they send the browser back to."""
    async with httpx2.AsyncClient(verify=authority().trusting(), follow_redirects=False) as browser:
        response = await browser.get(url)
        for _ in range(10):
            if response.status_code in {302, 303}:
                place = response.headers["location"]
                if place.startswith(BACK):
                    return place
                response = await browser.get(response.url.join(place))
                continue
            assert response.status_code == 200, response.text
            [action] = re.findall(r'<form[^>]* action="([^"]+)"', response.text)
            hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)"', response.text)
            form = dict(hidden) | {"login": WHO, "password": "any"}
            response = await browser.post(response.url.join(unescape(action)), data=form)
    raise AssertionError("the provider never sends the browser back")


@pytest.mark.parametrize("algorithm", KEYS)
async def test_it_lets_an_auditor_in_whatever_it_signs_with(stage: Stage, algorithm: str) -> None:
    async with provider(stage, algorithm=algorithm):
        colleague = Colleague(stage)
        page = await colleague.get((await logged_in(await sent(colleague))).removeprefix(HOME))
    assert (page.heading, "Auditor" in page.text) == ("Overview", True)
    assert [entry["how"] for entry in await stage.entries("signed_in")] == ["provider"]


async def test_it_believes_a_public_client_by_what_it_asked(stage: Stage) -> None:
    async with provider(stage, how="none"):
        colleague = Colleague(stage)
        page = await colleague.get((await logged_in(await sent(colleague))).removeprefix(HOME))
    assert page.heading == "Overview"


async def test_a_group_taken_away_there_counts_here_at_the_next_sign_in(stage: Stage) -> None:
    async with provider(stage) as tell:
        colleague = Colleague(stage)
        await colleague.get((await logged_in(await sent(colleague))).removeprefix(HOME))
        tell({WHO: []})
        again = Colleague(stage)
        page = await again.get((await logged_in(await sent(again))).removeprefix(HOME))
        assert (page.status, "not as either" in page.text) == (422, True)
        assert (await colleague.get("/")).heading == "Sign in"


async def test_it_takes_a_code_once_and_only_from_the_browser_that_asked(stage: Stage) -> None:
    async with provider(stage):
        colleague, other = Colleague(stage), Colleague(stage)
        back = await logged_in(await sent(colleague))
        elsewhere = await sent(other)
        assert elsewhere
        assert (await other.get(back.removeprefix(HOME))).status == 422
        assert (await colleague.get(back.removeprefix(HOME))).heading == "Overview"
        assert (await colleague.get(back.removeprefix(HOME))).status == 422
    assert [entry["reason"] for entry in await stage.entries("sign_in_refused")] == [
        "provider_other_state",
        "provider_not_asked",
    ]
