"""What a yes costs customers and what a no: counted by the browser tests, shown where staff see it.

The figures are of these pages, whosever they are: `symmetry.json` is held to what a browser counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec


class Effort(msgspec.Struct, frozen=True, kw_only=True):
    """Buttons and links pressed, fields filled, sign-ins; the presses and fields of a sign-in are among them."""

    presses: int
    fields: int
    sign_ins: int

    def is_no_more_than(self, other: Effort) -> bool:
        """Whether nothing of it is more."""
        return self.presses <= other.presses and self.fields <= other.fields and self.sign_ins <= other.sign_ins


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A surface; `yes` is none where there is no such yes, as nobody allows everything with one press."""

    where: str
    yes: Effort | None
    no: Effort


FIGURES: Final = msgspec.json.decode((Path(__file__).parent / "symmetry.json").read_bytes(), type=tuple[Figure, ...])
