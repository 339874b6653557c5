"""Files the vault ships: migrations and policies, in a checkout or inside the installed package."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent.parent


def shipped(name: str) -> Path:
    """Return the folder `name`: inside the wheel it is `vault/_name`, in a checkout it stands beside `vault/`."""
    inside = _PACKAGE / f"_{name}"
    return inside if inside.is_dir() else _PACKAGE.parent / name
