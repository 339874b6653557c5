"""Whose is it: an address may be several people's, and then the first name decides. A miss tells nothing."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Final
from unicodedata import normalize

from vault.base.personal import Personal

FIRST_NAME: Final = "first_name"
"""The attribute by which people who share an address are told apart, where an organization declares it."""

_SMALL: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


def mailbox(address: Personal) -> bytes:
    """Return what two spellings of one mailbox have in common: no more than every mail server takes for the same.

    People are found by more than that: ß and ss find each other, and are two people's mailboxes all the same.
    """
    return address.reveal().translate(_SMALL).encode()


def chosen(names: Sequence[Personal | None], typed: str, *, whose: Sequence[str] = ()) -> int | None:
    """Return which of those who have an address it is; none for nobody, or for more than one.

    `names` are their first names, where known. Somebody alone need not type any, and may be known without one. `whose`
    says who they are, where several of them may be one person, known under several names.
    """
    people = list(whose) or [str(index) for index in range(len(names))]
    wanted = _folded(typed)
    is_alone = len(set(people)) == 1
    if not wanted or all(name is None for name in names):
        return 0 if is_alone else None
    fitting = [index for index, name in enumerate(names) if name is not None and _folded(name.reveal()) == wanted]
    return fitting[0] if len({people[index] for index in fitting}) == 1 else None


def _folded(name: str) -> str:
    return " ".join(normalize("NFKC", normalize("NFKC", name).casefold()).split())
