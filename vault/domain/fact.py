"""Facts: one thing a customer said, or that was said for them. Append-only."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from vault.base.ids import ClientId, ContactPointId, FactId

FactKind = Literal["asked", "granted", "refused", "withdrawn", "objected"]
Source = Literal["person", "link", "client", "admin", "import"]
Method = Literal["portal", "one_click", "undo", "stop_word", "form", "phone", "paper", "kiosk", "api", "import", "gpc"]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What was said: `at` is when it was said, `recorded_at` when we learnt it; both are aware and in UTC.

    `proven` tells whether a grant came with the evidence its class needs; `notice` is the notice's version and `words`
    the hash of the words shown; `until` is an end the grant itself names. `contact_point` is the one it is about.
    """

    id: FactId
    kind: FactKind
    purpose: str
    channel: str
    at: datetime
    recorded_at: datetime
    source: Source
    method: Method
    client: ClientId | None = None
    contact_point: ContactPointId | None = None
    notice: int | None = None
    locale: str | None = None
    words: str | None = None
    until: datetime | None = None
    proven: bool = True

    @property
    def in_person(self) -> bool:
        """Whether the customer said it in person: signed in, or by a confirmed double opt-in."""
        return self.source == "person"
