"""The worker as a process: it says where mail goes, ends when told to, and killed it sends nobody a letter twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from email import message_from_bytes
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.chaos.processes import free_port, kill, serving
from tests.command import COMMAND, environment, run
from tests.mail import SENDER, Sink, sink, until, write
from tests.stage import Api, Stage

KILLS = int(os.environ.get("VAULT_TEST_KILLS", "3"))
PATIENCE_SECONDS = 30


class Workers:
    """Starts workers on the stage's database, and ends those that are left."""

    def __init__(self, stage: Stage, key_file: Path, folder: Path) -> None:
        self.settings = {"database_url": stage.url, "mode": "trial", "key_file": key_file, "data": folder, "pool": 4}
        self.lines = folder / "lines"
        self._running: list[subprocess.Popen[bytes]] = []

    async def start(self, *words: str, **settings: Any) -> subprocess.Popen[bytes]:
        """Return a worker that works."""
        with self.lines.open("ab") as lines:
            process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own command
                [COMMAND, *(words or ("worker",))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=lines,
                env=environment(**(self.settings | settings)),
                start_new_session=True,
            )
        self._running.append(process)
        before = self.told("working")
        await until(lambda: self.told("working") > before)
        return process

    def told(self, event: str) -> int:
        """Return how often the lines tell of something."""
        return sum(json.loads(line)["event"] == event for line in self.lines.read_text().splitlines())

    def end(self) -> None:
        for process in self._running:
            kill(process)
            process.communicate()


@pytest.fixture
def workers(stage: Stage, key_file: Path, tmp_path: Path) -> Iterator[Workers]:
    begun = Workers(stage, key_file, tmp_path)
    yield begun
    begun.end()


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[Sink]:
    async with sink() as running:
        yield running


async def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Tell a process to end, and return its status and what it said."""
    process.terminate()
    out, _ = await asyncio.to_thread(process.communicate, timeout=PATIENCE_SECONDS)
    return process.returncode, out.decode()


async def test_a_worker_delivers_until_it_is_told_to_stop(stage: Stage, api: Api, workers: Workers, mail: Sink) -> None:
    customer, organization = await api.register(), await stage.organization()
    worker = await workers.start(smtp_url=mail.url, mail_from=SENDER)
    await write(stage.vault, organization, customer=customer)
    await until(lambda: mail.letters)
    status, said = await ended(worker)
    assert (status, said) == (
        0,
        f"Messages go out by 127.0.0.1 port {mail.port}, from {SENDER}.\nCtrl-C stops it.\n",
    )
    assert workers.told("worker_stopped") == 1
    assert "quokka" not in workers.lines.read_text().lower()


async def test_in_a_trial_without_a_mail_server_messages_are_files(
    stage: Stage, api: Api, workers: Workers, tmp_path: Path
) -> None:
    customer, organization = await api.register(), await stage.organization()
    worker = await workers.start()
    await write(stage.vault, organization, customer=customer, text="It is quokka 123456.")
    folder = tmp_path / "mail"
    await until(lambda: folder.is_dir() and list(folder.glob("*.eml")))
    _, said = await ended(worker)
    assert said.startswith(f"Messages are written into {folder}, and not sent.\n")
    [file] = folder.iterdir()
    assert b"It is quokka 123456." in file.read_bytes()
    assert message_from_bytes(file.read_bytes())["auto-submitted"] == "auto-generated"
    assert (folder.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


async def test_a_server_brings_its_worker_along_and_starts_it_anew(
    stage: Stage, api: Api, workers: Workers, mail: Sink
) -> None:
    customer, organization = await api.register(), await stage.organization()
    port = free_port()
    command = [COMMAND, "serve", "--port", port, "--with-worker"]
    more = environment(**workers.settings, smtp_url=mail.url, mail_from=SENDER)
    with serving(command, port, lines=workers.lines, environment=more) as server:
        await until(lambda: mentions(workers, "working"))
        await write(stage.vault, organization, customer=customer)
        await until(lambda: len(mail.letters) == 1)
        [worker] = [pid for pid in below(server.pid) if is_worker(pid)]
        os.kill(worker, signal.SIGKILL)
        await until(lambda: mentions(workers, "worker_died"))
        await write(stage.vault, organization, customer=customer)
        await until(lambda: len(mail.letters) == 2)
        assert (await asyncio.to_thread(httpx2.get, f"http://127.0.0.1:{port}/health")).status_code == 200
        begun = time.monotonic()
        server.terminate()
        assert await asyncio.to_thread(server.wait, PATIENCE_SECONDS) == 0
        assert time.monotonic() - begun < 10
    assert mentions(workers, "worker_stopped") == 1
    assert "Traceback" not in workers.lines.read_text()


async def test_a_worker_never_survives_its_server(stage: Stage, workers: Workers, mail: Sink) -> None:
    port = free_port()
    more = environment(**workers.settings, smtp_url=mail.url, mail_from=SENDER)
    command = [COMMAND, "serve", "--port", port, "--with-worker"]
    with serving(command, port, lines=workers.lines, environment=more) as server:
        await until(lambda: mentions(workers, "working"))
        found = below(server.pid)
        os.kill(server.pid, signal.SIGKILL)
        await asyncio.to_thread(server.wait, PATIENCE_SECONDS)
        await until(lambda: not any(map(lives, found)))


async def test_a_killed_worker_makes_nobody_get_a_letter_twice(
    stage: Stage, api: Api, workers: Workers, mail: Sink
) -> None:
    customer, organization, chance = await api.register(), await stage.organization(), Random(20_260_807)  # noqa: S311 - no secret

    heard = count = 0

    async def dawdle(_: str) -> None:
        nonlocal heard
        heard += 1
        await asyncio.sleep(chance.random() / 5)

    def is_heard(times: int) -> bool:
        return heard >= times

    mail.before = dawdle
    for _ in range(KILLS):
        running = [await workers.start(smtp_url=mail.url, mail_from=SENDER) for _ in range(2)]
        enough = heard + chance.randint(5, 60)  # of the three times that each letter is heard of
        for _ in range(25):
            await write(stage.vault, organization, customer=customer, text=f"quokka {count}")
            count += 1
        await until(partial(is_heard, enough))
        for one in running:
            kill(one)
    mail.before = None
    last = await workers.start(smtp_url=mail.url, mail_from=SENDER)
    await until(lambda: all_begun(stage))
    await ended(last)
    lost = await stage.count("vault.outbox")
    assert lost > 0  # or nothing was under way when it was killed, and this shows nothing
    await stage.rows("UPDATE vault.outbox SET due_at = now()")  # five minutes later
    await workers.start(smtp_url=mail.url, mail_from=SENDER)
    await until(lambda: is_empty(stage))
    delivered = Counter(mail.texts())
    assert set(delivered.values()) == {1}
    sent, unknown = len(await stage.entries("message_sent")), len(await stage.entries("message_unknown"))
    assert (unknown, sent + unknown) == (lost, count)
    assert sent <= len(delivered) <= count


def test_a_worker_that_cannot_open_the_vault_says_why() -> None:
    refused = run("worker", database_url="postgresql://nobody@127.0.0.1:1/vault", mode="trial").refused()
    assert "VAULT_DATABASE_URL" in refused


def test_a_password_of_the_mail_server_is_never_shown() -> None:
    said = run("worker", smtp_url="smtp://vault:hunter2@mail.example/inbox", mail_from=SENDER).refused()
    assert "VAULT_SMTP_URL" in said
    assert "hunter2" not in said


async def all_begun(stage: Stage) -> bool:
    [row] = await stage.rows("SELECT count(*) AS n FROM vault.outbox WHERE NOT begun")
    return int(row["n"]) == 0


async def is_empty(stage: Stage) -> bool:
    return await stage.count("vault.outbox") == 0


def mentions(workers: Workers, event: str) -> int:
    return workers.lines.read_text().count(f'"event": "{event}"')


def below(process: int) -> list[int]:
    """Return the processes a process has started, and theirs."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == process:
                found += [int(path.parent.name), *below(int(path.parent.name))]
    return found


def is_worker(process: int) -> bool:
    """Whether a process is the one that delivers: it alone holds the lock's connection and no port."""
    command = Path(f"/proc/{process}/cmdline").read_bytes()
    return b"spawn_main" in command and not listens(process)


def listens(process: int) -> bool:
    mine = {str(path.readlink()) for path in Path(f"/proc/{process}/fd").iterdir()}
    rows = [line.split() for line in Path(f"/proc/{process}/net/tcp").read_text().splitlines()[1:]]
    return any(f"socket:[{row[9]}]" in mine for row in rows if row[3] == "0A")


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].strip().startswith("Z")
