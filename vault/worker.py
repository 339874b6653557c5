"""The worker: duties that go on for ever beside the server, each begun anew when it fails.

A duty that fails holds up no other. Of what failed only kind and place are told. When the worker is cancelled, each
duty may end what it is about.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog

from vault.actions import delivery
from vault.actions.audience import working
from vault.actions.importing import working as imports
from vault.actions.log import cosigning, pruning, sequencer
from vault.actions.undoing import working as undone
from vault.actions.vault import Vault
from vault.base.errors import place

Duty = Callable[[Vault], Awaitable[None]]

DUTIES: Final[Mapping[str, Duty]] = {
    "log": sequencer.keep,
    "witnesses": cosigning.keep,
    "outbox": delivery.deliver,
    "audiences": working.keep,
    "imports": imports.keep,
    "undone imports": undone.keep,
    "retention": pruning.keep,
}
"""Every duty by its name: a function that goes on until it is cancelled."""
_COLLECT_AFTER: Final = 50_000
_FIRST_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 30
_log = structlog.get_logger()


async def run(vault: Vault, duties: Mapping[str, Duty] = DUTIES) -> None:
    """Do all duties until cancelled."""
    # What stands now stays, and what a step makes is gone with it: looking for more took a third of screening's time.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    try:
        async with asyncio.TaskGroup() as group:
            for name, duty in duties.items():
                group.create_task(_keep(vault, name, duty=duty))
    finally:
        gc.unfreeze()


async def _keep(vault: Vault, name: str, *, duty: Duty) -> None:
    """Begin a duty again and again: soon the first time, then later and later while it fails at once."""
    loop, pause = asyncio.get_running_loop(), _FIRST_SECONDS
    while True:
        begun = loop.time()
        try:
            await duty(vault)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is begun again
            _log.error("duty_failed", duty=name, kind=type(error).__name__, where=place(error))
        if loop.time() - begun > _LONGEST_SECONDS:
            pause = _FIRST_SECONDS
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_SECONDS)
