"""The code at the end of a message: eight letters of its decision's id, by which whoever got it finds out why.

A sender prints it; nothing is stored for it. It is looked for only among what was asked about whoever types it, where
40 bits of chance tell one message from all others.
"""

from __future__ import annotations

from typing import Final

from vault.base.ids import DecisionId

_LETTERS: Final = frozenset("0123456789abcdefghjkmnpqrstvwxyz")
_ALIKE: Final = str.maketrans("oil", "011", "- \t\N{NO-BREAK SPACE}\N{EN DASH}\N{NON-BREAKING HYPHEN}")
_LENGTH: Final = 8
_ID: Final = 30


def message_code(decision: DecisionId) -> str:
    """Return the code of a decision: the eight letters before the last, which holds three bits only."""
    return f"{decision[-9:-5]}-{decision[-5:-1]}"


def read_code(text: str) -> str | None:
    """Return the code somebody typed, in its own form; none for what is none. The whole id of a decision will do."""
    typed = text[: _ID + _LENGTH].strip().lower()
    if typed.startswith("dec_") and len(typed) == _ID:
        typed = typed[-9:-1]
    typed = typed.translate(_ALIKE)
    if len(typed) != _LENGTH or not _LETTERS.issuperset(typed):
        return None
    return f"{typed[:4]}-{typed[4:]}"
