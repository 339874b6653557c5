"""Promises in tests: read off an answer's header, and what no two answers have in common taken out of them."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from typing import Final

import httpx2

_OWN: Final = re.compile(
    r'"([A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)"|(?<="time":)\d+|(?<="time": )\d+|(?<=/u/)[A-Za-z0-9_-]{60,}'
)


def shown(answer: httpx2.Response) -> str | None:
    """Return the promise in an answer's header as JSON; none if it has no such header."""
    spelled = answer.headers.get("log-promise")
    return urlsafe_b64decode(spelled + "=" * (-len(spelled) % 4)).decode() if spelled else None


def alike(text: str) -> str:
    """Return a text with promises and links without what is each one's own; how many were promised together stays."""
    return _OWN.sub("", text)


def headers(answer: httpx2.Response) -> list[tuple[str, str]]:
    """Return all headers, the promise told by what it has in common with others."""
    told = [(name, value) for name, value in answer.headers.items() if name != "log-promise"]
    return sorted([*told, ("log-promise", alike(shown(answer) or ""))])
