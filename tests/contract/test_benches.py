"""The benches keep their shape: each runs, tiny, and prints what its budget is about. No ratio is asserted here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120


def test_decide_prints_its_rates_and_ratios() -> None:
    printed = bench("decide")
    assert printed["bench"] == "decide"
    for name in ("rate", "bare_rate", "ratio", "ungathered_ratio"):
        assert isinstance(printed[name], int | float), name
        assert printed[name] > 0, name


def test_token_prints_its_rates_and_their_ratio() -> None:
    printed = bench("token")
    assert printed["bench"] == "token"
    for name in ("rate", "bare_rate", "ratio"):
        assert isinstance(printed[name], int | float), name
        assert printed[name] > 0, name


def bench(name: str) -> dict[str, Any]:
    """Run a bench in a process group of its own, and return what it printed."""
    command = [sys.executable, "-m", "tests.bench", name, "--small", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, cwd=CHECKOUT, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            # Interrupted it stops its servers and its database; killed it would leave them.
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=PATIENCE_SECONDS)
            raise
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, err.decode()
    [line] = out.splitlines()
    printed: dict[str, Any] = json.loads(line)
    return printed
