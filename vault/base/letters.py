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
_VALUES: Final = bytes.maketrans(_LETTERS.encode(), bytes(range(32)))
_SPELLING: Final = _LETTERS.encode() + bytes(range(32, 256))
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


def spell_all(data: bytes, *, before: str) -> list[str]:
    """Return the letters of each 16 bytes, in their order, `before` each up to five letters of ASCII."""
    if len(data) < _FEW * SIZE:
        each = [data[at : at + SIZE] for at in range(0, len(data), SIZE)]
        return [before + spell(int.from_bytes(one, "big")) for one in each]
    most = _MOST * SIZE
    return [text for at in range(0, len(data), most) for text in _spelled(data[at : at + most], before=before)]


def read(letters: str) -> int:
    """Return the 128 bits behind letters; `ValueError` for what can be none, which does not mean that the rest can."""
    return int(letters.encode().translate(_READING), 32) >> 2


def read_all(shown: Sequence[str]) -> bytes:
    """Return the 16 bytes behind each, end to end. Of letters already checked, behind as many others each."""
    if len(shown) < _FEW:
        return b"".join([read(one[-LENGTH:]).to_bytes(SIZE, "big") for one in shown])
    return b"".join([_read(shown[at : at + _MOST]) for at in range(0, len(shown), _MOST)])


def _spelled(data: bytes, *, before: str) -> list[str]:
    count = len(data) // SIZE
    lanes = bytearray(_LANE * count)
    for place in range(SIZE):
        lanes[_LANE - SIZE + place :: _LANE] = data[place::SIZE]
    together = int.from_bytes(lanes, "big") << 2
    for low, high, shift in _STEPS:
        together = together & low | (together & high) << shift
    ahead = before.encode().rjust(_AHEAD).ljust(_LANE, b"\0")  # a blank at least: what is behind is split by it
    together |= int.from_bytes(ahead * count, "big")
    return together.to_bytes(len(lanes), "big").translate(_SPELLING).decode().split()


def _read(shown: Sequence[str]) -> bytes:
    gap = "0" * (_LANE - len(shown[0]))
    text = (gap + gap.join(shown)).encode().translate(_VALUES)
    if len(text) != _LANE * len(shown):
        raise ValueError("these are not of one length")
    together = int.from_bytes(text, "big") & _LETTERS_ALONE
    for low, high, shift in reversed(_STEPS):
        together = together & low | together >> shift & high
    lanes = (together >> 2).to_bytes(len(text), "big")
    data = bytearray(SIZE * len(shown))
    for place in range(SIZE):
        data[place::SIZE] = lanes[_LANE - SIZE + place :: _LANE]
    return bytes(data)


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
_LETTERS_ALONE: Final = _repeated(2 ** (_BYTE * LENGTH) - 1, _BYTE * _LANE)
