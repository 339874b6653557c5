"""Keys of a file in the organization file: what they make rows say, and which of them nobody understands."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.unit.imports.samples import EXPORTED, ORGANIZATION, spell
from vault.actions.importing.sources import vocabulary
from vault.imports.files.packed import unpacked
from vault.imports.files.table import table
from vault.imports.files.when import form, instant, unix
from vault.imports.layout import layout, of_mapping
from vault.imports.reading import Reading, read
from vault.imports.row import FileRefused, Read
from vault.imports.salesforce.catalogue import Catalogue, whole_id

WORDS = vocabulary(ORGANIZATION)
COLUMNS = {"email": ["Mail"], "first_name": ["Name"], "birth_date": ["Born"]}
NO = {"purpose": "sales", "channel": "email"}
LONDON = ZoneInfo("Europe/London")
DEALINGS: dict[str, Any] = {"dealing": {"at": "When", "Type": {"Sale": "purchased"}}}


def told(mapping: dict[str, Any], text: str) -> Read:
    plan = of_mapping({"about": "person", "columns": COLUMNS, **mapping}, vocabulary=WORDS)
    return read("a.csv", text.encode(), how=Reading(layout=plan, vocabulary=WORDS, spell=spell, exported_at=EXPORTED))


def why(mapping: dict[str, Any], text: str) -> list[str]:
    return [one.reason for one in told(mapping, text).aside]


def test_a_mapping_of_its_own_reads_any_table() -> None:
    mapping = {"time_zone": "Europe/Berlin", "date": "When", "Offers": NO}
    found = told(mapping, "Mail|Name|Born|Offers|When\na@mail.example|Ann|1.2.1990|no|1.3.2024\n")
    [said] = found.rows[0].said
    assert (said.verdict, said.at) == ("refused", datetime(2024, 2, 29, 23, tzinfo=UTC))
    assert str(found.rows[0].birth_date) == "1990-02-01"


def test_a_date_of_birth_that_is_none_is_set_aside() -> None:
    found = told({}, "Mail,Born\na@mail.example,long ago\n")
    assert [cell.reason for cell in found.cells] == ["unreadable_date"]
    assert found.rows[0].birth_date is None


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"columns": {"email": ["Mail"], "shoe_colour": ["Colour"]}}, "undeclared_field"),
        ({"columns": "Mail"}, "unsupported_mapping"),
        ({"about": "dogs"}, "unsupported_mapping"),
    ],
)
def test_a_mapping_to_what_nobody_declared_is_refused(mapping: dict[str, Any], code: str) -> None:
    with pytest.raises(FileRefused) as refused:
        told(mapping, "Mail\n")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ({"granted": {"Sales": NO}}, "granted.Sales"),
        ({"refused": {"Sales": "sales"}}, "refused.Sales"),
        ({"inbound": {"words": {}}}, "inbound"),
        ({"inbound": {"stop_words": {"granted": NO}}}, "stop_words.granted"),
        ({"suppress": {"column": "A", "B": ["bounce"]}}, "suppress.B"),
        ({"email": {"granted": {"A": "sales"}, "default": "B"}}, "email.default"),
        ({"dealing": {"at": "When"}}, "dealing"),
        ({"dealing": {"at": "When", "Type": {"gift": "given"}}}, "dealing.gift"),
        ({"dealing": {"at": "When", "Type": "purchased"}}, "dealing"),
        ({"dates": {"LDN": {"form": "DD/MM"}}}, "dates.LDN"),
        ({"dates": {"LDN": "DD/MM/YYYY"}}, "dates.LDN"),
        ({"dates": {"LDN": {"form": "DD/MM/YYYY DD"}}}, "dates.LDN"),
    ],
)
def test_a_key_that_is_not_understood_refuses_the_file(file: dict[str, Any], place: str) -> None:
    with pytest.raises(FileRefused, match="unsupported_mapping") as refused:
        told(file, "Mail\n")
    assert place in refused.value.detail


@pytest.mark.parametrize("link", [{"column": "A", "source": "b"}, {"column": "A"}, ["A"]])
def test_a_link_to_a_source_nobody_declared_refuses_the_file(link: Any) -> None:
    sources = {"crm": {"about": "person", "files": {"a.csv": {"columns": {"email": ["Mail"], "same_as": link}}}}}
    with pytest.raises(FileRefused, match="same_as"):
        layout(sources, "crm", pattern="a.csv", vocabulary=WORDS)


def test_a_layout_is_plain_when_it_tells_nothing_but_who_said_yes_or_no() -> None:
    assert of_mapping({"about": "person", "columns": COLUMNS, "Offers": NO}, vocabulary=WORDS).plain
    for more in ({"suppress": "bounce"}, DEALINGS, {"objected": NO}):
        assert not of_mapping({"about": "person", "columns": COLUMNS, **more}, vocabulary=WORDS).plain


@pytest.mark.parametrize(
    ("about", "place"),
    [
        ({"words": {}}, "words"),
        ({"flags": {"Contact": {}}}, "flags.Contact"),
        ({"flags": {"Lead.DoNotCall": {}}}, "flags.Lead"),
        ({"flags": {"Contact.DoNotCall": {"granted": NO}}}, "DoNotCall.granted"),
        ({"purposes": {"Sales": 7}}, "purposes.Sales"),
        ({"purposes": {"Sales": {"withdrawn": 7}}}, "purposes.Sales"),
    ],
)
def test_a_key_of_salesforce_that_is_not_understood_refuses_its_file(about: dict[str, Any], place: str) -> None:
    sources = {"crm": {"about": "person", "flags": {}, **about}}
    name = "ContactPointTypeConsent.csv" if "purposes" in about else "Contact.csv"
    with pytest.raises(FileRefused, match="unsupported_mapping") as refused:
        layout(sources, "crm", pattern=name, vocabulary=WORDS)
    assert place in refused.value.detail


def test_a_dealing_needs_a_known_word_and_a_date() -> None:
    head = "Mail,Type,When\n"
    [row] = told(DEALINGS, f"{head}a@mail.example,sale,2024-01-02\n").rows
    assert [(one.kind, one.refusal_offered) for one in row.dealings] == [("purchased", False)]
    assert told(DEALINGS, f"{head}a@mail.example,sale,\n").rows[0].dealings == ()
    assert why(DEALINGS, f"{head}a@mail.example,gift,2024-01-02\n") == ["unreadable_value"]
    assert why(DEALINGS, f"{head}a@mail.example,sale,soon\n") == ["unreadable_date"]


def test_the_column_that_tells_the_form_of_dates_is_found_or_named() -> None:
    till = {"LDN": {"form": "DD/MM/YYYY", "time_zone": "Europe/London"}}
    forms: dict[str, Any] = {**DEALINGS, "dates": till}
    head = "Mail,Type,When,Till,Shop\n"
    assert len(told(forms, f"{head}a@mail.example,sale,02/01/2024,ldn,\n").rows[0].dealings) == 1
    assert why(forms, f"{head}a@mail.example,sale,02/01/2024,ldn,\nb@mail.example,sale,02/01/2024,?,\n") == [
        "unreadable_date"
    ]
    named: dict[str, Any] = {**DEALINGS, "dates": {**till, "by": "Shop"}}
    assert why(named, f"{head}a@mail.example,sale,02/01/2024,ldn,\n") == ["unreadable_date"]
    assert why(named, "Mail,Type,When\na@mail.example,sale,02/01/2024\n") == ["unreadable_date"]
    with pytest.raises(FileRefused, match="missing_column"):
        told(forms, f"{head}a@mail.example,sale,02/01/2024,?,\n")


def test_without_words_no_message_is_a_stop() -> None:
    mapping = {"inbound": {"stop_words": {"suppress": "stop_word"}}, "columns": {"email": ["Mail"]}}
    [row] = told(mapping, "Mail,Body,Direction,SentDate\na@mail.example,stop,inbound,\n").rows
    assert row.suppressed == ()


def test_a_bounce_with_a_date_of_its_own_is_dated() -> None:
    found = told(
        {"suppress": {"Bounced": "bounce"}, "date": "When"}, "Mail,Bounced,When\na@mail.example,x,2024-01-02\n"
    )
    assert [(one.kind, one.at.date().isoformat()) for one in found.rows[0].suppressed] == [("bounce", "2024-01-02")]


def crm(name: str, text: str, catalogue: Catalogue | None = None) -> Read:
    words = vocabulary(ORGANIZATION)
    plan = layout(ORGANIZATION.sources, "salesforce", pattern=f"{name}.csv", vocabulary=words)
    how = Reading(layout=plan, vocabulary=words, spell=spell, exported_at=EXPORTED, catalogue=catalogue)
    return read(f"{name}.csv", text.encode(), how=how)


FLAGS = "HasOptedOutOfEmail,HasOptedOutOfFax,DoNotCall,EmailBouncedDate"


def test_a_link_to_nobody_is_set_aside_and_without_a_catalogue_nobody_can_tell() -> None:
    text = f"Id,IndividualId,{FLAGS}\n003000000000001AAA,0PK000000000001AAA,0,0,0,\n"
    assert len(crm("Contact", text).rows[0].links) == 1
    found = crm("Contact", text, Catalogue())
    assert found.rows[0].links == ()
    assert [cell.reason for cell in found.cells] == ["unknown_reference"]


def test_a_no_without_a_readable_date_counts_in_salesforce_too() -> None:
    people = Catalogue()
    people.gather("Individual", table(["Id,IsDeleted\n0PK000000000001AAA,0\nbroken\n"]))
    head = "Id,PartyId,ContactPointType,DataUsePurposeId,PrivacyConsentStatus,CaptureDate\n"
    line = "0ZX000000000001,0PK000000000001AAA,Email,,{},{}\n"
    found = crm("ContactPointTypeConsent", head + line.format("OptOut", "soon"), people)
    assert {one.at for one in found.rows[0].said} == {EXPORTED}
    assert [cell.reason for cell in found.cells] == ["unreadable_date"]
    found = crm("ContactPointTypeConsent", head + line.format("OptIn", "soon"), people)
    assert [one.reason for one in found.aside] == ["unmapped_purpose"]


def test_what_ids_stand_for_needs_its_columns() -> None:
    with pytest.raises(FileRefused, match=r"missing_column: .*name"):
        Catalogue().gather("DataUsePurpose", table(["Id\n1\n"]))
    Catalogue().gather("DataUsePurpose", table([""]))


def test_of_an_id_the_first_fifteen_characters_count_and_get_their_checksum() -> None:
    for own in ("003000000003oBr", "003000000003oBrAAI", "003000000003oBraai"):
        assert whole_id(own) == "003000000003oBrAAI"
    assert whole_id("003000000003OBR") != "003000000003oBrAAI"
    assert whole_id("") == ""


@pytest.mark.parametrize(
    ("shape", "text", "at"),
    [
        ("MM/DD/YYYY hh:MM AM", "07/01/2024 12:05 AM", datetime(2024, 6, 30, 23, 5, tzinfo=UTC)),
        ("MM/DD/YYYY hh:MM AM", "07/01/2024 12:05 PM", datetime(2024, 7, 1, 11, 5, tzinfo=UTC)),
        ("YYYY-MM-DDTHH:MM:SS±HH:MM", "2024-07-01T10:00:30+02:00", datetime(2024, 7, 1, 8, 0, 30, tzinfo=UTC)),
        ("DD.MM.YYYY HH:MM", "01.07.2024 10:00", datetime(2024, 7, 1, 9, tzinfo=UTC)),
        ("DD.MM.YYYY HH:MM", "01/07/2024 10:00", None),
        ("DD.MM.YYYY HH:MM", "31.06.2024 10:00", None),
    ],
)
def test_a_form_of_dates_reads_what_is_in_it_and_nothing_else(shape: str, text: str, at: datetime | None) -> None:
    found = form(shape, LONDON)
    assert found is not None
    assert found.instant(text) == at


def test_slashes_are_read_only_by_who_knows_what_they_begin_with() -> None:
    assert instant("02/01/2024", LONDON) is None
    assert instant("02/01/2024", LONDON, day_first=True) == datetime(2024, 1, 2, tzinfo=UTC)
    assert instant("02/01/2024", LONDON, day_first=False) == datetime(2024, 2, 1, tzinfo=UTC)


def test_seconds_since_1970_are_a_date_and_milliseconds_are_none() -> None:
    assert unix("1735689600") == datetime(2025, 1, 1, tzinfo=UTC)
    assert unix("1735689600000") is None


@pytest.mark.parametrize("size", [1 << 16, (1 << 16) + 1, 1 << 20])
def test_all_that_was_packed_comes_out(size: int) -> None:
    assert sum(map(len, unpacked([gzip.compress(bytes(size))]))) == size
