"""Writes the contract: `python -m tests.contract.openapi > openapi.yaml`."""

from __future__ import annotations

import sys

from vault.api.contract import written
from vault.app import create_app
from vault.base.settings import Settings


def current() -> str:
    """The contract of the routes as they stand; nothing is opened for it."""
    return written(create_app(Settings(), "postgresql://nobody@/none"))


if __name__ == "__main__":
    sys.stdout.write(current())
