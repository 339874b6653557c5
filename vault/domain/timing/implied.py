"""Implied consent: the clocks that a law starts at a dealing, such as a purchase or an inquiry, and when they run out.

Canada's law of electronic messages (CASL s. 10(9), 10(10)) implies a yes for 24 months after a purchase and six after
an inquiry; the soft opt-in (2002/58/EC Art. 13(2)) after a sale, where the address was given at it and a refusal was
offered. Only an organization's file turns either on, for countries and channels.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from vault.base.duration import Duration

Deal = Literal["purchased", "inquired"]
Condition = Literal["email_at_purchase", "refusal_offered"]
Law = Literal["casl", "soft_opt_in"]
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", description="two capital letters, such as GB (ISO 3166-1)")]


class Dealing(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did: bought or inquired, and what was so at it."""

    what: Deal
    met: tuple[Condition, ...] = ()


class Implied(msgspec.Struct, frozen=True, kw_only=True):
    """A law that implies a yes for a while after a dealing, for people of these countries over these channels."""

    rule: Law
    countries: tuple[Country, ...]
    channels: tuple[str, ...]
    purchased: Duration | None = None
    inquired: Duration | None = None
    needs: tuple[Condition, ...] = ()

    def ends(self, dealing: Dealing, at: datetime) -> datetime | None:
        """Return when what a dealing of this instant implies is over; none where it implies nothing."""
        lasts = self.purchased if dealing.what == "purchased" else self.inquired
        return None if lasts is None or not set(self.needs) <= set(dealing.met) else lasts.after(at)


def spelled(dealing: Dealing) -> str:
    """Return a dealing as it is kept: words with a blank between, the first says what it was."""
    return " ".join((dealing.what, *sorted(set(dealing.met))))


def read(kept: str) -> Dealing:
    """Return a dealing that was kept; `msgspec.ValidationError` for anything else."""
    what, *met = kept.split(" ")
    return msgspec.convert({"what": what, "met": met}, Dealing)
