"""Files nobody meant, or somebody did: refused by name or put aside row by row, in bounded memory, never dropped."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.imports.samples import how
from vault.imports.files.packed import unpacked
from vault.imports.files.survey import Overrides, survey
from vault.imports.layout import Layout
from vault.imports.reading import read, rows
from vault.imports.row import FileRefused, Read, Row

SHEET = "newsletter.csv"
HEAD = b"E-Mail;Vorname;Nachname;Land;Telefon;Newsletter;Katalog;Datum;Quelle;Beleg;Bemerkung\n"
PIECE = 1 << 16
SHAPES = [
    SHEET, "purchases.csv", "tps/tps.txt", "twilio/messages.csv", "hubspot/contacts.csv", "klaviyo/profiles.csv",
    "hubspot/subscription_statuses.json", "salesforce/Contact.csv", "salesforce/Individual.csv",
    "salesforce/ContactPointTypeConsent.csv", "salesforce/CommSubscriptionConsent.csv",
    "salesforce/ContactPointEmail.csv", "sendgrid/suppression_unsubscribes.csv",
    "mailchimp/subscribed_members_export_1.csv",
]  # fmt: skip


def sheet(data: bytes, *, told: Overrides | None = None) -> Read:
    return read(SHEET, data, how=how(SHEET), told=told)


def line(*cells: str) -> bytes:
    return ";".join((*cells, *[""] * (11 - len(cells)))).encode() + b"\n"


def refusal(data: bytes, *, told: Overrides | None = None) -> str:
    with pytest.raises(FileRefused) as refused:
        sheet(data, told=told)
    return refused.value.code


def headed(path: str) -> bytes:
    """The header a file of this path has."""
    layout: Layout = how(path).layout
    names = [name for names in layout.columns.values() for name in names]
    named = [name for one in layout.statements for name in one.columns]
    own = ["type", "date", "till", "opt-out offered", "salesforce contact id", "privacyconsentstatus", "partyid"]
    return ",".join(dict.fromkeys((*names, *named, *own))).encode() + b"\n"


@given(path=st.sampled_from(SHAPES), data=st.binary(max_size=200), with_header=st.booleans())
def test_any_bytes_are_rows_or_rows_put_aside_or_a_refusal_and_nothing_else(
    *, path: str, data: bytes, with_header: bool
) -> None:
    whole = headed(path) + data if with_header else data
    try:
        found = read(path, whole, how=how(path))
    except FileRefused:
        return
    assert found.count == len(found.rows) + len(found.aside)
    records = [row.record for row in found.rows] + [aside.record for aside in found.aside]
    assert sorted(records) == list(range(1, found.count + 1))


WORDS = st.sampled_from([
    "", "x@y.example", "true", "OptIn", "optout", "31/12/2024", "2024-02-30", "2031-01-01", "1735689600",
    "07700 900123", "=cmd|' /C calc'!A0", "LDN-01", "purchase", "SUBSCRIBED", "stop", "0PK0",
])  # fmt: skip


@given(st.sampled_from(SHAPES), st.lists(st.lists(WORDS, min_size=12, max_size=12), max_size=4))
def test_any_cells_are_rows_or_rows_put_aside(path: str, lines: list[list[str]]) -> None:
    header = headed(path)
    width = header.count(b",") + 1
    body = "\n".join(",".join((cells * 4)[:width]) for cells in lines).encode()
    try:
        found = read(path, header + body, how=how(path))
    except FileRefused:
        return
    assert found.count == len(found.rows) + len(found.aside)


def test_a_bomb_of_zeros_is_refused_by_what_comes_out_of_it() -> None:
    bomb = gzip.compress(bytes(64 << 20))
    tracemalloc.start()
    try:
        assert refusal(bomb, told=Overrides(largest=1 << 20)) == "file_too_large"
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_line_without_an_end_is_refused_in_bounded_memory() -> None:
    def opened() -> Iterator[bytes]:
        yield HEAD
        yield from (b"a" * PIECE for _ in range(2048))

    tracemalloc.start()
    try:
        with pytest.raises(FileRefused, match="record_too_long"):
            survey(opened, layout=how(SHEET).layout)
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_record_of_endless_lines_is_refused() -> None:
    assert refusal(HEAD + b'"' + b"\n" * (2 << 20)) == "unreadable_quotes"  # a cell is not as long as that
    assert refusal(HEAD + (b'"' + b"a\n" * 9000 + b'";') * 60) == "record_too_long"


def test_ten_thousand_columns_are_refused_and_ten_thousand_cells_are_put_aside() -> None:
    assert refusal(HEAD.strip() + b";" + b";".join(b"c%d" % place for place in range(10_000))) == "too_many_columns"
    found = sheet(HEAD + b";" * 9_999 + b"x\n" + line("a@mail.example"))
    assert [(one.record, one.reason) for one in found.aside] == [(1, "wrong_column_count")]
    assert len(found.rows) == 1


def test_a_formula_is_text_and_kept_only_where_it_is_asked_for() -> None:
    found = sheet(HEAD + line("a@mail.example", "=cmd|' /C calc'!A0", "", "", "", "", "", "", "", "", "=1+1"))
    assert found.rows[0].attributes["first_name"].reveal() == "=cmd|' /C calc'!A0"
    assert set(found.rows[0].attributes) == {"first_name"}


def test_a_row_with_nul_is_put_aside_and_its_neighbours_are_read() -> None:
    found = sheet(HEAD + line("a@mail.example") + line("b\0@mail.example") + line("c@mail.example"))
    assert [(one.record, one.reason) for one in found.aside] == [(2, "unreadable_bytes")]
    assert len(found.rows) == 2


def test_a_file_that_changes_while_it_is_read_is_refused() -> None:
    data = HEAD + line("a@mail.example")
    found = survey(lambda: [data], layout=how(SHEET).layout)
    changed = HEAD + line("b@mail.example")
    reading = rows(SHEET, lambda: [changed], how=how(SHEET), found=found)
    assert isinstance(next(reading), Row)
    with pytest.raises(FileRefused, match="file_changed"):
        next(reading)


def test_rows_are_a_stream_in_pieces_of_any_size() -> None:
    data = b"sep=;\r\n" + HEAD + line("a@mail.example") * 100

    def opened() -> Iterator[bytes]:
        yield from (data[place : place + 7] for place in range(0, len(data), 7))

    found = survey(opened, layout=how(SHEET).layout)
    assert (found.count, found.separator) == (100, ";")
    assert len(list(rows(SHEET, opened, how=how(SHEET), found=found))) == 100


def test_a_packed_file_is_read_like_the_file_in_it() -> None:
    data = HEAD + line("a@mail.example") * 5000
    packed = gzip.compress(data[:1000]) + gzip.compress(data[1000:])
    pieces = (packed[place : place + 100] for place in range(0, len(packed), 100))
    assert b"".join(unpacked(pieces)) == data
    assert b"".join(unpacked([gzip.compress(b"")])) == b""
    assert sheet(packed).count == 5000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04" + bytes(30), "packed_file"),
        (gzip.compress(HEAD)[:-4], "unreadable_bytes"),
        (gzip.compress(HEAD) + b"rest", "unreadable_bytes"),
        (b"\x1f\x8bno", "unreadable_bytes"),
    ],
    ids=["zip", "cut", "with a rest", "no gzip"],
)
def test_what_is_packed_otherwise_or_damaged_is_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_what_was_found_out_can_be_overridden() -> None:
    data = HEAD + line("a@mail.example", "Jos\u00e9")
    found = sheet(data, told=Overrides(encoding="cp1252"))
    assert found.rows[0].attributes["first_name"].reveal() == "Jos\u00c3\u00a9"
    assert refusal(data, told=Overrides(separator=",")) == "missing_column"
    assert refusal(data, told=Overrides(encoding="latin-7")) == "unknown_encoding"


@pytest.mark.parametrize(
    ("dates", "told", "reasons"),
    [
        (["03/04/2024", "31/12/2024"], None, []),
        (["03/04/2024", "12/31/2024"], None, []),
        (["03/04/2024"], None, ["unreadable_date"]),
        (["03/04/2024"], Overrides(day_first=True), []),
        (["31/12/2024", "12/31/2024"], None, ["unreadable_date", "unreadable_date"]),
    ],
)
def test_dates_with_slashes_are_read_where_the_file_shows_what_they_begin_with(
    dates: list[str], told: Overrides | None, reasons: list[str]
) -> None:
    body = b"".join(line("a@mail.example", "", "", "", "", "ja", "", date) for date in dates)
    assert [one.reason for one in sheet(HEAD + body, told=told).aside] == reasons


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "unreadable_json"),
        (b'{"results": 7}', "unreadable_json"),
        (b'{"results": ' + b"[" * 100_000, "unreadable_json"),
        (b'\xff{"results": []}', "unreadable_json"),
        (b" " * ((1 << 26) + 1), "file_too_large"),
    ],
)
def test_what_is_no_answer_in_json_is_refused(data: bytes, code: str) -> None:
    path = "hubspot/subscription_statuses.json"
    with pytest.raises(FileRefused) as refused:
        read(path, data, how=how(path))
    assert refused.value.code == code


def test_an_answer_in_json_that_says_something_else_is_put_aside() -> None:
    path = "hubspot/subscription_statuses.json"
    answers = [
        '{"subscriberIdString": "a@mail.example", "subscriptionName": "Billing", "channel": "EMAIL"}',
        '{"subscriberIdString": "a@mail.example", "subscriptionName": "One to One", "channel": "SMS"}',
        '{"subscriberIdString": 7}',
        '{"subscriberIdString": "a\\u0000@mail.example"}',
    ]
    found = read(path, f'{{"results": [{",".join(answers)}]}}'.encode(), how=how(path))
    assert [one.reason for one in found.aside] == [
        "unmapped_purpose", "unmapped_channel", "unreadable_value", "unreadable_bytes",
    ]  # fmt: skip
    assert read(path, b"", how=how(path)).count == 0


def test_a_list_of_numbers_puts_aside_lines_that_are_longer_or_no_text() -> None:
    found = read("tps/tps.txt", b"01632 960463\r\n\r\n01632 9604630000\r\n01632\0960463\r\n", how=how("tps/tps.txt"))
    assert [(one.record, one.reason) for one in found.aside] == [(2, "wrong_column_count"), (3, "unreadable_bytes")]
