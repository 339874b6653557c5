"""Text to `Organization`: compose, hold against the shape, check what belongs together, build."""

from __future__ import annotations

import msgspec
from msgspec.inspect import type_info

from vault.domain.organization import Organization, Party
from vault.domain.organization_file import clients, declarations, notices, portals, purposes, sources
from vault.domain.organization_file.fault import Faults
from vault.domain.organization_file.known import known
from vault.domain.organization_file.shape import File
from vault.domain.organization_file.tree import compose
from vault.domain.organization_file.walk import Walk
from vault.domain.timing.week import week


def read(text: str, *, name: str = "organization.yaml") -> Organization:
    """Return what the text declares; `OrganizationFileError` holds the faults, each with line and path.

    References are checked once every value is of the right shape, so that no fault is told that only follows from one.
    """
    faults = Faults(name)
    plain = Walk(faults).value(compose(text, faults), type_info(File), path=())
    faults.stop()
    file = msgspec.convert(plain, File)
    declared = known(file)
    for part in (declarations, portals, purposes, notices, clients, sources):
        part.check(file, declared, faults=faults)
    faults.stop()
    return _build(file)


def _build(file: File) -> Organization:
    about = file.organization
    return Organization(
        slug=about.slug,
        name=about.name,
        jurisdiction=about.jurisdiction,
        region=about.region or about.jurisdiction,
        time_zone=about.time_zone,
        locale=about.locale,
        locales=file.locales,
        minor_until=about.minor_until,
        channels=declarations.channels(file),
        purposes=purposes.build(file),
        attributes=declarations.attributes(file),
        notices=notices.build(file),
        suppressions=declarations.suppressions(file),
        evidence={key: evidence.needs for key, evidence in file.evidence.items()},
        double_opt_in_needs=file.double_opt_in_needs,
        clients=clients.build(file),
        sources=sources.build(file),
        words={str(meaning): words for meaning, words in file.words.items()},
        countries=file.countries,
        portal=portals.build(file),
        staff_sign_in=file.staff_sign_in,
        keep_log=file.retention["access_log"].keep if "access_log" in file.retention else None,
        keep_unconfirmed=file.retention["unconfirmed"].keep if "unconfirmed" in file.retention else None,
        keep_quarantine=file.retention["quarantine"].keep if "quarantine" in file.retention else None,
        budget=about.budget,
        open_hours={place: week(open_) for place, open_ in file.quiet_hours.open.items()} if file.quiet_hours else {},
        closed_on_holidays=file.quiet_hours.closed_on_public_holidays if file.quiet_hours else (),
        stop_words=file.stop_words,
        contact=declarations.party(about.contact) or Party(),
        officer=declarations.party(about.data_protection_officer),
        complaints=about.complaint_bodies,
    )
