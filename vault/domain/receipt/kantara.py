"""A receipt as Kantara Consent Receipt 1.1. The format knows a yes only.

What the organization does not declare is left out, never made up: `check` names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vault.base.canonical import Json
from vault.domain.organization import EVERY
from vault.domain.receipt.iso_27560 import instant, title
from vault.domain.receipt.terms import CATEGORIES, KANTARA, METHODS
from vault.domain.receipt.told import State, Told

_ENDS: Final[Mapping[State, str]] = {
    "refused": "Ended: a no was said on {at}",
    "withdrawn": "Ended: withdrawn on {at}",
    "objected": "Ended: objected to on {at}",
    "expired": "Ended: ran out on {at}",
    "invalidated": "Ended: the words changed on {at}",
}


def kantara(told: Told) -> dict[str, Json]:
    """Return the receipt of a yes, of what canonical JSON takes."""
    organization, [one] = told.organization, told.covered
    notice = told.said.notice or one.notice
    recipients = ", ".join(notice.recipients) if notice is not None else ""
    channels = [channel for channel in one.channels if channel != EVERY]
    contacts: list[Json] = ["2 - Contact"] if channels else []
    held = [each for each in organization.attributes.values() if not set(each.purposes).isdisjoint(one.purpose.lineage)]
    return {
        "version": KANTARA,
        "jurisdiction": organization.jurisdiction,
        "consentTimestamp": int(told.fact.at.timestamp()),
        "collectionMethod": METHODS[told.fact.method],
        "consentReceiptID": told.id,
        "language": told.locale,
        "piiPrincipalId": told.customer,
        "piiControllers": [_controller(told)],
        "policyUrl": told.site,
        "services": [
            {
                "service": organization.name,
                "purposes": [
                    {
                        "purpose": title(one.purpose.title, locale=told.locale, own=organization.locale),
                        "purposeCategory": [CATEGORIES[one.purpose.kind]],
                        "consentType": "EXPLICIT",
                        "piiCategory": [
                            *contacts,
                            *(title(each.title, locale=told.locale, own=organization.locale) for each in held),
                        ],
                        "primaryPurpose": one.purpose.kind == "service",
                        "termination": _termination(told),
                        "thirdPartyDisclosure": bool(recipients),
                        **({"thirdPartyName": recipients} if recipients else {}),
                    }
                ],
            }
        ],
        "sensitive": False,  # no organization file can declare a field of a special category
        "spiCat": [],
    }


def _controller(told: Told) -> Json:
    contact, officer = told.organization.contact, told.organization.officer
    named = contact.name or (officer.name if officer is not None else None)
    return {
        "piiController": told.organization.name,
        "contact": named or told.organization.name,
        "piiControllerUrl": told.site,
        **(
            {"address": {"streetAddress": ", ".join(contact.address), "addressCountry": told.organization.jurisdiction}}
            if contact.address
            else {}
        ),
        **({"email": contact.email} if contact.email else {}),
        **({"phone": contact.phone} if contact.phone else {}),
    }


def _termination(told: Told) -> str:
    """Return how it ended, or will end."""
    after = [event for event in told.events if event.at >= told.fact.at and event.state in _ENDS]
    if after:
        return _ENDS[after[0].state].format(at=instant(after[0].at))
    [own] = [event for event in told.events if event.said is not None and event.said.fact.id == told.fact.id]
    whenever = f"whenever you say no: {told.site}"
    return f"On {instant(own.until)}, or {whenever}" if own.until is not None else whenever[0].upper() + whenever[1:]
