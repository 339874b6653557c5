"""Ending early, told by a signal: a demo leaves by the way it came, and nothing behind."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, Final, TypeVar

_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Result = TypeVar("Result")


def listen() -> None:
    """Let each of the signals interrupt what goes on, once."""
    _answer(_end)


def whole(work: Coroutine[Any, Any, Result]) -> Result:
    """Run something to its end. Told to end it is cancelled where it waits, and so takes itself down.

    Raised wherever the loop happens to be, `KeyboardInterrupt` would leave a connection in the middle of an answer, and
    whoever closes it would wait for the rest for ever.
    """
    told = False

    async def listening() -> Result:
        loop, running = asyncio.get_running_loop(), asyncio.current_task()

        def end() -> None:
            nonlocal told
            if not told and running is not None:
                told = True
                running.cancel()

        for number in _ENDINGS:
            loop.add_signal_handler(number, end)
        try:
            return await work
        finally:
            signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)  # until what the loop takes away is back

    try:
        return asyncio.run(listening())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        _answer(signal.SIG_IGN if told else _end)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDINGS)


def _end(_: int, __: FrameType | None) -> None:
    """Leave by the way we came; whoever says it twice would leave half of it behind."""
    _answer(signal.SIG_IGN)
    raise KeyboardInterrupt


def _answer(by: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _ENDINGS:
        signal.signal(number, by)
