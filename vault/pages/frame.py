"""The frame: what stands around the content of every page, and in whose words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from vault.words.catalogue import Words


class Tongue(msgspec.Struct, frozen=True, kw_only=True):
    """A language to change to: its code, and its name in itself."""

    code: str
    name: str


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of one organization knows.

    `base` is where its pages live, such as `/p/fernhill`; `path` is this page. `csrf` goes into every form and is empty
    for whoever has no cookie. `zone` is the reader's time zone. `policy` says what this page needs beside the rest in
    its Content-Security-Policy, such as `{"connect-src": "'self'"}`. `chosen` is the language somebody asked for here.
    `passkeys` says whether this page may ask a device for one.
    """

    door: Literal["portal", "console"]
    base: str
    path: str
    name: str
    stylesheet: str
    words: Words
    zone: str
    tongues: tuple[Tongue, ...] = ()
    csrf: str = ""
    signed_in: bool = False
    email: str | None = None
    complaints: str | None = None
    policy: Mapping[str, str] = {}
    chosen: str = ""
    passkeys: bool = False

    def to(self, place: str) -> str:
        """Return the address of another page of this organization; whoever chose a language takes it along."""
        return f"{self.base}{place}{'?lang=' if self.chosen else ''}{self.chosen}"

    def at(self, place: str = "") -> str:
        """Return the address of this page, or of one below it, with the language that was chosen."""
        return f"{self.path}{place}{'?lang=' if self.chosen else ''}{self.chosen}"
