"""Rows that were put aside come back as they were, and no spreadsheet runs what is in them."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from vault.imports.files.statuses import COLUMNS, statuses
from vault.imports.files.table import table
from vault.imports.quarantine import REASON, RECORD, PutAside, harmless, restored, written

ANY = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12).map(str.strip)
TRICKY = st.sampled_from(
    ["=cmd|' /C calc'!A0", "+44 7700 900123", "-1", "@SUM(1)", "'=1", "''@", "'s-Gravenhage", "a,b"]
)


def put_aside(cells: list[str], record: int = 7) -> PutAside:
    return PutAside(record=record, reason="unreadable_date", cells=cells)


@given(st.lists(st.lists(TRICKY | ANY, min_size=1, max_size=4), max_size=5))
def test_a_table_is_read_again_cell_by_cell_as_it_was(rows: list[list[str]]) -> None:
    aside = [put_aside(cells, record) for record, cells in enumerate(rows, start=1)]
    read = table(written(aside, shape="table", header=("e-mail", "+name")))
    assert read.header == (REASON, RECORD, "e-mail", "+name")
    found = list(read.records)
    assert [record.cells for record in found] == [
        (row.reason, str(row.record), *(cell.strip() for cell in row.cells)) for row in aside
    ]
    assert [record.wrong for record in found] == [None if len(cells) == 2 else "wrong_column_count" for cells in rows]


@given(TRICKY | ANY)
def test_no_cell_is_a_formula_and_each_comes_back(cell: str) -> None:
    made = harmless(cell)
    assert not made.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert restored(made) == cell


def test_answers_in_json_are_read_again_as_answers_in_json() -> None:
    cells = ["quokka@example.com", "Trail Letter", "EMAIL", "SUBSCRIBED?", "", "", ""]
    text = "".join(written([put_aside(cells), put_aside(cells, record=9)], shape="statuses", header=COLUMNS))
    assert json.loads(text)["results"][1][RECORD] == 9
    assert [record.cells for record in statuses([text]).records] == [tuple(cells)] * 2


def test_a_list_of_numbers_stays_a_list_of_numbers() -> None:
    assert "".join(written([put_aside(["0170012345678"])], shape="numbers", header=("number",))) == "0170012345678\r\n"
