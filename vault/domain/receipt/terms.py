"""The terms of receipts: DPV 2 (W3C Data Privacy Vocabularies and Controls Community Group) and Kantara's categories.

Which DPV term stands for which field of ISO/IEC TS 27560:2023 is told by the group's guide to it,
https://w3id.org/dpv/guides/consent-27560 (2024-08-01).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vault.base.canonical import Json
from vault.domain.fact import Method
from vault.domain.organization import Kind
from vault.domain.receipt.told import State

RECEIPT: Final = "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
RECORD: Final = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
KANTARA: Final = "KI-CR-v1.1.0"

_IRI: Final[Json] = {"@type": "@id"}
_TIME: Final[Json] = {"@type": "http://www.w3.org/2001/XMLSchema#dateTime"}
CONTEXT: Final[Json] = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "pd": "https://w3id.org/dpv/pd#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct:conformsTo": _IRI,
    "dct:publisher": _IRI,
    "dct:created": _TIME,
    "dct:date": _TIME,
    "dpv:hasDataSource": _IRI,
    "dpv:hasJurisdiction": _IRI,
    "dpv:hasLegalBasis": _IRI,
    "dpv:hasLocation": _IRI,
    "dpv:hasNecessity": _IRI,
    "dpv:hasProcessing": _IRI,
    "dpv:hasRecipient": _IRI,
    "dpv:isExercisedAt": _IRI,
    "dpv:isIndicatedAtTime": _TIME,
    "dpv:isIndicatedBy": _IRI,
    "skos:broader": _IRI,
}
"""Read with it, every text that names a thing is an IRI, and the receipt needs nothing from the network."""

PURPOSES: Final[Mapping[Kind, str]] = {
    "offer": "dpv:DirectMarketing",
    "service": "dpv:ServiceProvision",
    "research": "dpv:CommercialResearch",
    "profiling": "dpv:Personalisation",
}
CATEGORIES: Final[Mapping[Kind, str]] = {
    "offer": "6 - Marketing",
    "service": "2 - Contracted Service",
    "research": "16 - Improve Performance",
    "profiling": "5 - Personalize Experience",
}
CONTACTS: Final[Mapping[str, str]] = {
    "email": "pd:EmailAddress",
    "phone": "pd:TelephoneNumber",
    "postal_address": "pd:PhysicalAddress",
}
"""Kinds of contact points that DPV has a term for; another is personal data of no closer kind."""

STATES: Final[Mapping[State, str]] = {
    "requested": "dpv:ConsentRequested",
    "unknown": "dpv:ConsentUnknown",
    "given": "dpv:ConsentGiven",
    "renewed": "dpv:RenewedConsentGiven",
    "refused": "dpv:ConsentRefused",
    "withdrawn": "dpv:ConsentWithdrawn",
    "objected": "dpv:ConsentWithdrawn",
    "expired": "dpv:ConsentExpired",
    "invalidated": "dpv:ConsentInvalidated",
}
METHODS: Final[Mapping[Method, str]] = {
    "portal": "a choice made on the customer's page of the organization",
    "one_click": "a withdrawal link in a message",
    "undo": "a press taken back right after it",
    "stop_word": "a word that stops, in answer to a message",
    "form": "a form",
    "phone": "told to a person on the phone",
    "paper": "on paper",
    "kiosk": "a screen in a shop",
    "api": "told to another system, which wrote it down",
    "import": "brought in from an older list",
    "gpc": "a browser's signal (Global Privacy Control)",
}
RIGHTS: Final[Mapping[str, str]] = {
    "A7-3": "to withdraw consent at any time",
    "A15": "of access",
    "A16": "to rectification",
    "A17": "to erasure",
    "A18": "to restriction of processing",
    "A20": "to data portability",
    "A21": "to object",
    "A77": "to lodge a complaint with a supervisory authority",
}
"""Rights under the GDPR, by article."""
