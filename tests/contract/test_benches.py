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

import pytest

from tests.bench.__main__ import BENCHES
from tests.bench.result import held
from tests.bench.written import RESULTS, write

CHECKOUT = Path(__file__).parents[2]
PATIENCE_SECONDS = 900  # all in turn, on a machine that does other things too


@pytest.fixture(scope="module")
def printed() -> dict[str, dict[str, Any]]:
    """What each bench printed, all of them run in turn as `all` does."""
    lines = [json.loads(line) for line in run("all")]
    return {line["bench"]: line for line in lines}


def test_all_runs_every_bench(printed: dict[str, dict[str, Any]]) -> None:
    assert [*printed] == [*BENCHES]


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_prints_the_machine_its_budget_and_whether_it_is_met(
    printed: dict[str, dict[str, Any]], name: str
) -> None:
    line = printed[name]
    assert line["machine"]
    assert line["cores"] >= 1
    assert line["budget"]
    assert all(bounded in line for bounded in line["budget"])
    assert line["met"] in {True, False}


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        ("decide", ("rate", "bare_rate", "ratio", "ungathered_ratio")),
        ("decide-one", ("durable_rows",)),
        ("batch", ("rate", "single_rate", "gain")),
        ("import", ("rate", "rss_mib", "own_us_each", "database_us_each", "settling_seconds")),
        ("audience", ("rate", "seconds_for_a_million", "rss_mib", "worker_us_each")),
        ("log", ("sequenced_per_second", "verified_per_second")),
        ("token", ("rate", "bare_rate", "ratio")),
    ],
)
def test_a_bench_measures_what_it_is_about(
    printed: dict[str, dict[str, Any]], name: str, measured: tuple[str, ...]
) -> None:
    for one in measured:
        assert isinstance(printed[name][one], int | float), one
        assert printed[name][one] > 0, one


def test_decide_one_measures_latencies(printed: dict[str, dict[str, Any]]) -> None:
    latency = printed["decide-one"]["latency_ms"]
    assert [*latency] == ["bare", "durable_row", "decide"]
    assert all(taken > 0 for taken in latency.values())


def test_growth_grows_to_what_it_says(printed: dict[str, dict[str, Any]]) -> None:
    near, far = printed["growth"]["stages"]
    assert (near["customers"], near["entries"]) == (10, 10)
    assert (far["customers"], far["entries"]) == (30, 100)
    assert min(near["rate"], far["rate"], far["bare_rate"]) > 0
    assert printed["growth"]["shared_buffers"]


def test_a_result_is_held_to_its_bounds() -> None:
    both = {"at_least": {"ratio": 0.6}, "at_most": {"slower": 0.25}}
    assert held("one", {"ratio": 0.6, "slower": 0.25}, **both)["met"]
    assert not held("one", {"ratio": 0.59, "slower": 0.25}, **both)["met"]
    assert not held("one", {"ratio": 0.6, "slower": 0.26}, **both)["met"]


def test_a_result_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    results = tmp_path / "RESULTS.md"
    results.write_text(RESULTS.read_text("utf-8"), "utf-8")
    before = results.read_text("utf-8")
    measured = {"rate": 4321, "latency_ms": {"bare": 1.5}, "stages": [{"customers": 10}]}
    for name, ratio in (("one", 0.5), ("other", 0.7), ("one", 0.25)):
        write(held(name, {**measured, "ratio": ratio}, at_least={"ratio": 0.3}), to=results)
    after = results.read_text("utf-8")
    [one] = [line for line in after.splitlines() if line.startswith("| `one` |")]
    assert "rate 4,321; latency_ms (bare 1.5); stages (customers 10); ratio 0.25 | ratio at least 0.3 | **no** |" in one
    assert len(after.splitlines()) == len(before.splitlines()) + 2
    assert [line for line in after.splitlines() if line in before.splitlines()] == before.splitlines()


def run(name: str) -> list[bytes]:
    """Run a bench in a process group of its own, and return the lines it printed."""
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
    return out.splitlines()
