"""The scripts of `.ci/`: the same for people and machines."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
SCRIPTS = ("bench", "check", "packages", "run", "test")
TEST_COMMAND = "python3 -m venv .venv && .venv/bin/pip install -q uv && .venv/bin/uv run --extra embedded .ci/test"


def test_there_are_five_scripts_and_each_stops_at_its_first_fault() -> None:
    assert sorted(path.name for path in (CHECKOUT / ".ci").iterdir()) == sorted(SCRIPTS)
    for name in SCRIPTS:
        script = CHECKOUT / ".ci" / name
        assert os.access(script, os.X_OK)
        assert script.read_text("utf-8").startswith("#!/usr/bin/env bash\n")
        assert "\nset -euo pipefail\n" in script.read_text("utf-8")


def test_the_machine_types_the_command_the_readme_gives_to_people() -> None:
    assert TEST_COMMAND in (CHECKOUT / "README.md").read_text("utf-8").splitlines()
    assert (CHECKOUT / ".ci/run").read_text("utf-8").splitlines()[-1] == TEST_COMMAND
