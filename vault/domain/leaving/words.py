"""Words: what an answer to a text message wants: that it stops, that it starts again, help, or nothing of it.

The words of 47 CFR 64.1200(a)(10) always stop, and so do their German and French equivalents; an organization adds its
own. Case, accents, punctuation and what cannot be seen do not matter. In doubt it is a no: stopping goes before all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal
from unicodedata import category, normalize

from vault.domain.organization import StopWords

Heard = Literal["stop", "start", "help", "none"]

_STOP: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("stop", "stop all", "quit", "end", "revoke", "opt out", "cancel", "unsubscribe"),
    "de": (
        "stopp", "abmelden", "abmeldung", "abbestellen", "austragen", "beenden", "ende", "schluss", "aufhören",
        "widerruf", "widerrufen", "kündigen", "kuendigen", "abbrechen", "keine sms", "keine werbung",
    ),
    "fr": (
        "arrêt", "arrêter", "arrêtez", "fin", "quitter", "annuler", "révoquer", "résilier", "désabonner",
        "désabonnez-moi", "désabonnement", "désinscrire", "désinscription", "stop sms", "stop pub",
    ),
}  # fmt: skip
_ANYWHERE: Final = ("stop", "stopall", "unsubscribe", "stopp", "abmelden", "arrêt", "arrêter", "arrêtez", "désabonner")
_START: Final[Mapping[str, tuple[str, ...]]] = {"": ("start", "unstop"), "de": ("anmelden",), "fr": ("reprendre",)}
_HELP: Final[Mapping[str, tuple[str, ...]]] = {"": ("help", "info"), "de": ("hilfe",), "fr": ("aide",)}
_NOT: Final = frozenset({"dont", "not", "never", "nicht", "nie", "pas"})
"""One of these right before a word says that it is not meant."""

_WORD: Final = re.compile(r"[^\W_]+(?:['`\u2018\u2019\u02bc\u2010\u2011-]+[^\W_]+)*")
_INNER: Final = re.compile(r"[^\w]")
_UNSEEN: Final = frozenset({"Cf", "Mn"})
_LONGEST: Final = 10_000


def heard(text: str, declared: StopWords | None = None) -> Heard:
    """Return what a message says. Of one longer than any text message only the beginning is read.

    It stops when it consists of one of the words, or has one of those that count `anywhere` as a word of its own;
    hyphens and apostrophes do not end a word. Without words of an organization, ours count anywhere.
    """
    found = _words(text)
    whole = _squeezed(text)
    if whole in _alone(declared):
        return "stop"
    phrases = [_phrase(word) for word in (_ANYWHERE if declared is None else declared.anywhere)]
    if any(phrase and _stands(found, phrase) for phrase in phrases):
        return "stop"
    if whole in _every(_START):
        return "start"
    return "help" if whole in _every(_HELP) else "none"


def language(text: str) -> str | None:
    """Return the language of a message that consists of one of our words; none for a word that several know."""
    whole = _squeezed(text)
    for lists in (_STOP, _START, _HELP):
        for own, words in lists.items():
            if own and whole in {_squeezed(word) for word in words}:
                return own
    return None


def _words(text: str) -> list[tuple[str, bool]]:
    """Return the words of a text, each with whether nothing but white space stands between it and the one before."""
    folded = _folded(text)
    found = [*_WORD.finditer(folded)]
    gaps = [True, *(not folded[one.end() : other.start()].strip() for one, other in pairwise(found))]
    return [(_INNER.sub("-", one.group()), near) for one, near in zip(found, gaps, strict=False)]


def _stands(found: Sequence[tuple[str, bool]], phrase: Sequence[str]) -> bool:
    """Whether the words of a phrase stand in a row somewhere, and nothing right before says that it is not meant."""
    words = [word for word, _ in found]
    for place in range(len(words) - len(phrase) + 1):
        if words[place : place + len(phrase)] == [*phrase]:
            negated = place > 0 and found[place][1] and words[place - 1].replace("-", "") in _NOT
            if not negated:
                return True
    return False


def _phrase(word: str) -> list[str]:
    return [one for one, _ in _words(word)]


def _alone(declared: StopWords | None) -> set[str]:
    own: Collection[str] = () if declared is None else (*declared.alone, *declared.anywhere)
    return (_every(_STOP) | {_squeezed(word) for word in own}) - {""}


def _every(lists: Mapping[str, Sequence[str]]) -> set[str]:
    return {_squeezed(word) for words in lists.values() for word in words}


def _squeezed(text: str) -> str:
    """Return letters and digits alone, so that `Opt-out`, `opt out` and `O.P.T. O.U.T.` are one."""
    return "".join(_letters(_folded(text)))


def _letters(text: str) -> Iterator[str]:
    return (letter for letter in text if letter.isalnum())


def _folded(text: str) -> str:
    """Return a text without case, accents and what nobody sees."""
    plain = normalize("NFKD", text[:_LONGEST].casefold())
    return "".join(letter for letter in plain if category(letter) not in _UNSEEN)
