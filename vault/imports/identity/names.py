"""Names as they are compared: without case, accents, spaces and punctuation, with `ae`, `oe`, `ue` as one letter."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

_UMLAUT: Final = re.compile("([aou])e")


def first_name(text: str) -> str | None:
    """Return a first name as it is compared; a single letter is none."""
    found = name(text)
    return found if found is not None and len(found) > 1 else None


def name(text: str) -> str | None:
    """Return a name as it is compared."""
    letters = "".join(letter for letter in normalize("NFKD", text.casefold()) if letter.isalnum())
    return _UMLAUT.sub(r"\1", letters) or None
