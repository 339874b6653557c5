"""What a bench returns: the machine, what was measured, the budget in words, and whether it is met."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def held(
    bench: str,
    measured: Mapping[str, Any],
    *,
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Hold what was measured against its bounds, each by the name of what it bounds."""
    low, high = at_least or {}, at_most or {}
    met = all(measured[name] >= bound for name, bound in low.items())
    met = met and all(measured[name] <= bound for name, bound in high.items())
    budget = {name: f"at least {bound:,}" for name, bound in low.items()}
    budget |= {name: f"at most {bound:,}" for name, bound in high.items()}
    return {"bench": bench, **machine(), **measured, "budget": budget, "met": met}


def machine() -> dict[str, Any]:
    """Say what it ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    return {
        "machine": f"{_processor()}, {memory} GiB",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text("utf-8").splitlines() if described.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()
