"""The README says what is so: its settings are the struct's, the tests behind its promises exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

from vault.base.settings import PREFIX, Settings
from vault.console.log.symmetry import FIGURES, Effort

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PROMISES = re.findall(r"^\| .+ \| `(tests/[^`]+)` \|$", README, re.MULTILINE)


def test_the_settings_table_is_the_struct() -> None:
    assert "\n".join(setting_rows()) in README, "the table should be:\n" + "\n".join(setting_rows())


@pytest.mark.parametrize("path", PROMISES)
def test_each_promise_has_a_file_of_tests(path: str) -> None:
    assert "def test_" in (ROOT / path).read_text("utf-8")


def test_what_a_yes_and_a_no_cost_is_what_is_counted_in_a_browser() -> None:
    rows = [f"| {one.where} | {told(one.yes)} | {told(one.no)} |" for one in FIGURES]
    assert "\n".join(rows) in README, "the table should be:\n" + "\n".join(rows)


def test_there_are_promises() -> None:
    assert len(PROMISES) > 12


def told(effort: Effort | None) -> str:
    if effort is None:
        return "no such button"
    counts = [
        (effort.presses, "press", "presses"),
        (effort.fields, "field", "fields"),
        (effort.sign_ins, "sign-in", ""),
    ]
    return ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in counts if number)


def setting_rows() -> list[str]:
    hints = get_type_hints(Settings, include_extras=True)
    return [
        f"| `{PREFIX}{field.name.upper()}` | {shown(field.default)} | {described(hints[field.name])} |"
        for field in msgspec.structs.fields(Settings)
    ]


def shown(default: object) -> str:
    if default is None:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def described(hint: object) -> str:
    [meta] = [item for item in get_args(hint) if isinstance(item, msgspec.Meta)]
    assert meta.description is not None
    return meta.description
