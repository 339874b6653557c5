"""How and when: the form of a customer's wishes as it reads, with what was typed where something of it was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from vault.domain.choices.at_most import AtMost
from vault.domain.choices.how import HALVES, OFFERED, Fault, Why, choices, filled, named, own, read, spelled
from vault.domain.choices.preference import Preferences
from vault.domain.organization import EVERY, Organization
from vault.pages.frame import Frame
from vault.portal.choices.telling import way_named
from vault.portal.wording import way
from vault.words.catalogue import offered, own_name


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """A form that failed: what stands in its fields, and what is wrong with them."""

    fields: Mapping[str, str]
    faults: tuple[Fault, ...]

    def __repr__(self) -> str:
        return f"Typed(faults={self.faults!r})"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One of several, by its value and in words."""

    value: str
    words: str


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A question with its choices; `value` is the one that stands there, `wrong` what is wrong with it."""

    name: str
    label: str
    value: str
    choices: tuple[Choice, ...]
    wrong: str = ""


class How(msgspec.Struct, frozen=True, kw_only=True):
    """The form. `hours` are pairs, `languages` has no choices where there is but one; `faults` are links and words."""

    channel: Field
    limits: tuple[Field, ...]
    hours: tuple[tuple[Field, Field], ...]
    languages: Field
    faults: tuple[tuple[str, str], ...]


_NO: Final = ""


def how(frame: Frame, organization: Organization, preferences: Preferences, *, typed: Typed | None) -> How:
    """Return the form for what somebody wishes, or for what they typed."""
    form = _Form(frame, filled(preferences, organization), typed=typed)
    say = frame.words.say
    hours, limited = own(preferences, organization)
    known = dict.fromkeys([*choices(organization), *preferences.order])
    return How(
        channel=form.field(
            "channel",
            say("If we may choose, reach me by"),
            [(_NO, say("Whatever suits")), *((one, way_named(frame, one)) for one in known if one != EVERY)],
        ),
        limits=tuple(form.limit(channel) for channel in limited),
        hours=tuple((form.time("quiet_from", channel), form.time("quiet_to", channel)) for channel in hours),
        languages=form.language(languages(organization)),
        faults=form.faults(),
    )


def languages(organization: Organization) -> tuple[str, ...]:
    """Return in which languages somebody may be written to."""
    return offered((organization.locale, *organization.locales))


class _Form:
    """Fields, filled with what stands in them."""

    def __init__(self, frame: Frame, stand: Mapping[str, str], *, typed: Typed | None) -> None:
        self._frame: Final = frame
        self._stand: Final = stand
        self._fields: Final = {**stand, **({} if typed is None else typed.fields)}
        self._faults: Final = () if typed is None else typed.faults

    def field(self, name: str, label: str, offers: Iterable[tuple[str, str]]) -> Field:
        """Return a field: where what stands in it is none of its choices, the one that stood there before."""
        made = tuple(Choice(value=value, words=words) for value, words in offers)
        value = self._fields[name]
        known = value in {one.value for one in made}
        wrong = next((self._wrong(one.why) for one in self._faults if one.field == name), "")
        return Field(name=name, label=label, value=value if known else self._stand[name], choices=made, wrong=wrong)

    def limit(self, channel: str) -> Field:
        """Return how often at most, over a channel or over all together."""
        say, name = self._frame.words.say, named("budget", channel)
        label = say("Adverts, all together")
        if channel != EVERY:
            label = say("Adverts %(way)s", way=way(self._frame, channel))
        given = (read(self._stand[name]), read(self._fields[name]))
        known = dict.fromkeys([*OFFERED, *(one for one in given if one is not None)])
        offers = [(spelled(one), often(self._frame, one)) for one in known]
        return self.field(name, label, [(_NO, say("No limit of my own")), *offers])

    def time(self, name: str, channel: str) -> Field:
        """Return when quiet hours begin or end."""
        say = self._frame.words.say
        label = say("From") if name == "quiet_from" else say("Until")
        if channel != EVERY:
            label = f"{label}, {way(self._frame, channel)}"
        return self.field(
            named(name, channel), label, [(_NO, say("No quiet hours")), *((half, half) for half in HALVES)]
        )

    def language(self, known: tuple[str, ...]) -> Field:
        """Return in which language to write; no choice where there is but one."""
        say, now = self._frame.words.say, self._stand["locale"]
        offers = [(one, own_name(one)) for one in dict.fromkeys([*known, *([now] if now else [])])]
        if not now:
            offers.insert(0, (_NO, say("Whichever you write in")))
        return self.field("locale", say("Write to me in"), offers if len(offers) > 1 else [])

    def faults(self) -> tuple[tuple[str, str], ...]:
        """Return what is wrong, by its field."""
        return tuple((one.field, self._wrong(one.why)) for one in self._faults)

    def _wrong(self, why: Why) -> str:
        say = self._frame.words.say
        sentences: Mapping[Why, str] = {
            "not_offered": say("Choose one of the answers in the list."),
            "half": say("Quiet hours need a beginning and an end. Choose both, or neither."),
            "same": say("Quiet hours end at another time than they begin. To stop all of it, take a break."),
        }
        return sentences[why]


def often(frame: Frame, limit: AtMost) -> str:
    """Return a limit in words."""
    count, number = frame.words.count, limit.most
    match limit.per:
        case "day":
            return count("At most 1 a day", "At most %(number)s a day", number=number)
        case "week":
            return count("At most 1 a week", "At most %(number)s a week", number=number)
        case "month":
            return count("At most 1 a month", "At most %(number)s a month", number=number)
