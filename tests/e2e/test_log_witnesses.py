"""Witnesses: asked over HTTPS for each checkpoint, they cosign what only grew, and refuse everything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import msgspec
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests.chaos.processes import free_port
from tests.command import COMMAND, run
from tests.sequencing import Sequencer, sequencing
from tests.stage import Stage, alive
from tests.tls import Request, answer, authority, web
from vault.actions.log import cosigning, generations
from vault.actions.log.naming import head_of
from vault.actions.log.parts import Sequencing, witnesses
from vault.actions.log.witness import Witnessing, opened
from vault.base.clock import SystemClock, SystemEntropy
from vault.base.errors import Conflict, Invalid, Unavailable
from vault.cli.witness.application import create_witness
from vault.courier.fetch import Fetcher
from vault.store.log.witnessed import WitnessFile
from vault.tlog import note
from vault.tlog.key import Verifier, read_vkey
from vault.tlog.sign import opened as open_note

NAME = "witness.example/ours"


class House:
    """A log, a witness of it, and the way between them."""

    def __init__(self, log: Sequencer, url: str, path: Path) -> None:
        self.log = log
        self.url = url
        self.path = path
        self.customer = ""
        self.asked: list[Request] = []
        self.reply: bytes | None = None
        self.witness: Witnessing

    async def start(self) -> None:
        """Start the witness, or start it anew."""
        actor = await self.log.stage.operator()
        keys = (await generations.show(self.log.stage.vault, actor)).vkeys
        file = WitnessFile(self.path)
        self.witness = begun(file, [read_vkey(key) for key in keys])
        self.file = file

    async def ask(self) -> bool:
        fetcher = Fetcher(trusted=frozenset({"localhost"}), tls=authority().trusting())
        vault = self.log.stage.vault
        vault = msgspec.structs.replace(vault, courier=msgspec.structs.replace(vault.courier, fetcher=fetcher))
        return await cosigning.ask(vault, self.sequencing, witness=self.sequencing.witnesses[0])

    @property
    def sequencing(self) -> Sequencing:
        own = witnesses(f"{self.witness.verifier.vkey}={self.url}/w")
        return msgspec.structs.replace(self.log.sequencing, witnesses=own)

    async def cosigned(self) -> list[asyncpg.Record]:
        return await self.log.rows(
            "SELECT c.size, line, note FROM vault.log_cosignature s JOIN vault.log_checkpoint c "
            "USING (organization, generation, size) WHERE organization = $1 ORDER BY size"
        )


def begun(file: WitnessFile, logs: Sequence[Verifier], name: str | None = NAME) -> Witnessing:
    return opened(file, name=name, logs=logs, clock=SystemClock(), entropy=SystemEntropy())


@pytest_asyncio.fixture
async def house(stage: Stage, tmp_path: Path) -> AsyncIterator[House]:
    async with furnished(stage, tmp_path) as made:
        yield made


@asynccontextmanager
async def furnished(stage: Stage, tmp_path: Path) -> AsyncIterator[House]:
    async with sequencing(stage, tmp_path / "guard") as own:
        log = Sequencer(stage, await stage.client("everything"), await stage.organization(), own)
        house: House

        async def respond(request: Request) -> bytes:
            house.asked.append(request)
            if house.reply is not None:
                return house.reply
            app: Any = create_witness(house.witness)
            async with (
                alive(app),
                httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://witness") as http,
            ):
                said = await http.request(request.method, request.target.removeprefix("/w"), content=request.body)
            return answer(said.content, status=f"{said.status_code} X", kind=said.headers["content-type"])

        async with web(respond) as port:
            house = House(log, f"https://localhost:{port}", tmp_path / "witness.json")
            house.customer = await log.crm.register()
            await log.grow(house.customer)
            await house.start()
            yield house
            house.file.close()


async def test_a_witness_cosigns_what_grew_and_its_line_belongs_to_the_note(house: House) -> None:
    for _ in range(3):
        assert await house.ask()
        await house.log.grow(house.customer)
    rows = await house.cosigned()
    assert [row["size"] for row in rows] == (await house.log.sizes())[:3]
    for row in rows:
        whole = row["note"] + row["line"].encode()
        assert len(open_note(whole, [house.witness.verifier]).signatures) == 1
        assert len(note.read(whole).signatures) == 3
    assert [one.target for one in house.asked] == ["/w/add-checkpoint"] * 3


async def test_nobody_is_asked_twice_and_a_witness_remembers_when_it_starts_anew(house: House) -> None:
    assert await house.ask()
    assert await house.ask()
    assert len(house.asked) == 1
    house.file.close()
    before = house.witness.verifier
    await house.start()
    assert house.witness.verifier == before
    await house.log.grow(house.customer)
    assert await house.ask()
    assert [one.body.split(b"\n")[0] for one in house.asked] == [
        b"old 0",
        f"old {(await house.log.sizes())[0]}".encode(),
    ]


async def test_a_cosignature_that_got_lost_on_its_way_is_given_again(house: House) -> None:
    assert await house.ask()
    await house.log.grow(house.customer)
    await house.log.rows("DELETE FROM vault.log_cosignature WHERE organization = $1")
    assert await house.ask()
    assert len(house.asked) == 3  # the witness says what it cosigned last
    assert [row["size"] for row in await house.cosigned()] == (await house.log.sizes())[1:]


async def test_a_log_behind_what_its_witness_saw_is_stopped(house: House, tmp_path: Path) -> None:
    await house.log.grow(house.customer)
    assert await house.ask()
    await house.log.rows("DELETE FROM vault.log_cosignature WHERE organization = $1")
    await house.log.restore((await house.log.sizes())[0])
    with capture_logs() as told:
        await house.ask()
    assert [line["code"] for line in told if line["event"] == "log_stopped"] == ["rolled_back"]
    assert (await house.log.state())[3] == "rolled_back"
    assert await house.cosigned() == []


async def test_another_history_than_a_witness_saw_is_stopped(house: House, tmp_path: Path) -> None:
    await house.log.grow(house.customer)
    assert await house.ask()
    size = (await house.log.sizes())[0]
    await house.log.rows("DELETE FROM vault.log_cosignature WHERE organization = $1")
    await house.log.restore(size)
    late = await house.log.one("DELETE FROM vault.log_pending WHERE organization = $1 RETURNING entry")
    async with sequencing(house.log.stage, tmp_path / "another") as other:
        for _ in range(2):
            await house.log.crm.decide(customer=house.customer)
            assert await house.log.step(by=other) > 0
    await house.log.rows("INSERT INTO vault.log_pending VALUES ($1, $2)", late)
    await house.ask()
    assert (await house.log.state())[3] == "forked"


@pytest.mark.parametrize(
    "reply",
    [
        answer(b"", status="403 X", kind="text/plain"),
        answer(b"", status="404 X", kind="text/plain"),
        answer(b"no signature", kind="text/plain"),
        answer(b"\xff", kind="text/plain"),
        answer(b"x\n", status="409 X", kind="text/x.tlog.size"),
        answer(b"", status="500 X", kind="text/plain"),
        answer(b"x" * 70_000, kind="text/plain"),
        answer("\u2014 stranger AAAAAAAA\n".encode(), kind="text/plain"),
    ],
)
async def test_a_witness_that_talks_nonsense_is_told_of_and_holds_up_nothing(house: House, reply: bytes) -> None:
    house.reply = reply
    with capture_logs() as told:
        assert not await house.ask()
    assert [(line["event"], line["witness"]) for line in told] == [("witness_failed", NAME)]
    assert await house.cosigned() == []
    assert (await house.log.state())[3] is None
    await house.log.grow(house.customer)


async def test_a_witness_answers_as_the_specification_says(house: House) -> None:
    assert await house.ask()
    body = house.asked[0].body
    said = await house.witness.add(body)
    assert (said.status, said.kind, said.body) == (
        409,
        "text/x.tlog.size",
        f"{(await house.log.sizes())[0]}\n".encode(),
    )
    assert (await house.witness.add(b"nonsense")).status == 400
    assert (await house.witness.add(body.replace(b"/g1\n", b"/g7\n"))).status == 404
    assert (await house.witness.add(body[:-20] + b"AAAAAAAAAAAAAAAAAAA=")).status in {400, 403}


async def test_a_cosignature_leaves_only_once_its_tree_is_on_the_disk(house: House) -> None:
    assert await house.ask()
    await house.log.grow(house.customer)
    house.path.with_name(f"{house.path.name}.new").mkdir()
    with capture_logs() as told:
        assert not await house.ask()
    assert [line["event"] for line in told if line["event"] == "witness_failed"] == ["witness_failed"]
    house.path.with_name(f"{house.path.name}.new").rmdir()
    assert await house.ask()


def test_a_witness_file_is_one_process_own_private_and_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "state"
    file = WitnessFile(path)
    with pytest.raises(Conflict):
        WitnessFile(path)
    with pytest.raises(Invalid):
        begun(file, [], name=None)
    begun(file, [])
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Invalid):
        begun(file, [], name="another.example")
    path.chmod(0o644)
    with pytest.raises(Unavailable):
        file.read()
    path.chmod(0o600)
    path.write_bytes(b"{")
    with pytest.raises(Unavailable):
        file.read()
    file.close()


async def test_the_command_shows_its_key_and_answers_until_it_is_told_to_stop(house: House, tmp_path: Path) -> None:
    assert await house.ask()
    keys = (await generations.show(house.log.stage.vault, await house.log.stage.operator())).vkeys
    port = free_port()
    words = ["witness", "--state", str(tmp_path / "own"), "--name", NAME, "--listen", f"127.0.0.1:{port}"]
    process = await asyncio.create_subprocess_exec(
        str(COMMAND), *words, "--log", keys[0], "--log", keys[1], stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).decode() == f"Witness of 1 logs at 127.0.0.1:{port}. Its key:\n"
    verifier = read_vkey((await process.stdout.readline()).decode().strip())
    said = await answered(f"http://127.0.0.1:{port}/add-checkpoint", house.asked[0].body)
    assert said.status_code == 200
    first = await house.log.one("SELECT note FROM vault.log_checkpoint WHERE organization = $1 ORDER BY size LIMIT 1")
    assert len(open_note(first + said.content, [verifier]).signatures) == 1
    assert head_of(first).size == (await house.log.sizes())[0]
    process.terminate()
    assert await process.wait() == 0


async def answered(url: str, body: bytes) -> httpx2.Response:
    """Ask a server that is just starting."""
    async with asyncio.timeout(20), httpx2.AsyncClient() as http:
        while True:
            try:
                return await http.post(url, content=body)
            except httpx2.ConnectError:
                await asyncio.sleep(0.1)


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    for words in (["--log", "nonsense"], ["--log", "x", "--listen", "nowhere"]):
        run("witness", "--state", tmp_path / "own", *words).refused()


def test_no_witness_is_nobody() -> None:
    assert witnesses(None) == ()
