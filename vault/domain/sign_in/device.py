"""Devices: which kind of browser on which kind of device, in two words, and nothing finer."""

from __future__ import annotations

from typing import Final

# The first that is found counts: each browser claims to be those below it.
_BROWSERS: Final = (
    ("Edg", "edge"),
    ("OPR/", "opera"),
    ("SamsungBrowser/", "samsung"),
    ("Firefox/", "firefox"),
    ("FxiOS/", "firefox"),
    ("Chrome/", "chrome"),
    ("CriOS/", "chrome"),
    ("Safari/", "safari"),
)
_KINDS: Final = (
    ("iPad", "tablet"),
    ("Tablet", "tablet"),
    ("Mobile", "phone"),
    ("iPhone", "phone"),
    ("Android", "tablet"),
    ("Windows", "computer"),
    ("Macintosh", "computer"),
    ("X11", "computer"),
)
OTHER: Final = "other"


def device(user_agent: str | None) -> str:
    """Return `browser/kind` of a User-Agent header, such as `firefox/phone`; `other` for what it does not say."""
    text = user_agent or ""
    return f"{_first(_BROWSERS, text)}/{_first(_KINDS, text)}"


def _first(words: tuple[tuple[str, str], ...], text: str) -> str:
    return next((meaning for word, meaning in words if word in text), OTHER)
