"""The tamper matrix: whatever somebody does to a table of the log, a bundle tells of it, or is not given out.

Each cell writes into the database as its superuser, asks for a bundle and lets it be verified. The first bad entry is
named, by the verifier or by the refusal; where a whole log was put back, the checkpoint an auditor kept tells.
"""

# ruff: noqa: S608 - every statement is made of words that stand here
from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio
from consent_vault.verify import Refused, read_checkpoint

from tests.e2e.logged import OURS, Logged, check, logged
from vault.actions.log.archive import Archive
from vault.base.errors import VaultError
from vault.tlog.bundle import unpack

TABLES = ("log_entry", "log_leaf", "log_tile", "log_checkpoint", "log_state")
WAYS = ("update", "delete", "insert", "reorder", "truncate", "swap", "restore")
AT = "organization = $1 AND"
ENTRY = f"(SELECT entry FROM vault.log_leaf WHERE {AT} number = %d)"
STRANGE = f"'\\x{'5a' * 32}'::bytea"
OLD = 512  # the size to which an old copy goes back


@pytest_asyncio.fixture
async def kept(server_url: str, furnished: str, key_file: Path, tmp_path: Path) -> AsyncIterator[Logged]:
    async with logged(server_url, furnished, key_file=key_file, guard=tmp_path / "guard") as kept:
        yield kept


def exchange(table: str, column: str, *, one: str, other: str) -> str:
    """Let two rows have each other's value."""
    return (
        f"UPDATE vault.{table} t SET {column} = o.{column} FROM vault.{table} o "
        f"WHERE t.organization = $1 AND o.organization = $1 AND "
        f"({one.format('t')} AND {other.format('o')} OR {other.format('t')} AND {one.format('o')})"
    )


def body(number: int, new: str) -> str:
    return f"UPDATE vault.log_entry SET body = {new} WHERE {AT} id = {ENTRY % number}"


def bodies(one: int, other: int) -> str:
    return exchange("log_entry", "body", one=f"{{}}.id = {ENTRY % one}", other=f"{{}}.id = {ENTRY % other}")


def notes(one: int, other: int) -> str:
    return exchange("log_checkpoint", "note", one=f"{{}}.size = {one}", other=f"{{}}.size = {other}")


def renumbered(one: int, other: int) -> tuple[str, ...]:
    """Let two leaves change places."""
    steps = ((one, -1), (other, one), (-1, other))
    return tuple([f"UPDATE vault.log_leaf SET number = {to} WHERE {AT} number = {now}" for now, to in steps])


LEAF = "log_leaf (organization, generation, number, entry, hash, at, kind, reasons)"
TILE = "log_tile (organization, generation, level, number, width, data)"
FIRST, MIDDLE, LAST = [
    f"{{0}}.level = 0 AND {{0}}.number = {n} AND {{0}}.width = {w}" for n, w in ((0, 256), (1, 256), (2, 107))
]
ABOVE = "{0}.level = 1 AND {0}.number = 0 AND {0}.width = 2"
IN_MIDDLE = MIDDLE.format("log_tile")
GONE = (
    "DELETE FROM vault.log_entry e USING vault.log_leaf l "
    f"WHERE l.organization = $1 AND e.id = entry AND number >= {OLD}"
)
# What is done, and what has to be named then.
CELLS: dict[str, tuple[tuple[str, ...], str]] = {
    "log_entry update": ((body(300, "body || ' '"),), "entry 300 "),
    "log_entry delete": ((f"DELETE FROM vault.log_entry WHERE {AT} id = {ENTRY % 300}",), "entry 300 "),
    "log_entry insert": (
        ("INSERT INTO vault.log_entry VALUES ($1, '01900000-0000-7000-8000-000000000000', '{}')",),
        "ent_0680000001r010000000000000 has no number",
    ),
    "log_entry reorder": ((bodies(255, 256), bodies(257, 258)), "entry 255 "),
    "log_entry truncate": ((body(300, "substring(body FOR 20)"),), "entry 300 "),
    "log_entry swap": ((bodies(3, 600),), "entry 3 "),
    "log_entry restore": (
        (GONE,),
        "entry 512 ",
    ),
    "log_leaf update": ((f"UPDATE vault.log_leaf SET hash = {STRANGE} WHERE {AT} number = 300",), "entry 300 "),
    "log_leaf delete": ((f"DELETE FROM vault.log_leaf WHERE {AT} number = 300",), "entry 300 "),
    "log_leaf insert": (
        (f"INSERT INTO vault.{LEAF} SELECT $1, 1, 619, gen_random_uuid(), {STRANGE}, now(), 'x', '{{}}'",),
        "entry 619 ",
    ),
    "log_leaf reorder": ((*renumbered(300, 301), *renumbered(299, 300)), "entry 299 "),
    "log_leaf truncate": ((f"DELETE FROM vault.log_leaf WHERE {AT} number >= 600",), "entry 600 "),
    "log_leaf swap": (renumbered(5, 500), "entry 5 "),
    "log_leaf restore": ((f"DELETE FROM vault.log_leaf WHERE {AT} number >= {OLD}",), "entry 512 "),
    "log_tile update": (
        (f"UPDATE vault.log_tile SET data = overlay(data placing {STRANGE} FROM 1409) WHERE {AT} {IN_MIDDLE}",),
        "entry 300 ",
    ),
    "log_tile delete": ((f"DELETE FROM vault.log_tile WHERE {AT} {IN_MIDDLE}",), "tile/0/001 is gone, from entry 256 "),
    "log_tile insert": (
        (f"INSERT INTO vault.{TILE} SELECT $1, 1, 0, 2, 90, data FROM vault.log_tile WHERE {AT} {IN_MIDDLE}",),
        "tile/0/002.p/90, from entry 512 ",
    ),
    "log_tile reorder": ((exchange("log_tile", "data", one=FIRST, other=MIDDLE),), "entry 0 "),
    "log_tile truncate": (
        (f"UPDATE vault.log_tile SET data = substring(data FOR 1408) WHERE {AT} {IN_MIDDLE}",),
        "entry 300 ",
    ),
    "log_tile swap": ((exchange("log_tile", "data", one=ABOVE, other=LAST),), "entry 512 "),
    "log_tile restore": ((f"DELETE FROM vault.log_tile WHERE {AT} level = 0 AND number = 2",), "the tree of size 612 "),
    "log_checkpoint update": (
        (f"UPDATE vault.log_checkpoint SET note = set_byte(note, 45, 65) WHERE {AT} size = 300",),
        "size 300 ",
    ),
    "log_checkpoint delete": ((f"DELETE FROM vault.log_checkpoint WHERE {AT} size = 300",), "tile/0/001.p/44, "),
    "log_checkpoint insert": (
        (
            (
                "INSERT INTO vault.log_checkpoint (organization, generation, size, note, signed_at) "
                f"SELECT $1, 1, 305, note, now() FROM vault.log_checkpoint WHERE {AT} size = 300"
            ),
        ),
        "the tree of size 305 ",
    ),
    "log_checkpoint reorder": ((notes(40, 300),), "size 40 "),
    "log_checkpoint truncate": ((f"DELETE FROM vault.log_checkpoint WHERE {AT} size = 619",), "size 619, "),
    "log_checkpoint swap": ((notes(512, 612),), "size 512 "),
    "log_checkpoint restore": ((f"DELETE FROM vault.log_checkpoint WHERE {AT} size > {OLD}",), "size 619, "),
    "log_state update": ((f"UPDATE vault.log_state SET root = {STRANGE} WHERE organization = $1",), "size 619, "),
    "log_state delete": (("DELETE FROM vault.log_state WHERE organization = $1",), "nothing of this log is signed"),
    "log_state insert": (
        (
            "CREATE TABLE one AS SELECT * FROM vault.log_state",
            "DELETE FROM vault.log_state WHERE organization = $1",
            "UPDATE one SET size = 700",
            "INSERT INTO vault.log_state SELECT * FROM one WHERE organization = $1",
        ),
        "size 700, ",
    ),
    "log_state reorder": (("UPDATE vault.log_state SET generation = 2 WHERE organization = $1",), "size 619, "),
    "log_state truncate": (
        ("UPDATE vault.log_state SET size = 0 WHERE organization = $1",),
        "nothing of this log is signed",
    ),
    "log_state swap": (
        (
            (
                "UPDATE vault.log_state t SET size = o.size, root = o.root FROM vault.log_state o "
                "WHERE t.organization = $1 AND o.slug = '_'"
            ),
        ),
        "nothing of this log is signed",
    ),
    "log_state restore": ((f"UPDATE vault.log_state SET size = {OLD} WHERE organization = $1",), "size 512, "),
}


def test_every_table_is_tampered_with_in_every_way() -> None:
    assert set(CELLS) == {f"{table} {way}" for table in TABLES for way in WAYS}


@pytest.mark.parametrize("cell", CELLS)
async def test_tampering_is_named(kept: Logged, cell: str) -> None:
    check(await kept.export())
    statements, named = CELLS[cell]
    await kept.execute(*statements)
    with pytest.raises((Refused, VaultError)) as caught:
        check(await kept.export())
    assert named in f"{caught.value} "


async def test_a_tampered_bundle_is_refused_naming_the_tree_where_entries_and_tiles_were_made_to_agree(
    kept: Logged,
) -> None:
    changed = f"sha256('\\x00'::bytea || (SELECT body FROM vault.log_entry WHERE {AT} id = {ENTRY % 310}))"
    await kept.execute(
        body(310, "body || ' '"),
        f"UPDATE vault.log_leaf SET hash = {changed} WHERE {AT} number = 310",
        f"UPDATE vault.log_tile SET data = overlay(data placing {changed} FROM {54 * 32 + 1}) WHERE {AT} {IN_MIDDLE}",
    )
    with pytest.raises(Refused) as caught:
        check(await kept.export())
    assert (caught.value.code, caught.value.index, caught.value.size) == ("wrong_root", 300, 512)


async def test_a_whole_log_put_back_to_an_hour_ago_is_told_by_the_checkpoint_an_auditor_kept(kept: Logged) -> None:
    whole = await kept.export()
    older = check(await kept.export(end=OLD))
    await kept.execute(
        GONE,
        f"DELETE FROM vault.log_leaf WHERE {AT} number >= {OLD}",
        f"DELETE FROM vault.log_tile WHERE {AT} level = 0 AND number = 2",
        f"DELETE FROM vault.log_checkpoint WHERE {AT} size > {OLD}",
        f"UPDATE vault.log_state SET size = {OLD}, root = '\\x{older.root.hex()}' WHERE organization = $1",
    )
    restored = await kept.export()
    assert check(restored).manifest.end == OLD
    with zipfile.ZipFile(io.BytesIO(whole)) as file:
        newest = read_checkpoint(file.read("checkpoint/619"))
    with pytest.raises(Refused) as caught:
        check(restored, since=newest)
    assert (caught.value.code, caught.value.index, caught.value.size) == ("older_checkpoint", OLD, 619)


async def test_one_byte_changed_anywhere_is_refused(kept: Logged) -> None:
    """Each byte of the framing and of the small files; of the large ones a sample."""
    bundle = await kept.export(subject=OURS)
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        starts = {offset + more for one in file.infolist() for offset in (one.header_offset,) for more in range(60)}
        manifest = file.infolist()[0].file_size + 100
        directory = file.start_dir
    chance = Random(1)  # noqa: S311 - a sample
    offsets = {*starts, *range(manifest), *range(directory, len(bundle)), *chance.choices(range(len(bundle)), k=400)}
    for offset in sorted(offsets):
        changed = bytearray(bundle)
        changed[offset] ^= 1 << chance.randrange(8)
        with pytest.raises(Refused):
            check(bytes(changed))


async def test_a_bundle_cut_short_or_longer_is_refused(kept: Logged) -> None:
    bundle = await kept.export()
    for length in (0, 1, 29, 500, len(bundle) // 2, len(bundle) - 22, len(bundle) - 1):
        with pytest.raises(Refused):
            check(bundle[:length])
    with pytest.raises(Refused):
        check(bundle + b"\0")


async def test_entries_left_out_doubled_or_moved_in_the_bundle_are_named(kept: Logged) -> None:
    bundle = await kept.export()
    with zipfile.ZipFile(io.BytesIO(bundle)) as file:
        files = {name: file.read(name) for name in file.namelist()}
    name = "tile/entries/001"
    entries = unpack(files[name], width=256)
    for forged, index in (
        ([*entries[:44], *entries[45:]], 511),
        ([*entries[:44], entries[44], *entries[44:]], 512),
        ([*entries[:44], entries[45], entries[44], *entries[46:]], 300),
        ([*entries[:44], entries[44] + b" ", *entries[45:]], 300),
    ):
        archive = Archive()
        raw = b"".join([one.__len__().to_bytes(2, "big") + one for one in forged])
        parts = [archive.file(one, raw if one == name else data) for one, data in files.items()]
        with pytest.raises(Refused) as caught:
            check(b"".join([*parts, archive.end()]))
        assert caught.value.index == index
