"""`python -m tests.chaos.kill [ROUNDS]`: `kill -9` of server and database under load, and what stands afterwards.

Clients keep a book of what they were told. After each kill everything is started again and the book is held against
the database: what was acknowledged is there once, with its entry; what was not, once or never, and with the same
Idempotency-Key it can be said again. A killed process loses nothing it handed to the system, so this is no test of
the disk.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any, Literal, NamedTuple
from uuid import uuid4

from consent_vault import AsyncVault, Decision, Stated, Unavailable

from tests import make
from tests.chaos.processes import free_port, kill, serving, speaking
from tests.command import COMMAND, environment, run
from tests.house import Tables, check_entries, read_tables
from vault.base.ids import ENTRY, FACT, show
from vault.store.bundled import running

CUSTOMERS = 24
LONGEST_LOAD = 2.0
LONGEST_GAP = 0.2
MOMENT = 0.01
PATIENCE_SECONDS = 60
WORKERS = 2
AWAY = frozenset({"no_answer", "database_away"})

_psutil = import_module("psutil")  # comes with the bundled server and has no types

What = Literal["granted", "withdrawn", "asked"]


class Sent(NamedTuple):
    """A request of a client, whatever became of it."""

    key: str
    what: What
    customer: str


class Book:
    """What the clients were told, and what they sent and were told nothing about."""

    def __init__(self) -> None:
        self.customers: list[str] = []
        self.stated: dict[str, tuple[Sent, Stated]] = {}
        self.decided: dict[tuple[str, str], Sent] = {}
        self.unanswered: dict[str, Sent] = {}
        self.asked_again: set[str] = set()
        self.figures: Counter[str] = Counter()

    def last(self, customer: str) -> What:
        """Return what a customer said last."""
        told = [(stated.recorded_at, sent.what) for sent, stated in self.stated.values() if sent.customer == customer]
        return max(told)[1] if told else "withdrawn"


async def rounds(number: int) -> dict[str, int]:
    """Start, load and kill so many times; return how much was acknowledged, and how much was left open."""
    book, chance = Book(), Random()  # noqa: S311 - any moment will do
    with ground() as folder:
        for _ in range(number):
            async with alive(folder) as life:
                await settle(life, book)
                await load(life, book, chance)
        async with alive(folder) as life:
            await settle(life, book)
    return {
        "rounds": number,
        "facts": len(book.stated),
        "decisions": len(book.decided),
        **{name: book.figures[name] for name in ("unanswered", "written_unanswered")},
    }


# ── Life and death ───────────────────────────────────────────────────────────────────────────────────────────────────
class Life(NamedTuple):
    """A server and its database while they live."""

    vault: AsyncVault
    url: str
    server: subprocess.Popen[bytes]
    home: Path


@contextmanager
def ground() -> Iterator[Path]:
    """A folder any user's database can live in; whatever ran in it is gone afterwards."""
    folder = Path(mkdtemp(prefix="vault-kill-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        kill_database(folder / "vault/postgres")
        shutil.rmtree(folder)


@asynccontextmanager
async def alive(folder: Path) -> AsyncIterator[Life]:
    """Start the database and `consent-vault serve`; the first time there is an organization to apply."""
    data, port = folder / "vault", free_port()
    command = [COMMAND, "serve", "--port", port, "--workers", WORKERS]
    with (
        running(data) as url,
        serving(command, port, lines=folder / "lines", environment=environment(data=data)) as server,
    ):
        if not (file := folder / "organization.yaml").exists():
            file.write_text(make.written(make.organization()), encoding="utf-8")
            run("apply", file, data=data).well()
        async with speaking(port) as vault:
            yield Life(vault, url, server, data / "postgres")


def kill_database(home: Path) -> None:
    """`kill -9` the postmaster and every process of its, if they run."""
    processes = family(home)
    for process in processes:
        with suppress(_psutil.NoSuchProcess):
            process.kill()
    _psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)


def freeze_database(home: Path) -> None:
    """Let it stand still in whatever it does: all that is under way waits for a statement, many for their COMMIT."""
    for process in family(home):
        with suppress(_psutil.NoSuchProcess):
            process.suspend()


def family(home: Path) -> list[Any]:
    """Return the postmaster and its children, which are each in a session of their own."""
    with suppress(FileNotFoundError, _psutil.NoSuchProcess):
        postmaster = _psutil.Process(int((home / "data/postmaster.pid").read_text().split()[0]))
        if "postgres" in postmaster.name():
            return [postmaster, *postmaster.children(recursive=True)]
    return []


async def load(life: Life, book: Book, chance: Random) -> None:
    """Let all customers speak at once, and kill server and database in their midst, one or the other first.

    A third hang up a moment before: what they sent last may well be written. Half the time the database hangs first.
    """
    over = asyncio.Event()
    deaths: list[Callable[[], None]] = [lambda: kill(life.server), lambda: kill_database(life.home)]
    chance.shuffle(deaths)
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as clients:
        each = [clients.create_task(speak(life.vault, customer, book, over)) for customer in book.customers]
        await asyncio.sleep(chance.uniform(0.2, LONGEST_LOAD))
        for one in chance.sample(each, len(each) // 3):
            one.cancel()
        await asyncio.sleep(chance.uniform(0, MOMENT))
        if chance.random() < 0.5:
            freeze_database(life.home)
            await asyncio.sleep(5 * MOMENT)
        deaths[0]()
        await asyncio.sleep(chance.uniform(0, LONGEST_GAP))
        deaths[1]()
        over.set()


# ── The clients ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def speak(vault: AsyncVault, customer: str, book: Book, over: asyncio.Event) -> None:
    """Say yes and no by turns and ask in between, until all is over. An answer must agree with what was said last."""
    standing: What | None = book.last(customer)
    while not over.is_set():
        for what in ("granted", "asked", "withdrawn", "asked"):
            sent = Sent(uuid4().hex, what, customer)
            answer = await send(vault, sent, book)
            if answer is None:
                standing = standing if what == "asked" else None
                await asyncio.sleep(0.01)
            elif isinstance(answer, Decision):
                assert standing is None or answer.allowed == (standing == "granted")
            else:
                assert not answer.repeated
                standing = what


async def send(vault: AsyncVault, sent: Sent, book: Book) -> Stated | Decision | None:
    """Send a request and write into the book what was answered; nothing when there was no answer."""
    book.unanswered[sent.key] = sent
    try:
        answer = await _send(vault, sent)
    except Unavailable as problem:
        if problem.code not in AWAY:
            raise
        return None
    del book.unanswered[sent.key]
    if isinstance(answer, Decision):
        assert bool(answer.released) == answer.allowed
        book.decided[answer.id, answer.log.entry] = sent
    else:
        assert answer.id not in book.stated
        book.stated[answer.id] = sent, answer
    return answer


async def _send(vault: AsyncVault, sent: Sent) -> Stated | Decision:
    match sent.what:
        case "granted":
            return await vault.grant(sent.customer, idempotency_key=sent.key, **make.granted())
        case "withdrawn":
            return await vault.withdraw(sent.customer, idempotency_key=sent.key, purpose="sales")
        case "asked":
            question: Any = make.asked(customer=sent.customer, release=["contact"])
            return await vault.decide(idempotency_key=sent.key, **question)


# ── What stands ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def settle(life: Life, book: Book) -> None:
    """Hold the book against the database; then send again what nobody answered, and hold them against each other."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        found = check(await read_tables(life.url), book)
        assert len(found) <= sum(sent.what != "asked" for sent in book.unanswered.values())
        book.figures["unanswered"] += len(book.unanswered)
        book.figures["written_unanswered"] += len(found)
        for sent in list(book.unanswered.values()):
            answer = await send(life.vault, sent, book)
            assert answer is not None
            if isinstance(answer, Decision):
                book.asked_again.add(answer.id)
            else:
                assert answer.repeated == (answer.id in found)
        assert not book.unanswered
        book.customers = book.customers or [(await life.vault.register(**make.customer())).id for _ in range(CUSTOMERS)]
        for customer in book.customers:
            answer = await send(life.vault, Sent(uuid4().hex, "asked", customer), book)
            assert isinstance(answer, Decision)
            assert answer.allowed == (book.last(customer) == "granted")
        assert check(await read_tables(life.url), book) == set()


def check(tables: Tables, book: Book) -> set[str]:
    """Everything acknowledged is there once, with one entry and its place in the queue; return what nobody was told."""
    entries = check_entries(tables)
    ids = Counter(entry["id"] for entry in entries)
    assert ids == Counter(show(ENTRY, row["entry"]) for row in tables["vault.log_pending"])
    assert set(ids.values()) == {1}
    facts: Counter[str] = Counter(show(FACT, row["id"]) for row in tables["vault.fact"])
    assert facts == Counter(entry["fact"] for entry in entries if entry["kind"] == "fact")
    assert set(facts.values()) <= {1}
    kept: dict[str, tuple[Any, Any, Any]] = {
        show(FACT, row["id"]): (row["kind"], row["at"], row["recorded_at"]) for row in tables["vault.fact"]
    }
    for name, (sent, stated) in book.stated.items():
        assert kept[name] == (sent.what, stated.at, stated.recorded_at)
    decided = Counter((entry["decision"], entry["id"]) for entry in entries if entry["kind"] == "decision")
    assert [pair for pair in book.decided if decided[pair] != 1] == []
    untold = Counter(decision for decision, entry in decided if (decision, entry) not in book.decided)
    assert set(untold.values()) <= {1}
    strange = untold.keys() - book.asked_again
    assert len(strange) <= sum(sent.what == "asked" for sent in book.unanswered.values())
    return facts.keys() - book.stated.keys()


def main() -> None:
    """Print the figures; an `AssertionError` is a promise that was broken."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    sys.stdout.write(json.dumps(asyncio.run(rounds(number))) + "\n")


if __name__ == "__main__":
    main()
