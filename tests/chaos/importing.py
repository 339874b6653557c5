"""Imports in processes that are killed: `python -m tests.chaos.importing URL KEY KILLS IMPORTS` tells how many it took.

Each attempt is a process of its own, forked from this one, which has opened nothing. It is killed at a moment of chance
within the time that an import takes; then it is begun anew, until it is done. There are as many imports as it takes to
kill so many times, or as many as are asked for.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import msgspec

from tests.importing import of_folder
from vault.actions.importing import components, staging
from vault.actions.importing.given import Given
from vault.actions.importing.running import run
from vault.actions.organizations import find
from vault.base.errors import Conflict
from vault.base.settings import Settings
from vault.domain.actor import Actor
from vault.parts import open_vault

PARTS: Final = (
    ("mailchimp/unsubscribed", "mailchimp/cleaned", "sendgrid"),
    ("newsletter.csv",),
    ("hubspot/subscription_statuses", "tps", "twilio"),
    ("mailchimp/cleaned", "newsletter.csv"),
)
"""What is imported, one after the other and again and again, by how paths begin. Some of it is known by then."""
_CHANCE: Final = random.Random()  # noqa: S311 - moments
_DONE: Final = 0
_STUMBLED: Final = 3
_MOST_ATTEMPTS: Final = 400


def main() -> None:
    """Import, killed so many times on the way."""
    url, key_file = sys.argv[1:3]
    kills, imports = map(int, sys.argv[3:])
    staging.CHUNK, components.AT_ONCE = 40, 15  # type: ignore[misc]  # many moments between two transactions
    killed, number, takes = 0, 0, 0.0
    while killed < kills or number < imports:
        within = None if killed >= kills or not number else lambda most=takes: _CHANCE.uniform(0.02, most)
        took, times = _done(url, key_file, _given(number), within=within)
        takes, killed, number = max(takes, took), killed + times, number + 1
    sys.stdout.write(json.dumps({"imports": number, "kills": killed}))


def _given(number: int) -> Given:
    """Return what is imported: each time as if it were of an earlier instant."""
    whole, starts = of_folder(), PARTS[number % len(PARTS)]
    files = [file for file in whole.files if file.path.startswith(starts)]
    return msgspec.structs.replace(whole, files=files, exported_at=whole.exported_at - timedelta(hours=number))


def _done(url: str, key_file: str, given: Given, *, within: Callable[[], float] | None) -> tuple[float, int]:
    """Import to the end; return how long the attempt took that came there, and how many were killed before."""
    for killed in range(_MOST_ATTEMPTS):
        begun = time.monotonic()
        if _attempt(url, key_file, given, within=None if within is None else within()):
            return time.monotonic() - begun, killed
    raise RuntimeError("it never comes to its end")


def _attempt(url: str, key_file: str, given: Given, *, within: float | None) -> bool:
    """Import in a process, killed `within` some seconds; whether it came to its end before."""
    process = os.fork()
    if not process:
        os._exit(_import(url, key_file, given))
    until = None if within is None else time.monotonic() + within
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            if os.waitstatus_to_exitcode(status) != _DONE:
                raise RuntimeError("it ended by itself, and not well")
            return True
        if until is not None and time.monotonic() >= until:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return False
        time.sleep(0.002)


def _import(url: str, key_file: str, given: Given) -> int:
    try:
        asyncio.run(_run(Settings(key_file=Path(key_file), pool=3), url, given))
    except Exception as error:  # noqa: BLE001 - told, and nothing goes on in this process
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
        return _STUMBLED
    return _DONE


async def _run(settings: Settings, url: str, given: Given) -> None:
    async with open_vault(settings, url) as vault:
        actor = Actor(organization=await find(vault, "fernhill"), kind="import")
        while True:
            try:
                await run(vault, actor, given=given)
            except Conflict as conflict:  # PostgreSQL has not seen yet that the one before is gone
                if conflict.code != "import_running":
                    raise
                await asyncio.sleep(0.01)
            else:
                return


if __name__ == "__main__":
    main()
