"""Passkeys: what is asked of a browser, which answers are believed, and that nothing a stranger sends is an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from tests.authenticator import ATTESTED, PRESENT, VERIFIED, Device
from vault.crypto import passkey
from vault.crypto.passkey import LARGEST, Account, Passkey, PasskeyError, Site

SITE = Site(origin="http://localhost:8471", domain="localhost")
ACCOUNT = Account(handle=b"h" * 17, name="auditor", at="Fernhill Outdoor")
FIRST, SECOND = b"1" * 40, b"2" * 40


def enrolling(challenge: bytes = FIRST, known: tuple[bytes, ...] = ()) -> dict[str, Any]:
    return passkey.to_enrol(SITE, ACCOUNT, challenge=challenge, known=known)


def signing(challenge: bytes = SECOND) -> dict[str, Any]:
    return passkey.to_sign(SITE, challenge=challenge)


def enrolled(device: Device) -> Passkey:
    return passkey.enrolled(device.create(enrolling()), site=SITE, challenge=FIRST)


def signed(answer: str, kept: Passkey, *, site: Site = SITE, challenge: bytes = SECOND) -> Passkey:
    return passkey.signed(answer, site=site, challenge=challenge, passkey=kept)


@pytest.mark.parametrize(
    ("issuer", "found"),
    [
        ("https://vault.example", Site(origin="https://vault.example", domain="vault.example")),
        ("https://Vault.Example:443/", Site(origin="https://vault.example", domain="vault.example")),
        ("https://vault.example:8443/x", Site(origin="https://vault.example:8443", domain="vault.example")),
        ("http://127.0.0.1:8471", SITE),
        ("http://[::1]:8471", SITE),
        ("http://localhost:80", Site(origin="http://localhost", domain="localhost")),
        ("https://10.0.0.1", None),
        ("https://[2001:db8::1]:8471", None),
    ],
)
def test_passkeys_are_of_the_issuers_name_and_never_of_a_number(issuer: str, found: Site | None) -> None:
    assert passkey.site(issuer) == found


def test_a_new_passkey_needs_no_name_looks_who_holds_it_and_tells_no_device() -> None:
    options = enrolling(known=(b"known",))
    assert options["rp"] == {"id": "localhost", "name": "Fernhill Outdoor"}
    assert options["user"]["id"] == passkey.text(ACCOUNT.handle)
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert [credential["id"] for credential in options["excludeCredentials"]] == [passkey.text(b"known")]
    assert [kind["alg"] for kind in options["pubKeyCredParams"]] == [-7, -8, -257]


def test_signing_asks_for_nobody_in_particular() -> None:
    options = signing()
    assert (options["rpId"], options["userVerification"]) == ("localhost", "required")
    assert not options.get("allowCredentials")


@pytest.mark.parametrize(
    "private",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ],
)
def test_a_passkey_that_was_enrolled_signs(private: Any) -> None:
    device = Device()
    kept = passkey.enrolled(device.create(enrolling(), private), site=SITE, challenge=FIRST)
    answer = device.get(signing())
    said = passkey.read(answer)
    assert (said.id, said.challenge, said.handle) == (kept.id, SECOND, ACCOUNT.handle)
    assert signed(answer, kept).count == 2


def test_a_new_passkeys_answer_names_no_holder() -> None:
    assert passkey.read(Device().create(enrolling())).handle is None


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:8472"},
        {"type": "webauthn.get"},
        {"challenge": passkey.text(SECOND)},
    ],
)
def test_an_enrolment_for_another_question_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(PasskeyError):
        passkey.enrolled(Device().create(enrolling(), **changes), site=SITE, challenge=FIRST)


@pytest.mark.parametrize("flags", [0, PRESENT, VERIFIED])
def test_a_device_that_did_not_look_who_holds_it_is_refused(flags: int) -> None:
    with pytest.raises(PasskeyError):
        passkey.enrolled(Device(flags=flags | ATTESTED).create(enrolling()), site=SITE, challenge=FIRST)
    device = Device()
    kept = enrolled(device)
    device.flags = flags
    with pytest.raises(PasskeyError):
        signed(device.get(signing()), kept)


def test_a_key_of_a_kind_nobody_asked_for_is_refused() -> None:
    answer = Device().create(enrolling(), ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(PasskeyError):
        passkey.enrolled(answer, site=SITE, challenge=FIRST)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "http://evil.example"},
        {"type": "webauthn.create"},
        {"challenge": passkey.text(FIRST)},
    ],
)
def test_a_signature_on_another_question_is_refused(changes: dict[str, Any]) -> None:
    device = Device()
    kept = enrolled(device)
    with pytest.raises(PasskeyError):
        signed(device.get(signing(), **changes), kept)


def test_a_signature_at_another_domain_is_refused() -> None:
    device = Device()
    kept = enrolled(device)
    device.domain = "evil.example"
    with pytest.raises(PasskeyError):
        signed(device.get(signing()), kept)


def test_a_signature_of_another_key_is_refused() -> None:
    device = Device()
    kept = enrolled(device)
    enrolled(device)
    with pytest.raises(PasskeyError):
        signed(device.get(signing()), kept)
    other = json.loads(device.get(signing()))
    other["id"] = other["rawId"] = passkey.text(kept.id)
    with pytest.raises(PasskeyError):
        signed(json.dumps(other), kept)


def test_a_true_signature_under_another_passkeys_name_is_refused() -> None:
    device = Device()
    kept = enrolled(device)
    renamed = json.loads(device.get(signing()))
    renamed["id"] = renamed["rawId"] = passkey.text(b"another")
    with pytest.raises(PasskeyError):
        signed(json.dumps(renamed), kept)


def test_an_answer_from_within_a_frame_is_refused() -> None:
    device = Device()
    kept = enrolled(device)
    device.framed = True
    with pytest.raises(PasskeyError):
        passkey.read(device.get(signing()))
    assert kept.count == 1


@pytest.mark.parametrize(
    ("kept", "now", "copied"), [(0, 0, False), (0, 1, False), (4, 5, False), (4, 4, True), (4, 3, True), (4, 0, True)]
)
def test_a_count_that_does_not_grow_tells_of_a_copy(kept: int, now: int, *, copied: bool) -> None:
    before, after = (Passkey(id=b"i", public_key=b"k", count=count) for count in (kept, now))
    assert passkey.is_copied(before, after) is copied


def test_a_count_is_only_judged_by_what_was_signed() -> None:
    device = Device()
    kept = enrolled(device)
    device.count = -1
    assert passkey.is_copied(kept, signed(device.get(signing()), kept))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 5_000,
        '{"rawId": "", "response": {"clientDataJSON": "e30"}}',
        '{"rawId": "AA", "response": {"clientDataJSON": "e30"}}',
        '{"rawId": "A", "response": {"clientDataJSON": "e30"}}',
        '{"rawId": "A+", "response": {"clientDataJSON": "e30"}}',
        '{"rawId": "AA", "response": {"clientDataJSON": "\\ud800"}}',
        '{"rawId": "AA", "response": {"clientDataJSON": "' + "A" * LARGEST + '"}}',
        "\ud800",
    ],
)
def test_what_is_no_answer_is_refused(answer: str) -> None:
    with pytest.raises(PasskeyError):
        passkey.read(answer)


@given(where=st.integers(0, 10_000), to=st.characters())
def test_an_answer_with_one_letter_changed_is_read_as_itself_or_refused(where: int, to: str) -> None:
    device = Device()
    kept = enrolled(device)
    answer = device.get(signing())
    at = where % len(answer)
    changed = answer[:at] + to + answer[at + 1 :]
    try:
        assert passkey.read(changed).id
        assert signed(changed, kept).count == 2
    except PasskeyError:
        return
