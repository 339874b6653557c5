"""Where auditors and admins sign in: the section of the organization file, and the role a claim gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vault.base.canonical import canonical
from vault.domain.organization import plain
from vault.domain.organization_file import OrganizationFileError, difference, read
from vault.domain.sign_in.provider import StaffSignIn, roles

SMALL = (Path(__file__).parent / "small.yaml").read_text(encoding="utf-8")
SECTION = """staff_sign_in:
  issuer: https://login.shop.example/realm
  client_id: vault
  claim: groups
  auditors: [data-protection]
  admins: [marketing-ops, it]
"""
STAFF = StaffSignIn(
    issuer="https://login.shop.example/realm",
    client_id="vault",
    claim="groups",
    auditors=("data-protection",),
    admins=("marketing-ops", "it"),
)


def test_a_file_says_who_signs_staff_in() -> None:
    assert read(SMALL).staff_sign_in is None
    assert read(SMALL + SECTION).staff_sign_in == STAFF


def test_a_file_without_it_is_the_same_configuration_as_ever() -> None:
    assert b"staff_sign_in" not in canonical(plain(read(SMALL)))


def test_a_change_of_it_is_told_line_by_line() -> None:
    bare, full = read(SMALL), read(SMALL + SECTION)
    assert difference(bare, full) == [
        f"changes organization: staff_sign_in.{change}"
        for change in (
            "issuer: none → https://login.shop.example/realm",
            "client_id: none → vault",
            "claim: none → groups",
            "authentication: none → private_key_jwt",
            "auditors: adds data-protection",
            "admins: adds marketing-ops, it",
        )
    ]
    assert difference(full, full) == []
    other = read(SMALL + SECTION.replace("admins: [marketing-ops, it]", "admins: [it]"))
    assert difference(full, other) == ["changes organization: staff_sign_in.admins: drops marketing-ops"]
    assert "changes organization: staff_sign_in.client_id: vault → none" in difference(full, bare)


@pytest.mark.parametrize(
    ("old", "new", "path", "detail"),
    [
        ("https://login.shop.example/realm", "http://login.shop.example", "issuer", "such as https://login"),
        ("https://login.shop.example/realm", "https://login.shop.example?x=1", "issuer", "such as https://login"),
        ("  claim: groups\n", "", "", "claim is missing"),
        ("vault", "''", "client_id", "write text"),
        (
            "  claim: groups\n",
            "  claim: groups\n  authentication: client_secret_basic\n",
            "authentication",
            "private_key_jwt",
        ),
        ("  claim: groups\n", "  claim: groups\n  scopes: ['a b']\n", "scopes[0]", "a scope the provider knows"),
        ("  auditors: [data-protection]\n  admins: [marketing-ops, it]\n", "", "", "nobody can sign in like this"),
        ("admins: [marketing-ops, it]", "admins: [it, data-protection]", "admins[1]", "makes auditors already"),
    ],
)
def test_what_is_wrong_with_it_is_said(old: str, new: str, path: str, detail: str) -> None:
    with pytest.raises(OrganizationFileError) as refused:
        read(SMALL + SECTION.replace(old, new))
    [fault] = refused.value.faults
    assert fault.path == ("staff_sign_in." + path).strip(".")
    assert detail in fault.detail


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ({"groups": ["data-protection", "sales"]}, {"auditor"}),
        ({"groups": ["it"]}, {"admin"}),
        ({"groups": "it"}, {"admin"}),
        ({"groups": ["it", "data-protection"]}, {"auditor", "admin"}),
        ({"groups": ["IT", "it "]}, set()),
        ({"groups": []}, set()),
        ({"groups": None}, set()),
        ({"groups": {"it": True}}, set()),
        ({"groups": [["it"], 7, {"it": 1}]}, set()),
        ({"roles": ["it"]}, set()),
        ({}, set()),
    ],
)
def test_a_role_comes_by_the_words_of_one_claim_as_they_stand(claims: dict[str, Any], found: set[str]) -> None:
    assert roles(STAFF, claims) == found
