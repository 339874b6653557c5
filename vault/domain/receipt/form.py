"""What a well-formed value of a receipt is: one question to each kind, and what to write instead, in plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_TERM: Final = re.compile(r"[a-z][a-z0-9-]*:[A-Za-z0-9_-]+")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of value, and what it is in words."""

    words: str
    fits: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_address(value: Any) -> bool:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in {"http", "https"} and bool(parts.netloc)


def _is_term(value: Any) -> bool:
    return isinstance(value, str) and (_TERM.fullmatch(value) is not None or _is_address(value))


def _is_time_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


TEXT: Final = Form(words="some text", fits=_is_text)
INSTANT: Final = Form(words="a time with its offset from UTC, such as 2026-01-31T12:00:00Z", fits=_is_instant)
ADDRESS: Final = Form(words="an address on the web, such as https://shop.example/", fits=_is_address)
TERM: Final = Form(words="a term of a vocabulary, such as dpv:ConsentGiven", fits=_is_term)
THING: Final = Form(words="a thing with members", fits=lambda value: isinstance(value, dict))
TERM_OR_THING: Final = Form(
    words="a term of a vocabulary, or a thing with members",
    fits=lambda value: isinstance(value, dict) or _is_text(value),
)
LANGUAGE: Final = Form(words="a language, such as en or de-AT (BCP 47)", fits=_matches(_LANGUAGE))
COUNTRY: Final = Form(words="two capital letters, such as GB (ISO 3166-1)", fits=_matches(_COUNTRY))
HASH: Final = Form(words="64 hexadecimal digits (SHA-256)", fits=_matches(_HASH))
SECONDS: Final = Form(words="a count of seconds since 1970, not below 0", fits=_is_time_count)
TRUTH: Final = Form(words="true or false", fits=lambda value: isinstance(value, bool))
LIST: Final = Form(words="a list", fits=lambda value: isinstance(value, list))
TEXTS: Final = Form(
    words="a list of texts", fits=lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value)
)
EMAIL: Final = Form(words="an e-mail address", fits=lambda value: _is_text(value) and "@" in value)
