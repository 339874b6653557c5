"""`python -m tests.chaos.sequencer [ROUNDS]`: `kill -9` of sequencers and database under load.

Two sequencers number what eight writers write; one or both are killed, or the database is, and started again. After
each round all that was acknowledged has one number, there is no gap, every checkpoint is signed for the beginning of
what the next one is signed for, and none that anybody saw is gone or another. With `CHAOS_RECKLESS` set the sequencers
are without their lock and compare-and-swap and the tables without their keys, and it must fail.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

import asyncpg

from tests import make
from tests.chaos.kill import ground, kill_database
from tests.chaos.processes import CHECKOUT, kill
from tests.chaos.sequencing import DATABASE, GUARD, KEY, RECKLESS
from tests.command import run
from vault.actions.log.naming import head_of, verifiers
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.ids import ENTRY, OrganizationId, fresh, raw, show
from vault.base.settings import Settings
from vault.crypto.note_keys import Algorithm
from vault.domain.actor import Actor
from vault.domain.entry import entry
from vault.parts import open_vault
from vault.store import log
from vault.store.bundled import running
from vault.store.log.guard import Guard
from vault.tlog.growth import grow
from vault.tlog.hashes import Hash, leaf_hash
from vault.tlog.sign import opened
from vault.tlog.tile import Tile

SEQUENCERS = 2
WRITERS = 8
MOST_AT_ONCE = 20
LONGEST_LOAD = 1.0
PATIENCE_SECONDS = 60
KEYS = {
    "log_leaf": ("log_leaf_pkey", "log_leaf_organization_entry_key"),
    "log_tile": ("log_tile_pkey",),
    "log_checkpoint": ("log_checkpoint_pkey",),
}


class Torn(AssertionError):
    """The log is not what it promises."""


class Life(NamedTuple):
    """The vault, its organization and its database while they live."""

    vault: Vault
    organization: OrganizationId
    url: str


class Book:
    """What was acknowledged, what nobody was told about, and which checkpoints were seen."""

    def __init__(self) -> None:
        self.written: set[str] = set()
        self.unknown: set[str] = set()
        self.seen: dict[int, bytes] = {}
        self.deaths = 0


async def rounds(number: int, *, reckless: bool = False) -> dict[str, int]:
    """Start, load and kill so many times; return what was numbered. `Torn` says which promise was broken."""
    numbered = 0
    book, chance, processes = Book(), Random(), list[subprocess.Popen[bytes]]()  # noqa: S311 - any moment will do
    with ground() as folder:
        try:
            for turn in range(number + 1):
                async with alive(folder) as life:
                    if reckless and not turn:
                        await unlock(life.url)
                    fill(processes, folder, url=life.url, reckless=reckless)
                    await settle(life, book)
                    numbered = await check(life, book, Guard(folder / "guard"))
                    if turn < number:
                        await load(life, book, chance)
                        book.deaths += 1
                        if chance.random() < 0.5:
                            kill_database(folder / "vault/postgres")
                        for process in chance.sample(processes, chance.randint(0, SEQUENCERS)):
                            kill(process)
        except Torn as torn:
            torn.add_note((folder / "lines").read_text("utf-8")[-2000:])
            raise
        finally:
            for process in processes:
                kill(process)
    return {
        "rounds": book.deaths,
        "entries": numbered,
        "acknowledged": len(book.written),
        "unanswered": len(book.unknown),
        "checkpoints": len(book.seen),
    }


# ── Life and death ───────────────────────────────────────────────────────────────────────────────────────────────────
@asynccontextmanager
async def alive(folder: Path) -> AsyncIterator[Life]:
    """Start the database, and open the vault for the writers; the first time there is an organization to apply."""
    data = folder / "vault"
    with running(data) as url:
        if not (file := folder / "organization.yaml").exists():
            file.write_text(make.written(make.organization()), encoding="utf-8")
            run("apply", file, data=data).well()
        async with open_vault(Settings(key_file=data / "root.key", pool=WRITERS), url) as vault:
            yield Life(vault, await find(vault, "fernhill"), url)


def fill(processes: list[subprocess.Popen[bytes]], folder: Path, *, url: str, reckless: bool) -> None:
    """Start sequencers until there are enough of them."""
    given = {DATABASE: url, KEY: str(folder / "vault/root.key"), GUARD: str(folder / "guard")}
    given |= {RECKLESS: "1"} if reckless else {}
    processes[:] = [process for process in processes if process.poll() is None]
    while len(processes) < SEQUENCERS:
        with (folder / "lines").open("ab") as told:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.sequencing"],
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                cwd=CHECKOUT,
                env={**os.environ, **given},
                start_new_session=True,
            )
        processes.append(process)


async def unlock(url: str) -> None:
    """Take away the keys by which PostgreSQL would refuse what a reckless sequencer writes."""
    connection = await asyncpg.connect(url)
    for table, keys in KEYS.items():
        for key in keys:
            await connection.execute(f"ALTER TABLE vault.{table} DROP CONSTRAINT {key}")
    await connection.close()


async def load(life: Life, book: Book, chance: Random) -> None:
    """Let all writers write for a moment. They are cut off, and what they wrote last may well be there."""
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        writers = [group.create_task(write(life, book, over)) for _ in range(WRITERS)]
        await asyncio.sleep(chance.uniform(0.2, LONGEST_LOAD))
        over.set()
        for one in writers[: WRITERS // 2]:
            one.cancel()


async def write(life: Life, book: Book, over: asyncio.Event) -> None:
    """Write entries, some at once, and note which were acknowledged."""
    vault, many = life.vault, 0
    actor = Actor(organization=life.organization, kind="operator")
    while not over.is_set():
        many = many % MOST_AT_ONCE + 1
        ids = [fresh(ENTRY, vault.clock, entropy=vault.entropy) for _ in range(many)]
        now = vault.clock.now()
        book.unknown |= set(ids)
        async with vault.database.work(life.organization) as work:
            await log.add(work, [(one, entry(one, "chaos", actor=actor, at=now)) for one in ids])
        book.unknown -= set(ids)
        book.written |= set(ids)


# ── What stands ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def settle(life: Life, book: Book) -> None:
    """Wait until all that waits has its number; checkpoints seen meanwhile are noted."""
    own = raw(life.organization)
    connection = await asyncpg.connect(life.url)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                for size, note in await connection.fetch(
                    "SELECT size, note FROM vault.log_checkpoint WHERE organization = $1", own
                ):
                    if book.seen.setdefault(size, note) != note:
                        raise Torn(f"another checkpoint of {size} entries was published")
                stopped = await connection.fetchval("SELECT stopped FROM vault.log_state WHERE organization = $1", own)
                if stopped is not None:
                    raise Torn(f"the log stopped: {stopped}")
                if not await connection.fetchval("SELECT count(*) FROM vault.log_pending WHERE organization = $1", own):
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise Torn("what waits gets no number") from None
    finally:
        await connection.close()


async def check(life: Life, book: Book, guard: Guard) -> int:
    """Look at the whole log at one moment; return how many entries are numbered."""
    connection = await asyncpg.connect(life.url)
    try:
        async with connection.transaction(isolation="repeatable_read"):
            own = raw(life.organization)
            leaves = await connection.fetch(
                "SELECT l.number, l.entry, l.hash, e.body FROM vault.log_leaf l LEFT JOIN vault.log_entry e "
                "ON e.organization = l.organization AND e.id = l.entry WHERE l.organization = $1 ORDER BY l.number",
                own,
            )
            notes = await connection.fetch(
                "SELECT size, note FROM vault.log_checkpoint WHERE organization = $1 ORDER BY size", own
            )
            keys = await connection.fetch(
                "SELECT algorithm, public FROM vault.log_verifier WHERE organization = $1", own
            )
            public = {row["algorithm"]: row["public"] for row in keys}
            waiting = await connection.fetch("SELECT entry FROM vault.log_pending WHERE organization = $1", own)
            held = await connection.fetch("SELECT id FROM vault.log_entry WHERE organization = $1", own)
    finally:
        await connection.close()
    numbered = [show(ENTRY, row["entry"]) for row in leaves]
    if [row["number"] for row in leaves] != [*range(len(leaves))]:
        raise Torn("there is a gap, or a number was given twice")
    if len({*numbered}) != len(numbered) or {*numbered} & {show(ENTRY, row["entry"]) for row in waiting}:
        raise Torn("an entry has more than one number")
    if len(numbered) + len(waiting) != len(held) or not book.written <= {show(ENTRY, row["id"]) for row in held}:
        raise Torn("an entry is lost")
    if any(row["body"] is None or leaf_hash(row["body"]) != row["hash"] for row in leaves):
        raise Torn("a leaf is not of its entry")
    check_notes([row["hash"] for row in leaves], notes, public=public)
    if book.seen.items() - {row["size"]: row["note"] for row in notes}.items():
        raise Torn("a checkpoint that was seen is gone")
    kept = guard.read(life.organization)
    if kept is not None and kept not in [row["note"] for row in notes]:
        raise Torn("the checkpoint kept outside the database is not in it")
    return len(numbered)


def check_notes(leaves: Sequence[bytes], notes: Sequence[asyncpg.Record], *, public: Mapping[Algorithm, bytes]) -> None:
    """Every checkpoint is signed for the first leaves, each for more of them, the last for all."""
    tiles: dict[Tile, bytes] = {}
    size = 0
    for row in notes:
        grown = grow(size, [Hash(one) for one in leaves[size : row["size"]]], read=tiles.__getitem__)
        tiles |= grown.tiles
        head = head_of(row["note"])
        opened(row["note"], verifiers(head.origin, public))
        if not size < head.size == row["size"] == grown.size or head.root != grown.root:
            raise Torn(f"the checkpoint of {row['size']} entries is not of the first so many")
        size = grown.size
    if size != len(leaves):
        raise Torn("not all that is numbered is signed")


def main() -> None:
    """Print the figures; `Torn` is a promise that was broken."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    sys.stdout.write(json.dumps(asyncio.run(rounds(number, reckless=RECKLESS in os.environ))) + "\n")


if __name__ == "__main__":
    main()
