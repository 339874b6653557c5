"""Receipts as others wrote them down: Kantara's published schema, and the fields of ISO/IEC TS 27560 for the GDPR."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft4Validator

from tests.unit.domain.receipt.receipt_cases import NOW, a_fact, as_read, organization, told
from vault.domain.organization import EVERY
from vault.domain.receipt.check import check
from vault.domain.receipt.iso_27560 import iso_27560
from vault.domain.receipt.kantara import kantara

SCHEMA: Final = json.loads((Path(__file__).parent / "kantara_consent_receipt_1_1.json").read_text("utf-8"))
_RECORD: Final = "dpv:hasRecordOfActivity.*."
_PROCESS: Final = f"{_RECORD}dpv:hasProcess.*."
_CONTROLLER: Final = f"{_RECORD}dpv:hasDataController."
_EVENT: Final = f"{_RECORD}dpv:hasConsentStatus.*."
_NOTICE: Final = f"{_RECORD}dpv:hasNotice.*."
GDPR: Final = {
    "schema version": "dct:conformsTo",
    "receipt id": "dct:identifier",
    "created": "dct:created",
    "schema version of the record": f"{_RECORD}dct:conformsTo",
    "record id": f"{_RECORD}dct:identifier",
    "pii principal id": f"{_RECORD}dpv:hasDataSubject.dct:identifier",
    "privacy notice": f"{_RECORD}dpv:hasNotice.*.@id",
    "language": f"{_NOTICE}dct:language",
    "purpose": f"{_PROCESS}dpv:hasPurpose.dct:title",
    "purpose type": f"{_PROCESS}dpv:hasPurpose.skos:broader",
    "lawful basis": f"{_RECORD}dpv:hasLegalBasis",
    "pii type": f"{_PROCESS}dpv:hasPersonalData.*.skos:broader",
    "pii optional": f"{_PROCESS}dpv:hasNecessity",
    "pii controllers": f"{_CONTROLLER}@id",
    "collection method": f"{_PROCESS}dpv:hasDataSource",
    "processing method": f"{_PROCESS}dpv:hasProcessing.*",
    "storage locations": f"{_PROCESS}dpv:hasStorageCondition.0.dpv:hasLocation",
    "retention period": f"{_PROCESS}dpv:hasStorageCondition.1.dpv:hasDuration.rdf:value",
    "jurisdiction": f"{_RECORD}dpv:hasJurisdiction",
    "recipient third parties": f"{_PROCESS}dpv:hasRecipient.*",
    "withdrawal method": f"{_RECORD}dpv:hasConsentControl.dpv:isExercisedAt",
    "privacy rights": f"{_RECORD}dpv:hasRight.*.dpv:isExercisedAt",
    "authority party": f"{_RECORD}dpv:hasAuthority.*.dpv:hasName",
    "party id": f"{_CONTROLLER}dpv:hasIdentifier",
    "party address": f"{_CONTROLLER}dpv:hasAddress",
    "party name": f"{_CONTROLLER}dpv:hasName",
    "party role": f"{_CONTROLLER}@type",
    "party contact": f"{_CONTROLLER}dpv:hasContact.*",
    "event time": f"{_EVENT}dpv:isIndicatedAtTime",
    "validity duration": f"{_EVENT}dpv:hasDuration.rdf:value",
    "entity id": f"{_EVENT}dpv:isIndicatedBy",
    "event type": f"{_RECORD}dpv:hasLegalBasis",
    "event state": f"{_EVENT}@type",
}
"""What the standard or the GDPR makes mandatory, by the table "ISO 27560:2023, EU GDPR, and DPV" of
https://w3id.org/dpv/guides/consent-27560 (2024-08-01), and where it stands in ours."""

WAYS: Final = [(purpose, channel) for purpose, channel in organization().ways() if purpose.basis == "consent"]
YESES: Final = [(purpose, channel) for purpose, channel in WAYS if purpose.notice is not None]


def a_yes(purpose: Any, channel: str) -> Any:
    notice = organization().notices[purpose.notice][-1]
    shown: dict[str, Any] = {"notice": notice.version, "locale": "de", "words": notice.words("de")}
    return told(a_fact(purpose=purpose.key, channel=channel, **shown))


def at(value: Any, path: str) -> list[Any]:
    """Return what stands at a path, of each where it says `*`."""
    found = [value]
    for step in path.split("."):
        if step == "*":
            found = [one for each in found for one in (each if isinstance(each, list) else [each])]
        elif step.isdigit():
            found = [each[int(step)] for each in found]
        else:
            found = [each[step] for each in found]
    return found


@pytest.mark.parametrize(("purpose", "channel"), YESES, ids=lambda one: getattr(one, "key", one))
def test_a_receipt_of_every_yes_that_can_be_said_holds_by_kantara_s_schema(purpose: Any, channel: str) -> None:
    Draft4Validator.check_schema(SCHEMA)
    document = as_read(kantara(a_yes(purpose, channel)))
    assert [error.message for error in Draft4Validator(SCHEMA).iter_errors(document)] == []
    assert check(document) == []


@pytest.mark.parametrize("field", [*SCHEMA["required"]])
def test_our_own_check_finds_what_kantara_s_schema_finds(field: str) -> None:
    document = {name: value for name, value in as_read(kantara(told())).items() if name != field}
    assert [error.validator for error in Draft4Validator(SCHEMA).iter_errors(document)] == ["required"]
    assert [one.path for one in check(document)] == [field]


@pytest.mark.parametrize(("purpose", "channel"), YESES, ids=lambda one: getattr(one, "key", one))
def test_a_receipt_of_every_yes_has_each_field_that_is_mandatory_under_the_gdpr(purpose: Any, channel: str) -> None:
    document = as_read(iso_27560(a_yes(purpose, channel)))
    for field, path in GDPR.items():
        found = at(document, path)
        assert found, field
        assert all(found), field
    assert check(document) == []


@pytest.mark.parametrize("kind", ["refused", "withdrawn", "objected"])
def test_a_no_to_everything_has_each_of_them_too(kind: str) -> None:
    document = as_read(iso_27560(told(a_fact(kind=kind, purpose="offers", channel=EVERY, at=NOW))))
    assert check(document) == []
    for field, path in GDPR.items():
        assert at(document, path), field
