"""How deep a policy goes: what is nested too deep is refused before Cedar reads it, for Cedar would fall over it.

Cedar reads what is nested by calling itself, and a process whose stack is full ends without a word. Whatever nests is
counted, in each policy by itself: brackets, and operators, for a chain of them is a nest, too.
"""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 150
"""How many brackets and operators one policy may have."""

_TOKEN: Final = re.compile(
    r"""
    //[^\n\r]*                                         # a comment
    | "(?:[^"\\]|\\[^\n\r])*"                          # words
    | (?P<open>")                                      # words without an end
    | (?P<ends>;)
    | (?P<nests>&& | \|\| | [(\[{.+*-] | \bif\b)
    """,
    re.VERBOSE,
)


def problem_of_depth(text: str) -> str | None:
    """Return what is wrong with how deep the policies of a text go; none where Cedar may read them."""
    nests = 0
    for found in _TOKEN.finditer(text):
        match found.lastgroup:
            case "open":
                return "words in quotes never end; close them with another quote"
            case "ends":
                nests = 0
            case "nests":
                nests += 1
        if nests > DEEPEST:
            return f"a policy has more than {DEEPEST} brackets and operators; make several of it"
    return None
