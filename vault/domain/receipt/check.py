"""Checking a receipt, ours or another's: which format it is, and every field that is missing or wrong, by its path.

A sentence says what stands there in words and what to write; never a value of the receipt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from vault.base.canonical import digest
from vault.domain.receipt.fields import ISO_27560, KANTARA, STORAGE, THIRD_PARTY, Field
from vault.domain.receipt.form import HASH, LIST, TERM, TEXTS

Format = Literal["iso-27560", "kantara"]

_SEVERAL: Final = "receipts"
_OURS: Final = "https://w3id.org/dpv/schema/dpv-27560#"
_WORDS: Final = ("schema:name", "schema:text", "schema:suggestedAnswer")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A field that is missing or wrong. `path` leads to it, such as `dpv:hasRecordOfActivity[0].dct:identifier`."""

    path: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}" if self.path else self.sentence


def receipts(document: Any) -> list[tuple[str, Any]]:
    """Return the receipts in a file, each with its path: one that is the file, or those of a list."""
    if isinstance(document, dict) and isinstance(document.get(_SEVERAL), list):
        document = document[_SEVERAL]
        return [(f"{_SEVERAL}[{index}]", one) for index, one in enumerate(document)]
    if isinstance(document, list):
        return [(f"[{index}]", one) for index, one in enumerate(document)]
    return [("", document)]


def recognised(receipt: Any) -> Format | None:
    """Return the format of a receipt, known by what it says of itself, or by members that no other has."""
    if not isinstance(receipt, dict):
        return None
    types, conforms = _each(receipt.get("@type")), receipt.get("dct:conformsTo")
    if "dpv:ConsentReceipt" in types or (isinstance(conforms, str) and conforms.startswith(_OURS)):
        return "iso-27560"
    if "dpv:hasRecordOfActivity" in receipt:
        return "iso-27560"
    known = ("consentReceiptID", "piiPrincipalId", "piiControllers", "consentTimestamp")
    return "kantara" if any(name in receipt for name in known) else None


def check(receipt: Any) -> list[Fault]:
    """Return everything that is missing or wrong; nothing of a receipt that holds."""
    form = recognised(receipt)
    if form == "iso-27560":
        return [*_members(receipt, ISO_27560, path=""), *_storage(receipt), *_fingerprints(receipt)]
    if form == "kantara":
        return [*_members(receipt, KANTARA, path=""), *_third_parties(receipt)]
    return [Fault(path="", sentence="this is neither an ISO/IEC TS 27560 receipt with DPV terms nor Kantara's")]


def _members(thing: Mapping[str, Any], fields: Sequence[Field], *, path: str) -> Iterator[Fault]:
    for field in fields:
        name = next((name for name in field.names if name in thing), field.names[0])
        yield from _member(thing.get(name), field, path=f"{path}.{name}" if path else name)


def _member(value: Any, field: Field, *, path: str) -> Iterator[Fault]:
    if value is None or value == "" or (value in ([], {}) and not _may_be_empty(field)):
        yield Fault(path=path, sentence=f"missing: {field.words}; write {field.form.words}")
    elif field.form is LIST and not isinstance(value, list):
        yield Fault(path=path, sentence=f"wrong: {field.words}; write {field.form.words}")
    elif isinstance(value, list) and field.form is not TEXTS:
        for index, one in enumerate(value):
            yield from _one(one, field, path=f"{path}[{index}]")
    else:
        yield from _one(value, field, path=path)


def _one(value: Any, field: Field, *, path: str) -> Iterator[Fault]:
    if field.within and isinstance(value, dict):
        yield from _members(value, field.within, path=path)
    elif (field.within and not field.named) or not _fits(value, field):
        yield Fault(path=path, sentence=f"wrong: {field.words}; write {_wanted(field)}")


def _fits(value: Any, field: Field) -> bool:
    thing = isinstance(value, dict) and field.form is TERM and isinstance(value.get("@id"), str)
    return thing or field.form.fits(value)


def _wanted(field: Field) -> str:
    return "a list of things with members" if field.form is LIST else field.form.words


def _may_be_empty(field: Field) -> bool:
    """Whether a list of none says something: that there is nothing sensitive."""
    return "spiCat" in field.names


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _things(within: Mapping[str, Any], name: str, *, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the things under a name, which may be one or several, with their paths."""
    value = within.get(name)
    for index, one in enumerate(_each(value)):
        if isinstance(one, dict):
            yield f"{path}{name}[{index}]" if isinstance(value, list) else f"{path}{name}", one


def _storage(receipt: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what is missing of where data lies and for how long, which the standard wants both."""
    for record_path, record in _things(receipt, "dpv:hasRecordOfActivity", path=""):
        for path, process in _things(record, "dpv:hasProcess", path=f"{record_path}."):
            conditions = [*_things(process, "dpv:hasStorageCondition", path=f"{path}.")]
            for kind, field in STORAGE.items() if conditions else ():
                of_kind = [(at, one) for at, one in conditions if kind in _each(one.get("@type"))]
                if not of_kind:
                    words = f"missing: {field.words}; add a {kind} with {field.names[0]}"
                    yield Fault(path=f"{path}.dpv:hasStorageCondition", sentence=words)
                for at, one in of_kind:
                    yield from _members(one, [field], path=at)


def _fingerprints(receipt: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield the notices whose words do not have the fingerprint beside them; those without words are told already."""
    for record_path, record in _things(receipt, "dpv:hasRecordOfActivity", path=""):
        for path, notice in _things(record, "dpv:hasNotice", path=f"{record_path}."):
            for _, shown in _things(notice, "schema:mainEntity", path=path):
                ask, details, answers = (shown.get(name) for name in _WORDS)
                if not (isinstance(answers, list) and len(answers) == len(("agree", "decline"))):
                    continue
                words = {"ask": ask, "details": details, "agree": answers[0], "decline": answers[1]}
                told, are_words = notice.get("schema:sha256"), all(isinstance(word, str) for word in words.values())
                if are_words and HASH.fits(told) and digest(words) != told:
                    yield Fault(
                        path=f"{path}.schema:sha256", sentence="wrong: it is not the fingerprint of the words beside it"
                    )


def _third_parties(receipt: Mapping[str, Any]) -> Iterator[Fault]:
    for service_path, service in _things(receipt, "services", path=""):
        for path, purpose in _things(service, "purposes", path=f"{service_path}."):
            if purpose.get("thirdPartyDisclosure") is True:
                yield from _members(purpose, [THIRD_PARTY], path=path)
