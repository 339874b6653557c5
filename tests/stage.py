"""The stage of an end-to-end story: the whole application in this process, on a database of its own, and clients."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final, cast
from uuid import UUID, uuid4

import asyncpg
import httpx2
import msgspec
from consent_vault import AsyncVault
from litestar import Litestar

from tests import make
from tests.house import Exchange, Seen
from vault.actions import denials, organizations
from vault.actions.customer import erasure
from vault.actions.vault import Vault
from vault.app import application
from vault.base.clock import Clock, SystemClock
from vault.base.ids import CustomerId, OrganizationId, raw
from vault.base.settings import OnFork, Settings
from vault.domain.actor import Actor
from vault.domain.certificate import Certificate
from vault.parts import open_vault
from vault.store import log

Json = dict[str, Any]

ISSUER: Final = "http://127.0.0.1:8471"
JWT_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PROBLEM: Final = "application/problem+json"
BY_THE_CLOCK: Final = ("vault.allowance", "vault.client_use")
"""Tables that are written when time has passed, whatever was asked."""
OURS: Final = ("vault", "litestar", "asyncpg", "piccolo", "authlib", "asyncio", "granian")


class Recorder(httpx2.AsyncBaseTransport):
    """Hands requests to the application, and keeps what went both ways."""

    def __init__(self, app: Litestar, seen: Seen) -> None:
        self._app = httpx2.ASGITransport(
            cast("Any", app),  # two spellings of ASGI
            raise_app_exceptions=False,
            client=(make.ADDRESS, 4711),
        )
        self._seen = seen

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        sent = await request.aread()
        response = await self._app.handle_async_request(request)
        got = await response.aread()
        url = request.url.raw_path.decode("ascii", "replace")
        self._seen.exchanges.append(Exchange(request.method, url, sent, response.status_code, got))
        return httpx2.Response(response.status_code, headers=response.headers, content=got)


class Lines(logging.Handler):
    """Keeps what the service's libraries log."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(logging.DEBUG)
        self._seen = seen

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in OURS:
            self._seen.lines.append(self.format(record))


class Api:
    """One client: it speaks through the SDK, and where a story sends what the SDK would not, by hand.

    The SDK asks for the whole ceiling and has a clock of its own; a client with fewer scopes or before a server with
    another clock has no `sdk` and does everything by hand.
    """

    def __init__(self, http: httpx2.AsyncClient, token: str, *, sdk: AsyncVault | None) -> None:
        self._http = http
        self.token = token
        self.sdk = sdk

    async def send(
        self, method: str, path: str, body: object = None, *, key: str | None = None, **more: Any
    ) -> httpx2.Response:
        """Send a request with the token; `key` is its Idempotency-Key."""
        headers = {"authorization": f"Bearer {self.token}", **({"idempotency-key": key} if key else {})}
        headers |= more.pop("headers", {})
        given: Json = {"json": body} if body is not None else {}
        return await self._http.request(method, path, headers=headers, **given, **more)

    async def post(self, path: str, body: object, *, key: str | None = None) -> Json:
        """Send a request that must go well."""
        return said(await self.send("POST", path, body, key=key))

    async def get(self, path: str, **params: str) -> Json:
        """Read what must be there."""
        return said(await self.send("GET", path, params=params))

    async def decide(self, *, key: str | None = None, **asked: Any) -> Json:
        """Ask about sales by e-mail, or as `asked` says."""
        question = make.asked(**asked)
        if self.sdk is None:
            return await self.post("/v1/decisions", question, key=key)
        return told(await cast("Any", self.sdk).decide(idempotency_key=key, **question))

    async def register(self, **given: Any) -> str:
        """Register somebody with every field filled, or as `given` says."""
        registration = make.customer(**given)
        if self.sdk is None:
            return str((await self.post("/v1/customers", registration))["id"])
        return str((await cast("Any", self.sdk).register(**registration)).id)

    async def grant(self, customer: str, *, key: str | None = None, **given: Any) -> Json:
        """Record a complete yes to sales by e-mail, or as `given` says."""
        yes = make.granted(**given)
        if self.sdk is None:
            return await self.post(f"/v1/customers/{customer}/grants", yes, key=key)
        return told(await cast("Any", self.sdk).grant(customer, idempotency_key=key, **yes))

    async def say_no(self, what: str, customer: str, *, key: str | None = None, **given: Any) -> Json:
        """Record one of `refusals`, `withdrawals`, `objections`."""
        no = {"purpose": "sales"} | given
        if self.sdk is None:
            return await self.post(f"/v1/customers/{customer}/{what}", no, key=key)
        say: Any = {"refusals": self.sdk.refuse, "withdrawals": self.sdk.withdraw, "objections": self.sdk.object}[what]
        return told(await say(customer, idempotency_key=key, **no))

    async def make_young(self, customer: str, years: int = 9) -> None:
        """Correct somebody's birthday: a client may say yes to offers for nobody who is a child."""
        change = {"attributes": {"birth_date": make.birth_date(years)}}
        said(await self.send("PATCH", f"/v1/customers/{customer}", change))

    async def points(self, customer: str) -> dict[str, str]:
        """Return the id of somebody's primary contact point of each kind."""
        if self.sdk is None:
            shown = await self.get(f"/v1/customers/{customer}")
            return {point["kind"]: point["id"] for point in shown["contact_points"] if point["primary"]}
        points = (await self.sdk.show_customer(customer)).contact_points
        return {point.kind: point.id for point in points if point.primary}


class Built:
    """An application, and what it is to open: building one takes longer than most tests, so they take turns."""

    spare: ClassVar[list[Built]] = []

    def __init__(self) -> None:
        self.opening: Callable[[], AbstractAsyncContextManager[Vault]] | None = None
        self.app = application(self._open)

    def _open(self) -> AbstractAsyncContextManager[Vault]:
        assert self.opening is not None
        return self.opening()


class Stage:
    """The application on its database. `url` is the superuser's; `seen` is what the house is checked against."""

    def __init__(self, url: str, key_file: Path, seen: Seen, stack: AsyncExitStack) -> None:
        self.url = url
        self.seen = seen
        self._key_file = key_file
        self._stack = stack
        self._tokens: dict[tuple[int, str, str | None], Api] = {}
        self.apps: list[Litestar] = []
        self._https: list[httpx2.AsyncClient] = []

    @property
    def http(self) -> httpx2.AsyncClient:
        """The first application, without any token."""
        return self._https[0]

    @property
    def vault(self) -> Vault:
        """The parts of the first application."""
        vault: Vault = self.apps[0].state.vault
        return vault

    async def open(
        self,
        *,
        clock: Clock | None = None,
        pool: int = 4,
        per_network: int = 1_000_000,
        on_fork: OnFork = "answer",
    ) -> int:
        """Start one more application over the same database, and return its number."""
        settings = Settings(key_file=self._key_file, pool=pool, requests_per_network=per_network, on_fork=on_fork)
        built = Built.spare.pop() if Built.spare else Built()
        built.opening = partial(open_vault, settings, self.url, clock=clock)
        self._stack.callback(Built.spare.append, built)
        app = built.app
        await self._stack.enter_async_context(alive(app))
        self.apps.append(app)
        transport = Recorder(app, self.seen)
        self._https.append(
            await self._stack.enter_async_context(httpx2.AsyncClient(transport=transport, base_url=ISSUER))
        )
        return len(self.apps) - 1

    async def client(self, key: str, scope: str | None = None, *, slug: str = "fernhill", app: int = 0) -> Api:
        """Return a client with a token of these scopes; none: all of its ceiling."""
        place = (app, f"{slug}.{key}", scope)
        if place not in self._tokens:
            response = await self.token(f"{slug}.{key}", scope=scope, app=app)
            by_sdk = scope is None and isinstance(self.apps[app].state.vault.clock, SystemClock)
            sdk = self._sdk(f"{slug}.{key}", self._https[app]) if by_sdk else None
            self._tokens[place] = Api(self._https[app], said(response)["access_token"], sdk=sdk)
        return self._tokens[place]

    def _sdk(self, client_id: str, http: httpx2.AsyncClient) -> AsyncVault:
        sdk = AsyncVault(ISSUER, client_id=client_id, http=http, private_key=make.CLIENT_KEY, kid="k1")
        self._stack.push_async_callback(sdk.aclose)
        return sdk

    async def token(self, client_id: str, *, scope: str | None = None, app: int = 0, **claims: Any) -> httpx2.Response:
        """Ask for a token with an assertion."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": make.assertion(
                client_id, audience=ISSUER, now=self.apps[app].state.vault.clock.now(), **claims
            ),
            **({"scope": scope} if scope else {}),
        }
        return await self._https[app].post("/oauth/token", data=form)

    async def apply(self, file: Json) -> tuple[str, ...]:
        """Put an organization file in force and return what it changed."""
        return (await organizations.apply(self.vault, make.written(file), name="organization.yaml")).changes

    async def erase(self, customer: str, *, slug: str = "fernhill") -> Certificate:
        """Erase somebody, as the operator does."""
        return await erasure.erase(self.vault, await self.operator(slug), customer=CustomerId(customer))

    async def operator(self, slug: str = "fernhill") -> Actor:
        """Return the operator of an organization."""
        return Actor(organization=await self.organization(slug), kind="operator")

    async def organization(self, slug: str = "fernhill") -> OrganizationId:
        """Return the id of an organization."""
        return await organizations.find(self.vault, slug)

    async def entry(self, decision: Mapping[str, Any], *, slug: str = "fernhill") -> Json:
        """Return the log entry of an answer."""
        async with self.vault.database.work(await self.organization(slug)) as work:
            body = await log.read(work, decision["log"]["entry"])
        assert body is not None
        told: Json = json.loads(body)
        return told

    async def entries(self, kind: str) -> list[Json]:
        """Return all log entries of one kind, oldest first."""
        rows = await self.rows("SELECT body FROM vault.log_entry ORDER BY id")
        return [told for row in rows if (told := json.loads(row["body"]))["kind"] == kind]

    async def rows(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Look into the database as its superuser."""
        connection = await asyncpg.connect(self.url)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        [row] = await self.rows(f"SELECT count(*) AS n FROM {table}")  # noqa: S608 - a table of ours
        return int(row["n"])

    async def tell(self) -> None:
        """Write what limits refused, as each application does once a second."""
        for app in self.apps:
            await denials.tell(app.state.vault)

    async def written(self) -> dict[str, int]:
        """Return how many rows each table has, but for the log, the tokens and what they leave."""
        tables = await self.rows(
            "SELECT schemaname || '.' || relname AS name FROM pg_stat_user_tables ORDER BY 1",
        )
        skipped = {"vault.log_entry", "vault.log_pending", "vault.assertion", "vault.attempt", *BY_THE_CLOCK}
        counted = [
            f"SELECT '{name}' AS name, count(*) AS n FROM {name}"  # noqa: S608 - names from the catalogue
            for row in tables
            if (name := row["name"]) not in skipped
        ]
        return {row["name"]: row["n"] for row in await self.rows(" UNION ALL ".join(counted))}


@asynccontextmanager
async def alive(app: Litestar) -> AsyncIterator[None]:
    """Keep an application started. In a task of its own: a fixture's end may run in another than its beginning."""
    started, over = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await over.wait()

    life = asyncio.create_task(live())
    begun = asyncio.create_task(started.wait())
    await asyncio.wait([life, begun], return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    if life.done():
        life.result()
    try:
        yield
    finally:
        over.set()
        await life


@asynccontextmanager
async def copy_of(server_url: str, template: str) -> AsyncIterator[str]:
    """Make a database like `template`, and drop it afterwards."""
    name = f"vault_test_{uuid4().hex}"
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield at(server_url, name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


def at(url: str, database: str) -> str:
    """Return the URL of another database on the same server."""
    before, _, after = url.partition("://")
    host, _, rest = after.partition("/")
    _, mark, query = rest.partition("?")
    return f"{before}://{host}/{database}{mark}{query}"


def told(answer: object) -> Json:
    """Return what the SDK returned as it went over the wire: what is empty was not there."""
    filled: Json = _filled(msgspec.to_builtins(answer, enc_hook=dict))
    return filled


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _filled(item)
            for name, item in value.items()
            if item is not None and (item or name not in {"released", "withheld"})
        }
    return [_filled(item) for item in value] if isinstance(value, list | tuple) else value


def said(response: httpx2.Response) -> Json:
    """Return the body of an answer that went well."""
    assert response.status_code in {200, 204}, f"{response.status_code} {response.text}"
    body: Json = response.json() if response.content else {}
    return body


def refused(response: httpx2.Response, status: int, code: str) -> Json:
    """Return a problem document, having looked that it is one."""
    assert (response.status_code, response.headers["content-type"]) == (status, PROBLEM), response.text
    problem: Json = response.json()
    assert set(problem) == {"type", "title", "status", "code", "detail"}
    assert (problem["status"], problem["type"]) == (status, f"urn:consent-vault:{problem['code']}")
    assert problem["code"] == code, problem
    assert problem["title"]
    assert problem["detail"]
    return problem


def codes(decision: Mapping[str, Any]) -> list[str]:
    """Return the codes of an answer's reasons, in their order."""
    return [reason["code"] for reason in decision["reasons"]]


def now() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


def raw_id(shown: str) -> UUID:
    """Return the UUID behind a shown id."""
    return raw(shown)
