"""What is kept of tokens: as much as is needed, for as long as it is, and when a credential was used last."""

from __future__ import annotations

from datetime import timedelta

from structlog.testing import capture_logs

from tests.make import FakeClock
from tests.stage import Api, Stage, now, refused, said
from tests.statements import every_connection
from vault.actions.client import uses
from vault.actions.client.clients import show_clients
from vault.actions.client.sweeping import sweep
from vault.actions.vault import forget
from vault.store.client import revocations

NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


async def test_what_is_over_is_swept_and_what_is_not_stays(stage: Stage) -> None:
    for _ in range(3):
        said(await stage.token("fernhill.crm"))
    own = await stage.organization()
    async with stage.vault.database.work(own) as work:
        await revocations.add(work, {f"{place:032x}": now() for place in range(3)}, keep=timedelta(minutes=5))
    await sweep(stage.vault)
    assert [await stage.count(f"vault.{table}") for table in ("assertion", "revoked_token")] == [3, 3]
    for table in ("assertion", "revoked_token"):
        await stage.rows(
            f"UPDATE vault.{table} SET expires_at = now() - interval '1 second' WHERE ctid IN "  # noqa: S608 - tables of ours
            f"(SELECT ctid FROM vault.{table} LIMIT 2)"
        )
    await sweep(stage.vault)
    assert [await stage.count(f"vault.{table}") for table in ("assertion", "revoked_token")] == [1, 1]


async def test_a_sweep_that_fails_is_told_of_and_stops_nothing(stage: Stage) -> None:
    app = await stage.open()
    vault = stage.apps[app].state.vault
    said(await stage.token("fernhill.crm", app=app))
    await vault.database.close()
    with capture_logs() as told:
        await sweep(vault)
    assert told == [{"event": "not_swept", "code": "database_away", "log_level": "warning"}]


async def test_a_process_forgets_tokens_that_ended_and_revocations_with_them(stage: Stage) -> None:
    clock = FakeClock(now())
    app = await stage.open(clock=clock)
    vault = stage.apps[app].state.vault
    api = await stage.client("crm", app=app)
    refused(await api.send("GET", f"/v1/customers/{NOBODY}"), 404, "unknown_customer")
    own = await stage.organization()
    async with vault.database.work(own) as work:
        await revocations.add(work, {"0" * 32: clock.now()}, keep=timedelta(minutes=5))
    refused(await api.send("GET", f"/v1/customers/{NOBODY}"), 404, "unknown_customer")
    forget(vault)
    assert (len(vault.memory.believed), len(vault.memory.here[own].revoked)) == (1, 1)
    clock.pass_by(minutes=7)
    forget(vault)
    assert (len(vault.memory.believed), len(vault.memory.here[own].revoked)) == (0, 0)
    refused(await api.send("GET", f"/v1/customers/{NOBODY}"), 401, "invalid_token")


async def test_a_key_used_all_the_time_is_written_down_once_a_minute(stage: Stage) -> None:
    for _ in range(5):
        said(await stage.token("fernhill.crm"))
    await uses.tell(stage.vault)
    [row] = await stage.rows("SELECT credential, used_at, xmin FROM vault.client_use")
    assert row["credential"] == "k1"
    said(await stage.token("fernhill.crm"))
    await uses.tell(stage.vault)
    assert (await stage.rows("SELECT xmin FROM vault.client_use"))[0]["xmin"] == row["xmin"]
    stage.vault.memory.uses = {used: at - timedelta(minutes=2) for used, at in stage.vault.memory.uses.items()}
    said(await stage.token("fernhill.crm"))
    await uses.tell(stage.vault)
    [again] = await stage.rows("SELECT used_at FROM vault.client_use")
    assert again["used_at"] > row["used_at"]
    [shown] = await show_clients(stage.vault, await stage.operator(), key="crm")
    assert [(one.name, one.used_at) for one in shown.credentials] == [("k1", again["used_at"])]


async def test_what_did_not_prove_anybody_is_no_use(stage: Stage) -> None:
    assert (await stage.token("fernhill.crm", aud="https://elsewhere.example")).status_code == 401
    await uses.tell(stage.vault)
    assert await stage.count("vault.client_use") == 0


async def test_a_use_that_cannot_be_written_waits_for_the_next_time(stage: Stage) -> None:
    there = await stage.open()
    vault = stage.apps[there].state.vault
    said(await stage.token("fernhill.crm", app=there))
    await stage.rows("ALTER TABLE vault.client_use RENAME TO quokka")
    async with every_connection(vault) as held:
        for connection in held:
            connection.terminate()
    await stage.rows("ALTER TABLE vault.quokka RENAME TO client_use")
    waiting = dict(vault.memory.unwritten)
    await uses.tell(vault)
    assert waiting
    assert await stage.count("vault.client_use") == 1


async def test_the_token_of_one_process_is_known_by_its_digest_alone(stage: Stage) -> None:
    api: Api = await stage.client("crm")
    await api.send("GET", f"/v1/customers/{NOBODY}")
    assert api.token.encode() not in b"".join(stage.vault.memory.believed)
    assert all(len(name) == 32 for name in stage.vault.memory.believed)
