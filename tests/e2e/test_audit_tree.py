"""The tree as other tools read it: by the session, and at the paths of C2SP tlog-tiles below a capability."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from consent_vault.verify import read_checkpoint, read_key
from consent_vault.verify.notes import check_signatures
from consent_vault.verify.tree import HASH, WIDTH, Edge, path, top

from tests import make
from tests.contract.test_tlog_go import Ask
from tests.contract.test_tlog_go import ask as ask  # noqa: PLC0414 - a fixture
from tests.e2e.auditing import Desk, climbed, desk, numbering, write
from tests.sequencing import Sequencer
from tests.stage import Stage, refused
from vault.actions.log import generations
from vault.base.ids import raw
from vault.tlog.hashes import Hash
from vault.tlog.line import encode
from vault.tlog.tile import path as tile_path
from vault.tlog.tile import tiles
from vault.tlog.verify import check_consistency

MORE = 600
NOBODYS = "A" * 43


class Reading:
    """An auditor with a program that reads a log of more than two tiles."""

    def __init__(self, stage: Stage, auditor: Desk, log: Sequencer) -> None:
        self.stage = stage
        self.auditor = auditor
        self.log = log
        self.id = ""
        self.lent = ""

    async def lend(self) -> str:
        made = await self.auditor.post("/capabilities")
        self.id, self.lent = made["id"], made["path"]
        while await self.log.step():
            pass
        return self.lent

    async def read(self, place: str, *, lent: str | None = None) -> bytes:
        """Read as a program does that knows nothing but its path."""
        response = await self.stage.http.get(f"{lent or self.lent}/{place}")
        assert response.status_code == 200, response.text
        return response.content


@pytest_asyncio.fixture
async def reading(stage: Stage, tmp_path: Path) -> AsyncIterator[Reading]:
    auditor = await desk(stage)
    async with numbering(stage, tmp_path) as log:
        await write(log, MORE)
        reading = Reading(stage, auditor, log)
        await reading.lend()
        yield reading


def unpacked(bundle: bytes) -> list[bytes]:
    entries, at = [], 0
    while at < len(bundle):
        size = int.from_bytes(bundle[at : at + 2], "big")
        entries.append(bundle[at + 2 : at + 2 + size])
        at += 2 + size
    return entries


async def test_whoever_walks_the_paths_finds_the_tree_that_was_signed(reading: Reading) -> None:
    head = read_checkpoint(await reading.read("checkpoint"))
    shown = await generations.show(reading.stage.vault, await reading.stage.operator())
    assert len(check_signatures(head, [read_key(vkey) for vkey in shown.vkeys])) == 2
    assert head.size > MORE
    edge, tops, last = Edge(), [], b""
    for first in range(0, head.size, WIDTH):
        width = min(WIDTH, head.size - first)
        tile = await reading.read(path(0, first // WIDTH, width=width))
        entries = unpacked(await reading.read(path("entries", first // WIDTH, width=width)))
        assert tile == b"".join(sha256(b"\x00" + entry).digest() for entry in entries)
        tops += [top(tile)] if width == WIDTH else []
        last = tile if width < WIDTH else b""
    assert await reading.read(path(1, 0, width=len(tops))) == b"".join(tops)
    edge.put(1, b"".join(tops))
    assert edge.root(last) == head.root


async def test_go_opens_the_checkpoint_and_makes_its_proofs_from_what_it_reads(
    reading: Reading, ask: Ask, tmp_path: Path
) -> None:
    note = await reading.read("checkpoint")
    head = read_checkpoint(note)
    [vkey, *_] = (await generations.show(reading.stage.vault, await reading.stage.operator())).vkeys
    opened = {"ask": "open", "vkey": vkey, "note": note.decode()}
    for tile in tiles(head.size):
        place = tmp_path / "served" / tile_path(tile)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(await reading.read(tile_path(tile)))
    common = {"size": head.size, "root": encode(head.root), "folder": str(tmp_path / "served")}
    entries = unpacked(await reading.read("tile/entries/001"))
    leaf = encode(sha256(b"\x00" + entries[44]).digest())
    included = {"ask": "prove inclusion", "index": 300, "leaf": leaf, **common}
    grown = {"ask": "prove consistency", "old": 500, "oldroot": encode(await smaller(reading, 500)), **common}
    answers = ask([opened, included, grown, {**included, "index": 301}])
    assert [answer["ok"] for answer in answers] == [True, True, True, False], answers
    ours = await reading.auditor.get("/proof/300", size=head.size)
    assert answers[1]["proof"] == ours["proof"]
    assert answers[2]["proof"] == (await reading.auditor.get("/consistency", **{"from": 500, "to": head.size}))["proof"]


async def test_what_is_read_by_a_session_is_what_is_read_by_a_capability(reading: Reading) -> None:
    for place in ("checkpoint", "tile/0/000", "tile/0/001.p/9", "tile/1/000.p/2", "tile/entries/000"):
        assert await reading.auditor.bytes(f"/{place}") == await reading.read(place), place


async def test_tiles_may_be_kept_and_a_checkpoint_may_not(reading: Reading) -> None:
    for place, kind, kept in (
        ("checkpoint", "text/plain; charset=utf-8", "no-cache"),
        ("tile/0/000", "application/octet-stream", "private, max-age=604800, immutable"),
        ("tile/entries/000", "application/octet-stream", "private, max-age=604800, immutable"),
    ):
        response = await reading.stage.http.get(f"{reading.lent}/{place}")
        assert (response.headers["content-type"], response.headers["cache-control"]) == (kind, kept)


async def test_reading_the_tree_is_no_entry(reading: Reading) -> None:
    before = await reading.stage.count("vault.log_entry")
    for place in ("checkpoint", "tile/0/000", "tile/entries/001", "proof/3", "health"):
        assert (await reading.auditor.send("GET", f"/{place}")).status_code == 200
    assert (await reading.auditor.get("/consistency", **{"from": 3, "to": 500}))["proof"]
    await reading.read("tile/entries/001")
    assert await reading.stage.count("vault.log_entry") == before


@pytest.mark.parametrize(
    "place",
    [
        "tile/0/003", "tile/0/002.p/255", "tile/entries/002", "tile/entries/002.p/255", "tile/2/000", "tile/64/000",
        "tile/0/999", "tile/0/x999/999", "tile/0/x000/000", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/-01", "tile/00/000", "tile/entries/000.p/257", "tile/entries", "tile", "tile/0/000.p",
        "tile/0/000%2Ep/1x", "tile/0/%00", "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)  # fmt: skip
async def test_a_tile_that_is_not_there_is_not_there(reading: Reading, place: str) -> None:
    for response in (
        await reading.stage.http.get(f"{reading.lent}/{place}"),
        await reading.auditor.send("GET", f"/{place}"),
    ):
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json"), place


# ── Proofs ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_proof_leads_from_any_entry_to_the_root_of_any_size(reading: Reading) -> None:
    _, size, root, _ = await reading.log.state()
    for number, wanted in ((0, 1), (0, size), (255, 256), (256, 257), (300, 512), (size - 1, size)):
        shown = await reading.auditor.get(f"/proof/{number}", size=wanted)
        assert (shown["number"], shown["size"], shown["generation"]) == (number, wanted, 1)
        body = unpacked(
            await reading.read(path("entries", number // WIDTH, width=min(WIDTH, size - number // WIDTH * WIDTH)))
        )
        found = climbed(
            body[number % WIDTH], number=number, size=wanted, proof=[b64decode(one) for one in shown["proof"]]
        )
        [kept] = [await smaller(reading, wanted)]
        assert found == kept
    assert (await reading.auditor.get("/proof/0"))["size"] == size
    assert await smaller(reading, size) == root


async def smaller(reading: Reading, size: int) -> bytes:
    """Return the root of the tree of a size, made from its leaves alone."""
    row = []
    for first in range(0, size, WIDTH):
        width = min(WIDTH, size - first)
        tile = await reading.auditor.bytes("/" + path(0, first // WIDTH, width=width))
        row += [tile[at : at + HASH] for at in range(0, len(tile), HASH)]
    return _root(row)


def _root(row: list[bytes]) -> bytes:
    if len(row) == 1:
        return row[0]
    split = 1 << (len(row) - 1).bit_length() - 1
    return sha256(b"\x01" + _root(row[:split]) + _root(row[split:])).digest()


async def test_a_larger_tree_is_shown_to_begin_with_a_smaller(reading: Reading) -> None:
    _, size, _, _ = await reading.log.state()
    for start, to in ((1, 2), (256, size), (300, 512), (size, size), (size - 1, size)):
        shown = await reading.auditor.get("/consistency", **{"from": start, "to": to})
        assert (shown["from"], shown["to"]) == (start, to)
        check_consistency(
            [Hash(b64decode(one)) for one in shown["proof"]],
            old_size=start,
            old_root=Hash(await smaller(reading, start)),
            new_size=to,
            new_root=Hash(await smaller(reading, to)),
        )
    assert (await reading.auditor.get("/consistency", **{"from": 0, "to": size}))["proof"] == []


@pytest.mark.parametrize(
    ("place", "asked", "status", "code"),
    [
        ("/proof/100000", {}, 422, "no_such_leaf"),
        ("/proof/5", {"size": 5}, 422, "no_such_leaf"),
        ("/proof/5", {"size": 1_000_000}, 422, "no_such_leaf"),
        ("/proof/5", {"size": 0}, 422, "invalid_request"),
        ("/proof/5", {"size": 2**63}, 422, "invalid_request"),
        ("/proof/9223372036854775808", {}, 422, "invalid_request"),
        ("/consistency", {"from": 6, "to": 5}, 422, "no_such_size"),
        ("/consistency", {"from": 1, "to": 1_000_000}, 422, "no_such_size"),
        ("/consistency", {"from": -1, "to": 5}, 422, "invalid_request"),
        ("/consistency", {"from": 1}, 422, "invalid_request"),
        ("/consistency", {"from": 1, "to": 2, "size": 3}, 422, "unknown_parameter"),
        ("/checkpoint", {"generation": 2}, 404, "log_empty"),
        ("/checkpoint", {"generation": 2**31}, 422, "invalid_request"),
        ("/tile/0/000", {"generation": 2}, 404, "log_empty"),
        ("/proof/1", {"generation": 2}, 404, "log_empty"),
    ],
)
async def test_what_lies_beyond_the_tree_is_refused(
    reading: Reading, place: str, asked: dict[str, Any], status: int, code: str
) -> None:
    refused(await reading.auditor.send("GET", place, params=asked), status, code)


async def test_where_a_tile_is_gone_no_proof_is_made_up(reading: Reading) -> None:
    await reading.log.rows("UPDATE vault.log_tile SET level = 9 WHERE organization = $1 AND level = 0 AND number = 0")
    refused(await reading.auditor.send("GET", "/proof/3"), 409, "log_damaged")
    refused(await reading.auditor.send("GET", "/consistency", params={"from": 3, "to": 500}), 409, "log_damaged")


async def test_entries_let_go_of_are_not_there_and_their_tiles_are(reading: Reading) -> None:
    await reading.log.rows(
        "INSERT INTO vault.log_pruned (organization, generation, minimum, entry, recorded_at) "
        "SELECT $1, 1, 256, id, clock_timestamp() FROM vault.log_entry WHERE organization = $1 LIMIT 1"
    )
    response = await reading.stage.http.get(f"{reading.lent}/tile/entries/000")
    assert response.status_code == 404
    assert await reading.read("tile/0/000")
    assert len(unpacked(await reading.read("tile/entries/001"))) == WIDTH


# ── Generations ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_earlier_generation_is_read_as_it_ended(reading: Reading) -> None:
    ended, size = await reading.read("checkpoint"), (await reading.log.state())[1]
    await generations.begin(
        reading.stage.vault, reading.log.sequencing, actor=await reading.stage.operator(), reason="a restored database"
    )
    assert await reading.read("checkpoint") == ended
    later = reading.lent.replace("/g1/", "/g2/")
    assert read_checkpoint(await reading.read("checkpoint", lent=later)).size == 1
    assert await reading.auditor.bytes("/checkpoint", generation=1) == ended
    assert (await reading.auditor.get("/proof/3", generation=1))["size"] == size
    refused(await reading.auditor.send("GET", "/proof/3"), 422, "no_such_leaf")


@pytest.mark.parametrize("generation", ["g0", "g01", "g3", "1", "gx", "g99999999999", "G1"])
async def test_a_generation_that_is_none_looks_like_nothing(reading: Reading, generation: str) -> None:
    response = await reading.stage.http.get(f"{reading.lent.replace('/g1/', f'/{generation}/')}/checkpoint")
    assert response.status_code == 404


# ── Capabilities ─────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_wrong_capability_looks_like_nothing_at_all(reading: Reading) -> None:
    await reading.stage.apply(make.organization("ridgeway"))
    start, _, secret = reading.lent.rpartition("/")
    nothing = (await reading.stage.http.get("/log/nowhere")).content
    for wrong in (
        f"{start}/{NOBODYS}",
        f"{start}/{secret[:-1]}",
        f"{start}/{secret}A",
        f"{start}/%00",
        f"/log/ridgeway/g1/{secret}",
        f"/log/nobody/g1/{secret}",
        f"/log/fernhill%00/g1/{secret}",
        f"/log/fernhill/g01/{secret}",
    ):
        for place in ("checkpoint", "tile/0/000", "tile/entries/000"):
            response = await reading.stage.http.get(f"{wrong}/{place}")
            assert (response.status_code, response.content) == (404, nothing), wrong


async def test_a_capability_that_was_ended_looks_like_one_that_never_was(reading: Reading) -> None:
    first, ended = reading.lent, reading.id
    second = await reading.lend()
    response = await reading.auditor.send("DELETE", f"/capabilities/{ended}")
    assert response.status_code == 204
    assert (await reading.stage.http.get(f"{first}/checkpoint")).status_code == 404
    assert await reading.read("checkpoint", lent=second)
    refused(await reading.auditor.send("DELETE", f"/capabilities/{ended}"), 404, "unknown_capability")
    shown = (await reading.auditor.get("/capabilities"))["capabilities"]
    assert [(one["id"], one["ended_at"] is None) for one in shown] == [(ended, False), (reading.id, True)]
    assert {one["made_by"].partition("/")[0] for one in shown} == {"auditor"}


async def test_making_and_ending_a_capability_is_an_entry_and_its_secret_is_kept_nowhere(reading: Reading) -> None:
    await reading.auditor.send("DELETE", f"/capabilities/{reading.id}")
    [made], [ended] = [await reading.stage.entries(f"capability_{what}") for what in ("made", "ended")]
    assert made["of"] == ended["of"] == reading.id
    secret = reading.lent.rpartition("/")[2]
    [row] = await reading.stage.rows("SELECT digest FROM vault.log_capability WHERE id = $1", raw(reading.id))
    assert row["digest"] != secret.encode()
    everything = await reading.stage.rows("SELECT body FROM vault.log_entry")
    assert not any(secret.encode() in kept["body"] for kept in everything)


async def test_a_capability_of_another_organization_is_not_ended(reading: Reading) -> None:
    await reading.stage.apply(make.organization("ridgeway"))
    other = await desk(reading.stage, slug="ridgeway")
    refused(await other.send("DELETE", f"/capabilities/{reading.id}"), 404, "unknown_capability")
    assert (await other.get("/capabilities"))["capabilities"] == []
    assert await reading.read("checkpoint")
    refused(await other.send("DELETE", "/capabilities/cap_1"), 422, "invalid_request")


async def test_an_admin_lends_the_log_to_nobody(reading: Reading) -> None:
    admin = await desk(reading.stage, "admin")
    refused(await admin.send("POST", "/capabilities"), 403, "not_allowed")
    refused(await admin.send("GET", "/capabilities"), 403, "not_allowed")
    refused(await admin.send("DELETE", f"/capabilities/{reading.id}"), 403, "not_allowed")


# ── How the log is ───────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_log_in_order_says_how_far_it_is_and_how_much_waits(reading: Reading) -> None:
    health = await reading.auditor.get("/health")
    _, size, _, _ = await reading.log.state()
    assert (health["state"], health["entries"], health["waiting"], health["why"]) == ("ok", size, 0, None)
    assert (health["generation"], health["witnesses"]) == (1, [])
    assert 0 <= health["checkpoint_age_seconds"] < 60
    await reading.auditor.get("/search")
    assert (await reading.auditor.get("/health"))["waiting"] == 1


async def test_a_log_that_waits_too_long_is_late_and_one_that_stopped_says_why(reading: Reading) -> None:
    await reading.auditor.get("/search")
    await reading.log.rows(
        "UPDATE vault.log_state SET seen_at = seen_at - interval '2 minutes' WHERE organization = $1"
    )
    late = await reading.auditor.get("/health")
    assert (late["state"], late["why"]) == ("late", "log_late")
    await reading.log.rows("UPDATE vault.log_state SET stopped = 'forked' WHERE organization = $1")
    stopped = await reading.auditor.get("/health")
    assert (stopped["state"], stopped["why"]) == ("stopped", "forked")


async def test_who_cosigned_how_far_is_said_by_the_names_of_the_witnesses(reading: Reading) -> None:
    await reading.log.rows(
        "INSERT INTO vault.log_cosignature (organization, generation, size, witness, line, recorded_at) "
        "VALUES ($1, 1, 40, 'witness.example/ours+00000000+AAAA', '', clock_timestamp())"
    )
    [witness] = (await reading.auditor.get("/health"))["witnesses"]
    assert (witness["name"], witness["size"], witness["is_asked"]) == ("witness.example/ours", 40, False)
