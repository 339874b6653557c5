"""Fields about oneself: which may be corrected, and what may stand in them."""

from __future__ import annotations

from unicodedata import category, is_normalized

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import make
from vault.base.errors import Denied, Invalid
from vault.domain.organization import Organization
from vault.domain.organization_file import read
from vault.domain.own.fields import LONGEST, check_correctable, correctable, may_correct, read_field


@pytest.fixture(scope="module")
def organization() -> Organization:
    return read(make.written(make.organization()))


def test_customers_correct_what_is_theirs_but_neither_their_age_nor_what_a_system_gave_them(
    organization: Organization,
) -> None:
    names = [one.key for one in correctable(organization)]
    assert names == ["first_name", "last_name", "salutation", "country", "language", "boot_size"]
    assert not may_correct(organization.attributes["birth_date"])
    assert not may_correct(organization.attributes["loyalty_number"])
    assert not may_correct(None)


@pytest.mark.parametrize("name", ["birth_date", "loyalty_number", "gone"])
def test_a_field_that_is_not_theirs_to_correct_is_refused(organization: Organization, name: str) -> None:
    check_correctable(organization, {"first_name": None})
    with pytest.raises(Denied, match="not_yours_to_correct"):
        check_correctable(organization, {"first_name": None, name: None})


@given(st.text(max_size=300))
def test_what_stands_in_a_field_is_one_line_of_text(text: str) -> None:
    try:
        kept = read_field(text)
    except Invalid:
        return
    if kept is None:
        assert not text.strip()
        return
    line = kept.reveal()
    assert line == " ".join(line.split())
    assert is_normalized("NFC", line)
    assert 0 < len(line) <= LONGEST
    assert not any(category(letter) in {"Cc", "Cs", "Co", "Cn"} for letter in line)
    assert read_field(line) == kept


@pytest.mark.parametrize(
    ("text", "code"),
    [("x" * 201, "too_long"), ("a\x07b", "unreadable_field"), ("a\u202eb", "unreadable_field")],
)
def test_what_is_no_line_of_text_is_refused_by_its_reason(text: str, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        read_field(text)


def test_names_of_every_script_and_shape_are_names() -> None:
    for name in ("Ö'Çelik-Ñandú", "مارلو", "می‌خواهم", "李明", "<script>alert(1)</script>", "x" * 200):
        kept = read_field(f"  {name} ")
        assert kept is not None
        assert kept.reveal() == name
