"""A receipt as ISO/IEC TS 27560:2023 JSON-LD with DPV terms, in the profile for the GDPR.

What the organization does not declare is left out, never made up: `check` names it. Where personal data lies is what
the notice tells (GDPR Art. 13(1)(f)): the organization's own country, and those it names under transfers. A no for
which nobody wrote down the words cites the notice that was in force, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from vault.base.canonical import Json
from vault.domain.organization import EVERY, Notice, Organization, Party, Words
from vault.domain.receipt.terms import CONTACTS, CONTEXT, METHODS, PURPOSES, RECEIPT, RECORD, RIGHTS, STATES
from vault.domain.receipt.told import Covered, Event, Said, Told

_ANY: Final = "dpv:PersonalData"


def iso_27560(told: Told) -> dict[str, Json]:
    """Return the receipt, of what canonical JSON takes."""
    return {
        "@context": CONTEXT,
        "@id": _id(told, told.id),
        "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": RECEIPT,
        "dct:identifier": told.id,
        "dct:created": instant(told.created),
        "dct:publisher": told.site,
        "dpv:hasRecordOfActivity": [_record(told)],
    }


def record(told: Told) -> dict[str, Json]:
    """Return the record by itself, as the organization keeps it: a receipt is what the person takes home of it."""
    return {"@context": CONTEXT, **_record(told)}


def instant(at: datetime) -> str:
    """Return an instant as RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def title(titles: Mapping[str, str], *, locale: str, own: str) -> str:
    """Return a title in a language; else in the organization's own; else in any."""
    return titles.get(locale) or titles.get(own) or next(iter(titles.values()), "")


def _record(told: Told) -> dict[str, Json]:
    return {
        "@id": _id(told, told.fact.id),
        "@type": "dpv:ConsentRecord",
        "dct:conformsTo": RECORD,
        "dct:identifier": told.fact.id,
        "dct:created": instant(told.fact.recorded_at),
        "dct:title": _title(told),
        "dpv:hasDataSubject": {"@type": "dpv:DataSubject", "dct:identifier": told.customer},
        "dpv:hasDataController": _controller(told),
        "dpv:hasJurisdiction": f"loc:{told.organization.jurisdiction}",
        "dpv:hasLegalBasis": "eu-gdpr:A6-1-a",
        "dpv:hasNotice": [*_notices(told)],
        "dpv:hasProcess": [_process(told, one) for one in told.covered],
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dpv:isExercisedAt": told.site,
            "dct:description": "One press there, or the link in any message. It counts at once.",
        },
        "dpv:hasRight": [
            {
                "@type": ["dpv:DataSubjectRight", f"eu-gdpr:{article}"],
                "dct:title": f"the right {what}",
                "dpv:isExercisedAt": f"{told.site}rights",
            }
            for article, what in RIGHTS.items()
        ],
        **({"dpv:hasAuthority": [*_authorities(told.organization)]} if told.organization.complaints else {}),
        "dpv:hasConsentStatus": [_event(told, one) for one in told.events],
    }


def _title(told: Told) -> str:
    titles = told.organization.purposes[told.fact.purpose].title
    return title(titles, locale=told.locale, own=told.organization.locale)


def _controller(told: Told) -> Json:
    organization, officer = told.organization, told.organization.officer
    return {
        "@id": told.site,
        "@type": "dpv:DataController",
        "dpv:hasIdentifier": told.site,
        "dpv:hasName": organization.name,
        **_reached(organization.contact),
        **(
            {"dpv:hasDataProtectionOfficer": {"@type": "dpv:DataProtectionOfficer", **_named(officer)}}
            if officer is not None
            else {}
        ),
    }


def _named(party: Party) -> dict[str, Json]:
    return {**({"dpv:hasName": party.name} if party.name else {}), **_reached(party)}


def _reached(party: Party) -> dict[str, Json]:
    ways: list[Json] = [
        *([f"mailto:{party.email}"] if party.email else []),
        *([f"tel:{party.phone}"] if party.phone else []),
    ]
    return {
        **({"dpv:hasAddress": ", ".join(party.address)} if party.address else {}),
        **({"dpv:hasContact": ways} if ways else {}),
    }


def _authorities(organization: Organization) -> Iterator[Json]:
    """Yield the bodies to complain to, that of the organization's own country first."""
    for country, name in sorted(
        organization.complaints.items(), key=lambda one: (one[0] != organization.jurisdiction, one[0])
    ):
        yield {
            "@type": "dpv:DataProtectionAuthority",
            "dpv:hasName": name,
            "dpv:hasJurisdiction": f"loc:{country}",
        }


def _notices(told: Told) -> Iterator[Json]:
    """Yield the words that were shown, each once; where nobody wrote them down, the notices that were in force."""
    shown = [one.said for one in told.events if one.said is not None and one.said.fact.notice is not None]
    found = {_notice_id(told, one): _shown(told, one) for one in shown}
    yield from found.values()
    for one in told.covered if told.fact.notice is None else ():
        if one.notice is not None and (own := _id(told, f"{one.notice.key}-{one.notice.version}")) not in found:
            yield {"@id": own, **_in_force(told, one.notice)}


def _notice_id(told: Told, said: Said) -> str:
    return _id(told, f"{said.fact.purpose}-{said.fact.notice}-{said.fact.locale}")


def _shown(told: Told, said: Said) -> Json:
    fact, notice = said.fact, said.notice
    return {
        "@id": _notice_id(told, said),
        "@type": "dpv:ConsentNotice",
        "dct:description": "shown when it was said",
        "schema:version": str(fact.notice),
        **({"dct:date": instant(notice.published)} if notice is not None else {}),
        **({"dct:language": fact.locale} if fact.locale else {}),
        **({"schema:sha256": fact.words} if fact.words else {}),
        **(_words(said.words) if said.words is not None else {}),
    }


def _in_force(told: Told, notice: Notice) -> dict[str, Json]:
    own = told.organization.locale
    locale = own if own in notice.texts else next(iter(notice.texts))
    return {
        "@type": "dpv:ConsentNotice",
        "dct:description": "in force when it was said; nobody wrote down that words were shown",
        "schema:version": str(notice.version),
        "dct:date": instant(notice.published),
        "dct:language": locale,
        "schema:sha256": notice.words(locale),
        **_words(notice.texts[locale]),
    }


def _words(words: Words) -> dict[str, Json]:
    return {
        "schema:mainEntity": {
            "@type": "schema:Question",
            "schema:name": words.ask,
            "schema:text": words.details,
            "schema:suggestedAnswer": [words.agree, words.decline],
        }
    }


def _process(told: Told, one: Covered) -> Json:
    purpose, notice = one.purpose, _cited(told, one)
    channels = [channel for channel in one.channels if channel != EVERY]
    transfers = notice.transfers if notice is not None else {}
    profiling: list[Json] = ["dpv:Profiling"] if purpose.kind == "profiling" else []
    transferred: list[Json] = [
        {"@type": "dpv:Transfer", "dct:title": to, "dct:description": why} for to, why in transfers.items()
    ]
    named: list[Json] = (
        [{"@type": "dpv:Recipient", "dpv:hasName": name} for name in notice.recipients] if notice else []
    )
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:identifier": purpose.key,
            "dct:title": title(purpose.title, locale=told.locale, own=told.organization.locale),
            "skos:broader": PURPOSES[purpose.kind],
            **({"dct:description": f"over {', '.join(channels)}"} if channels else {}),
        },
        "dpv:hasPersonalData": [*_data(told.organization, one)],
        "dpv:hasNecessity": "dpv:Optional",
        "dpv:hasDataSource": "dpv:DataSubjectDataSource",
        "dpv:hasProcessing": [
            "dpv:Collect",
            "dpv:Store",
            "dpv:Use",
            *profiling,
            *transferred,
        ],
        "dpv:hasStorageCondition": [
            {
                "@type": "dpv:StorageLocation",
                "dpv:hasLocation": f"loc:{told.organization.jurisdiction}",
                **({"dct:description": f"also: {', '.join(transfers)}"} if transfers else {}),
            },
            *([{"@type": "dpv:StorageDuration", "dpv:hasDuration": _event_end(notice.retention)}] if notice else []),
        ],
        "dpv:hasRecipient": [told.site, *named],
    }


def _cited(told: Told, one: Covered) -> Notice | None:
    """Return the notice that tells of the processing: the one shown, where it is of this purpose."""
    shown = told.said.notice
    return shown if shown is not None and one.purpose.key == told.fact.purpose else one.notice


def _data(organization: Organization, one: Covered) -> Iterator[Json]:
    kinds = dict.fromkeys(organization.channels[channel].reaches for channel in one.channels if channel != EVERY)
    for kind in kinds:
        yield {
            "@type": _ANY,
            "dct:title": kind.replace("_", " "),
            "skos:broader": CONTACTS.get(kind, _ANY),
        }
    for attribute in organization.attributes.values():
        if not set(attribute.purposes).isdisjoint(one.purpose.lineage):
            yield {
                "@type": _ANY,
                "dct:title": title(attribute.title, locale=organization.locale, own=organization.locale),
                "skos:broader": _ANY,
            }


def _event(told: Told, event: Event) -> Json:
    given = event.state in {"given", "renewed"}
    said = event.said
    until = event.until
    ends = "a new choice" if not given else "withdrawal"
    return {
        "@type": [STATES[event.state], *(["dpv:ExpressedConsent"] if given else [])],
        "dpv:isIndicatedAtTime": instant(event.at),
        "dpv:isIndicatedBy": "dpv:DataSubject" if said is not None else told.site,
        "dpv:hasDuration": (
            {"@type": "dpv:UntilTimeDuration", "rdf:value": instant(until)} if until else _event_end(ends)
        ),
        **({"dpv:hasIndicationMethod": METHODS[said.fact.method], "dct:identifier": said.fact.id} if said else {}),
        **({"dpv:hasNotice": {"@id": _notice_id(told, said)}} if said and said.fact.notice is not None else {}),
    }


def _event_end(what: str) -> Json:
    return {"@type": "dpv:UntilEventDuration", "rdf:value": what}


def _id(told: Told, name: str) -> str:
    return f"{told.site}#{name}"
