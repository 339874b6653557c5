"""How far an import is: one line that is drawn over on a terminal, and elsewhere a line for each step and ten per cent.

It goes to standard error, so that what the command found out stays alone on standard output.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import monotonic
from typing import Final, TextIO

from vault.actions.importing.given import Stage, Step

_WIDTH: Final = 24
_TENTHS: Final = 10
_REDRAW_SECONDS: Final = 0.1
_MINUTE: Final = 60
_SAYS: Final[dict[Stage, str]] = {
    "looking": "looking at the files",
    "staging": "reading rows",
    "joining": "finding who is who",
    "settling": "settling rows",
}
_BAR: Final = "█"
_REST: Final = "░"


class Bar:
    """Shows one step after another. `passed` tells seconds that go by."""

    def __init__(self, out: TextIO | None = None, *, passed: Callable[[], float] = monotonic) -> None:
        self._out = sys.stderr if out is None else out
        self._passed = passed
        self._drawn = self._out.isatty()
        self._stage: Stage | None = None
        self._begun = self._shown = 0.0
        self._tenth = self._from = 0
        self._width = 0

    def __call__(self, step: Step) -> None:
        """Show a step."""
        now = self._passed()
        if step.stage != self._stage:
            self.close()
            self._stage, self._begun, self._from, self._tenth = step.stage, now, step.done, -1
            self._shown = now - 2 * _REDRAW_SECONDS
        if self._drawn:
            if now - self._shown >= _REDRAW_SECONDS or step.done == step.of:
                self._shown = now
                self._draw(self._line(step, now=now))
        else:
            tenth = _TENTHS * step.done // step.of if step.of else 0
            if tenth > self._tenth:
                self._tenth = tenth
                self._out.write(self._line(step, now=now) + "\n")
                self._out.flush()

    def close(self) -> None:
        """Leave the line that was drawn last."""
        if self._drawn and self._width:
            self._out.write("\n")
            self._out.flush()
        self._width = 0

    def _draw(self, line: str) -> None:
        self._out.write("\r" + line.ljust(self._width))
        self._out.flush()
        self._width = len(line)

    def _line(self, step: Step, *, now: float) -> str:
        says = f"{_SAYS[step.stage]:<20}"
        if not step.of:
            return says.rstrip()
        rate = self._rate(step, now=now)
        parts = [says, f"{step.done:,} of {step.of:,}"]
        if self._drawn:
            full = _WIDTH * step.done // step.of
            parts.insert(1, _BAR * full + _REST * (_WIDTH - full))
        if rate:
            parts.append(f"{rate:,.0f} rows/s")
            if step.done < step.of:
                parts.append(f"{_lasting((step.of - step.done) / rate)} left")
        return "  ".join(parts)

    def _rate(self, step: Step, *, now: float) -> float:
        since = now - self._begun
        return (step.done - self._from) / since if since > 0 else 0


def _lasting(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // _MINUTE} min {whole % _MINUTE:02} s" if whole >= _MINUTE else f"{whole} s"
