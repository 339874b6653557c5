"""The real command in a process of its own, in an environment that holds no setting but those given."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg

COMMAND = Path(sys.executable).with_name("consent-vault")
PATIENCE = 60


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str

    def well(self) -> str:
        """Return what it said; it ended well, and complained of nothing."""
        assert (self.status, self.err) == (0, "")
        return self.out

    def refused(self) -> str:
        """Return the one sentence it ended with, and nothing but that."""
        assert (self.status, self.out, self.err.count("\n")) == (2, "", 1), self
        assert self.err.startswith("consent-vault: ")
        assert "Traceback" not in self.err
        return self.err.removeprefix("consent-vault: ").rstrip("\n")


def environment(**settings: object) -> dict[str, str]:
    """Return an environment; `port=1` stands for `VAULT_PORT=1`."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("VAULT_")}
    return others | {f"VAULT_{name.upper()}": str(value) for name, value in settings.items()}


def run(*arguments: object, stdin: Any = subprocess.DEVNULL, **settings: object) -> Ran:
    """Run a command to its end."""
    done = subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *map(str, arguments)],
        stdin=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env=environment(**settings),
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def sql(url: str, statement: str) -> Any:
    """Run a statement as whoever the URL names, and return the first value of what it finds."""

    async def once() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(once())
