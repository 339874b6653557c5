"""Processes of ours beside the one that started them: they end with it, however that ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def end_with(parent: int, *, by: signal.Signals = signal.SIGTERM) -> None:
    """Let this process be stopped when its parent is gone: orphans would keep the port and answer unseen.

    What the parent does when it is told to stop was inherited, and would do nothing here.
    """
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        sys.exit(1)
