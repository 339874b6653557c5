from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.imports.files.table import Record, Table
from vault.imports.files.table import table as table_of
from vault.imports.row import FileRefused

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


def table(text: str, *, separator: str | None = None) -> Table:
    return table_of([text], separator=separator)


def records(text: str) -> list[Record]:
    return list(table(text).records)


def cells(text: str) -> list[tuple[str, ...]]:
    return [record.cells for record in records(text)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_by_the_header(separator: str) -> None:
    text = f"E-Mail{separator}Vorname\r\na@b.example{separator}Ann\r\n"
    assert table(text).header == ("e-mail", "vorname")
    assert cells(text) == [("a@b.example", "Ann")]


def test_a_separator_inside_quotes_is_a_letter() -> None:
    assert table('"a,b,c";d\n1;2\n').header == ("a,b,c", "d")


def test_a_first_line_may_name_the_separator() -> None:
    text = "SEP=;\r\nemail, or what we call so;name\r\na;b\r\n"
    assert table(text).header == ("email, or what we call so", "name")


def test_one_column_needs_no_separator() -> None:
    assert cells("email\na@b.example\n") == [("a@b.example",)]


def test_a_quoted_line_break_stays_in_its_cell() -> None:
    assert cells('a,b\n"one\ntwo",3\n4,5\n') == [("one\ntwo", "3"), ("4", "5")]


def test_records_count_from_1_after_the_header_and_empty_lines_are_none() -> None:
    found = records("\n , \na,b\n\n1,2\n ,\n3,4\n")
    assert [(record.number, record.cells) for record in found] == [(1, ("1", "2")), (2, ("3", "4"))]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("1,2,3", "wrong_column_count"),
        ("1", "wrong_column_count"),
        (" A,b ", "repeated_header"),
        ("1,\udc81", "unreadable_bytes"),
        ("1,\0,2", "unreadable_bytes"),
        ("1,2", None),
    ],
)
def test_a_record_that_cannot_be_read_is_marked_and_its_neighbours_are_not(line: str, wrong: str | None) -> None:
    found = records(f"a,b\n0,0\n{line}\n9,9\n")
    assert [record.wrong for record in found] == [None, wrong, None]


@pytest.mark.parametrize("text", ['a,b\n1,2\n3,"4\n5,6\n', 'a,b\n1,2\n3,"4"x\n'])
def test_quotes_that_do_not_add_up_refuse_the_file_and_name_the_record(text: str) -> None:
    with pytest.raises(FileRefused, match="record 2 "):
        records(text)


def test_a_header_whose_quote_is_never_closed_refuses_the_file() -> None:
    with pytest.raises(FileRefused, match="the header"):
        table('"a,b\n1,2\n')


def test_a_header_too_long_for_one_cell_refuses_the_file() -> None:
    with pytest.raises(FileRefused, match="the header"):
        table("a" * 200_000)


def test_an_empty_file_has_neither_header_nor_records() -> None:
    for text in ("", "\n \n"):
        assert (table(text).header, records(text)) == ((), [])


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5))
def test_what_a_spreadsheet_writes_comes_back_row_for_row(rows: list[tuple[str, str]]) -> None:
    file = StringIO(newline="")
    csv.writer(file).writerows([("first head", "second head"), *rows])
    said = [(one.strip(), two.strip()) for one, two in rows if one.strip() or two.strip()]
    assert cells(file.getvalue()) == said
