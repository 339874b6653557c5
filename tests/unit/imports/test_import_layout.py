from __future__ import annotations

from typing import Any

import pytest

from vault.imports.layout import Layout, Statement, Vocabulary, layout, matching
from vault.imports.row import FileRefused

VOCABULARY = Vocabulary(
    kinds={"email"},
    attributes={"first_name"},
    granted={"yes"},
    withdrawn={"no"},
    countries={},
    evidence={"double": ("asked_at", "confirmed_at", "confirmed_ip"), "paper": ("captured_at", "document")},
)


def of(file: dict[str, Any], **about: Any) -> Layout:
    source = {"about": "address", "columns": {"email": ["E-Mail"]}, **about, "files": {"a.csv": file}}
    return layout({"shop": source}, "shop", pattern="a.csv", vocabulary=VOCABULARY)


def test_a_statement_names_its_columns_as_headers_are_compared() -> None:
    said = {"purpose": "letter", "channel": "email", "evidence": "double", "asked_at": "ASKED ", "confirmed_at": "DONE"}
    assert of({"granted": said}).statements == (
        Statement(
            verdict="granted",
            purposes=("letter",),
            channels=("email",),
            at="done",
            evidence={"asked_at": "asked", "confirmed_at": "done"},
        ),
    )


def test_a_no_may_cover_several_purposes_and_have_a_date_of_its_own() -> None:
    [said] = of({"withdrawn": {"purpose": ["a", "b"], "channel": "email", "at": "When"}}).statements
    assert (said.verdict, said.purposes, said.at, said.word) == ("withdrawn", ("a", "b"), "when", None)


def test_any_other_key_is_the_column_whose_word_decides() -> None:
    file = {"date": "Datum", "Katalog": {"purpose": "c", "channel": "post", "evidence": "paper", "document": "Beleg"}}
    [said] = of(file).statements
    assert (said.word, said.at) == ("katalog", "datum")
    assert said.evidence == {"document": "beleg", "captured_at": "datum"}


def test_without_a_class_there_is_no_evidence_and_without_a_date_none_is_read() -> None:
    [said] = of({"refused": {"purpose": "a", "channel": "*", "evidence": "none"}}).statements
    assert (said.verdict, said.at, said.evidence) == ("refused", None, {})


def test_columns_of_the_file_stand_before_those_of_the_source() -> None:
    assert of({"columns": {"email": [" Mail"]}}).columns == {"email": ("mail",)}
    assert of({}).columns == {"email": ("e-mail",)}


def test_the_time_zone_is_the_sources_own_else_utc() -> None:
    assert str(of({}, time_zone="Europe/Berlin").zone) == "Europe/Berlin"
    assert str(of({}).zone) == "UTC"


def test_about_tells_addresses_from_people() -> None:
    assert of({}).about_address
    assert not of({}, about="person").about_address


@pytest.mark.parametrize(
    ("file", "about", "place"),
    [
        ({"suppress": ["bounce"]}, {}, "suppress"),
        ({"withdrawn": {"A": {"purpose": "a"}}}, {}, "withdrawn"),
        ({"granted": {"purpose": "a", "channel": "email", "when": {"A": 1}}}, {}, "granted.when"),
        ({"granted": {"purpose": "a", "channel": "email", "document": "D"}}, {}, "granted.document"),
        ({}, {"subscriptions": {"A": "b"}}, "subscriptions"),
        ({}, {"columns": {}}, "columns"),
        ({"columns": {"same_as": {"column": "A", "source": "b"}}}, {}, "columns"),
    ],
)
def test_what_is_not_understood_refuses_the_file_for_it_could_be_a_no(
    file: dict[str, Any], about: dict[str, Any], place: str
) -> None:
    with pytest.raises(FileRefused, match="unsupported_mapping") as refused:
        of(file, **about)
    assert place in refused.value.detail


def test_a_file_is_found_by_its_name_in_whatever_folder() -> None:
    sources: dict[str, Any] = {"mail": {"files": {"subscribed_*": {}, "un*": {}}}, "other": {}}
    assert matching(sources, "export/subscribed_7.csv") == [("mail", "subscribed_*")]
    assert matching(sources, "unsubscribed_7.csv") == [("mail", "un*")]
    assert matching(sources, "subscribed/readme.txt") == []


def test_where_two_sources_fit_the_folder_tells_them_apart() -> None:
    sources: dict[str, Any] = {"mail": {"files": {"a.csv": {}}}, "crm": {"files": {"a.csv": {}}}}
    assert matching(sources, "x/crm/a.csv") == [("crm", "a.csv")]
    assert len(matching(sources, "a.csv")) == 2
