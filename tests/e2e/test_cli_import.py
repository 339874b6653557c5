"""`consent-vault import` as an operator types it: looked at, brought in, corrected, forgotten, and never a value."""

from __future__ import annotations

import csv
import json
import re
import stat
from collections.abc import AsyncIterator, Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.command import Ran, environment, sql
from tests.stage import copy_of
from tests.unit.imports.samples import EXPECTED, SAMPLES
from vault.actions.importing.given import Step
from vault.cli.importing.progress import Bar
from vault.cli.main import main

EXPORTED = "2026-10-31T18:00:00Z"
HEAD = "E-Mail;Vorname;Nachname;Newsletter;Katalog;Datum;Beleg"
GOOD = "anna.quokkafield@example.com;Quokkanna;Quokkafield;ja;;03.06.2024;doc-quokka-1"
BAD = "=HYPERLINK(1)@quokka;'Quokkarl;Quokkafield;ja;;05.06.2024;+quokka"
Type = Callable[..., Ran]


@pytest_asyncio.fixture
async def url(server_url: str, furnished: str) -> AsyncIterator[str]:
    """A database of its own that knows the sample organization."""
    async with copy_of(server_url, furnished) as own:
        yield own


@pytest.fixture
def typed(url: str, key_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a command in this process."""
    for name, value in environment(mode="trial", database_url=url, key_file=key_file).items():
        monkeypatch.setenv(name, value)

    def type_(*arguments: object) -> Ran:
        status = main(["import", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert "uokka" not in out + err
        return Ran(status, out, err)

    return type_


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "files"
    found.mkdir()
    (found / "newsletter.csv").write_text(f"{HEAD}\n{GOOD}\n{BAD}\n", encoding="utf-8")
    (found / "README.md").write_text("not an export", encoding="utf-8")
    return found


def test_a_dry_run_of_all_samples_says_what_is_expected_and_writes_nothing(typed: Type, url: str) -> None:
    ran = typed(SAMPLES, "--exported-at", EXPORTED, "--dry-run", "--json")
    told = json.loads(ran.out)
    assert (ran.status, told["state"], told["dry"], told["customers"]) == (0, "done", True, EXPECTED["customers"])
    rows = EXPECTED["rows"]
    assert told["rows"] | {"verdicts": {}} == {**rows, "verdicts": {}}
    assert sum(told["rows"]["verdicts"].values()) == rows["read"]
    figures = {
        path: (file["rows"]["read"], file["rows"]["quarantined_by_reason"], file["rows"]["cells_set_aside"])
        for path, file in told["files"].items()
    }
    assert figures == {
        path: (file["rows"], file.get("quarantined", {}), file.get("cells_set_aside", {}))
        for path, file in EXPECTED["files"].items()
    }
    for table in ("vault.customer", "vault.fact", "vault.import", "vault.import_row", "keystore.import_key"):
        assert sql(url, f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - tables of ours


def test_what_was_put_aside_is_taken_home_corrected_brought_in_and_forgotten(
    typed: Type, folder: Path, tmp_path: Path
) -> None:
    first = typed(folder, "--exported-at", EXPORTED)
    assert first.status == 0
    lines = first.out.splitlines()
    assert "newsletter.csv: newsletter (newsletter.csv), utf-8, separator semicolon, 2 rows" in lines
    assert "not read, for no source declares such a file: README.md" in lines
    assert re.search(r"1 +new", first.out)
    assert "Put aside: 1 rows, of which nothing counts" in lines
    [own] = re.findall(r"imp_\w+", lines[-1])
    assert "had been done before" in typed(folder, "--exported-at", EXPORTED).out
    home = tmp_path / "home"
    assert typed("quarantine", own, "--to", home).out.splitlines()[0].split() == ["1", "newsletter.csv"]
    taken = home / "newsletter.csv"
    assert stat.S_IMODE(taken.stat().st_mode) == 0o600
    [head, row] = csv.reader(StringIO(taken.read_text("utf-8"), newline=""))
    assert row[:3] == ["unreadable_email", "2", "'=HYPERLINK(1)@quokka"]
    assert typed("quarantine", own, "--to", home).status == 2
    again = json.loads(typed(home, "--exported-at", EXPORTED, "--json").out)
    assert again["files"]["newsletter.csv"]["rows"]["quarantined_by_reason"] == {"unreadable_email": 1}
    row[2] = "karl.quokkafield@example.com"
    with taken.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([head, row])
    assert json.loads(typed(home, "--exported-at", EXPORTED, "--json").out)["customers"] == 1
    assert typed("forget", own).status == 2
    assert typed("forget", own, "--yes").status == 0
    assert "was forgotten" in typed("quarantine", own, "--to", tmp_path / "no").err
    assert json.loads(typed("show", own, "--json").out)["rows"]["quarantined"] == 1
    assert typed("list").out.count("imp_") == 3


def test_an_import_is_undone_once_it_was_said_what_goes(typed: Type, folder: Path, url: str) -> None:
    [own] = re.findall(r"imp_\w+", typed(folder, "--exported-at", EXPORTED).out.splitlines()[-1])
    looked = typed("undo", own, "--dry-run")
    lines = [" ".join(line.split()) for line in looked.out.splitlines()]
    assert {"1 contact points are left out", "1 customers are erased: nobody else spoke of them"} <= {*lines}
    assert "add --yes" in typed("undo", own).err
    assert "say in 10 to 500 letters" in typed("undo", own, "--with-noes", "--yes").err
    assert sql(url, "SELECT count(*) FROM vault.import_undone") == 0
    done = json.loads(typed("undo", own, "--with-noes", "--reason", "the wrong file", "--yes", "--json").out)
    assert (done["customers"], done["left"], done["with_noes"]) == (1, 0, True)
    assert sql(url, "SELECT count(*) FROM keystore.subject") == 0
    assert sql(url, "SELECT count(*) FROM keystore.import_key") == 0
    assert json.loads(typed("show", own, "--json").out)["state"] == "undone"
    assert typed("undo", own, "--yes").status == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.csv"], "no file and no folder"),
        (["{folder}", "--exported-at", "yesterday"], "no instant"),
        (["{folder}/README.md"], "declares a file of this name"),
        (["{folder}", "--map", "{folder}/README.md"], "holds no mapping"),
        (["{folder}/newsletter.csv", "--map", "{mapping}"], "declare it in the organization file"),
        (["show", "imp_06h0090m41t835kpwqjv10s1y0"], "no such import"),
        (["show", "quokka"], "an id of this kind"),
        (["{folder}", "--organization", "larkspur"], "no organization"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    typed: Type, folder: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    mapping = tmp_path / "map.yaml"
    mapping.write_text("about: address\ncolumns: {shoe_colour: [Vorname]}\n", encoding="utf-8")
    ran = typed(*(argument.format(folder=folder, mapping=mapping) for argument in arguments))
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1), ran
    assert says in ran.err


class Terminal(StringIO):
    """What somebody sees at a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_with_rate_and_time_left_and_anything_else_plain_lines() -> None:
    ticks = iter(range(0, 1000, 10))
    seen: list[Any] = []
    for out in (Terminal(), StringIO()):
        bar = Bar(out, passed=lambda: float(next(ticks)))
        for done in (0, 1000, 4000):
            bar(Step(stage="settling", done=done, of=4000))
        bar(Step(stage="joining", done=0, of=None))
        bar.close()
        seen.append(out.getvalue())
    drawn, plain = seen
    assert "██████░" in drawn
    assert "1,000 of 4,000  100 rows/s  30 s left" in drawn
    assert drawn.count("\n") == 2
    assert plain.splitlines()[1] == "settling rows         1,000 of 4,000  100 rows/s  30 s left"
    assert "\r" not in plain
