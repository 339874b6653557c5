"""Devices: what one shows of itself with a request, and which kind it is, in two words and nothing finer."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.base.canonical import canonical
from vault.base.network import NOWHERE
from vault.base.personal import Personal

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
LONGEST: Final = 512


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What a person's own device showed: its address, and how its browser calls itself. Sealed, or never kept.

    `network` is where it asks from (`base.network`), by which limits count.
    """

    address: Personal = Personal("")
    user_agent: Personal = Personal("")
    network: str = NOWHERE

    def __repr__(self) -> str:
        return "Device(personal)"

    @property
    def kind(self) -> str:
        """Which kind it is, as `device` says."""
        return device(self.user_agent.reveal())

    @property
    def details(self) -> Personal:
        """What is sealed beside a log entry: RFC 8785 JSON, without what was not shown."""
        shown = {"address": self.address.reveal(), "user_agent": self.user_agent.reveal()[:LONGEST]}
        return Personal(canonical({name: value for name, value in shown.items() if value}).decode())


def shown(details: Personal) -> Device:
    """Return what a device showed, of the details that were sealed."""
    told = msgspec.json.decode(details.reveal(), type=dict[str, str])
    return Device(address=Personal(told.get("address", "")), user_agent=Personal(told.get("user_agent", "")))


def device(user_agent: str | None) -> str:
    """Return `browser/kind` of a User-Agent header, such as `firefox/phone`; `other` for what it does not say."""
    text = user_agent or ""
    return f"{_first(_BROWSERS, text)}/{_first(_KINDS, text)}"


def _first(words: tuple[tuple[str, str], ...], text: str) -> str:
    return next((meaning for word, meaning in words if word in text), OTHER)
