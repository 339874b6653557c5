"""The unit of work: one transaction, on one connection, for one action.

Everything is written or nothing. The connection goes back to the pool whatever happens, a failing COMMIT and a
cancelled caller included. No work inside a work, and no work shared between tasks.

Two connections stay at hand between works, past the pool's own bookkeeping, unless somebody waits for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg
from piccolo.query.base import Query

from vault.base.errors import Unavailable
from vault.base.ids import OrganizationId, raw

SERVICE: Final = "vault_service"

INSTALLATION: Final = OrganizationId("org_00000000000000000000000000")
"""What belongs to no organization: its log holds an unknown client's refused token, its keystore the signing keys."""
SETTING: Final = "VAULT_DATABASE_URL"
_DOWN: Final = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
)
_CLOSED: Final = (*_DOWN, asyncpg.ObjectNotInPrerequisiteStateError)  # the second: it lets nobody in just now
_TURN_SECONDS: Final = 1
_GOODBYE_SECONDS: Final = 1
_AT_HAND: Final = 2
_LONG_SECONDS: Final = 6 * 3600
_PLANNED: Final = "force_generic_plan"
"""Statements are few and always the same: planned once, for whatever the parameters are."""
_BUSY: Final = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError, asyncpg.ReadOnlySQLTransactionError)
_LOCK: Final = "SELECT pg_advisory_xact_lock(name) FROM unnest($1::bigint[]) AS name"
_AWAY: Final = "the database does not answer; ask again"


class DatabaseError(Unavailable):
    """PostgreSQL does not answer."""


class Work:
    """A transaction under way, for one organization. What it runs is written with its COMMIT, or never.

    `entry` is the first entry of the log that is written here, once one is.
    """

    __slots__ = ("_connection", "entry", "organization", "own")

    def __init__(self, connection: asyncpg.pool.PoolConnectionProxy, organization: OrganizationId) -> None:
        self._connection = connection
        self.organization: Final = organization
        self.own: Final = raw(organization)
        self.entry: bytes | None = None

    def of(self, organization: OrganizationId) -> Work:
        """Return the same transaction, for another organization: one that was just looked up, or is being made."""
        return Work(self._connection, organization)

    async def run(self, query: Query[Any, Any]) -> list[asyncpg.Record]:
        """Run a Piccolo query here and return its rows."""
        rows: list[asyncpg.Record] = []
        for part in query.querystrings:
            statement, arguments = part.compile_string()
            rows = await self._connection.fetch(statement, *arguments)
        return rows

    async def fetch(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Run a statement written out and return its rows."""
        return await self._connection.fetch(statement, *arguments)

    async def anew(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Run a statement planned for what is there now: of a table that grows while a connection keeps its plans."""
        await self._connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
        rows = await self._connection.fetch(statement, *arguments)
        await self._connection.execute(f"SET LOCAL plan_cache_mode = {_PLANNED}")
        return list(rows)

    async def long(self, statement: str, *arguments: object) -> str:
        """Run a statement that may take as long as it takes, and return its status."""
        return await self._connection.execute(statement, *arguments, timeout=_LONG_SECONDS)

    async def copy(self, table: str, columns: Sequence[str], *, rows: Iterable[Sequence[object]]) -> None:
        """Add many rows at once to a table of a schema, each in the order of the columns."""
        schema, _, name = table.partition(".")
        await self._connection.copy_records_to_table(name, schema_name=schema, columns=columns, records=rows)

    async def lock(self, names: Sequence[int]) -> None:
        """Wait for whoever works under one of these names, until this work ends. Always in the same order."""
        if names:
            await self._connection.fetch(_LOCK, sorted(set(names)))


class Lead:
    """The place of one who leads, held by a connection of its own."""

    __slots__ = ("_connection",)

    def __init__(self, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        self._connection = connection

    async def check(self) -> None:
        """Return while we lead; when the connection is gone, another may."""
        await self._connection.fetchval("SELECT 1")


class Database:
    """The pool of connections of one process, all in one role."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._at_hand: list[asyncpg.pool.PoolConnectionProxy] = []
        self._waiting = 0
        self._closing = False

    @asynccontextmanager
    async def work(self, organization: OrganizationId = INSTALLATION, *, whole: bool = True) -> AsyncIterator[Work]:
        """Open a transaction; it commits when the block ends well. `DatabaseError` when PostgreSQL is away.

        If it is not `whole`, each statement is a transaction of its own, committed when it returns: for what writes
        with one statement at most, and holds nothing from one to the next.
        """
        try:
            connection = await self._acquire()
        except _CLOSED:
            raise DatabaseError("database_away", "the database does not answer; nothing was done") from None
        release = self._release
        try:
            work = Work(connection, organization)
            if whole:
                transaction = await _begun(connection)
                try:
                    yield work
                    await transaction.commit()
                except BaseException:
                    # A failed COMMIT has already ended the transaction; then there is nothing to roll back. What was
                    # cancelled, and is not, for PostgreSQL had not begun with it, is cut off.
                    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                        async with asyncio.timeout(_GOODBYE_SECONDS):
                            await transaction.rollback()
                    if not _is_gone(connection) and connection.is_in_transaction():
                        connection.terminate()  # what was cancelled took the ROLLBACK with it
                    raise
            else:
                yield work
        except _DOWN:
            raise DatabaseError("database_away", _AWAY) from None
        except _BUSY:
            # Two works waited for each other, or this server only reads just now: the same again will do.
            raise DatabaseError("database_busy", "the database took this back; ask again") from None
        except asyncpg.InternalClientError:
            # How asyncpg puts it when the server hangs up between two statements.
            if not _is_gone(connection):
                raise
            raise DatabaseError("database_away", _AWAY) from None
        except asyncio.CancelledError:
            release = self._give_back  # its statement may still be under way: nobody is to wait for that
            raise
        finally:
            await release(connection)

    @asynccontextmanager
    async def leading(self, name: int) -> AsyncIterator[Lead]:
        """Wait until nobody else leads under this name, and lead until the block ends or the connection does.

        Who leads spares others the work, and no more: one who was cut off may not know yet that another leads.
        """
        try:
            connection = await self._acquire()
            try:
                while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", name):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(_TURN_SECONDS)
                yield Lead(connection)
            finally:
                await self._hang_up(connection)
        except _DOWN:
            raise DatabaseError("database_away", _AWAY) from None

    @asynccontextmanager
    async def alone(self, name: int) -> AsyncIterator[bool]:
        """Hold a name until the block ends or the connection does; false, at once, if somebody else holds it."""
        try:
            connection = await self._acquire()
        except _CLOSED:
            raise DatabaseError("database_away", _AWAY) from None
        try:
            try:
                held = await connection.fetchval("SELECT pg_try_advisory_lock($1)", name)
            except _DOWN:
                raise DatabaseError("database_away", _AWAY) from None
            yield held
        finally:
            await self._hang_up(connection)

    async def close(self) -> None:
        """Give back every connection."""
        self._closing = True
        while self._at_hand:
            await self._give_back(self._at_hand.pop())
        await self._pool.close()

    async def _acquire(self) -> asyncpg.pool.PoolConnectionProxy:
        while self._at_hand:
            connection = self._at_hand.pop()
            if _is_good(connection):
                return connection
            await self._give_back(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire(timeout=10)
        finally:
            self._waiting -= 1

    async def _release(self, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        if len(self._at_hand) < _AT_HAND and not self._waiting and not self._closing and _is_good(connection):
            self._at_hand.append(connection)
        else:
            await self._give_back(connection)

    async def _hang_up(self, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        """Close a connection, and wait until PostgreSQL has let go of what it held: whoever asks next is to get it."""
        try:
            with suppress(*_DOWN):
                await connection.close(timeout=_GOODBYE_SECONDS)  # cut off, if that fails
        finally:
            await self._pool.release(connection)

    async def _give_back(self, connection: asyncpg.pool.PoolConnectionProxy) -> None:
        # The pool has taken it back by itself, for the server hung up; or cuts it off, for what it does does not end.
        with suppress(asyncpg.InternalClientError, TimeoutError):
            await self._pool.release(connection, timeout=_GOODBYE_SECONDS)


async def connect(url: str, *, role: str | None = None, setting: str = SETTING) -> asyncpg.Connection:
    """Return one connection of its own; `DatabaseError` says what to look at when there is none.

    `setting` is the variable the URL stands in.
    """
    try:
        return await asyncpg.connect(url, timeout=10, server_settings=_session(role))
    except (*_DOWN, asyncpg.PostgresError, ValueError) as error:
        raise _no_connection(error, setting) from None


async def open_database(url: str, *, size: int, role: str = SERVICE) -> Database:
    """Return the pool, all its connections in the role; `DatabaseError` says what to look at when there is none."""
    try:
        pool = await asyncpg.create_pool(
            url,
            min_size=min(2, size),
            max_size=size,
            timeout=10,
            command_timeout=30,
            max_inactive_connection_lifetime=0,
            server_settings=_session(role),
            reset=_leave,
        )
    except (*_DOWN, asyncpg.PostgresError, ValueError) as error:
        raise _no_connection(error, SETTING) from None
    return Database(pool)


def _session(role: str | None) -> dict[str, str]:
    planned = {"plan_cache_mode": _PLANNED, "jit": "off", "enable_memoize": "off"}  # nobody is looked up twice
    return planned | {"application_name": "consent-vault", "timezone": "UTC"} | ({"role": role} if role else {})


async def _begun(connection: asyncpg.pool.PoolConnectionProxy) -> asyncpg.transaction.Transaction:
    transaction = connection.transaction()
    try:
        await transaction.start()
    except BaseException:
        connection.terminate()  # cancelled as it began, it may have: nobody could roll it back
        raise
    return transaction


def _is_good(connection: asyncpg.pool.PoolConnectionProxy) -> bool:
    return not _is_gone(connection) and not connection.is_in_transaction()


def _is_gone(connection: asyncpg.pool.PoolConnectionProxy) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:
        return True  # the pool has taken it back: the server hung up


async def _leave(_: asyncpg.Connection) -> None:
    """Reset nothing: a work sets nothing on its session. That saves a round trip for each."""


def _no_connection(error: BaseException, setting: str) -> DatabaseError:
    match error:
        case asyncpg.InvalidAuthorizationSpecificationError():
            hint = "the user or its password is not accepted"
        case asyncpg.InvalidCatalogNameError():
            hint = "the server has no database of that name; create it first"
        case (
            asyncpg.InvalidParameterValueError() | asyncpg.InsufficientPrivilegeError() | asyncpg.UndefinedObjectError()
        ):
            hint = "its login may not become vault_service; run `consent-vault migrate` with VAULT_OWNER_DATABASE_URL"
        case ValueError():
            hint = "write postgresql://user@host:5432/name"
        case _:
            hint = "no server answers there; is it running, and is the address right?"
    return DatabaseError("database_away", f"cannot open the database in {setting}: {hint}")
