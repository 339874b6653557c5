"""Sixteen bytes as 26 letters: lower-case Crockford base 32, the last two of its 130 bits zero, and back.

Letters sort as the bytes do. One number is spelled by pairs of letters; many at once as one long integer, whose groups
of five bits are moved apart in five steps, whatever their number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

LENGTH: Final = 26
SIZE: Final = 16

_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(first + second for first in _LETTERS for second in _LETTERS)
_LOW: Final = 2**60 - 1
_PAIR: Final = 2**10 - 1

_FEW: Final = 8  # below it, pairs are faster
_MOST: Final = 256  # at once: longer integers are no faster
_LANE: Final = 32  # bytes: each group of five bits in one of its own, six of them ahead of the first
_AHEAD: Final = _LANE - LENGTH
_BYTE: Final = 8
_GAP: Final = bytes(_LANE - SIZE)
_AHEAD_OF_ALL: Final = "0" * _AHEAD
_VALUES: Final = bytes.maketrans(_LETTERS.encode(), bytes(range(32)))
_SPELLING: Final = _LETTERS.encode().ljust(256)
_BASE_32: Final = "0123456789abcdefghijklmnopqrstuv"  # int()'s
_READING: Final = bytes.maketrans((_LETTERS + "ilou").encode(), (_BASE_32 + "----").encode())


def spell(number: int) -> str:
    """Return the letters of 128 bits.

    A table of triples takes fewer steps and more time: it does not stay in the processor's cache.
    """
    high, low = number >> 68, number >> 8 & _LOW
    return (
        f"{_PAIRS[high >> 50]}"
        f"{_PAIRS[high >> 40 & _PAIR]}{_PAIRS[high >> 30 & _PAIR]}{_PAIRS[high >> 20 & _PAIR]}"
        f"{_PAIRS[high >> 10 & _PAIR]}{_PAIRS[high & _PAIR]}"
        f"{_PAIRS[low >> 50]}{_PAIRS[low >> 40 & _PAIR]}{_PAIRS[low >> 30 & _PAIR]}{_PAIRS[low >> 20 & _PAIR]}"
        f"{_PAIRS[low >> 10 & _PAIR]}{_PAIRS[low & _PAIR]}{_PAIRS[number << 2 & _PAIR]}"
    )


def spell_all(data: bytes) -> list[str]:
    """Return the letters of each 16 bytes, in their order."""
    each = [data[at : at + SIZE] for at in range(0, len(data), SIZE)]
    if len(each) < _FEW:
        return [spell(int.from_bytes(one, "big")) for one in each]
    return [text for at in range(0, len(each), _MOST) for text in _spelled(each[at : at + _MOST])]


def read(letters: str) -> int:
    """Return the 128 bits behind letters; `ValueError` for what can be none, which does not mean that the rest can."""
    return int(letters.encode().translate(_READING), 32) >> 2


def read_all(letters: Sequence[str]) -> bytes:
    """Return the 16 bytes behind each, end to end. For letters already checked."""
    if len(letters) < _FEW:
        return b"".join([read(one).to_bytes(SIZE, "big") for one in letters])
    return b"".join([_read(letters[at : at + _MOST]) for at in range(0, len(letters), _MOST)])


def _spelled(each: Sequence[bytes]) -> list[str]:
    size = _LANE * len(each)
    together = int.from_bytes(_GAP + _GAP.join(each), "big") << 2
    for low, high, shift in _STEPS:
        together = together & low | (together & high) << shift
    text = together.to_bytes(size, "big").translate(_SPELLING).decode()
    return [text[at : at + LENGTH] for at in range(_AHEAD, size, _LANE)]


def _read(each: Sequence[str]) -> bytes:
    size = _LANE * len(each)
    text = _AHEAD_OF_ALL + _AHEAD_OF_ALL.join(each)
    together = int.from_bytes(text.encode().translate(_VALUES), "big")
    for low, high, shift in reversed(_STEPS):
        together = together & low | together >> shift & high
    lanes = (together >> 2).to_bytes(size, "big")
    return b"".join([lanes[at : at + SIZE] for at in range(_LANE - SIZE, size, _LANE)])


def _steps() -> Iterator[tuple[int, int, int]]:
    """Yield the masks of the lower and the upper half of each group, and how far the upper halves move, by step.

    Of as many lanes as there may be: of fewer, the rest is nothing.
    """
    width, slot = 5 * _LANE, _BYTE * _LANE
    while slot > _BYTE:
        low = 2 ** (width // 2) - 1
        lower, upper = (_repeated(mask, slot) for mask in (low, low << width // 2))
        yield lower, upper, (slot - width) // 2
        width, slot = width // 2, slot // 2


def _repeated(mask: int, slot: int) -> int:
    times = _BYTE * _LANE * _MOST // slot
    return int.from_bytes(mask.to_bytes(slot // _BYTE, "big") * times, "big")


_STEPS: Final = tuple(_steps())
