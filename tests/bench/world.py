"""What the benches run on: a real, durable PostgreSQL, the sample organization, some customers who said yes."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from jwt.algorithms import ECAlgorithm

from tests.bench.servers import MANY, settings
from vault.actions import organizations
from vault.actions.customer import consents, customers
from vault.actions.vault import Vault
from vault.base.clock import SystemEntropy
from vault.base.ids import CustomerId
from vault.base.personal import Personal
from vault.crypto.provider import create
from vault.domain.actor import Actor
from vault.domain.customer import NewContactPoint, Registration
from vault.domain.statement import NewGrant
from vault.parts import open_vault
from vault.store import migrations
from vault.store.bundled import running

ORGANIZATION = Path(__file__).parent.parent / "unit" / "domain" / "organization.yaml"
URI = 'jwks_uri: "https://crm.fernhill.example/.well-known/jwks.json"'
LIMITS = "limits: {decisions_per_second: 50}"
ISSUER = "http://127.0.0.1:8471"


class World:
    """A database with customers, and the key of the client that asks about them."""

    def __init__(self, key: EllipticCurvePrivateKey, customer_ids: list[CustomerId]) -> None:
        self.key = key
        self.customers = customer_ids

    def assertion(self) -> str:
        """Return a new assertion of the client, good for ten minutes and once (RFC 7523)."""
        now = int(time.time())
        claims = {"iss": "fernhill.crm", "sub": "fernhill.crm", "aud": ISSUER, "iat": now, "exp": now + 600}
        return jwt.encode({**claims, "jti": os.urandom(8).hex()}, self.key, "ES256", headers={"kid": "bench"})

    async def token(self, port: int) -> str:
        """Get an access token from the server on a port."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": self.assertion(),
        }
        async with httpx2.AsyncClient() as http:
            answer = await http.post(f"http://127.0.0.1:{port}/oauth/token", data=form)
        token: str = answer.json()["access_token"]
        return token


@asynccontextmanager
async def world(size: int, *, shared_buffers: str | None = None) -> AsyncIterator[World]:
    """Make a world of `size` customers on a bundled server of its own, durable, with its settings but those named."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.chmod(folder, 0o711)  # noqa: PTH101, S103 - as root the database is another user's, and stays in here
        data = Path(folder) / "data"
        if shared_buffers is not None:
            with running(data) as url:
                await _set(url, shared_buffers=shared_buffers)
        bundled = stack.enter_context(running(data))
        key_file = Path(folder) / "root.key"
        create(key_file, entropy=SystemEntropy())
        os.environ |= {"BENCH_DATABASE": bundled, "BENCH_KEY": str(key_file), "BENCH_ANSWER": f"{folder}/answer.json"}
        await migrations.migrate(bundled)
        key = generate_private_key(SECP256R1())
        async with open_vault(settings(), bundled) as vault:
            yield World(key, await _people(vault, key, size))


async def _set(url: str, *, shared_buffers: str) -> None:
    """Set what counts from the server's next start on."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"ALTER SYSTEM SET shared_buffers = '{shared_buffers}'")
    finally:
        await connection.close()


async def _people(vault: Vault, key: EllipticCurvePrivateKey, size: int) -> list[CustomerId]:
    jwk = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "bench"}
    text = ORGANIZATION.read_text("utf-8").replace(URI, "jwks: " + json.dumps({"keys": [jwk]}))
    text = text.replace(LIMITS, f"limits: {{decisions_per_second: {MANY}, tokens_per_second: {MANY}}}")
    applied = await organizations.apply(vault, text, name="organization.yaml")
    actor = Actor(organization=applied.organization, kind="import")
    found = []
    for place in range(size):
        point = NewContactPoint(kind="email", value=Personal(f"customer{place}@example.com"))
        made = await customers.register(vault, actor, registration=Registration(contact_points=(point,)))
        for purpose in ("sales", "events", "surveys"):
            said = NewGrant(
                purpose=purpose,
                channel="email",
                notice=1 if purpose != "sales" else 2,
                locale="en",
                at=datetime(2026, 3, 1 + place % 28, tzinfo=UTC),
                evidence={"captured_at": Personal("2026-03-01"), "capture_source": Personal("bench")},
            )
            await consents.grant(vault, actor, customer=CustomerId(made.id), said=said)
        found.append(CustomerId(made.id))
    return found


@contextmanager
def serving(factory: str) -> Iterator[int]:
    """Serve a factory of `tests.bench.servers` with one granian worker on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--workers", "1", "--loop", "uvloop",
        "--http", "1", "--no-log", "--host", "127.0.0.1", "--port", str(port), f"tests.bench.servers:{factory}",
    ]  # fmt: skip
    server = subprocess.Popen(command)  # noqa: S603 - a command of ours
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


def run(bench: Any) -> Any:
    """Run an async bench on uvloop, as the servers do."""
    import uvloop  # noqa: PLC0415 - not on every system

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(bench)
