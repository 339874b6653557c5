"""A receipt without something it must have is found out: the field is named by its path, in plain words."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.receipt.receipt_cases import a_fact, as_read, changed, paths, spelled, told
from vault.domain.receipt import fields
from vault.domain.receipt.check import Fault, check, receipts, recognised
from vault.domain.receipt.fields import Field
from vault.domain.receipt.iso_27560 import iso_27560
from vault.domain.receipt.kantara import kantara

Path = tuple[Any, ...]
Json = Any

_RECORD: Final = ("dpv:hasRecordOfActivity", 0)
_PROCESS: Final = (*_RECORD, "dpv:hasProcess", 0)


@cache
def iso() -> Json:
    return as_read(iso_27560(told()))


@cache
def kant() -> Json:
    return as_read(kantara(told()))


def mandatory(value: Any, wanted: tuple[Field, ...], path: Path = ()) -> list[tuple[Path, tuple[str, ...]]]:
    """Return each member that the tables of fields want, where the receipt has it: the way there, and its names."""
    found: list[tuple[Path, tuple[str, ...]]] = []
    for field in wanted:
        found.append((path, tuple(name for name in field.names if name in value)))
        name = found[-1][1][0]
        inner = value[name]
        for index, one in enumerate(inner) if isinstance(inner, list) else [(None, inner)]:
            if field.within and isinstance(one, dict):
                found += mandatory(one, field.within, (*path, name) if index is None else (*path, name, index))
    return found


def must(document: Json) -> list[tuple[Path, tuple[str, ...]]]:
    return mandatory(document, fields.KANTARA if "consentReceiptID" in document else fields.ISO_27560)


CASES: Final = [(made, path, names) for made in (iso, kant) for path, names in must(made())]


def test_what_we_hand_out_has_everything() -> None:
    assert check(iso()) == []
    assert check(kant()) == []
    assert (recognised(iso()), recognised(kant())) == ("iso-27560", "kantara")


@given(st.sampled_from(CASES))
def test_every_mandatory_field_that_is_taken_out_is_named(case: tuple[Any, Path, tuple[str, ...]]) -> None:
    made, path, names = case
    document = made()
    for name in names:
        document = changed(document, (*path, name))
    [fault] = [one for one in check(document) if one.path in {spelled((*path, name)) for name in names}]
    assert fault.sentence.startswith("missing: ")


@given(st.sampled_from(CASES), st.sampled_from([None, "", [], 7.5, -1, {}]))
def test_every_mandatory_field_that_is_empty_or_of_the_wrong_form_is_named(
    case: tuple[Any, Path, tuple[str, ...]], wrong: Any
) -> None:
    made, path, names = case
    found = check(changed(made(), (*path, names[0]), wrong))
    if names == ("spiCat",) and wrong == []:
        assert found == []
    else:
        assert any(one.path.startswith(spelled((*path, names[0]))) for one in found)


@given(st.sampled_from([*paths(iso())]), st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
       lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5))  # fmt: skip
def test_whatever_stands_in_a_field_checking_ends_and_quotes_nothing(path: Path, value: Any) -> None:
    for fault in check(changed(iso(), path, value)):
        assert "quokka" not in str(fault)
        assert fault.sentence


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("dct:created",), "2026-11-02T12:00:00", "a time with its offset"),
        (("dct:created",), "yesterday", "a time with its offset"),
        (("dct:conformsTo",), "dpv", "an address on the web"),
        (("dct:conformsTo",), "https://[", "an address on the web"),
        ((*_RECORD, "dpv:hasJurisdiction"), "Great Britain", "a term of a vocabulary"),
        ((*_RECORD, "dpv:hasNotice", 0, "dct:language"), "English!", "a language"),
        ((*_RECORD, "dpv:hasNotice", 0, "schema:sha256"), "0" * 63, "64 hexadecimal digits"),
        ((*_RECORD, "dpv:hasNotice", 0, "schema:sha256"), "0" * 64, "not the fingerprint"),
        ((*_RECORD, "dpv:hasDataController"), "https://shop.example/", "a thing with members"),
        ((*_PROCESS, "dpv:hasPersonalData"), ["pd:EmailAddress", 7], "a term of a vocabulary, or a thing"),
        (("@context",), 7, "or a thing with members"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_to_write(path: Path, value: Any, named: str) -> None:
    [fault] = check(changed(iso(), path, value))
    assert fault.path.startswith(spelled(path))
    assert fault.sentence.startswith("wrong: ")
    assert named in fault.sentence


@pytest.mark.parametrize("gone", ["dpv:StorageLocation", "dpv:StorageDuration"])
def test_both_where_data_lies_and_how_long_must_be_told(gone: str) -> None:
    place = (*_PROCESS, "dpv:hasStorageCondition")
    stored = iso()["dpv:hasRecordOfActivity"][0]["dpv:hasProcess"][0]["dpv:hasStorageCondition"]
    [fault] = check(changed(iso(), place, [one for one in stored if one["@type"] != gone]))
    assert fault.path == spelled(place)
    assert gone in fault.sentence
    bare = [{"@type": one["@type"]} for one in stored]
    assert [one.path for one in check(changed(iso(), place, bare))] == [
        f"{spelled(place)}[0].dpv:hasLocation",
        f"{spelled(place)}[1].dpv:hasDuration",
    ]


def test_another_s_receipt_may_name_things_instead_of_telling_of_them() -> None:
    document = changed(iso(), (*_RECORD, "dpv:hasDataSubject"), "0760c9ba")
    document = changed(document, (*_PROCESS, "dpv:hasPersonalData"), "pd:EmailAddress")
    document = changed(
        document, (*_RECORD, "dpv:hasProcess"), document["dpv:hasRecordOfActivity"][0]["dpv:hasProcess"][0]
    )
    document = changed(document, (*_RECORD, "dpv:hasLegalBasis"), {"@id": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"})
    document = changed(document, ("dpv:hasRecordOfActivity",), document["dpv:hasRecordOfActivity"][0])
    assert check(document) == []


def test_words_without_both_answers_have_no_fingerprint_to_hold_them_to() -> None:
    place = (*_RECORD, "dpv:hasNotice", 0, "schema:mainEntity", "schema:suggestedAnswer")
    assert check(changed(iso(), place)) == []


def test_kantara_wants_the_name_of_whoever_else_gets_the_data() -> None:
    place = ("services", 0, "purposes", 0, "thirdPartyName")
    assert [one.path for one in check(changed(kant(), place))] == [spelled(place)]
    alone = changed(changed(kant(), place), (*place[:-1], "thirdPartyDisclosure"), *[False])
    assert check(alone) == []


@pytest.mark.parametrize("nothing", [None, 7, "quokka", [], {}, {"quokka": 1}, {"@type": "dpv:Purpose"}])
def test_what_is_no_receipt_is_told_so(nothing: Any) -> None:
    assert recognised(nothing) is None
    [fault] = check(nothing)
    assert str(fault) == fault.sentence
    assert "neither" in fault.sentence


def test_a_receipt_is_known_by_any_of_its_marks() -> None:
    assert recognised({"@type": ["dpv:ConsentReceipt"]}) == "iso-27560"
    assert recognised({"dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#receipt"}) == "iso-27560"
    assert recognised({"dpv:hasRecordOfActivity": []}) == "iso-27560"
    assert recognised({"piiPrincipalId": "cus_a"}) == "kantara"


def test_a_file_may_hold_one_or_many() -> None:
    assert receipts(iso()) == [("", iso())]
    assert receipts({"receipts": [1, 2]}) == [("receipts[0]", 1), ("receipts[1]", 2)]
    assert receipts([1]) == [("[0]", 1)]
    assert str(Fault(path="a.b", sentence="missing")) == "a.b: missing"


def test_a_no_without_words_and_a_yes_whose_words_are_lost_are_told_apart() -> None:
    no = as_read(iso_27560(told(a_fact(kind="refused", method="phone"))))
    assert check(no) == []
    lost = as_read(iso_27560(told(a_fact(notice=99, words="0" * 64))))
    assert [one.path for one in check(lost)] == [
        spelled((*_RECORD, "dpv:hasNotice", 0, "schema:mainEntity")),
    ]


def test_one_where_several_are_wanted_is_wrong() -> None:
    [fault] = check(changed(kant(), ("piiControllers",), "Fernhill"))
    assert fault.path == "piiControllers"
    assert fault.sentence.startswith("wrong: who is responsible; write ")


def test_words_where_a_record_belongs_are_a_fault_and_nothing_below_them_is_looked_for() -> None:
    found = check(changed(iso(), ("dpv:hasRecordOfActivity",), ["words"]))
    assert [fault.path for fault in found] == ["dpv:hasRecordOfActivity[0]"]
