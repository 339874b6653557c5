"""Imports under way: looked at before anything is written, done once, taken up where they were stopped."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from tests.importing import bring_in, of_folder, of_texts
from tests.stage import Stage, copy_of
from tests.unit.imports.samples import EXPECTED
from vault.actions.importing import components, staging
from vault.actions.importing.given import File, Given, Progress, Step
from vault.actions.importing.running import discard, run
from vault.actions.organizations import find
from vault.base.errors import Conflict, Invalid
from vault.base.settings import Settings
from vault.domain.actor import Actor
from vault.imports.files.survey import Overrides
from vault.imports.row import FileRefused
from vault.parts import open_vault

SHEET = "newsletter.csv"
HEAD = "E-Mail;Vorname;Nachname;Newsletter;Katalog;Datum;Beleg\n"


def sheet(count: int, *, start: int = 0) -> str:
    lines = [f"quokka{n}@mail.example;Quokka{n};Field;ja;;2024-06-03;card" for n in range(start, start + count)]
    return HEAD + "\n".join(lines)


async def counted(stage: Stage, *tables: str) -> dict[str, int]:
    async with stage.vault.database.work(await stage.organization()) as work:
        return {
            table: (await work.fetch(f"SELECT count(*) AS n FROM {table} WHERE organization = $1", work.own))[0]["n"]  # noqa: S608 - ours
            for table in tables
        }


EVERYTHING = ("vault.import", "vault.import_file", "vault.import_row", "keystore.import_tag", "keystore.import_key")


async def test_every_row_of_the_samples_has_a_verdict_before_anything_is_written(stage: Stage) -> None:
    steps: list[Step] = []
    told = await bring_in(stage, of_folder(dry=True), progress=steps.append)
    assert told.rows == sum(told.verdicts.values()) == EXPECTED["rows"]["read"]
    assert told.reasons == EXPECTED["rows"]["quarantined_by_reason"]
    assert told.cells == EXPECTED["rows"]["cells_set_aside"]
    assert told.customers == EXPECTED["customers"]
    assert {*told.unread} == {".gitattributes", "EXPECTED.md", "expected.json"}
    assert {file.path: file.rows for file in told.files} == {
        path: file["rows"] for path, file in EXPECTED["files"].items()
    }
    assert [step for step in steps if step.stage == "settling"][-1].done == told.rows
    [told_of] = [step.files for step in steps if step.files]
    assert {file.encoding for file in told_of} == {"utf-8", "cp1252", "utf-16-le"}
    assert set((await counted(stage, *EVERYTHING, "vault.customer", "vault.fact")).values()) == {0}


async def test_done_again_it_does_nothing_and_tells_what_was_done(stage: Stage) -> None:
    told = await bring_in(stage, of_texts({SHEET: sheet(5)}))
    before = await counted(stage, *EVERYTHING, "vault.log_entry", "vault.customer", "vault.fact")
    again = await bring_in(stage, of_texts({SHEET: sheet(5)}))
    assert again.repeated
    assert (again.id, again.state, again.verdicts) == (told.id, "done", {"new": 5})
    assert await counted(stage, *EVERYTHING, "vault.log_entry", "vault.customer", "vault.fact") == before
    [manifest] = await stage.entries("import_done")
    assert manifest["verdicts"] == {"new": 5}
    assert manifest["files"][0]["digest"] == told.files[0].digest


async def test_a_dry_run_takes_itself_away(stage: Stage) -> None:
    told = await bring_in(stage, of_texts({SHEET: sheet(3)}, dry=True))
    assert sum(told.verdicts.values()) == 3
    assert set((await counted(stage, *EVERYTHING, "vault.customer", "vault.fact")).values()) == {0}
    assert await stage.entries("import_done") == []


async def test_each_row_of_a_large_import_takes_as_much_reading_as_of_a_small_one(
    server_url: str, furnished: str, key_file: Path
) -> None:
    reads: dict[int, float] = {}
    async with copy_of(server_url, furnished) as url:
        for count in (900, 3600):  # while nobody counts what tables hold, as in the first minute of an import
            before = await read_by_indexes(url)
            given = of_texts({SHEET: sheet(count, start=10 * count)})
            async with open_vault(Settings(key_file=key_file), url) as vault:  # what it read is counted as it closes
                actor = Actor(organization=await find(vault, "fernhill"), kind="import")
                assert (await run(vault, actor, given=given)).verdicts == {"new": count}
            reads[count] = (await read_by_indexes(url) - before) / count
    assert reads[3600] < 1.3 * reads[900], reads


async def read_by_indexes(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT sum(idx_tup_read)::bigint FROM pg_stat_user_indexes"))
    finally:
        await connection.close()


async def test_the_order_of_files_makes_no_other_import(stage: Stage) -> None:
    one, other = of_texts({SHEET: sheet(2)}), of_texts({f"two/{SHEET}": sheet(2, start=9)})
    first = await bring_in(stage, Given(files=[*one.files, *other.files], exported_at=one.exported_at))
    second = await bring_in(stage, Given(files=[*other.files, *one.files], exported_at=one.exported_at))
    assert second.repeated
    assert second.id == first.id
    later = Given(files=one.files, exported_at=one.exported_at - timedelta(days=1))
    assert not (await bring_in(stage, later)).repeated


class StoppedError(Exception):
    """Somebody pressed Ctrl-C."""


def stopping(after: int, part: str) -> Progress:
    def told(step: Step) -> None:
        if step.stage == part and step.done >= after:
            raise StoppedError

    return told


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks and batches of a few rows."""
    monkeypatch.setattr(staging, "CHUNK", 10)
    monkeypatch.setattr(components, "AT_ONCE", 5)


@pytest.mark.usefixtures("small_steps")
async def test_a_stopped_import_goes_on_and_stages_no_row_twice(stage: Stage) -> None:
    given = of_texts({SHEET: sheet(25)})
    for after, part in ((10, "staging"), (20, "staging"), (0, "joining"), (5, "settling"), (20, "settling")):
        with pytest.raises(StoppedError):
            await bring_in(stage, given, progress=stopping(after, part))
    told = await bring_in(stage, given)
    assert (told.rows, told.verdicts, told.repeated, told.customers) == (25, {"new": 25}, False, 25)
    assert await counted(stage, "vault.import", "vault.import_row", "vault.customer") == {
        "vault.import": 1,
        "vault.import_row": 25,
        "vault.customer": 25,
    }


async def test_the_same_import_from_two_terminals_runs_once(stage: Stage) -> None:
    given = of_texts({SHEET: sheet(50)})
    found = await asyncio.gather(*(bring_in(stage, given) for _ in range(3)), return_exceptions=True)
    refused = [one for one in found if isinstance(one, Conflict)]
    assert {one.code for one in refused} <= {"import_running"}
    assert len(refused) == 2
    assert (await bring_in(stage, given)).repeated


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({SHEET: sheet(1), "left.csv": "who,when\nquokka,1"}, "undeclared_file"),
        ({SHEET: HEAD + "a;" * 5000}, ""),
        ({SHEET: ";".join(f"c{n}" for n in range(10_000))}, "too_many_columns"),
        ({SHEET: HEAD + "x" * (2 << 20)}, "record_too_long"),
        ({SHEET: b"PK\x03\x04quokka"}, "packed_file"),
        ({SHEET: "Name;Newsletter\nQuokka;ja"}, "missing_column"),
        ({SHEET: HEAD + 'quokka@mail.example;"Quokka;;;;;'}, "unreadable_quotes"),
    ],
)
async def test_what_cannot_be_read_as_a_whole_is_refused_by_name_and_nothing_is_written(
    stage: Stage, texts: dict[str, str | bytes], code: str
) -> None:
    if not code:
        told = await bring_in(stage, of_texts(texts))
        assert told.reasons == {"wrong_column_count": 1}
        return
    with pytest.raises(FileRefused) as refused:
        await bring_in(stage, of_texts(texts))
    assert refused.value.code == code
    assert refused.value.detail.startswith(next(path for path in reversed([*texts])))
    assert set((await counted(stage, "vault.import_row", "vault.customer")).values()) == {0}


async def test_a_bomb_is_refused_by_what_comes_out_of_it(stage: Stage) -> None:
    given = of_texts({SHEET: gzip.compress(sheet(1).encode() + b"\n" + b"\n" * (1 << 24))})
    given = Given(files=given.files, exported_at=given.exported_at, overrides=Overrides(largest=1 << 20))
    with pytest.raises(FileRefused, match="file_too_large"):
        await bring_in(stage, given)


async def test_bytes_that_are_no_text_put_their_row_aside_and_no_other(stage: Stage) -> None:
    text = (sheet(1) + "\nquokka\0@mail.example;Q;F;ja;;2024-06-03;c\n").encode()
    told = await bring_in(stage, of_texts({SHEET: text + b"quokka\x81@mail.example;Q;F;ja;;2024-06-03;c\n"}))
    assert told.reasons == {"unreadable_bytes": 2}


@pytest.mark.usefixtures("small_steps")
async def test_a_file_that_changes_while_it_is_read_ends_its_import(stage: Stage) -> None:
    times = iter(range(9))

    def opened() -> Iterator[bytes]:
        # It is read for its encoding, to be looked at, and to be staged.
        yield sheet(1500 if next(times) < 2 else 1600).encode()

    given = Given(files=[File(path=SHEET, opened=opened)], exported_at=datetime(2026, 10, 31, tzinfo=UTC))
    with pytest.raises(FileRefused, match="file_changed"):
        await bring_in(stage, given)
    assert await counted(stage, "vault.import_row", "keystore.import_tag") == {
        "vault.import_row": 0,
        "keystore.import_tag": 0,
    }
    told = await bring_in(stage, of_texts({SHEET: sheet(15)}))
    assert (told.state, told.rows) == ("done", 15)


async def test_files_are_known_by_their_headers_or_a_mapping_of_their_own(stage: Stage) -> None:
    by_header = await bring_in(stage, of_texts({"members.csv": sheet(2)}))
    assert [(file.source, file.rows) for file in by_header.files] == [("newsletter", 2)]
    mapping = {
        "about": "person",
        "columns": {"email": ["Mail"], "first_name": ["Name"]},
        "newsletter": {"column": "Yes", "purposes": ["newsletter"], "channels": ["email"]},
    }
    with pytest.raises(FileRefused):
        await bring_in(stage, of_texts({"own.csv": "Mail;Name\nquokka@mail.example;Q"}, mapping=mapping))
    own = {"about": "person", "columns": {"email": ["Mail"], "first_name": ["Name"]}}
    told = await bring_in(stage, of_texts({"own.csv": "Mail;Name\nquokka@mail.example;Q"}, mapping=own))
    assert told.rows == 1
    undeclared = {"about": "person", "columns": {"email": ["Mail"], "shoe_size": ["Shoe"]}}
    with pytest.raises(FileRefused, match="undeclared_field"):
        await bring_in(stage, of_texts({"own.csv": "Mail;Shoe\nquokka@mail.example;9"}, mapping=undeclared))


async def test_no_file_speaks_for_the_future(stage: Stage) -> None:
    with pytest.raises(Invalid, match="exported_in_future"):
        await bring_in(stage, of_texts({SHEET: sheet(1)}, exported_at=datetime(2999, 1, 1, tzinfo=UTC)))


async def test_what_was_only_looked_at_can_be_taken_away_and_what_was_applied_cannot(stage: Stage) -> None:
    operator = Actor(organization=await stage.organization(), kind="operator")
    looked = await bring_in(stage, of_texts({SHEET: sheet(2)}, dry=True, keep=True))
    await discard(stage.vault, operator, import_=looked.id)
    assert set((await counted(stage, *EVERYTHING)).values()) == {0}
    done = await bring_in(stage, of_texts({SHEET: sheet(2)}))
    with pytest.raises(Conflict, match="import_applied"):
        await discard(stage.vault, operator, import_=done.id)
