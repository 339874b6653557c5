"""How and when: the form of somebody's wishes, from what stands in its fields to what is wished from now on.

What a form does not show stays as it was, so a page of yesterday takes nothing away. What a field holds that makes no
sense is a fault of that field; nothing is wished then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from vault.domain.choices.at_most import PERIODS, SELDOM, AtMost, Per
from vault.domain.choices.preference import Preferences, Wanted
from vault.domain.organization import EVERY, Organization

Why = Literal["not_offered", "half", "same"]
"""What is none of the choices; quiet hours with one end; quiet hours that end when they begin."""

OFFERED: Final = (AtMost(most=1, per="week"), AtMost(most=2, per="month"), SELDOM)
HALVES: Final = tuple(f"{half // 2:02}:{half % 2 * 30:02}" for half in range(48))
"""Every time of day at which quiet hours may begin or end."""
_LIMIT: Final = re.compile(r"([1-9][0-9]{0,2}|1000)-([a-z]{1,9})", re.ASCII)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a field, by its name."""

    field: str
    why: Why


def named(field: str, channel: str) -> str:
    """Return the name of a field that is about a channel; about all of them, it is the field's own."""
    return field if channel == EVERY else f"{field}_{channel}"


def own(preferences: Preferences, organization: Organization) -> tuple[list[str], list[str]]:
    """Return for which channels somebody has quiet hours of their own, and for which limits."""
    quiet, most = (
        [one for one in organization.channels if one in held] for held in (preferences.quiet, preferences.at_most)
    )
    return [EVERY, *quiet], [EVERY, *most]


def kept(preferences: Preferences, organization: Organization) -> Wanted:
    """Return the same wishes once more, but for channels that are no longer declared."""
    known = {*organization.channels, EVERY}
    return Wanted(
        paused_until=preferences.paused_until,
        quiet={channel: span for channel, span in preferences.quiet.items() if channel in known},
        order=tuple(channel for channel in preferences.order if channel in known),
        at_most={channel: limit for channel, limit in preferences.at_most.items() if channel in known},
    )


def filled(preferences: Preferences, organization: Organization) -> dict[str, str]:
    """Return what stands in the fields for whoever wishes so."""
    quiet, most = own(preferences, organization)
    fields = {"channel": next(iter(kept(preferences, organization).order), "")}
    fields["locale"] = (preferences.locale or "").partition("-")[0]
    for channel in most:
        limit = preferences.at_most.get(channel)
        fields[named("budget", channel)] = "" if limit is None else spelled(limit)
    for channel in quiet:
        begin, _, end = preferences.quiet.get(channel, "").partition("-")
        fields[named("quiet_from", channel)], fields[named("quiet_to", channel)] = begin, end
    return fields


def choices(organization: Organization) -> list[str]:
    """Return the channels of which one may be preferred: those that carry something which could be stopped."""
    stoppable = {channel for one in organization.purposes.values() if _is_wish(one.basis) for channel in one.channels}
    return [channel for channel in organization.channels if channel in stoppable]


def wish(
    fields: Mapping[str, str], before: Preferences, *, organization: Organization, languages: Sequence[str]
) -> Wanted | tuple[Fault, ...]:
    """Return what is wished from now on; or what is wrong with the fields, in their order."""
    same = kept(before, organization)
    stand = filled(before, organization)
    now = stand | {name: value for name, value in fields.items() if name in stand}
    hours, limited = own(before, organization)
    found = [
        *_not_offered("channel", now, allowed={"", *choices(organization), *same.order}),
        *(fault for channel in limited for fault in _bad_limit(named("budget", channel), now)),
        *(fault for channel in hours for fault in _bad_hours(channel, now)),
        *_not_offered("locale", now, allowed={stand["locale"], *languages}),
    ]
    if found:
        return tuple(found)
    quiet = {one: (now[named("quiet_from", one)], now[named("quiet_to", one)]) for one in hours}
    limits = {one: limit for one in limited if (limit := read(now[named("budget", one)])) is not None}
    return msgspec.structs.replace(
        same,
        quiet={channel: f"{begin}-{end}" for channel, (begin, end) in quiet.items() if begin},
        order=_first(now["channel"], same.order),
        at_most=limits,
        locale=None if now["locale"] == stand["locale"] else now["locale"],
    )


def spelled(limit: AtMost) -> str:
    """Return a limit as a field holds it, such as `2-month`."""
    return f"{limit.most}-{limit.per}"


def read(text: str) -> AtMost | None:
    """Return the limit that is spelled so; none for what spells none."""
    fits = _LIMIT.fullmatch(text)
    per: Per | None = None if fits is None else next((one for one in PERIODS if one == fits[2]), None)
    return None if fits is None or per is None else AtMost(most=int(fits[1]), per=per)


def _not_offered(field: str, now: Mapping[str, str], *, allowed: set[str]) -> Iterator[Fault]:
    if now[field] not in allowed:
        yield Fault(field=field, why="not_offered")


def _bad_limit(field: str, now: Mapping[str, str]) -> Iterator[Fault]:
    if now[field] and read(now[field]) is None:
        yield Fault(field=field, why="not_offered")


def _bad_hours(channel: str, now: Mapping[str, str]) -> Iterator[Fault]:
    begin, end = named("quiet_from", channel), named("quiet_to", channel)
    wrong = [field for field in (begin, end) if now[field] not in {"", *HALVES}]
    if wrong:
        yield from (Fault(field=field, why="not_offered") for field in wrong)
    elif bool(now[begin]) is not bool(now[end]):
        yield Fault(field=end if now[begin] else begin, why="half")
    elif now[begin] and now[begin] == now[end]:
        yield Fault(field=end, why="same")


def _first(channel: str, order: tuple[str, ...]) -> tuple[str, ...]:
    """Return an order that begins with a channel; none is preferred where none is named."""
    return (channel, *(one for one in order if one != channel)) if channel else ()


def _is_wish(basis: str) -> bool:
    return basis in {"consent", "legitimate_interest"}
