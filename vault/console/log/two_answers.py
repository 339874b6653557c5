"""Two answers in words: what was allowed as it was known then and as it is known today, and what lies between."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

import msgspec
from markupsafe import Markup

from vault.console.desk import Desk
from vault.console.log.clocks import drawn, lateness
from vault.console.log.telling import FACT, sentence, told
from vault.domain.audit.history import Allowed, HistoryAnswer, Learnt

_DIGITS: Final = 4  # of a digest, on either side


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was said, in a table."""

    kind: str
    says: str
    said: str
    learnt: str
    late: str
    is_late: bool
    how: str
    fact: str


class Telling:
    """An answer as the page tells it."""

    def __init__(self, desk: Desk, found: Allowed) -> None:
        self._desk = desk
        self._found = found
        self._words = desk.frame.words

    @cached_property
    def drawing(self) -> Markup:
        """The map of two clocks."""
        return drawn(self._found, self._words, says=self._says)

    @property
    def rows(self) -> Sequence[Row]:
        """What was said, oldest first."""
        return [self._row(one) for one in self._found.learnt]

    @property
    def late(self) -> Sequence[Row]:
        """What was said by the instant, and learnt too late for it."""
        return [row for row in self.rows if row.is_late]

    def known(self, answer: HistoryAnswer) -> str:
        """Return a sentence about how much was known."""
        at, known = self.moment(answer.at), self.moment(answer.known_at)
        if not answer.facts:
            return self._words.say("Nothing from before %(at)s was known on %(known)s.", at=at, known=known)
        return self._words.count(
            "1 fact from before %(at)s was known on %(known)s.",
            "%(number)s facts from before %(at)s were known on %(known)s.",
            number=answer.facts,
            at=at,
            known=known,
        )

    def rests(self, answer: HistoryAnswer) -> Row | None:
        """Return the one fact that made the answer what it is."""
        return next(
            (self._row(one) for one in self._found.learnt if answer.rests_on and one.fact == answer.rests_on), None
        )

    def says(self, code: str) -> str:
        """Return the sentence of a reason."""
        return sentence(code, self._words)

    def moment(self, instant: datetime) -> str:
        """Return date and time."""
        return self._words.moment(instant, zone=self._desk.frame.zone)

    @staticmethod
    def digest(configuration: str) -> str:
        """Return a configuration's digest, shortened."""
        return f"sha256:{configuration[:_DIGITS]}…{configuration[-_DIGITS:]}"

    @property
    def logged_is_same(self) -> bool:
        """Whether the log has the answer that was known then."""
        logged, then = self._found.logged, self._found.then
        return logged is not None and (logged.outcome == "allow", logged.reasons) == (then.allowed, then.reasons)

    @property
    def _says(self) -> str:
        found, words = self._found, self._words
        answers = {True: words.say("yes"), False: words.say("no")}
        late = sum(one.is_late for one in found.learnt)
        told = words.count("1 fact was learnt late.", "%(number)s facts were learnt late.", number=late)
        return words.say(
            "A map of two clocks. About %(at)s the answer is %(then)s with what was known by %(known)s, and %(today)s "
            "with what is known today. %(late)s",
            at=self.moment(found.asked.at),
            known=self.moment(found.asked.known),
            then=answers[found.then.allowed],
            today=answers[found.today.allowed],
            late=told if late else words.say("Nothing was learnt late."),
        )

    def _row(self, one: Learnt) -> Row:
        how = ", ".join([part for part in (one.method, one.source) if part]) or "-"
        return Row(
            kind=one.kind,
            says=told(FACT, one.kind, self._words).says if one.fact else self._words.say("Stopped"),
            said=self.moment(one.said_at),
            learnt=self.moment(one.recorded_at),
            late=lateness(one, self._words) if one.late_seconds or one.is_late else self._words.say("at once"),
            is_late=one.is_late,
            how=how,
            fact=one.fact or "",
        )
