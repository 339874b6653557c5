"""Consent objects of Salesforce: by person and kind of contact point, by one contact point, by subscription."""

from __future__ import annotations

from typing import Final

import msgspec

from vault.base.personal import Personal
from vault.imports.files.table import folded
from vault.imports.record import Cells, Reading, Wrong
from vault.imports.row import Link, Saying
from vault.imports.salesforce.catalogue import Catalogue, whole_id
from vault.imports.salesforce.objects import Consents, Named

COLUMNS: Final = (
    "partyid", "contactpointtype", "engagementchanneltypeid", "datausepurposeid", "commsubscriptionchanneltypeid",
    "contactpointid", "consentgiverid", "privacyconsentstatus", "effectivefrom", "effectiveto", "effectivefromdate",
    "effectivetodate", "capturedate", "capturesource", "doubleconsentcapturedate", "consentcaptureddatetime",
    "consentcapturedsource",
)  # fmt: skip
"""What consents are read from; each object has some of them."""
REQUIRED: Final = ("privacyconsentstatus",)

_CAPTURED: Final = ("capturedate", "consentcaptureddatetime", "effectivefrom", "effectivefromdate")
_SOURCES: Final = ("capturesource", "consentcapturedsource")
_ENDS: Final = ("effectiveto", "effectivetodate")
_CONFIRMED: Final = "doubleconsentcapturedate"
_STATUSES: Final = {"optin": "granted", "optout": "withdrawn", "seen": None, "notseen": None, "": None}


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """What a consent record says, whose record it is, and of which contact point if of one."""

    party: Link
    point: Personal | None
    said: tuple[Saying, ...]


def consent(cells: Cells, *, how: Reading, consents: Consents) -> Consent:
    """Return what a record says; `Wrong` when it cannot be told what, or of whom."""
    status = folded(cells.named("privacyconsentstatus"))
    if status not in _STATUSES:
        raise Wrong("unreadable_value")
    reading = _Consent(cells, how=how, consents=consents)
    party = reading.party()
    point = whole_id(cells.named("contactpointid"))
    return Consent(
        party=Link(source=how.layout.source, id=Personal(whole_id(party))),
        point=Personal(point) if point else None,
        said=reading.said(_STATUSES[status]),
    )


class _Consent:
    def __init__(self, cells: Cells, *, how: Reading, consents: Consents) -> None:
        self._cells = cells
        self._how = how
        self._consents = consents
        self._catalogue = how.catalogue or Catalogue()
        self._kind = folded(cells.named("contactpointtype"))

    def party(self) -> str:
        """Return whose consent it is."""
        party = self._cells.named("partyid") or self._cells.named("consentgiverid")
        if point := self._cells.named("contactpointid"):
            found = self._catalogue.point(point)
            if found is None:
                raise Wrong("unknown_reference")
            kind, owner = found
            self._kind = folded(kind)
            party = party or owner
        if not self._catalogue.is_person(party):
            raise Wrong("unknown_reference")
        return party

    def said(self, verdict: str | None) -> tuple[Saying, ...]:
        if verdict is None:
            return ()
        if self._cells.named("commsubscriptionchanneltypeid"):
            name, engagement = self._catalogue.subscription(self._cells.named("commsubscriptionchanneltypeid"))
            purpose = self._consents.subscriptions.get(folded(name))
            channel = self._declared(engagement)
        else:
            own = self._cells.named("datausepurposeid")
            name = self._catalogue.purpose(own)
            purpose = None if own and not name else self._consents.purposes.get(folded(name))
            channel = self._channel()
        if purpose is None:
            raise Wrong("unmapped_purpose")
        if channel is None:
            raise Wrong("unmapped_channel")
        return self._yes(purpose, channel) if verdict == "granted" else self._noes(purpose, channel)

    def _declared(self, name: str) -> Named | None:
        key = folded(name)
        return Named(granted=(key,), withdrawn=(key,)) if key in self._how.vocabulary.channels else None

    def _channel(self) -> Named | None:
        named = self._consents.channels.get(self._kind)
        if named is None or not named.by_engagement:
            return named
        return self._declared(self._catalogue.engagement(self._cells.named("engagementchanneltypeid"))) or named

    def _yes(self, purpose: Named, channel: Named) -> tuple[Saying, ...]:
        if not purpose.granted:
            raise Wrong("unmapped_purpose")
        if not channel.granted:
            raise Wrong("ambiguous_channel")
        captured = next((at for column in _CAPTURED if (at := self._cells.date(column)) is not None), None)
        confirmed = self._cells.date(_CONFIRMED)
        source = next((text for column in _SOURCES if (text := self._cells.named(column))), "")
        told = {
            "captured_at": "" if captured is None else captured.isoformat(),
            "capture_source": source,
            "confirmed_at": "" if confirmed is None else confirmed.isoformat(),
        }
        until = next((at for column in _ENDS if (at := self._cells.instant(column)) is not None), None)
        at = confirmed or captured or self._how.exported_at  # complete with the last of its dates
        evidence = {field: Personal(text) for field, text in told.items() if text}
        return tuple(
            Saying(verdict="granted", purpose=one, channel=by, at=at, evidence=evidence, until=until)
            for one in purpose.granted
            for by in channel.granted
        )

    def _noes(self, purpose: Named, channel: Named) -> tuple[Saying, ...]:
        column = next((column for column in _CAPTURED if self._cells.named(column)), None)
        wrong: set[str] = set()
        at = self._cells.no_at(column, wrong)
        for reason in wrong:
            self._cells.set_aside(reason)
        return tuple(
            Saying(verdict="withdrawn", purpose=one, channel=by, at=at)
            for one in purpose.withdrawn
            for by in channel.withdrawn
        )
