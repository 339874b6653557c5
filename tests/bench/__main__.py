"""`python -m tests.bench NAME [--json] [--small]`: measures side by side, and exits 1 where the budget is missed."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from tests.bench.decide import decide
from tests.bench.log import sequence
from tests.bench.token import token
from tests.bench.world import run

BENCHES: dict[str, tuple[Any, dict[str, Any]]] = {  # each with what makes it tiny
    "decide": (decide, {"customers": 20, "connections": 8, "seconds": 0.5, "rounds": 1}),
    "log": (sequence, {"entries": 300, "rounds": 1}),
    "token": (token, {"connections": 8, "seconds": 0.5, "rounds": 1}),
}


def main() -> int:
    """Run one bench and print what it measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=[*BENCHES])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--small", action="store_true", help="tiny, for its shape: asserts no ratio")
    asked = parser.parse_args()
    bench, small = BENCHES[asked.name]
    result = run(bench(**(small if asked.small else {})))
    if asked.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:>18}  {value}")
    return 0 if result["met"] or asked.small else 1


if __name__ == "__main__":
    sys.exit(main())
