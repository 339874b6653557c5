"""What a file says of the portal becomes colours that can be read, or a fault that names the pair."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault.domain.look.portal import Portal
from vault.domain.organization_file import OrganizationFileError, read

SMALL = (Path(__file__).parents[1] / "small.yaml").read_text(encoding="utf-8")
LINE = 'portal: {accent: "#1E5B3A"}\n'


def portal(text: str) -> Portal:
    return read(SMALL.replace(LINE, text)).portal


def test_an_accent_brings_its_own_dark_one() -> None:
    found = portal(LINE)
    assert found == Portal(accent="#1E5B3A", accent_dark=found.accent_dark, font="own")
    assert found.accent_dark == "#91cea7"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Portal()),
        ("portal: {font: system}\n", Portal(font="system")),
        (
            'portal: {accent: "#1E5B3A", accent_dark: "#86cfa6"}\n',
            Portal(accent="#1E5B3A", accent_dark="#86cfa6"),
        ),
    ],
)
def test_what_is_left_out_is_the_vaults_own(text: str, found: Portal) -> None:
    assert portal(text) == found


def test_it_says_where_to_write_and_to_complain() -> None:
    found = read(
        SMALL.replace(
            "  locale: en\n",
            "  locale: en\n  contact: {email: privacy@shop.example}\n  complaint_bodies: {GB: The Commissioner}\n",
        )
    ).portal
    assert (found.email, found.complaints) == ("privacy@shop.example", "The Commissioner")


@pytest.mark.parametrize(
    ("text", "path", "detail"),
    [
        (
            'portal: {accent: "#ffcc00"}\n',
            "portal.accent",
            "accent on sheet has a contrast of 1.51 : 1 and needs 4.5 : 1; choose a darker colour",
        ),
        ('portal: {accent: "#b8560b"}\n', "portal.accent", "accent on paper has a contrast of 4.4"),
        (
            'portal: {accent: "#1E5B3A", accent_dark: "#1E5B3A"}\n',
            "portal.accent_dark",
            "needs 4.5 : 1; choose a lighter colour",
        ),
        ('portal: {accent_dark: "#86cfa6"}\n', "portal.accent_dark", "goes with an accent; write that as well"),
        ('portal: {accent: "#1E5B3A", font: Comic Sans}\n', "portal.font", "write one of own, system"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_ratio(text: str, path: str, detail: str) -> None:
    with pytest.raises(OrganizationFileError) as refused:
        portal(text)
    assert any(fault.path == path and detail in fault.detail for fault in refused.value.faults), refused.value.faults
