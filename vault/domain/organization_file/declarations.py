"""What a file says about the organization, its channels, its attributes and the words of its imports."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, Final, get_args
from zoneinfo import available_timezones

from vault.domain import organization
from vault.domain.organization import ANY, CONTACT, Kind
from vault.domain.organization_file.fault import Faults, Path, quoted
from vault.domain.organization_file.known import Known, check_title
from vault.domain.organization_file.shape import Contact, File
from vault.domain.sign_in.provider import StaffSignIn
from vault.domain.suppression import SuppressionKind
from vault.domain.timing.holiday import is_known

_OFFERS: Final[tuple[Kind, ...]] = ("offer", "research")


def check(file: File, known: Known, *, faults: Faults) -> None:
    """Note what is wrong with everything but purposes, notices, clients and sources."""
    about = file.organization
    check_time_zone(about.time_zone, ("organization", "time_zone"), faults=faults)
    if about.locale not in file.locales:
        faults.add(("organization", "locales"), f"its own language {about.locale} is missing; add it")
    for key in file.sender:
        faults.references(("sender", key), key, to="channel", known=known.channels)
    _check_holidays(file, faults)
    for key, channel in file.channels.items():
        if key == ANY:
            faults.add(("channels", key), "a question asks by this word for the best channel; name it otherwise")
        to = "kind of contact point"
        faults.references(("channels", key, "reaches"), channel.reaches, to=to, known=known.contacts)
        if not channel.withdrawal:
            faults.add(("channels", key, "withdrawal"), "say how a no arrives on it; write [none] if in no way")
    for kind, suppression in file.suppressions.items():
        path: Path = ("suppressions", kind, "channels")
        faults.references(path, suppression.channels or (), to="channel", known=known.channels)
        if suppression.channels == ():
            faults.add(path, "it stops nothing anywhere; name channels, or leave the line out to mean all")
    _check_attributes(file, known, faults=faults)
    path = ("double_opt_in_needs",)
    faults.references(path, file.double_opt_in_needs, to="evidence", known=known.evidence)
    _check_words(file.words, ("words",), faults=faults)
    _check_words(file.countries, ("countries",), faults=faults)
    if file.staff_sign_in is not None:
        _check_staff(file.staff_sign_in, ("staff_sign_in",), faults=faults)


def check_time_zone(zone: Any, path: Path, *, faults: Faults) -> None:
    """Note a time zone the IANA database does not have."""
    zones = _zones()
    if zone not in zones:
        near = get_close_matches(str(zone)[:40], zones, n=1)
        example = near[0] if near else "Europe/London"
        faults.add(path, f"there is no time zone {quoted(str(zone))}; write its IANA name, such as {example}")


def _check_holidays(file: File, faults: Faults) -> None:
    for place, country in enumerate(file.quiet_hours.closed_on_public_holidays if file.quiet_hours else ()):
        if not is_known(country):
            faults.add(("quiet_hours", "closed_on_public_holidays", place), "nobody here knows this country's holidays")


def channels(file: File) -> dict[str, organization.Channel]:
    """Return the channels of a file without faults, by key."""
    return {
        key: organization.Channel(
            key=key, reaches=row.reaches, withdrawal=row.withdrawal, intrusive=row.intrusive, budget=row.budget
        )
        for key, row in file.channels.items()
    }


def party(contact: Contact | None) -> organization.Party | None:
    """Return how to reach somebody, as far as the file says so."""
    if contact is None:
        return None
    return organization.Party(
        name=contact.name, email=contact.email, phone=contact.phone, address=tuple(contact.address)
    )


def suppressions(file: File) -> dict[str, organization.Suppressing]:
    """Return every kind of suppression; what the file leaves out stops what `consent.md` names, on all channels.

    A bounce or a stop by hand means that nobody is there: it stops everything. The others are a person's no to offers.
    """
    found = {}
    for kind in get_args(SuppressionKind):
        row = file.suppressions.get(kind)
        stops = get_args(Kind) if kind in {"bounce", "manual"} else _OFFERS
        channels = tuple(file.channels)
        if row is not None:
            stops = stops if row.stops is None else row.stops
            channels = channels if row.channels is None else row.channels
        found[kind] = organization.Suppressing(channels=channels, stops=stops)
    return found


def attributes(file: File) -> dict[str, organization.Attribute]:
    """Return the attributes of a file without faults, by key."""
    found = {}
    for place, (key, row) in enumerate(file.attributes.items()):
        purposes = (row.purpose,) if isinstance(row.purpose, str) else row.purpose
        found[key] = organization.Attribute(
            key=key,
            title=row.title,
            purposes=purposes,
            keep=row.keep,
            after=row.after,
            corrected_by=row.corrected_by,
            place=place,
        )
    return found


def _check_attributes(file: File, known: Known, *, faults: Faults) -> None:
    for key, attribute in file.attributes.items():
        path: Path = ("attributes", key)
        if key in known.contacts or key == CONTACT:
            faults.add(path, f"{quoted(key)} is a contact point, not an attribute; give the attribute another key")
        check_title((*path, "title"), attribute.title, known=known, faults=faults)
        faults.references((*path, "purpose"), attribute.purpose, to="purpose", known=known.purposes)
        if not attribute.purpose:
            faults.add((*path, "purpose"), "without a purpose it may not be held; name one, or leave the attribute out")


def _check_words(lists: Mapping[Any, tuple[str, ...]], path: Path, *, faults: Faults) -> None:
    """Note a word that means two things; case and spaces around do not matter."""
    meanings: dict[str, str] = {}
    for meaning, words in lists.items():
        for index, word in enumerate(words):
            earlier = meanings.setdefault(word.strip().casefold(), meaning)
            if earlier != meaning:
                faults.add((*path, meaning, index), f"{quoted(word)} means {earlier} already; leave one of the two out")


def _check_staff(staff: StaffSignIn, path: Path, *, faults: Faults) -> None:
    if not staff.auditors and not staff.admins:
        faults.add(
            path, f"nobody can sign in like this; say which words of {quoted(staff.claim)} make auditors or admins"
        )
    for index, word in enumerate(staff.admins):
        if word in staff.auditors:
            detail = f"{quoted(word)} makes auditors already; nobody checks the log of what they declare themselves"
            faults.add((*path, "admins", index), detail)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
