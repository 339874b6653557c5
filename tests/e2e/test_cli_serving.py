"""The server as a process: it survives its workers, they never survive it, and its lines hold nothing but codes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import asyncpg
import httpx2
import msgspec
import pytest

from tests import make
from tests.command import COMMAND, environment, run, sql
from tests.mail import write
from tests.stage import copy_of
from vault.actions import organizations
from vault.actions.customer import customers
from vault.base.clock import SystemClock
from vault.base.personal import Personal
from vault.base.settings import Settings
from vault.cli import doctor
from vault.domain.actor import Actor
from vault.domain.customer import Registration
from vault.domain.organization import Authentication, Ceiling, Client
from vault.parts import open_vault
from vault.store.installation import Login

Serve = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server and return its process and its URL, once it answers."""
    processes: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, **settings: Any) -> tuple[subprocess.Popen[str], str]:
        with (tmp_path / "lines").open("a") as errors:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [COMMAND, "serve", *(arguments or ("--port", "0"))],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=environment(**settings),
                start_new_session=True,
            )
        processes.append(process)
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://[\d.]+:\d+", said)
        assert found, (tmp_path / "lines").read_text()
        until(lambda: answers(found[0]))
        return process, found[0]

    yield begin
    for process in processes:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder for a bundled database, whoever runs the tests."""
    folder = Path(mkdtemp(prefix="vault-ground-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health").status_code == 200
    except httpx2.TransportError:
        return False


def until(so: Callable[[], bool], seconds: float = 20) -> None:
    patience = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < patience
        time.sleep(0.05)


def children(process: subprocess.Popen[str]) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_the_first_hour_of_a_trial(serve: Serve, ground: Path, tmp_path: Path) -> None:
    file = tmp_path / "organization.yaml"
    file.write_text(make.written(make.organization()), encoding="utf-8")
    data = ground / "vault"
    fresh = run("doctor", data=data)
    assert (fresh.status, fresh.out) == (1, f"there is no database in {data} yet: `consent-vault serve` makes one\n")
    assert not data.exists()
    process, url = serve("--port", "0", "--workers", "2", data=data)
    assert process.stdout is not None
    assert process.stdout.readline() == (
        f"Its data lies in {data}, in the bundled PostgreSQL; the root key is {data}/root.key.\n"
    )
    assert process.stdout.readline() == "Messages wait for `consent-vault worker`.\n"
    assert run("doctor", data=data).out == "there is no organization yet: `consent-vault apply FILE` makes one\n"
    run("apply", file, data=data).well()
    assert run("doctor", data=data).out == (
        "fernhill.larkline_sms has no secret yet: `consent-vault client add fernhill.larkline_sms` makes one\n"
    )
    made = json.loads(run("client", "add", "fernhill.larkline_sms", "--json", data=data).well())
    assert run("doctor", data=data).well() == f"All is well.\nMessages are written into {data}/mail, and not sent.\n"
    login = (made["client_id"], made["client_secret"])
    answer = httpx2.post(f"{url}/oauth/token", data={"grant_type": "client_credentials"}, auth=login)
    assert answer.json()["token_type"] == "Bearer"
    assert httpx2.get(f"{url}/.well-known/oauth-authorization-server").json()["issuer"] == url
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)
    assert (process.returncode, rest) == (0, "")
    assert not (data / "postgres/data/postmaster.pid").exists()
    told = [json.loads(line) for line in (tmp_path / "lines").read_text().splitlines()]
    assert [line["event"] for line in told] == ["serving", "stopped"]


@pytest.fixture
def trial(database_url: str, tmp_path: Path) -> dict[str, Any]:
    return {"mode": "trial", "database_url": database_url, "data": tmp_path / "data"}


def test_ctrl_c_and_a_closed_terminal_end_it_well(serve: Serve, trial: dict[str, Any]) -> None:
    for sign in (signal.SIGINT, signal.SIGHUP):
        process, url = serve(**trial)
        os.killpg(process.pid, sign)
        process.communicate(timeout=30)
        assert process.returncode == 0
        assert not answers(url)


def test_a_worker_that_hears_of_the_end_before_its_server_is_no_failure(
    serve: Serve, trial: dict[str, Any], tmp_path: Path
) -> None:
    process, _ = serve(**trial)
    until(lambda: len(children(process)) == 1)
    [worker] = children(process)
    process.send_signal(signal.SIGSTOP)
    os.kill(worker, signal.SIGKILL)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert '"stopped"' in (tmp_path / "lines").read_text()


def test_a_worker_that_was_killed_is_replaced(serve: Serve, trial: dict[str, Any]) -> None:
    process, url = serve("--port", "0", "--workers", "2", **trial)
    until(lambda: len(children(process)) == 2)
    before = children(process)
    os.kill(before[0], signal.SIGKILL)
    until(lambda: len(children(process)) == 2 and children(process) != before)
    until(lambda: answers(url))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_no_worker_outlives_the_server_that_was_killed(serve: Serve, trial: dict[str, Any]) -> None:
    process, url = serve("--port", "0", "--workers", "2", **trial)
    until(lambda: len(children(process)) == 2)
    workers = children(process)
    process.kill()
    until(lambda: not any(is_running(pid) for pid in workers))
    assert not answers(url)


def test_a_port_somebody_listens_on_is_refused_and_nothing_begun(
    serve: Serve, trial: dict[str, Any], tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = run("serve", "--port", port, **trial).refused()
    assert said == (
        f"cannot listen on 127.0.0.1 port {port}: address already in use; give others with --host and --port"
    )
    assert not (tmp_path / "data").exists()
    _, url = serve(**trial)
    other = run("serve", "--port", url.rpartition(":")[2], **trial).refused()
    assert "address already in use" in other


def test_a_word_to_stop_is_heard_by_a_process_that_is_only_about_to_listen(
    trial: dict[str, Any], tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        """
import os, signal, sys, time
import granian.server.mp as granian
from vault.cli.main import main
made = granian.ASGIWorker
def stopped_between_startup_and_serving(*given):
    os.kill(os.getppid(), signal.SIGTERM)
    time.sleep(1)
    return made(*given)
granian.ASGIWorker = stopped_between_startup_and_serving
sys.exit(main(["serve", "--port", "0", "--workers", "1"]))
"""
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(script)], capture_output=True, text=True, check=False, env=environment(**trial), timeout=60
    )
    assert done.returncode == 0
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == ["serving", "stopped"]


def test_no_line_holds_what_a_library_or_an_error_said(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        """
import asyncio, logging, threading, warnings
import structlog
from vault.base.personal import Personal
from vault.cli import lines
lines.configure()
logging.getLogger("asyncpg").error("quokka %s", "quokka")
logging.getLogger("litestar").warning("quokka %s %s", "too few")
try:
    raise ValueError("quokka")
except ValueError as error:
    logging.getLogger("_granian").exception("quokka")
    structlog.get_logger().error("ours", exc_info=True, error=error, who=Personal("quokka"), at=["quokka"], n=1)
    structlog.get_logger().error("ours", exc_info=error)
warnings.warn("quokka")
class Falling:
    def __del__(self): raise ValueError("quokka")
Falling()
def fail(): raise ValueError("quokka")
thread = threading.Thread(target=fail); thread.start(); thread.join()
async def lose(): asyncio.get_running_loop().create_task(failing()); await asyncio.sleep(0.01)
async def failing(): raise ValueError("quokka")
asyncio.run(lose())
logging.getLogger("quiet").info("quokka")
fail()
"""
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(script)], capture_output=True, text=True, check=False, env=environment()
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "quokka" not in done.stderr
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in told if "logger" not in line] == ["ours", "ours"] + ["unforeseen"] * 3
    assert {line["logger"] for line in told if "logger" in line} == {
        "asyncpg",
        "litestar",
        "_granian",
        "py.warnings",
        "asyncio",
    }
    assert all(line["kind"] == "ValueError" for line in told if "kind" in line)
    assert told[3]["n"] == 1
    assert (told[3]["who"], told[3]["at"]) == ("Personal", "list")
    assert [line for line in told if not {"event", "level", "timestamp"} <= line.keys()] == []


# ── The doctor ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_doctor_notices_a_clock_that_is_elsewhere(
    database_url: str, key_file: Path, clock: make.FakeClock
) -> None:
    settings = Settings(database_url=database_url, mode="trial", key_file=key_file)
    found = await doctor.examine(settings, database_url, clock=clock)
    assert [line for line in found if re.match(r"the clocks of this machine and of PostgreSQL are \d+ s apart", line)]


def test_the_doctor_tells_what_production_needs(database_url: str, key_file: Path) -> None:
    settings = {"database_url": database_url, "issuer": "https://vault.example", "key_file": key_file}
    ran = run("doctor", **settings)
    assert (ran.status, ran.err) == (1, "")
    lines = ran.out.splitlines()
    assert any("is a superuser, and the server needs to become vault_service only" in line for line in lines)
    assert any("set VAULT_ALLOW_KEY_FILE=true" in line for line in lines)
    assert any(line.startswith("no message goes out") for line in lines)


def test_the_doctor_looks_at_the_servers_log_and_durability(database_url: str, key_file: Path) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    for setting, value in (("log_parameter_max_length", "-1"), ("synchronous_commit", "off")):
        sql(database_url, f"ALTER DATABASE {name} SET {setting} = {value}")
    sql(database_url, f"ALTER DATABASE {name} SET log_parameter_max_length_on_error = 100")
    ran = run("doctor", database_url=database_url, mode="trial", key_file=key_file)
    assert "PostgreSQL's synchronous_commit is off, so a crash may lose a withdrawal: set it to on\n" in ran.out
    for setting in ("log_parameter_max_length", "log_parameter_max_length_on_error"):
        assert f'run ALTER ROLE "postgres" SET {setting} = 0\n' in ran.out


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"mode": "quokka"}, "VAULT_MODE: write trial or production\n"),
        (
            {"mode": "trial", "database_url": "postgresql://u@127.0.0.1:1/x"},
            "cannot open the database in VAULT_DATABASE_URL",
        ),
    ],
)
def test_the_doctor_tells_what_stops_the_start(settings: dict[str, str], sentence: str) -> None:
    ran = run("doctor", **settings)
    assert (ran.status, ran.err) == (1, "")
    assert ran.out.startswith(sentence)
    assert ran.out.count("\n") == 1


def test_the_doctor_tells_of_a_missing_migration_and_a_missing_key(trial: dict[str, Any]) -> None:
    assert "there is no root key " in run("doctor", **trial).out
    assert not trial["data"].exists()
    sql(trial["database_url"], "DELETE FROM vault.migration")
    assert "run `consent-vault migrate`" in run("doctor", **trial).out


def test_the_doctor_knows_logins_that_may_too_much_and_servers_that_are_too_old() -> None:
    well = {"synchronous_commit": "on", "fsync": "on", **dict.fromkeys(doctor._TELLING, "0")}
    login = Login(
        login='the "app"',
        superuser=False,
        release=180_000,
        roles=frozenset({"vault_service"}),
        settings=well,
        now=make.FakeClock().now(),
    )
    assert [*doctor._of_login(login, production=True)] == []
    owner = msgspec.structs.replace(login, roles=frozenset({"vault_owner", "vault_service"}), release=140_012)
    assert [line.partition(",")[0] for line in doctor._of_login(owner, production=True)] == [
        "PostgreSQL 14 is too old for the vault: use 15 or newer",
        'the login "the ""app""" may become vault_owner',
    ]


def test_the_doctor_knows_clients_that_cannot_prove_who_they_are() -> None:
    today = date(2026, 3, 1)
    basic = Authentication(method="client_secret_basic")
    client = Client(key="crm", title="CRM", authentication=basic, ceiling=Ceiling(), expires=date(2026, 2, 28))
    found = [*doctor._of_client("fernhill.crm", client, secrets=0, today=today)]
    assert [line.partition(":")[0] for line in found] == [
        "fernhill.crm has no secret yet",
        "fernhill.crm expired on 2026-02-28",
    ]


async def test_the_doctor_looks_for_keys_that_clients_publish_and_for_messages_that_wait(
    server_url: str, furnished: str, key_file: Path
) -> None:
    file = make.organization()
    published = {"method": "private_key_jwt", "algorithm": "ES256", "jwks_uri": "https://127.0.0.1:1/jwks"}
    file["clients"]["everything"]["authentication"] = published
    async with copy_of(server_url, furnished) as url:
        settings = Settings(database_url=url, mode="trial", key_file=key_file)
        async with open_vault(settings, url) as vault:
            await organizations.apply(vault, make.written(file), name="organization.yaml")
            organization = await organizations.find(vault, "fernhill")
            actor = Actor(organization=organization, kind="operator")
            registration = msgspec.convert(make.customer(), Registration, dec_hook=lambda _, value: Personal(value))
            customer = (await customers.register(vault, actor, registration=registration)).id
            await write(vault, organization, customer=customer)
        connection = await asyncpg.connect(url)
        await connection.execute("UPDATE vault.outbox SET due_at = now() - interval '2 minutes'")
        await connection.close()
        found = await doctor.examine(settings, url, clock=SystemClock())
    assert "fernhill: 1 message(s) should have gone out: is `consent-vault worker` running?" in found
    [keys] = [line for line in found if line.startswith("fernhill.everything: ")]
    assert keys.startswith("fernhill.everything: its keys at https://127.0.0.1:1/jwks cannot be fetched: the server's")


async def test_the_doctor_notices_an_organization_whose_configuration_is_damaged(
    server_url: str, furnished: str, key_file: Path
) -> None:
    async with copy_of(server_url, furnished) as url:
        connection = await asyncpg.connect(url)
        settings = Settings(database_url=url, mode="trial", key_file=key_file)
        await connection.execute("UPDATE vault.organization SET configuration = 'gone'")
        [*_, lost] = await doctor.examine(settings, url, clock=SystemClock())
        await connection.close()
    assert lost.startswith("fernhill: what it declares is missing from the database")
