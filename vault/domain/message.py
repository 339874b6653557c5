"""A message to a customer: to whom, what it says, and until when it is worth sending."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from unicodedata import category

import msgspec

from vault.base.errors import Invalid
from vault.base.personal import Personal

LASTS: Final = timedelta(days=1)
"""How long sending is tried where the message says nothing else."""
LONGEST: Final = 60_000
_LONGEST_TITLE: Final = 200
_LONGEST_ADDRESS: Final = 320
_BREAKS: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})  # what ends a line somewhere, or is no letter


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An e-mail to one address. `kind` says in one word what it is, such as `code`: the log tells that, and no more."""

    kind: str
    to: Personal
    title: Personal
    text: Personal
    html: Personal | None = None
    expires_at: datetime | None = None


def check(message: Message) -> None:
    """Refuse what could be read as another line of a letter's head, and what is longer than a letter."""
    address, title = message.to.reveal(), message.title.reveal()
    if len(address) > _LONGEST_ADDRESS or "@" not in address or any(letter in address for letter in " <>,;:"):
        raise Invalid("unreadable_email", "a message goes to one e-mail address")
    if len(title) > _LONGEST_TITLE or any(category(letter) in _BREAKS for letter in address + title):
        raise Invalid("unreadable_message", "address and title are one line each, without control characters")
    if any(len(body.reveal()) > LONGEST for body in (message.text, message.html) if body is not None):
        raise Invalid("unreadable_message", f"a message has at most {LONGEST:,} characters")
