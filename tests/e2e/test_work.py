"""The unit of work: all or nothing, and the connection comes back whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
import pytest_asyncio

from vault.store.database import Database, DatabaseError, open_database

POOL = 2
MORE_THAN_THE_POOL = 3 * POOL


@pytest.fixture
def no_work_inside_a_work() -> None:
    """Here tasks that are to wait for a connection are begun while all are held."""


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool of two, on a database with a table whose constraint is looked at when it is too late."""
    owner = await asyncpg.connect(database_url)
    await owner.execute("""
        CREATE TABLE vault.thing (id int PRIMARY KEY, of int REFERENCES vault.thing DEFERRABLE INITIALLY DEFERRED);
        GRANT SELECT, INSERT ON vault.thing TO vault_service;
    """)
    await owner.close()
    opened = await open_database(database_url, size=POOL)
    yield opened
    await asyncio.wait_for(opened.close(), 5)


async def put(database: Database, one: int, of: int | None = None) -> None:
    async with database.work() as work:
        await work.fetch("INSERT INTO vault.thing VALUES ($1, $2)", one, of)


async def run(database: Database, *statements: str) -> None:
    async with database.work() as work:
        for statement in statements:
            await work.fetch(statement)


async def things(database: Database) -> list[int]:
    async with database.work() as work:
        return [row["id"] for row in await work.fetch("SELECT id FROM vault.thing ORDER BY id")]


async def check_whole(database: Database) -> None:
    """Use every connection of the pool at once."""
    meeting = asyncio.Barrier(POOL)

    async def use() -> None:
        async with database.work() as work:
            await work.fetch("SELECT 1")
            await meeting.wait()

    async with asyncio.timeout(5), asyncio.TaskGroup() as users:
        for _ in range(POOL):
            users.create_task(use())


@pytest.mark.parametrize("holding", ["leading", "alone"])
async def test_what_is_at_hand_for_works_is_there_for_whoever_leads(database: Database, holding: str) -> None:
    await check_whole(database)
    async with asyncio.timeout(5), getattr(database, holding)(7) as held:
        assert held
        await put(database, 1)
    await check_whole(database)


@pytest.mark.parametrize("holding", ["leading", "alone"])
async def test_a_name_is_free_once_its_holder_has_ended(database: Database, database_url: str, holding: str) -> None:
    other = await asyncpg.connect(database_url)
    for _ in range(20):
        async with getattr(database, holding)(7):
            assert not await other.fetchval("SELECT pg_try_advisory_lock(7)")
        assert await other.fetchval("SELECT pg_try_advisory_lock(7)")
        await other.execute("SELECT pg_advisory_unlock(7)")
    await other.close()


@pytest.mark.parametrize("holding", ["leading", "alone"])
async def test_a_holder_who_is_cut_off_gives_its_connection_back(
    database: Database, database_url: str, holding: str
) -> None:
    cut = """SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE l.locktype = 'advisory' AND d.datname = current_database()"""
    owner = await asyncpg.connect(database_url)
    for _ in range(2 * POOL):
        async with getattr(database, holding)(7) as held:
            assert held
            await owner.execute(cut)
    await owner.close()
    await check_whole(database)


async def test_what_a_work_wrote_is_there_when_it_ends_well(database: Database) -> None:
    await put(database, 1)
    await put(database, 2, of=1)
    assert await things(database) == [1, 2]


async def test_a_commit_that_fails_writes_nothing_and_gives_the_connection_back(database: Database) -> None:
    for one in range(MORE_THAN_THE_POOL):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await asyncio.wait_for(put(database, one, of=99), 5)
    assert await things(database) == []
    await check_whole(database)


async def test_a_statement_that_fails_takes_the_whole_work_back(database: Database) -> None:
    await put(database, 1)
    for _ in range(MORE_THAN_THE_POOL):
        with pytest.raises(asyncpg.UniqueViolationError):
            await run(database, "INSERT INTO vault.thing VALUES (2)", "INSERT INTO vault.thing VALUES (1)")
    assert await things(database) == [1]
    await check_whole(database)


async def test_of_two_works_that_wait_for_each_other_one_is_told_to_ask_again(database: Database) -> None:
    meeting = asyncio.Barrier(2)

    async def both(first: int, second: int) -> None:
        async with database.work() as work:
            await work.fetch("INSERT INTO vault.thing VALUES ($1)", first)
            await meeting.wait()
            await work.fetch("INSERT INTO vault.thing VALUES ($1)", second)

    async with asyncio.timeout(10):
        ends = await asyncio.gather(both(1, 2), both(2, 1), return_exceptions=True)
    [error] = [end for end in ends if end is not None]
    assert isinstance(error, DatabaseError)
    assert error.code == "database_busy"
    assert await things(database) == [1, 2]
    await check_whole(database)


@pytest.mark.parametrize("state", ["40001", "55P03", "25006", "58030", "53100", "57014"])
async def test_what_the_database_cannot_do_just_now_is_no_error_of_ours(database: Database, state: str) -> None:
    with pytest.raises(DatabaseError):
        await run(database, f"DO $$ BEGIN RAISE 'quokka' USING ERRCODE = '{state}'; END $$")
    await check_whole(database)


async def test_an_error_of_the_caller_takes_the_whole_work_back(database: Database) -> None:
    async def fail() -> None:
        async with database.work() as work:
            await work.fetch("INSERT INTO vault.thing VALUES (1)")
            raise ZeroDivisionError

    for _ in range(MORE_THAN_THE_POOL):
        with pytest.raises(ZeroDivisionError):
            await fail()
    assert await things(database) == []
    await check_whole(database)


async def test_a_cancelled_request_writes_nothing_and_gives_the_connection_back(database: Database) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        async with database.work() as work:
            await work.fetch("INSERT INTO vault.thing VALUES (1)")
            begun.set()
            await work.fetch("SELECT pg_sleep(60)")

    for _ in range(MORE_THAN_THE_POOL):
        begun.clear()
        request = asyncio.create_task(slow())
        await asyncio.wait_for(begun.wait(), 5)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(request, 5)
    assert await things(database) == []
    await check_whole(database)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_cancelled_request_of_which_postgresql_hears_nothing_holds_nobody_up(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, *, whole: bool
) -> None:
    """What is to be cancelled may not have begun there yet: then it runs on."""
    sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"

    async def unheard(**_: object) -> None:
        """Cancel nothing."""

    async def slow() -> None:
        async with database.work(whole=whole) as work:
            await work.fetch("SELECT pg_sleep(60)")

    monkeypatch.setattr("asyncpg.connect_utils._cancel", unheard)
    owner = await asyncpg.connect(database_url)
    for number in range(1, 4):
        request = asyncio.create_task(slow())
        async with asyncio.timeout(5):
            while await owner.fetchval(sleeping) < number:
                pass
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(request, 5)
    await owner.close()
    await check_whole(database)


async def test_a_request_cancelled_at_any_moment_gives_the_connection_back(database: Database) -> None:
    for steps in range(40):
        request = asyncio.create_task(put(database, 1000 + steps))
        for _ in range(steps):
            await asyncio.sleep(0)
        request.cancel()
        await asyncio.wait([request], timeout=5)
        assert request.done()
    await check_whole(database)


async def test_a_request_cancelled_while_it_waits_for_a_connection_takes_none_away(database: Database) -> None:
    async with database.work(), database.work():
        waiting = [asyncio.create_task(put(database, one)) for one in range(MORE_THAN_THE_POOL)]
        await asyncio.sleep(0.01)
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting, timeout=5)
    assert await things(database) == []
    await check_whole(database)


async def test_a_connection_cut_by_the_server_is_replaced(database: Database, database_url: str) -> None:
    owner = await asyncpg.connect(database_url)

    async def be_cut() -> None:
        async with database.work() as work:
            await work.fetch("INSERT INTO vault.thing VALUES (1)")
            await owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
            await work.fetch("SELECT 1")

    with pytest.raises(DatabaseError):
        await be_cut()
    await owner.close()
    await asyncio.sleep(0.1)  # until the idle connection has noticed too
    assert await things(database) == []
    await check_whole(database)


async def test_a_work_has_no_more_rights_than_the_service(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(database, "DELETE FROM vault.thing")
    async with database.work() as work:
        [row] = await work.fetch("SELECT current_user AS name, current_setting('timezone') AS zone")
    assert tuple(row) == ("vault_service", "UTC")


async def test_a_caller_who_hangs_up_as_it_begins_leaves_no_transaction_behind(database: Database) -> None:
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, complaint: told.append(complaint))
    for turns in range(40):
        caller = asyncio.create_task(put(database, turns))
        for _ in range(turns):
            await asyncio.sleep(0)
        caller.cancel()
        with suppress(asyncio.CancelledError):
            await caller
    await check_whole(database)
    assert told == []
