"""Files the vault ships are found in a checkout and inside the installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault.base import files


def test_a_checkout_keeps_them_beside_the_package() -> None:
    assert files.shipped("migrations") == Path(__file__).parents[3] / "migrations"
    assert (files.shipped("policies") / "contact.cedar").is_file()


def test_a_wheel_keeps_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "vault"
    (package / "_migrations").mkdir(parents=True)
    monkeypatch.setattr(files, "_PACKAGE", package)
    assert files.shipped("migrations") == package / "_migrations"
    assert files.shipped("policies") == tmp_path / "policies"
