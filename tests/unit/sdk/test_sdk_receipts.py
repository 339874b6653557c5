"""The SDK verifies receipts offline, and believes nothing that was changed, by whatever letter."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from consent_vault import receipts
from consent_vault.promises import key_id
from hypothesis import given
from hypothesis import strategies as st

from tests.make import SeededEntropy
from tests.unit.domain.receipt.receipt_cases import a_fact, as_read, changed, paths, told
from vault.crypto import detached, note_keys
from vault.domain.receipt.iso_27560 import iso_27560
from vault.domain.receipt.kantara import kantara

KEY: Final = note_keys.fresh("ed25519", SeededEntropy())
OTHER: Final = note_keys.fresh("ed25519", SeededEntropy(2))
KEYS: Final[dict[str, Any]] = {"keys": [detached.public_jwk(KEY, kid=key_id(KEY.public))]}


def signed(document: dict[str, Any], **given: str) -> dict[str, Any]:
    kid, kind = given.get("kid", key_id(KEY.public)), given.get("kind", "consent-receipt")
    return document | {"signature": detached.sign(KEY, document, kid=kid, kind=kind)}


ISO: Final = as_read(signed(iso_27560(told(a_fact(channel="sms")))))
KANTARA: Final = as_read(signed(kantara(told())))


@pytest.mark.parametrize("receipt", [ISO, KANTARA])
@pytest.mark.parametrize("keys", [KEY.public, [OTHER.public, KEY.public], KEYS])
def test_what_we_signed_verifies_however_it_is_laid_out(receipt: dict[str, Any], keys: receipts.Keys) -> None:
    shuffled = dict(reversed(receipt.items()))
    for text in (json.dumps(receipt), json.dumps(shuffled, indent=4), json.dumps(receipt, ensure_ascii=False).encode()):
        assert receipts.verify(text, keys)


def test_a_receipt_says_its_format_and_by_which_key_it_was_signed() -> None:
    [first], [second] = receipts.read(json.dumps(ISO)), receipts.read(json.dumps(KANTARA))
    assert (first.format, second.format) == ("iso-27560", "kantara")
    assert first.id == second.id == "rct_a"
    assert first.key == key_id(KEY.public)
    assert "signature" not in first.document
    assert receipts.verify(first, KEY.public)


def test_all_receipts_in_one_file_verify_together_or_not_at_all() -> None:
    assert receipts.verify(json.dumps({"receipts": [ISO, KANTARA], "without": []}), KEYS)
    assert not receipts.verify(json.dumps({"receipts": [ISO, changed(KANTARA, ("sensitive",), *[True])]}), KEYS)
    assert not receipts.verify(json.dumps({"receipts": []}), KEYS)


@given(st.sampled_from([(one, path) for one in (ISO, KANTARA) for path in paths(one)]),
       st.sampled_from([None, "other", 7, 7.5, [], {"a": "b"}, 2**60]))  # fmt: skip
def test_whatever_is_changed_it_no_longer_verifies(case: tuple[dict[str, Any], tuple[Any, ...]], value: Any) -> None:
    receipt, path = case
    assert not receipts.verify(json.dumps(changed(receipt, path)), KEYS)
    other = changed(receipt, path, value)
    assert other == receipt or not receipts.verify(json.dumps(other), KEYS)


@given(st.text(max_size=3))
def test_whatever_is_added_it_no_longer_verifies(name: str) -> None:
    if name not in ISO:
        assert not receipts.verify(json.dumps(ISO | {name: "x"}), KEYS)


@pytest.mark.parametrize(
    "keys",
    [OTHER.public, [], {}, {"keys": 7}, {"keys": [7, {"kty": "EC"}, {"kty": "OKP", "crv": "Ed25519"}]}, b"short"],
)
def test_without_the_right_key_nothing_verifies(keys: Any) -> None:
    assert not receipts.verify(json.dumps(ISO), keys)


def test_a_signature_for_another_use_or_by_a_key_of_another_name_is_none() -> None:
    document = iso_27560(told())
    assert not receipts.verify(json.dumps(signed(document, kind="at+jwt")), KEYS)
    assert not receipts.verify(json.dumps(signed(document, kid="other")), KEYS)


@pytest.mark.parametrize(
    "text",
    ["", "quokka", "[]", "7", "null", "{}", '{"signature": 7}', '{"signature": "a..b"}', "[" * 100_000, b"\xff",
     json.dumps({"signature": ISO["signature"]}), json.dumps({"signature": ISO["signature"], "dct:identifier": 7})],
)  # fmt: skip
def test_what_is_no_signed_receipt_is_told_so(text: str | bytes) -> None:
    assert not receipts.verify(text, KEYS)
    with pytest.raises(ValueError, match="that is no signed receipt"):
        receipts.read(text)


def test_a_document_too_deep_to_write_does_not_verify() -> None:
    [receipt] = receipts.read(json.dumps(ISO))
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert not receipts.verify(receipts.Receipt(**{**vars(receipt), "document": {"a": deep}}), KEYS)
