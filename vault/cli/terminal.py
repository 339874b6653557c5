"""Speaking with whoever sits at the terminal: plain lines, tables, questions, and JSON for machines.

What a command found out goes to standard output, what is wrong to standard error.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec


class Commands(Protocol):
    """Where a command registers itself."""

    def add_parser(self, name: str, **texts: Any) -> ArgumentParser:
        """Return the parser of a new command; `help` and `description` teach it."""
        ...


def say(*lines: str) -> None:
    """Print lines, at once."""
    for line in lines:
        print(line, flush=True)


def complain(sentences: str) -> None:
    """Print what is wrong and what to do, each sentence on its line."""
    for sentence in sentences.splitlines():
        print(f"consent-vault: {sentence}", file=sys.stderr, flush=True)


def say_json(value: object) -> None:
    """Print a value as one line of JSON."""
    say(msgspec.json.encode(value).decode())


def say_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their titles, each column as wide as it must be."""
    widths = [max(len(row[column]) for row in (titles, *rows)) for column in range(len(titles))]
    for row in (titles, *rows):
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def is_interactive() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def is_agreed(question: str) -> bool:
    """Ask; anything but a yes is a no."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False
