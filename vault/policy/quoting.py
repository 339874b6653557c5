"""Policies quoted: one policy out of the texts it was applied in, as it stands there, with the comment above it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile

from vault.policy.loader import SCHEMA


def quoted(texts: Mapping[str, str], name: str) -> str | None:
    """Return the text of the policy of a name; none where no text has it."""
    mark = f'@id("{name}")'
    for place in sorted(set(texts) - {SCHEMA}):
        rows = texts[place].splitlines()
        at = next((number for number, row in enumerate(rows) if row.strip().startswith(mark)), None)
        if at is not None:
            return "\n".join(rows[_first(rows, at) : _last(rows, at) + 1])
    return None


def read_aloud(text: str) -> str:
    """Return the comment above a policy that was quoted, in one line."""
    rows = takewhile(lambda row: row.startswith(("//", "@")), (row.strip() for row in text.splitlines()))
    return " ".join(row.removeprefix("//").strip() for row in rows if row.startswith("//"))


def _first(rows: list[str], at: int) -> int:
    """Return where the policy's comment and annotations begin."""
    while at > 0 and rows[at - 1].lstrip().startswith(("//", "@")):
        at -= 1
    return at


def _last(rows: list[str], at: int) -> int:
    while at < len(rows) - 1 and not rows[at].partition("//")[0].rstrip().endswith(";"):
        at += 1
    return at
