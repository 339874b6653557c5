"""The table of RESULTS.md: one line for each bench, replaced when it is measured again; all else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "RESULTS.md"
_RULE: Final = "|---|---|---|---|---|---|"
_APART: Final = ("bench", "machine", "cores", "python", "date", "budget", "met")


def write(result: Mapping[str, Any], *, to: Path = RESULTS) -> None:
    """Put a result into the table, in the place of the one of the same bench."""
    before, rule, rest = to.read_text("utf-8").partition(_RULE)
    if not rule:
        raise ValueError("there is no table")
    table, gap, after = rest.partition("\n\n")
    head = f"| `{result['bench']}` |"
    rows = [row for row in table.strip().splitlines() if not row.startswith(head)]
    rows = sorted([*rows, _row(head, result)])
    to.write_text(before + rule + "\n" + "\n".join(rows) + (gap or "\n") + after, "utf-8")


def _row(head: str, result: Mapping[str, Any]) -> str:
    measured = "; ".join(f"{name} {_said(value)}" for name, value in result.items() if name not in _APART)
    budget = "; ".join(f"{name} {bound}" for name, bound in result["budget"].items())
    machine = f"{result['machine']}, {result['cores']} cores, Python {result['python']}"
    return f"{head} {measured} | {budget} | {'yes' if result['met'] else '**no**'} | {machine} | {result['date']} |"


def _said(value: object) -> str:
    match value:
        case dict():
            return "(" + ", ".join(f"{name} {_said(one)}" for name, one in value.items()) + ")"
        case list():
            return "; ".join(_said(one) for one in value)
        case int() | float():
            return f"{value:,}"
        case _:
            return str(value)
