from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.personal import Personal
from vault.imports.layout import Vocabulary, layout
from vault.imports.reading import Reading, read
from vault.imports.row import FileRefused, Read, Row, Saying, Spelled

EXPORTED = datetime(2026, 10, 31, 18, tzinfo=UTC)
VOCABULARY = Vocabulary(
    kinds={"email", "phone"},
    attributes={"first_name", "country"},
    granted={"yes", "ja"},
    withdrawn={"no", "nein"},
    countries={"DE": {"germany", "deutschland"}},
    evidence={"double": ("asked_at", "confirmed_at", "confirmed_ip"), "paper": ("captured_at", "document")},
)
COLUMNS = {
    "email": ["E-Mail", "Address"],
    "first_name": ["Name"],
    "last_name": ["Surname"],
    "phone": ["Phone"],
    "country": ["Land"],
    "reference": ["No"],
}
LETTER = {
    "date": "Datum",
    "Letter": {"purpose": "letter", "channel": "email", "evidence": "none"},
    "Paper": {"purpose": "paper", "channel": "post", "evidence": "paper", "document": "Beleg"},
}
SUBSCRIBED = {
    "granted": {"purpose": "letter", "channel": "email", "evidence": "double", "asked_at": "Asked",
                "confirmed_at": "Done", "confirmed_ip": "IP"},
}  # fmt: skip
LEFT = {"withdrawn": {"purpose": ["letter", "paper"], "channel": "email", "at": "When"}}


def spell(kind: str, text: Personal, *, country: str | None) -> Spelled | None:
    """Take what has an @ for an address, and what begins with a digit for a number of the country."""
    value = text.reveal()
    if kind == "email":
        return Spelled(kind=kind, value=text, index=Personal(value.lower())) if "@" in value else None
    return Spelled(kind=kind, value=text, index=Personal(f"{country}{value}")) if value[0].isdigit() else None


def told(file: dict[str, Any], text: str | bytes) -> Read:
    source = {"about": "address", "time_zone": "Europe/Berlin", "columns": COLUMNS, "files": {"a.csv": file}}
    plan = layout({"shop": source}, "shop", pattern="a.csv", vocabulary=VOCABULARY)
    how = Reading(layout=plan, vocabulary=VOCABULARY, spell=spell, exported_at=EXPORTED)
    return read("a.csv", text.encode() if isinstance(text, str) else text, how=how)


def only(file: dict[str, Any], text: str) -> Row:
    [row] = told(file, text).rows
    return row


def why(file: dict[str, Any], text: str | bytes) -> list[tuple[int, str]]:
    return [(one.record, one.reason) for one in told(file, text).aside]


def letter(said: str = "", date: str = "", **cells: str) -> str:
    plain = {"E-Mail": "a@x", "Letter": said, "Paper": "", "Datum": date, "Beleg": ""} | cells
    return ";".join(plain) + "\n" + ";".join(plain.values()) + "\n"


def test_a_row_tells_whom_it_is_about_and_keeps_only_declared_attributes() -> None:
    row = only({}, "No,Name,Surname,E-Mail,Phone,Land,Notes\n7, Ann ,Lee, A@x ,0123,Germany,secret\n")
    assert row.reference == Personal("7")
    assert row.name == "ann"
    assert row.attributes == {"first_name": Personal("Ann"), "country": Personal("DE")}
    assert [(point.kind, point.index.reveal()) for point in row.points] == [("email", "a@x"), ("phone", "DE0123")]
    assert row.point("email") == row.points[0]
    assert row.point("post") is None
    assert row.said == ()


def test_a_header_may_be_any_of_its_names_without_case_and_spaces() -> None:
    assert only({}, " ADDRESS ,x\na@x,1\n").point("email") is not None


def test_a_yes_word_grants_a_no_word_refuses_and_a_blank_says_nothing() -> None:
    at = datetime(2024, 2, 29, 23, tzinfo=UTC)
    yes = Saying(verdict="granted", purpose="letter", channel="email", at=at)
    no = Saying(verdict="refused", purpose="letter", channel="email", at=at)
    assert only(LETTER, letter(" JA ", "1.3.2024")).said == (yes,)
    assert only(LETTER, letter("nein", "1.3.2024")).said == (no,)
    assert only(LETTER, letter("", "1.3.2024")).said == ()


def test_any_other_word_puts_the_row_aside() -> None:
    assert why(LETTER, letter("jaa", "1.3.2024")) == [(1, "unreadable_value")]


def test_a_yes_brings_the_evidence_of_its_class() -> None:
    [said] = only(LETTER, letter("", "1.3.2024", Paper="yes", Beleg="form 7")).said
    assert said.evidence == {"captured_at": Personal("2024-02-29T23:00:00+00:00"), "document": Personal("form 7")}
    [said] = only(SUBSCRIBED, "E-Mail,Asked,Done,IP\na@x,2024-01-01 10:00,2024-01-01 11:00,::1\n").said
    assert said.at == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert set(said.evidence) == {"asked_at", "confirmed_at", "confirmed_ip"}


def test_a_yes_lacks_the_evidence_whose_cells_are_empty() -> None:
    [said] = only(SUBSCRIBED, "E-Mail,Asked,Done,IP\na@x,,2024-01-01 11:00,\n").said
    assert set(said.evidence) == {"confirmed_at"}


def test_a_yes_without_a_date_is_dated_at_the_export() -> None:
    [said] = only(LETTER, letter("ja")).said
    assert said.at == EXPORTED


@pytest.mark.parametrize(("date", "reason"), [("45363", "unreadable_date"), ("2026-11-01", "date_in_future")])
def test_a_yes_with_a_date_nobody_can_have_meant_is_put_aside(date: str, reason: str) -> None:
    assert why(LETTER, letter("ja", date)) == [(1, reason)]
    assert why(SUBSCRIBED, f"E-Mail,Asked,Done,IP\na@x,{date},2024-01-01 11:00,::1\n") == [(1, reason)]


@pytest.mark.parametrize(
    ("date", "reason"), [("45363", ["unreadable_date"]), ("2026-11-01", ["date_in_future"]), ("", [])]
)
def test_a_no_always_counts_and_is_then_dated_at_the_export(date: str, reason: list[str]) -> None:
    found = told(LETTER, letter("nein", date, Paper="nein"))
    assert [said.at for said in found.rows[0].said] == [EXPORTED, EXPORTED]
    assert [cell.reason for cell in found.cells] == reason
    assert found.aside == ()


def test_a_date_that_nothing_needs_is_not_looked_at() -> None:
    assert told(LETTER, letter("", "last year")).cells == ()


def test_a_no_of_the_file_covers_every_purpose_it_names() -> None:
    said = only(LEFT, "E-Mail,When\na@x,2024-01-01\n").said
    assert [(one.verdict, one.purpose) for one in said] == [("withdrawn", "letter"), ("withdrawn", "paper")]


def test_beside_a_no_a_yes_that_cannot_be_dated_is_set_aside_and_the_no_counts() -> None:
    found = told(LETTER, letter("nein", "45363", Paper="ja"))
    assert [(said.verdict, said.at) for row in found.rows for said in row.said] == [("refused", EXPORTED)]
    assert [one.reason for one in found.cells] == ["unreadable_date"]
    assert found.aside == ()


def test_an_address_that_is_none_puts_the_row_aside() -> None:
    assert why({}, "E-Mail,No\nnobody,7\n") == [(1, "unreadable_email")]


def test_a_row_with_neither_address_nor_record_id_is_put_aside() -> None:
    assert why({}, "E-Mail,No,Name\n,,Ann\n") == [(1, "no_identifier")]
    assert only({}, "E-Mail,No,Name\n,7,Ann\n").points == ()


def test_a_number_or_country_that_cannot_be_read_is_set_aside_and_the_row_applied() -> None:
    found = told({}, "E-Mail,Phone,Land\na@x,CALL ME,Atlantis\n")
    assert [cell.reason for cell in found.cells] == ["unknown_country", "unreadable_phone"]
    assert len(found.rows) == 1
    assert found.rows[0].attributes == {}


def test_records_that_are_no_rows_of_the_table_are_put_aside() -> None:
    text = b"E-Mail,Name\na@x,Ann\nE-Mail,Name\nb@x\nc@x,\x00\n"
    assert why({}, text) == [(2, "repeated_header"), (3, "wrong_column_count"), (4, "unreadable_bytes")]


def test_a_file_that_tells_of_nobody_is_refused() -> None:
    with pytest.raises(FileRefused, match=r"missing_column: .*e-mail or address"):
        told({}, "Name,Phone\nAnn,0123\n")
    source = {"about": "person", "columns": {"reference": ["No."]}, "files": {"a.csv": {}}}
    plan = layout({"shop": source}, "shop", pattern="a.csv", vocabulary=VOCABULARY)
    with pytest.raises(FileRefused, match="no\\."):
        read("a.csv", b"x\n1\n", how=Reading(layout=plan, vocabulary=VOCABULARY, spell=spell, exported_at=EXPORTED))


@pytest.mark.parametrize("header", ["E-Mail", "E-Mail,When,WHEN"])
def test_a_column_that_says_something_must_be_there_once(header: str) -> None:
    with pytest.raises(FileRefused, match=r"missing_column: .*when"):
        told(LEFT, f"{header}\n")


def test_two_columns_for_one_thing_refuse_the_file() -> None:
    with pytest.raises(FileRefused, match="ambiguous_column"):
        told({}, "E-Mail,Address\na@x,b@x\n")


def test_an_empty_file_has_no_rows_and_is_no_error() -> None:
    assert told(LEFT, "") == Read(count=0, rows=(), aside=(), cells=())


CELLS = st.sampled_from(["", "a@x", "b@x", "nobody", "ja", "nein", "jaa", "1.3.2024", "45363", "\x00", '"'])


@given(st.lists(st.lists(CELLS, min_size=1, max_size=7), max_size=6))
def test_every_row_is_applied_or_put_aside_and_no_value_is_told(rows: list[list[str]]) -> None:
    head = "E-Mail;Name;Letter;Paper;Datum;Beleg\n"
    found = told(LETTER, head + "\n".join(";".join(row).replace('"', "''") for row in rows))
    assert found.count == len(found.rows) + len(found.aside)
    assert found.count == sum(any(cell for cell in row) for row in rows)
    assert not any(word in repr((found.aside, found.cells, found.rows)) for word in ("a@x", "b@x", "nobody"))
