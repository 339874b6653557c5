"""The fields a receipt must have, by format: where each stands, what it is called in words, and its form.

ISO/IEC TS 27560:2023 in the profile for the GDPR: what the standard and the GDPR (Art. 7, 13, 14) make mandatory, as
https://w3id.org/dpv/guides/consent-27560 tells it. Kantara Consent Receipt 1.1: what its published schema requires.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.domain.receipt.form import (
    ADDRESS,
    COUNTRY,
    EMAIL,
    HASH,
    INSTANT,
    LANGUAGE,
    LIST,
    SECONDS,
    TERM,
    TERM_OR_THING,
    TEXT,
    TEXTS,
    THING,
    TRUTH,
    Form,
)  # fmt: skip


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A mandatory member. `names` are those it may have, ours first; `within` are the fields of what stands there.

    With `named`, a mere name in the place of a thing is enough: what it names is told elsewhere.
    """

    names: tuple[str, ...]
    words: str
    form: Form = TEXT
    within: tuple[Field, ...] = ()
    named: bool = False


def _field(*names: str, words: str, form: Form = TEXT, within: tuple[Field, ...] = ()) -> Field:
    return Field(names=names, words=words, form=form, within=within)


_TYPE: Final = _field("@type", "type", words="what it is", form=TERM)
_IDENTIFIER: Final = _field("dct:identifier", "dpv:hasIdentifier", words="its identifier")
_NAME: Final = _field("dpv:hasName", "dpv:hasLegalName", words="its name")
_DURATION: Final = _field("dpv:hasDuration", words="how long it lasts", form=TERM_OR_THING)

_CONTROLLER: Final = (
    _field("dpv:hasIdentifier", "dct:identifier", words="the controller's identifier"),
    _field("dpv:hasName", "dpv:hasLegalName", words="the controller's name"),
    _field("dpv:hasAddress", "schema:address", words="the controller's postal address", form=TERM_OR_THING),
    _field("dpv:hasContact", "schema:contactPoint", words="how to reach the controller", form=TERM_OR_THING),
)
_NOTICE: Final = (
    _TYPE,
    _field("dct:language", words="the language of the notice", form=LANGUAGE),
    _field("schema:version", "dct:date", "dct:hasVersion", words="which version of the notice it was"),
    _field("schema:sha256", words="the fingerprint of the words", form=HASH),
    _field(
        "schema:mainEntity", words="the words that were shown", form=THING,
        within=(
            _field("schema:name", words="the question that was asked"),
            _field("schema:text", words="what was said about it"),
        ),
    ),
)  # fmt: skip
_PURPOSE: Final = (
    _field("dct:title", "dct:description", words="the purpose in words"),
    _field("skos:broader", "@type", words="the kind of purpose", form=TERM),
)
_PROCESS: Final = (
    Field(names=("dpv:hasPurpose",), words="why the data is used", form=TERM_OR_THING, within=_PURPOSE, named=True),
    Field(
        names=("dpv:hasPersonalData",), words="which personal data is used", form=TERM_OR_THING, named=True,
        within=(_field("skos:broader", "@type", words="the kind of personal data", form=TERM),),
    ),
    _field("dpv:hasProcessing", words="what is done with the data", form=TERM_OR_THING),
    _field("dpv:hasDataSource", words="where the data comes from", form=TERM_OR_THING),
    _field("dpv:hasNecessity", words="whether the data is optional", form=TERM),
    _field("dpv:hasStorageCondition", words="where the data lies, and for how long", form=THING),
    Field(
        names=("dpv:hasRecipient",), words="who gets the data", form=TERM_OR_THING, within=(_NAME,), named=True,
    ),
)  # fmt: skip
STORAGE: Final = {
    "dpv:StorageLocation": _field("dpv:hasLocation", words="where the data lies", form=TERM_OR_THING),
    "dpv:StorageDuration": _DURATION,
}
"""Both conditions of storage must be there, each with its member."""
_EVENT: Final = (
    _field("@type", words="what became of the consent", form=TERM),
    _field("dpv:isIndicatedAtTime", words="when it happened", form=INSTANT),
    _field("dpv:isIndicatedBy", words="who said it", form=TERM_OR_THING),
    _DURATION,
)
_CONTROL: Final = (
    _field("@type", words="what can be done", form=TERM),
    _field("dpv:isExercisedAt", words="where consent is withdrawn", form=ADDRESS),
)
_RIGHT: Final = (
    _field("@type", words="which right it is", form=TERM),
    _field("dpv:isExercisedAt", words="where the right is exercised", form=ADDRESS),
)

RECORD: Final = (
    _field("dct:identifier", "dpv:hasIdentifier", words="the identifier of the record"),
    _field("dct:conformsTo", words="the version of the schema of the record", form=ADDRESS),
    Field(
        names=("dpv:hasDataSubject",),
        words="whose consent it is",
        form=TERM_OR_THING,
        within=(_IDENTIFIER,),
        named=True,
    ),
    _field("dpv:hasDataController", words="who is responsible", form=THING, within=_CONTROLLER),
    _field("dpv:hasJurisdiction", words="whose law holds", form=TERM),
    _field("dpv:hasLegalBasis", words="the legal basis", form=TERM),
    _field("dpv:hasNotice", words="the notice that asked", form=THING, within=_NOTICE),
    _field("dpv:hasProcess", words="what is done, and why", form=THING, within=_PROCESS),
    _field("dpv:hasConsentControl", words="how to withdraw consent", form=THING, within=_CONTROL),
    _field("dpv:hasRight", words="the rights of the person", form=THING, within=_RIGHT),
    _field("dpv:hasAuthority", words="where to complain", form=THING, within=(_NAME,)),
    _field("dpv:hasConsentStatus", words="what was said, and when", form=THING, within=_EVENT),
)
ISO_27560: Final = (
    _field("@context", words="the context that gives the terms their meaning", form=TERM_OR_THING),
    _field("@type", words="what it is", form=TERM),
    _field("dct:identifier", "dpv:hasIdentifier", words="the identifier of the receipt"),
    _field("dct:conformsTo", words="the version of the schema of the receipt", form=ADDRESS),
    _field("dct:created", words="when the receipt was made", form=INSTANT),
    _field("dpv:hasRecordOfActivity", words="the record of the consent", form=THING, within=RECORD),
)

_PII_CONTROLLER: Final = (
    _field("piiController", words="the controller's name"),
    _field("contact", words="whom to ask for at the controller"),
    _field("address", words="the controller's postal address", form=THING),
    _field("email", words="the controller's e-mail address", form=EMAIL),
    _field("phone", words="the controller's telephone number"),
)
_KANTARA_PURPOSE: Final = (
    _field("consentType", words="the kind of consent"),
    _field("purposeCategory", words="the kinds of purpose", form=TEXTS),
    _field("piiCategory", words="the kinds of personal data", form=TEXTS),
    _field("termination", words="when consent ends"),
    _field("thirdPartyDisclosure", words="whether others get the data", form=TRUTH),
)
KANTARA: Final = (
    _field("version", words="the version of the format"),
    _field("jurisdiction", words="whose law holds", form=COUNTRY),
    _field("consentTimestamp", words="when consent was given", form=SECONDS),
    _field("collectionMethod", words="how consent was given"),
    _field("consentReceiptID", words="the identifier of the receipt"),
    _field("piiPrincipalId", words="whose consent it is"),
    _field("piiControllers", words="who is responsible", form=LIST, within=_PII_CONTROLLER),
    _field("policyUrl", words="where the notice stands", form=ADDRESS),
    _field(
        "services", words="what is done", form=LIST,
        within=(
            _field("service", words="the service's name"),
            _field("purposes", words="why the data is used", form=LIST, within=_KANTARA_PURPOSE),
        ),
    ),
    _field("sensitive", words="whether sensitive data is used", form=TRUTH),
    _field("spiCat", words="the kinds of sensitive data", form=TEXTS),
)  # fmt: skip
THIRD_PARTY: Final = _field("thirdPartyName", words="who else gets the data")
"""Required where `thirdPartyDisclosure` is true."""
