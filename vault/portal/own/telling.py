"""A customer's own details in sentences: the state of each address, what a field is for, how long it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from vault.actions.own.details import Details, Point
from vault.base.duration import Duration
from vault.base.ids import ContactPointId
from vault.domain.organization import Attribute, Organization
from vault.domain.own.fields import may_correct
from vault.domain.own.points import PROVABLE, PointState, is_last, state
from vault.imports.identity.joining import ADDRESS_AND_NAME
from vault.pages.frame import Frame
from vault.portal.wording import title
from vault.words.catalogue import offered, own_name

FILLED_BY_BROWSERS: Final[Mapping[str, str]] = {
    "first_name": "given-name",
    "last_name": "family-name",
    "salutation": "honorific-prefix",
    "country": "country-name",
}
"""What browsers call the fields they can fill in by themselves."""
_MARKS: Final[Mapping[PointState, str]] = {"yours": "yes", "unchecked": "wait", "returned": "no", "unused": "no"}
_YEAR_MONTHS: Final = 12
_DAY_MINUTES: Final = 24 * 60


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """A contact point as it reads, with what can be done about it. `tell` leads to where one says what is wrong."""

    id: ContactPointId
    value: str
    mark: str
    said: str
    sends: bool
    changes: bool
    is_last: bool
    tell: str

    def __repr__(self) -> str:
        return f"Reach({self.id})"


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A field as it reads: with a control where it may be corrected, else with a way to say what is wrong."""

    name: str
    label: str
    value: str
    hint: str
    wrong: str
    filled_by: str
    corrects: bool
    tell: str

    def __repr__(self) -> str:
        return f"Held({self.name})"


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A language to be written to in."""

    code: str
    name: str
    chosen: bool


def field_name(key: str) -> str:
    """Return what a field is called in the form: no key can be called so, nor anything else of a form."""
    return f"a-{key}"


def reach(frame: Frame, point: Point, *, found: Details) -> Reach:
    """Return a contact point as it reads."""
    own = point.own
    stands = state(own, now=found.now)
    provable = own.kind in PROVABLE
    return Reach(
        id=own.id,
        value=point.value.reveal(),
        mark=_MARKS[stands],
        said=_said(frame, point, stands=stands),
        sends=own.is_provable,
        changes=provable and not own.claimed,
        is_last=is_last([one.own for one in found.points], own),
        tell="" if provable else _tell(frame, own.kind),
    )


def held(frame: Frame, one: Attribute, *, organization: Organization, values: Mapping[str, str], wrong: str) -> Held:
    """Return a field as it reads; `values` are what stands in the fields, by their keys."""
    corrects = may_correct(organization.attributes.get(one.key))
    return Held(
        name=field_name(one.key),
        label=title(frame, one.title, locale=organization.locale) or one.key.replace("_", " ").capitalize(),
        value=values.get(one.key, ""),
        hint=hint(frame, one, organization=organization),
        wrong=wrong,
        filled_by=FILLED_BY_BROWSERS.get(one.key, "off"),
        corrects=corrects,
        tell="" if corrects else _tell(frame, one.key),
    )


def hint(frame: Frame, one: Attribute, *, organization: Organization) -> str:
    """Return what a field is for, and how long it is kept."""
    say = frame.words.say
    known = [organization.purposes[key] for key in one.purposes if key in organization.purposes]
    if not known:
        return say("We no longer use this.")
    names = ", ".join(title(frame, purpose.title, locale=organization.locale) for purpose in known)
    kept = kept_for(frame, one)
    return say("For: %(names)s.", names=names) + (f" {kept}" if kept else "")


def kept_for(frame: Frame, one: Attribute) -> str:
    """Return how long a field is kept, and from when that is counted; nothing where the file does not say."""
    if one.keep is None:
        return ""
    say, time = frame.words.say, _length(frame, one.keep)
    match one.after:
        case "last_dealing":
            return say("Kept for %(time)s after you last bought or asked for something.", time=time)
        case "last_fact":
            return say("Kept for %(time)s after your last yes or no.", time=time)
        case "last_use":
            return say("Kept for %(time)s after it was last used.", time=time)
        case _:
            return say("Kept for %(time)s.", time=time)


def languages(organization: Organization, *, locale: str | None) -> list[Language]:
    """Return the languages to choose from, where there is a choice."""
    choice = offered((organization.locale, *organization.locales))
    now = (locale or organization.locale).partition("-")[0]
    return [Language(code=one, name=own_name(one), chosen=one == now) for one in choice] if len(choice) > 1 else []


def known_from(frame: Frame, organization: Organization, source: str, *, since: datetime) -> tuple[str, str]:
    """Return what people call a system that knows them, and how long it has; a list may have had no number for them."""
    say, day = frame.words.say, frame.words.day(since, zone=frame.zone)
    if source == ADDRESS_AND_NAME:
        return say("An older list"), say("Told us your address, on %(date)s", date=day)
    client = organization.clients.get(source)
    name = client.title if client is not None else source.replace("_", " ").capitalize()
    return name, say("Knows you under a number of its own, since %(date)s", date=day)


def _said(frame: Frame, point: Point, *, stands: PointState) -> str:
    say = frame.words.say
    match stands:
        case "yours":
            since = point.own.verified_at
            return say("Yours, since %(date)s", date="" if since is None else frame.words.day(since, zone=frame.zone))
        case "returned":
            return say("Messages to it come back")
        case "unused":
            return say("No longer in use")
        case _:
            return say("Not checked: nothing goes there until it is") if point.own.claimed else say("Not checked yet")


def _length(frame: Frame, keep: Duration) -> str:
    count = frame.words.count
    years, months = divmod(keep.months, _YEAR_MONTHS)
    days = -(-keep.minutes // _DAY_MINUTES)
    parts = []
    if years:
        parts.append(count("%(number)s year", "%(number)s years", number=years))
    if months:
        parts.append(count("%(number)s month", "%(number)s months", number=months))
    if days or not parts:
        parts.append(count("%(number)s day", "%(number)s days", number=days))
    return " ".join(parts)


def _tell(frame: Frame, field: str) -> str:
    return f"{frame.to('/rights')}{'&' if frame.chosen else '?'}field={field}#rectification"
