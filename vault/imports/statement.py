"""What a file is declared to say: under which condition a row says yes or no, stops a contact point, or asks something.

Headers and words are kept as they are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from vault.imports.row import Verdict

YES = "yes"
"""What the word of a statement without a verdict means: it holds."""


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """What the organization declares: `kinds` of contact points, attributes, words for yes and no, and so on.

    `evidence` holds for each class the fields it needs, `channels` for each channel the kind it reaches, `suppressions`
    for each kind of stop the kinds of contact points it stands on.
    """

    kinds: Collection[str]
    attributes: Collection[str]
    granted: Collection[str]
    withdrawn: Collection[str]
    countries: Mapping[str, Collection[str]]
    evidence: Mapping[str, Collection[str]]
    channels: Mapping[str, str] = {}
    suppressions: Mapping[str, Collection[str]] = {}


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says when its condition holds: a verdict for purposes and channels, or a stop, or a wish.

    `at` is the column of its date, `evidence` a column for each field of its class. The condition: the cell of `word`
    is one of `words`, which tell what it means (nothing for None; any other word cannot be read), or, with `several`,
    the words in it are; `filled` is not empty; the message under `stops` is a stop; each column of `when` holds its
    value. If one of `unless` holds its value, a yes is without evidence.
    """

    verdict: Verdict | None = None
    purposes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    at: str | None = None
    word: str | None = None
    words: Mapping[str, str | None] = {}
    several: bool = False
    filled: str | None = None
    stops: str | None = None
    when: Mapping[str, str] = {}
    unless: Mapping[str, str] = {}
    evidence: Mapping[str, str] = {}
    suppress: str | None = None
    restrict: bool = False
    request: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it needs."""
        own = (self.word, self.at, self.filled, self.stops, *self.evidence.values())
        return tuple(dict.fromkeys((*(name for name in own if name is not None), *self.when, *self.unless)))
