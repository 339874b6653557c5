"""Palettes: an accent becomes the thirteen colours of a page, in light and in dark; each pair is held to its contrast.

Alarm and waiting look the same everywhere, and nothing an organization declares changes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

import msgspec

from vault.domain.look.colour import Seen, contrast, seen, written

Palette = Mapping[str, str]
Shade = Literal["light", "dark"]

NAMES: Final = (
    "paper", "sheet", "ink", "soft", "line", "edge", "accent", "on-accent", "tint",
    "alarm", "alarm-tint", "wait", "wait-tint",
)  # fmt: skip
PAIRS: Final[tuple[tuple[float, str, tuple[str, ...]], ...]] = (
    (7.0, "ink", ("paper", "sheet", "tint", "wait-tint", "alarm-tint")),
    (7.0, "sheet", ("ink",)),
    (4.5, "soft", ("paper", "sheet", "tint")),
    (4.5, "accent", ("paper", "sheet", "tint")),
    (4.5, "on-accent", ("accent",)),
    (4.5, "alarm", ("paper", "sheet", "alarm-tint")),
    (4.5, "wait", ("paper", "sheet", "wait-tint")),
    (3.0, "edge", ("paper", "sheet")),
)
"""At least so much, of this colour, on each of those."""

_FIXED: Final[Mapping[Shade, Palette]] = {
    "light": {"alarm": "#a3231a", "alarm-tint": "#fbe9e6", "wait": "#7a4d00", "wait-tint": "#fbf0da"},
    "dark": {"alarm": "#ff9d90", "alarm-tint": "#3d1815", "wait": "#f0bf6a", "wait-tint": "#36280f"},
}
# Lightness, and how colourful at most.
_LIGHT: Final = {
    "paper": (0.972, 0.006), "ink": (0.235, 0.025), "soft": (0.435, 0.025), "line": (0.9, 0.014),
    "edge": (0.6, 0.025), "tint": (0.935, 0.03),
}  # fmt: skip
_DARK: Final = {
    "paper": (0.19, 0.014), "sheet": (0.235, 0.018), "ink": (0.945, 0.012), "soft": (0.775, 0.02),
    "line": (0.325, 0.02), "edge": (0.6, 0.025), "tint": (0.305, 0.045), "accent": (0.8, 0.11),
}  # fmt: skip
_STEP: Final = 0.005
_STEPS: Final = 40


class TooFaint(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that cannot be read: this colour on that one, its contrast, and what it needs."""

    colour: str
    on: str
    ratio: float
    needs: float


def palette(accent: str, shade: Shade) -> Palette:
    """Return the thirteen colours, by name. In light the accent is as given; see `derived` for the dark one."""
    hue = seen(accent)
    if shade == "light":
        found = {"sheet": "#ffffff", "accent": accent.lower(), **_tinted(hue, _LIGHT)}
        found["tint"] = _paled(found["tint"], accent)
        found["on-accent"] = max("#ffffff", found["ink"], key=lambda colour: contrast(colour, accent))
    else:
        found = _tinted(hue, _DARK) | {"accent": accent.lower()}
        darkest = written(Seen(lightness=0.22, chroma=min(hue.chroma, 0.05), hue=hue.hue))
        found["on-accent"] = max("#ffffff", darkest, key=lambda colour: contrast(colour, accent))
    found |= _FIXED[shade]
    return {name: found[name] for name in NAMES}


def derived(accent: str) -> str:
    """Return an accent for dark pages: the same hue, light enough."""
    return _tinted(seen(accent), _DARK)["accent"]


def faults(palette: Palette) -> Iterator[TooFaint]:
    """Yield every pair that is too faint."""
    for needs, colour, grounds in PAIRS:
        for on in grounds:
            ratio = contrast(palette[colour], palette[on])
            if ratio < needs:
                yield TooFaint(colour=colour, on=on, ratio=ratio, needs=needs)


def _tinted(hue: Seen, parts: Mapping[str, tuple[float, float]]) -> dict[str, str]:
    return {
        name: written(Seen(lightness=lightness, chroma=min(most, hue.chroma), hue=hue.hue))
        for name, (lightness, most) in parts.items()
    }


def _paled(tint: str, accent: str) -> str:
    """Return the tint, pale enough for the accent to be read on it if any tint is."""
    for step in range(_STEPS):
        if contrast(tint, accent) >= 4.5:  # noqa: PLR2004 - as the table says
            return tint
        one = seen(tint)
        tint = written(
            Seen(lightness=min(1.0, one.lightness + _STEP), chroma=one.chroma * (1 - step / _STEPS), hue=one.hue)
        )
    return tint
