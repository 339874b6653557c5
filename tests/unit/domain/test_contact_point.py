"""Contact points: one spelling to keep, one to find them by."""

from __future__ import annotations

import subprocess
import sys

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.contact_point import Normalised, normalise

KINDS = ["email", "phone", "fax_number", "push_token", "postal_address"]


def _read(kind: str, text: str, region: str = "GB") -> Normalised:
    return normalise(kind, Personal(text), region=region)


def _value(kind: str, text: str, region: str = "GB") -> str:
    return _read(kind, text, region).value.reveal()


def _index(kind: str, text: str, region: str = "GB") -> str:
    return _read(kind, text, region).index.reveal()


def _refused(kind: str, text: str, region: str = "GB") -> Invalid:
    with pytest.raises(Invalid) as refusal:
        _read(kind, text, region)
    return refusal.value


def test_an_address_keeps_its_case_and_is_found_without_it() -> None:
    assert _value("email", " Danny.Cichorius@Example.NET ") == "Danny.Cichorius@example.net"
    assert _index("email", "Danny.CICHORIUS@example.net") == "danny.cichorius@example.net"


def test_a_domain_becomes_its_a_label() -> None:
    assert _value("email", "Elke@Höffmann.example") == "Elke@xn--hffmann-90a.example"
    assert _value("email", "Elke@XN--HFFMANN-90A.example") == "Elke@xn--hffmann-90a.example"


def test_composed_and_decomposed_letters_are_one_address() -> None:
    assert _value("email", "rene\u0301@mail.example") == "ren\u00e9@mail.example"
    assert _index("email", "RENE\u0301@mail.example") == _index("email", "ren\u00e9@mail.example")


def test_case_is_folded_as_languages_do_it() -> None:
    assert _index("email", "STRASSE@mail.example") == _index("email", "straße@mail.example")
    assert _value("email", "straße@mail.example") == "straße@mail.example"


def test_what_follows_a_plus_sign_is_part_of_the_address() -> None:
    assert _index("email", "anna+shop@mail.example") != _index("email", "anna@mail.example")


@pytest.mark.parametrize("domain", ["mail.example", "example.net", "mail.test", "test"])
def test_domains_for_trying_pass(domain: str) -> None:
    assert _value("email", f"anna@{domain}") == f"anna@{domain}"


@pytest.mark.parametrize(
    "text",
    ["", " ", "none", "anna", "@mail.example", "anna@", "anna@example", "anna@example..com", "anna@exa_mple.example",
     "anna@mail.example bob@mail.example", "Anna <anna@mail.example>", "anna@localhost", "anna@[127.0.0.1]",
     "anna@mail.example\x00", '"an na"@mail.example', "a\ud800@mail.example", "a" * 400_000 + "@mail.example",
     "a" * 60 + "@" + "b." * 120 + "example"],
)  # fmt: skip
def test_what_is_no_address_is_unreadable(text: str) -> None:
    assert _refused("email", text).code == "unreadable_email"


@pytest.mark.parametrize(
    "text",
    ["01632 960001", "+44 1632 960001", "0044 1632 960001", "+44 (0)1632 960001", "tel:+44-1632-960001",
     "TEL: 01632 960001", "1632960001", "01632 960001 ext. 12", "+44 1632 960001;ext=12", " 01632/960001 ",
     "\uff10\uff11\uff16\uff13\uff12 960001"],
)  # fmt: skip
def test_a_number_has_one_spelling(text: str) -> None:
    assert _value("phone", text) == _index("phone", text) == "+441632960001"


def test_a_number_without_country_code_is_read_in_the_region() -> None:
    assert _value("phone", "(604) 555-0134", "CA") == "+16045550134"
    assert _value("phone", "0604 555 0134", "GB") == "+446045550134"


def test_a_possible_number_is_enough() -> None:
    assert _value("phone", "07700 900001") == "+447700900001"


@pytest.mark.parametrize(
    "text",
    ["", "call mum", "n/a", "#REF!", "see notes", "+44 ??", "4.47701E+11", "07700 9OO4I2", "0800 FLOWERS", "12",
     "0" * 300, "01632 960001 x12", "+999 1234567", "020 7946 0436 / 020 7946 0437", "------------", "\x00", "٣٤٥ أ",
     "07700 900001" + " " * 60 + "2"],
)  # fmt: skip
def test_what_is_no_number_is_unreadable(text: str) -> None:
    assert _refused("phone", text).code == "unreadable_phone"


def test_a_number_without_its_area_code_is_unreadable() -> None:
    assert _refused("phone", "555-0134", "US").code == "unreadable_phone"


def test_a_national_number_in_a_region_nobody_knows_is_unreadable() -> None:
    assert _refused("phone", "01632 960001", "ZZ").code == "unreadable_phone"
    assert _value("phone", "+44 1632 960001", "ZZ") == "+441632960001"


def test_a_fax_number_is_read_like_a_telephone_number() -> None:
    assert _value("fax_number", "01632 960001") == "+441632960001"
    assert _refused("fax_number", "call mum").code == "unreadable_fax_number"


def test_a_postal_address_keeps_its_lines_and_is_found_without_them() -> None:
    written = "  1  Larch Yard \r\n\r\n Fernmoor\t ZZ1 1AA "
    assert _value("postal_address", written) == "1 Larch Yard\nFernmoor ZZ1 1AA"
    assert _index("postal_address", written) == "1 Larch Yard Fernmoor ZZ1 1AA"


def test_a_push_token_keeps_its_case() -> None:
    assert _value("push_token", " aB3:xY ") == _index("push_token", "aB3:xY") == "aB3:xY"


@pytest.mark.parametrize("text", ["", " \n ", "a\x00b", "a\x1bb", "a\ud800b"])
def test_what_is_no_text_is_unreadable(text: str) -> None:
    assert _refused("push_token", text).code == "unreadable_push_token"


def test_neither_form_shows_itself_and_no_error_names_a_value() -> None:
    assert "danny" not in repr(_read("email", "danny@mail.example")).lower()
    for kind, text in (("email", "danny@"), ("phone", "danny"), ("push_token", "danny\x00")):
        refusal = _refused(kind, text)
        assert "danny" not in str(refusal)
        assert refusal.__cause__ is None


@given(st.sampled_from(KINDS), st.text() | st.emails() | st.from_regex(r"\+?[0-9 ()/-]{5,16}"))
def test_any_text_is_read_or_refused_and_both_forms_read_as_themselves(kind: str, text: str) -> None:
    try:
        once = _read(kind, text)
    except Invalid as refusal:
        assert refusal.code == f"unreadable_{kind}"  # noqa: PT017 - both outcomes are right
        return
    assert normalise(kind, once.value, region="GB") == once
    once.value.reveal().encode()
    assert normalise(kind, once.index, region="GB").index == once.index


def test_reading_numbers_loads_no_maps_and_reading_addresses_no_dns() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, vault.domain.contact_point; print(*sys.modules)"],
        capture_output=True, check=True, text=True,
    ).stdout.split()  # fmt: skip
    assert "phonenumbers" in loaded
    assert not {"phonenumbers.geocoder", "phonenumbers.geodata", "phonenumbers.carrier", "dns", "asyncio"} & set(loaded)


@given(
    local=st.text("aB9._+-'!# ", min_size=1, max_size=70),
    domain=st.sampled_from(["mail.example", "Mail.Example.COM", "xn--bcher-kva.example", "a..b", "a.test", "1.2.3.4"])
    | st.text("aZ9.-_", max_size=12),
)
def test_a_plain_address_is_read_as_the_library_reads_any(local: str, domain: str) -> None:
    text = f"{local}@{domain}".strip()
    try:
        read = validate_email(text, check_deliverability=False, test_environment=True)
        expected = f"{read.local_part}@{read.ascii_domain}"
    except EmailNotValidError:
        expected = ""
    try:
        assert normalise("email", Personal(text), region="GB").value.reveal() == expected
    except Invalid:
        assert not expected
