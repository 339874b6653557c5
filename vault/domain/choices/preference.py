"""Preferences: when and how somebody wishes to be reached. A wish makes less of a yes; none makes one of a no.

The person may change any of it. Whoever writes a wish down for them may only make the breaks longer, and the limits
tighter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from vault.base.errors import Denied, Invalid
from vault.domain.choices.at_most import AtMost
from vault.domain.customer import Locale, TimeZone, check_time_zone
from vault.domain.decision.question import Asked
from vault.domain.fact import check_instants
from vault.domain.organization import EVERY, Organization
from vault.domain.timing.week import WHOLE, Week, but

LONGEST_PAUSE: Final = timedelta(days=366)
PAUSES: Final = (30, 60, 90)
"""How many days of a break the portal offers."""

QuietSpan = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[03]0-([01]\d|2[0-3]):[03]0$(?!\n)",
        description='hours in which nothing may come, in whole or half hours, such as "22:00-07:00"',
    ),
]
Quiet = Annotated[Mapping[Asked, QuietSpan], Meta(max_length=64, description="by channel, or `*` for all others")]
Limits = Annotated[Mapping[Asked, AtMost], Meta(max_length=64, description="by channel, or `*` for all together")]


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wishes. `quiet` is by channel, and for all others by `*`, on the customer's own clock.

    `at_most` counts adverts by channel, and by `*` those over all channels together: where there are both, both bind.
    """

    paused_until: datetime | None = None
    quiet: Mapping[str, str] = {}
    order: tuple[str, ...] = ()
    at_most: Mapping[str, AtMost] = {}

    def quiet_on(self, channel: str) -> Week | None:
        """Return when they may be reached over a channel, if they named hours for it or for all."""
        span = self.quiet.get(channel) or self.quiet.get(EVERY)
        return None if span is None else but(*minutes(span))


class Preferences(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a customer wishes, with language and clock. A pause that is over is not shown."""

    paused_until: datetime | None = None
    quiet: Mapping[str, str] = {}
    order: tuple[str, ...] = ()
    at_most: Mapping[str, AtMost] = {}
    locale: str | None = None
    time_zone: str | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that a customer wishes from now on: what is left out is wished no longer; language and clock then stay."""

    paused_until: datetime | None = None
    quiet: Quiet = {}
    order: Annotated[tuple[Asked, ...], Meta(max_length=64)] = ()
    at_most: Limits = {}
    locale: Locale | None = None
    time_zone: TimeZone | None = None


def minutes(span: str) -> tuple[int, int]:
    """Return the first and the last minute of a day that a span names; the last may come before the first."""
    begin, _, end = span.partition("-")
    return _minute(begin), _minute(end)


def check(wanted: Wanted, organization: Organization, *, now: datetime) -> None:
    """Refuse wishes that make no sense here; `Invalid` says which."""
    check_time_zone(wanted.time_zone)
    check_instants(wanted.paused_until)
    if wanted.paused_until is not None and not now < wanted.paused_until <= now + LONGEST_PAUSE:
        raise Invalid("bad_pause", "a pause ends later than now, and within a year")
    for channel in (*wanted.quiet, *wanted.order, *wanted.at_most):
        if channel != EVERY:
            organization.channel(channel)
    if EVERY in wanted.order or len(set(wanted.order)) < len(wanted.order):
        raise Invalid("bad_order", "name each channel once in the order, the one preferred first")
    if any(begin == end for begin, end in map(minutes, wanted.quiet.values())):
        raise Invalid("bad_quiet_hours", "quiet hours end at another time than they begin; pause to stop everything")


def check_less(before: Preferences, wanted: Wanted, *, channels: Mapping[str, object]) -> None:
    """Refuse whoever writes for the person to end or shorten a break, or to loosen a limit: that only they can do."""
    kept = before.paused_until is None or (
        wanted.paused_until is not None and wanted.paused_until >= before.paused_until
    )
    had, has = Preference(quiet=before.quiet), Preference(quiet=wanted.quiet)
    for channel in channels:
        kept = kept and closed(had.quiet_on(channel)) <= closed(has.quiet_on(channel))
    for channel in (EVERY, *channels):
        limit, asked = before.at_most.get(channel), wanted.at_most.get(channel)
        kept = kept and (limit is None or (asked is not None and asked.is_within(limit)))
    if not kept or wanted.time_zone not in {None, before.time_zone}:
        raise Denied(
            "only_in_person", "only the customer in person shortens a pause or quiet hours, moves them, or allows more"
        )


def closed(week: Week | None) -> frozenset[int]:
    """Return the minutes of a day in which nothing may come."""
    if week is None:
        return frozenset()
    return frozenset(range(WHOLE)) - {minute for begin, end in week.days[0] for minute in range(begin, end)}


def changed(before: Preferences, after: Preferences) -> Iterator[str]:
    """Yield the names of what differs."""
    for name in Preferences.__struct_fields__:
        if getattr(before, name) != getattr(after, name):
            yield name


def _minute(written: str) -> int:
    return int(written[:2]) * 60 + int(written[3:])
