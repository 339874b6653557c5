"""`consent-vault receipt check`: names what a receipt lacks by its path, verifies who signed it, and quotes nothing."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path
from typing import Any, Final

import pytest
from consent_vault.promises import key_id

from tests.command import run
from tests.make import SeededEntropy
from tests.unit.domain.receipt.receipt_cases import as_read, changed, told
from vault.cli.main import main
from vault.crypto import detached, note_keys
from vault.domain.receipt.form import INSTANT
from vault.domain.receipt.iso_27560 import iso_27560
from vault.domain.receipt.kantara import kantara

KEY: Final = note_keys.fresh("ed25519", SeededEntropy())
OTHER: Final = note_keys.fresh("ed25519", SeededEntropy(2))
KEYS: Final = {"keys": [detached.public_jwk(KEY, kid=key_id(KEY.public))]}
SPELLED: Final = b64encode(KEY.public).decode()


def signed(document: dict[str, Any]) -> Any:
    return as_read(
        document | {"signature": detached.sign(KEY, document, kid=key_id(KEY.public), kind="consent-receipt")}
    )


ISO: Final = signed(iso_27560(told()))
KANTARA: Final = signed(kantara(told()))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "receipt.json"


def check(file: Path, document: Any, *more: str) -> int:
    file.write_text(json.dumps(document))
    return main(["receipt", "check", str(file), *more])


def test_both_formats_are_recognised_and_a_whole_one_is_well(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(file, ISO) == 0
    line = "ISO/IEC TS 27560: every mandatory field is there; signature not checked; give the organization's key"
    assert capsys.readouterr().out.startswith(line)
    assert check(file, KANTARA, "--key", SPELLED) == 0
    assert capsys.readouterr().out == "Kantara 1.1: every mandatory field is there; signed by the key given\n"


def test_what_is_missing_is_named_by_its_path_and_the_command_ends_with_1(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = changed(ISO, ("dpv:hasRecordOfActivity", 0, "dpv:hasAuthority"))
    assert check(file, changed(lacking, ("dct:created",), "quokka")) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"  dct:created: wrong: when the receipt was made; write {INSTANT.words}",
        "  dpv:hasRecordOfActivity[0].dpv:hasAuthority: missing: where to complain; write a thing with members",
    ]
    assert check(file, {"purpose": "quokka"}) == 1
    assert "neither an ISO/IEC TS 27560 receipt" in capsys.readouterr().out


@pytest.mark.parametrize("keys", [KEYS, SPELLED])
def test_a_key_may_come_as_a_file_or_be_typed_in_either_base64(keys: Any, file: Path, tmp_path: Path) -> None:
    held = tmp_path / "keys.json"
    held.write_text(keys if isinstance(keys, str) else json.dumps(keys))
    assert check(file, ISO, "--key", str(held)) == 0
    assert check(file, ISO, "--key", urlsafe_b64encode(KEY.public).decode().rstrip("=")) == 0
    both = ["--key", b64encode(OTHER.public).decode(), "--key", SPELLED]
    assert check(file, ISO, *both) == 0


def test_another_key_a_changed_word_and_no_signature_are_told_apart(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(file, ISO, "--key", b64encode(OTHER.public).decode()) == 1
    assert "its signature is not by the key given" in capsys.readouterr().out
    assert check(file, changed(ISO, ("dct:identifier",), "rct_b"), "--key", SPELLED) == 1
    assert "or it was changed since" in capsys.readouterr().out
    assert check(file, changed(ISO, ("signature",)), "--key", SPELLED) == 1
    assert "it is not signed" in capsys.readouterr().out
    assert check(file, changed(ISO, ("signature",))) == 0


def test_all_receipts_in_one_file_are_told_each(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = {"receipts": [ISO, changed(KANTARA, ("policyUrl",))], "without": []}
    assert check(file, many, "--key", SPELLED) == 1
    first, second, fault = capsys.readouterr().out.splitlines()
    assert first.startswith("receipts[0]: ISO/IEC TS 27560: every mandatory field is there; signed")
    assert second.startswith("receipts[1]: Kantara 1.1: 1 to mend; its signature is not")
    assert fault.startswith("  policyUrl: missing")
    assert check(file, many, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert [(one["place"], one["format"], len(one["faults"]), one["signature"]) for one in found] == [
        ("receipts[0]", "iso-27560", 0, "not checked"),
        ("receipts[1]", "kantara", 1, "not checked"),
    ]


def test_what_cannot_be_read_or_asked_so_is_one_sentence(file: Path, tmp_path: Path) -> None:
    file.write_text("quokka")
    assert "this is no JSON" in run("receipt", "check", file).refused()
    assert "No such file" in run("receipt", "check", tmp_path / "nowhere").refused()
    file.write_text('{"receipts": []}')
    assert run("receipt", "check", file).refused() == "there is no receipt in this file"
    file.write_text(json.dumps(ISO))
    for key in ("quokka", "{", '{"keys": []}', "AAAA", "ü"):
        assert "--key wants" in run("receipt", "check", file, "--key", key).refused()
    assert run("receipt", "check", file, "--key", SPELLED).well().endswith("signed by the key given\n")
