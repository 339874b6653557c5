"""`python -m tests.bench NAME|all [--json] [--small] [--write]`: measures side by side; exits 1 where one misses."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from tests.bench import written
from tests.bench.audience import audience
from tests.bench.batch import batch
from tests.bench.decide import decide
from tests.bench.growth import growth
from tests.bench.importing import importing
from tests.bench.log import sequence
from tests.bench.single import decide_one
from tests.bench.token import token
from tests.bench.world import run

BENCHES: dict[str, tuple[Any, dict[str, Any]]] = {  # each with what makes it tiny
    "decide": (decide, {"customers": 20, "connections": 8, "seconds": 0.5, "rounds": 1}),
    "decide-one": (decide_one, {"customers": 5, "seconds": 0.2, "rounds": 1}),
    "batch": (batch, {"customers": 20, "most": 30, "connections": 8, "seconds": 0.2, "rounds": 1}),
    "audience": (audience, {"customers": 30, "workers": 1}),
    "import": (importing, {"rows": 60, "workers": 1}),
    "log": (sequence, {"entries": 300, "rounds": 1}),
    "token": (token, {"connections": 8, "seconds": 0.5, "rounds": 1}),
    "growth": (
        growth,
        {
            "stages": ((10, 10), (30, 100)),
            "shared_buffers": None,
            "connections": 8,
            "seconds": 0.2,
            "rounds": 1,
        },
    ),
}
ALL = "all"


def main() -> int:
    """Run one bench, or all in turn, and print what each measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=[*BENCHES, ALL])
    parser.add_argument("--json", action="store_true", help="one JSON object on a line for each")
    parser.add_argument("--small", action="store_true", help="tiny, for its shape: asserts no ratio")
    parser.add_argument("--write", action="store_true", help="put what was measured into RESULTS.md")
    asked = parser.parse_args()
    if asked.small and asked.write:
        parser.error("what is measured small is no result")
    results = [_measured(name, asked) for name in (BENCHES if asked.name == ALL else [asked.name])]
    return 0 if asked.small or all(result["met"] for result in results) else 1


def _measured(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    bench, small = BENCHES[name]
    result: dict[str, Any] = run(bench(**(small if asked.small else {})))
    if asked.json:
        print(json.dumps(result), flush=True)
    else:
        for label, value in result.items():
            print(f"{label:>18}  {value}", flush=True)
    if asked.write:
        written.write(result)
    return result


if __name__ == "__main__":
    sys.exit(main())
