"""The vault as strangers meet it: a real server, reached over HTTP by clients that are not ours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as fresh_ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as fresh_rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests import make
from tests.chaos.processes import free_port, serving
from tests.command import COMMAND, environment, run, sql
from tests.javascript import HERE, node
from tests.stage import copy_of
from vault.oauth.client import secret_digest

Json = dict[str, Any]

SECRET = "odd +/=:%&\"'\\ ä€ 🦘"
KEYS: dict[str, tuple[Any, Any]] = {
    "ES256": (fresh_ec(SECP256R1()), ECAlgorithm),
    "Ed25519": (Ed25519PrivateKey.generate(), OKPAlgorithm),
    "PS256": (fresh_rsa(65537, 2048), RSAAlgorithm),
}


def jwk(algorithm: str, *, private: bool = False) -> Json:
    """Return a client's key as it would publish it, or keep it."""
    key, kind = KEYS[algorithm]
    return {**kind.to_jwk(key if private else key.public_key(), as_dict=True), "kid": f"{algorithm}-1"}


class Site(NamedTuple):
    """A running vault: its address, its database, and the folder its mail is written to."""

    url: str
    database: str
    mail: Path

    def openid(self, flow: str, key: str, **given: Any) -> Json:
        """Run a flow of openid-client as the client `key`, and return what came of it."""
        algorithm = next((name for name in KEYS if name.lower() in key), None)
        proof = {"algorithm": algorithm, "jwk": jwk(algorithm, private=True)} if algorithm else {"secret": SECRET}
        asked = {"issuer": self.url, "flow": flow, "client_id": f"fernhill.{key}", **proof, **given}
        came: Json = json.loads(node(HERE / "openid.mjs", stdin=json.dumps(asked)))
        return came


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def empty(server_url: str, template: str) -> AsyncIterator[str]:
    """A database that all strangers meet."""
    async with copy_of(server_url, template) as url:
        yield url


@pytest.fixture(scope="session")
def site(empty: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A vault with a client for each way of authentication. No stranger minds what another did."""
    tmp_path = tmp_path_factory.mktemp("site")
    file, port = tmp_path / "organization.yaml", free_port()
    file.write_text(make.written(_organization()), "utf-8")
    url = f"http://127.0.0.1:{port}"
    settings = {"database_url": empty, "mode": "trial", "data": tmp_path, "port": port, "issuer": url}
    run("apply", file, **settings).well()
    digest = secret_digest(SECRET).hex()
    sql(
        empty,
        "WITH added AS (INSERT INTO vault.client_secret (organization, client, digest, recorded_at) "  # noqa: S608
        f"SELECT organization, id, '\\x{digest}', now() FROM vault.client WHERE key = 'basic') "
        "UPDATE vault.organization SET epoch = epoch + 1",
    )
    command = [COMMAND, "serve", "--with-worker"]
    with serving(command, port, lines=tmp_path / "lines", environment=environment(**settings)):
        yield Site(url, empty, tmp_path / "mail")


def _organization() -> Json:
    file = make.organization()
    for algorithm in KEYS:
        for name, more in ((algorithm.lower(), {}), (f"fapi_{algorithm.lower()}", {"profile": "fapi2"})):
            own = make.client(file, *make.ACTIONS)
            keys = {"keys": [jwk(algorithm)]}
            own["authentication"] = {"method": "private_key_jwt", "algorithm": algorithm, "jwks": keys, **more}
            own["acts_for_customers"] = True
            file["clients"][name] = own
    basic = make.client(file, *make.ACTIONS)
    basic["authentication"] = {"method": "client_secret_basic"}
    file["clients"]["basic"] = basic
    return file
