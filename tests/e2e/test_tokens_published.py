"""Clients that publish their keys themselves get tokens by them and may change over."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm

from tests import make
from tests.stage import ISSUER, JWT_BEARER, Stage, said
from tests.tls import Request, answer, authority, web
from vault.courier.fetch import Fetcher

Json = dict[str, Any]
COUNT = itertools.count()


class Publisher:
    """A client's web server, with the keys it has."""

    def __init__(self) -> None:
        self.keys: dict[str, EllipticCurvePrivateKey] = {"one": generate_private_key(SECP256R1())}
        self.asked = 0
        self.port = 0

    async def respond(self, _: Request) -> bytes:
        self.asked += 1
        keys = [{**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid} for kid, key in self.keys.items()]
        return answer(json.dumps({"keys": keys}).encode())


@pytest_asyncio.fixture
async def publisher(stage: Stage) -> AsyncIterator[Publisher]:
    """A publisher whom every process may fetch from, and the client that names it."""
    found = Publisher()
    await stage.open()
    async with web(found.respond) as found.port:
        for app in stage.apps:
            fetcher = Fetcher(trusted=frozenset({"localhost"}), tls=authority().trusting(), timeout_seconds=1)
            courier = msgspec.structs.replace(app.state.vault.courier, fetcher=fetcher)
            app.state.vault = msgspec.structs.replace(app.state.vault, courier=courier)
        await publish(stage, found)
        yield found


async def publish(stage: Stage, publisher: Publisher, path: str = "jwks") -> None:
    """Write into the file where the client's keys are."""
    file = make.organization()
    uri = f"https://localhost:{publisher.port}/{path}"
    how: Json = {"method": "private_key_jwt", "algorithm": "ES256", "jwks_uri": uri}
    file["clients"]["crm"]["authentication"] = how
    await stage.apply(file)


async def ask(stage: Stage, publisher: Publisher, kid: str = "one", *, app: int = 0, key: Any = None) -> str:
    """Ask for a token with a key, and return what the answer says."""
    at = int(stage.vault.clock.now().timestamp())
    names = {"iss": "fernhill.crm", "sub": "fernhill.crm", "aud": ISSUER, "jti": f"p{next(COUNT)}"}
    signed = jwt.encode({**names, "iat": at, "exp": at + 60}, key or publisher.keys[kid], "ES256", headers={"kid": kid})
    form = {"grant_type": "client_credentials", "client_assertion_type": JWT_BEARER, "client_assertion": signed}
    told: Json = (await stage._https[app].post("/oauth/token", data=form)).json()
    return str(told.get("token_type") or told.get("error"))


def later(stage: Stage) -> None:
    """Let the minute pass within which nobody looks again."""
    for app in stage.apps:
        held = app.state.vault.memory.key_sets
        held |= {uri: msgspec.structs.replace(one, again=one.since) for uri, one in held.items()}


async def test_keys_are_fetched_by_the_first_request_and_kept(stage: Stage, publisher: Publisher) -> None:
    for app in (0, 1, 0, 1):
        assert await ask(stage, publisher, app=app) == "Bearer"
    assert publisher.asked == 2
    entries = await stage.entries("token_issued")
    assert [entry["credential"] for entry in entries] == ["one"] * 4


async def test_a_client_changes_over_by_publishing_the_new_key_beside_the_old(
    stage: Stage, publisher: Publisher
) -> None:
    assert await ask(stage, publisher) == "Bearer"
    publisher.keys["two"] = generate_private_key(SECP256R1())
    later(stage)
    assert await ask(stage, publisher, "two") == "Bearer"
    assert await ask(stage, publisher, "one") == "Bearer"
    assert publisher.asked == 2


async def test_a_key_nobody_published_is_no_key(stage: Stage, publisher: Publisher) -> None:
    stranger = generate_private_key(SECP256R1())
    assert await ask(stage, publisher, key=stranger) == "invalid_client"
    for number in range(5):
        assert await ask(stage, publisher, f"made-up-{number}", key=stranger) == "invalid_client"
    assert publisher.asked <= 2


async def test_another_address_in_the_file_counts_for_the_next_request(stage: Stage, publisher: Publisher) -> None:
    assert await ask(stage, publisher, app=1) == "Bearer"
    await publish(stage, publisher, "moved")
    publisher.keys = {"new": generate_private_key(SECP256R1())}
    assert await ask(stage, publisher, "new", app=1) == "Bearer"
    file = make.organization()
    await stage.apply(file)
    assert await ask(stage, publisher, "new", app=1) == "invalid_client"
    said(await stage.token("fernhill.crm", app=1))


@pytest.mark.parametrize("reached", [True, False])
async def test_who_cannot_be_reached_is_not_believed(stage: Stage, publisher: Publisher, *, reached: bool) -> None:
    if reached:
        assert await ask(stage, publisher) == "Bearer"
    publisher.port = 1
    await publish(stage, publisher)
    assert await ask(stage, publisher) == "invalid_client"
    assert (await stage.entries("token_refused"))[-1]["reason"] == "no_keys"
