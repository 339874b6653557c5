"""The half of the SDK that does not await is the one written from the half that does."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from consent_vault._generate import generate

PACKAGE = Path(__file__).parents[2] / "sdk/python/consent_vault"


def test_the_sync_half_is_what_the_async_half_makes_of_it(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE / "_asynchronous", tmp_path / "_asynchronous")
    made = {path.name: path.read_bytes() for path in generate(tmp_path)}
    kept = {path.name: path.read_bytes() for path in (PACKAGE / "_generated").glob("*.py")}
    assert kept == made, "run: python -m consent_vault._generate"


def test_nothing_in_the_sync_half_awaits() -> None:
    for path in (PACKAGE / "_generated").glob("*.py"):
        assert not re.search(r"\b(async|await)\b", path.read_text("utf-8"))
