"""A personal value on its way through the program: shown to nobody who prints it."""

from __future__ import annotations

from typing import Final

_HIDDEN: Final = "(personal)"


class Personal:
    """A name, an address, a number. `repr`, `str` and format hide it; `reveal()` is the one way out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value. Whoever calls this answers for where it goes."""
        return self._value

    def __repr__(self) -> str:
        return _HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Personal) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value.strip())  # a blank says nothing
