"""One record to a row: whom it is about, what it tells of them, and what it says for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from vault.base.personal import Personal
from vault.imports.files.table import Record, folded
from vault.imports.files.when import instant
from vault.imports.identity.names import first_name, name
from vault.imports.layout import (
    ADDRESS,
    BIRTH_DATE,
    COUNTRY,
    FIRST_NAME,
    LAST_NAME,
    NUMBER,
    REFERENCE,
)
from vault.imports.record import Cells, Columns, Reading, Wrong
from vault.imports.row import Dealing, Link, Row, Saying, Spelled, Suppressing, Verdict
from vault.imports.salesforce.catalogue import whole_id
from vault.imports.salesforce.consent import Consent, consent
from vault.imports.salesforce.objects import links_of
from vault.imports.statement import Statement

_SEPARATE: Final = frozenset({ADDRESS, NUMBER, "fax_number"})
_WHOLE: Final = 3
"""The first columns of an address: street, code, town."""
_UTC: Final = ZoneInfo("UTC")
_VERDICTS: Final[dict[str, Verdict]] = {
    "granted": "granted",
    "refused": "refused",
    "withdrawn": "withdrawn",
    "objected": "objected",
}


class PersonRow:
    """A record being read."""

    def __init__(self, record: Record, columns: Columns, *, how: Reading) -> None:
        self._how = how
        self._layout = how.layout
        self._cells = Cells(record, columns, how=how)
        self._wrong_dates: set[str] = set()
        self._birth_date: date | None = None

    def read(self, file: str) -> Row:
        """Return the row; `Wrong` when it has to be put aside whole."""
        for column, words, reason in self._layout.only:
            if folded(self._cells.named(column)) not in words:
                raise Wrong(reason)
        attributes = self._attributes()
        country = attributes.get(COUNTRY)
        points = tuple(self._points(self._layout.region if country is None else country.reveal()))
        reference = self._cells.known(REFERENCE)
        if self._layout.object is not None:
            reference = whole_id(reference)
        name_, last = first_name(self._cells.known(FIRST_NAME)), name(self._cells.known(LAST_NAME))
        self._identify(reference, {point.kind for point in points}, named=name_ is not None and last is not None)
        consented = self._consent()
        held = [one for one in self._layout.statements if self._holds(one)]
        said = tuple(self._said(held)) if consented is None else consented.said
        dealings = tuple(self._dealings(says_no=any(one.verdict != "granted" for one in said)))
        suppressed = tuple(self._suppressed(held, points))
        links = tuple(self._links()) if consented is None else (consented.party,)
        for reason in sorted(self._wrong_dates):
            self._cells.set_aside(reason)
        declared = self._how.vocabulary.attributes
        is_consent = consented is not None
        return Row(
            source=self._layout.source,
            file=file,
            record=self._cells.number,
            points=points,
            attributes={key: value for key, value in attributes.items() if key in declared},
            said=said,
            reference=Personal(reference) if reference and not is_consent else None,
            about_point=None if consented is None else consented.point,
            name=name_,
            last_name=last,
            birth_date=self._birth_date,
            role=self._layout.role,
            links=links,
            suppressed=suppressed,
            dealings=dealings,
            restricted=any(one.restrict for one in held),
            requests=tuple(one.request for one in held if one.request is not None),
            cells=tuple(self._cells.aside),
        )

    def _identify(self, reference: str, kinds: Collection[str], *, named: bool) -> None:
        """Put aside who nobody is: neither address, nor number with full name, nor record id."""
        if reference or ADDRESS in kinds:
            return
        if NUMBER not in kinds or not (named or self._layout.known_by == NUMBER):
            raise Wrong("no_identifier")

    def _attributes(self) -> dict[str, Personal]:
        found: dict[str, Personal] = {}
        for key in self._layout.columns:
            text = self._cells.known(key)
            if not text or key == REFERENCE or key in self._how.vocabulary.kinds:
                continue
            if key == COUNTRY:
                code = self._country(text)
                if code is None:
                    self._cells.set_aside("unknown_country")
                    continue
                text = code
            if key == BIRTH_DATE:
                born = instant(text, _UTC)
                if born is None:
                    self._cells.set_aside("unreadable_date")
                    continue
                self._birth_date = born.date()
                text = self._birth_date.isoformat()
            found[key] = Personal(text)
        return found

    def _country(self, text: str) -> str | None:
        word = folded(text)
        return next((code for code, words in self._how.vocabulary.countries.items() if word in words), None)

    def _points(self, country: str | None) -> Iterator[Spelled]:
        for key in self._layout.columns:
            if key not in self._how.vocabulary.kinds:
                continue
            for text in self._texts(key):
                point = self._how.spell(key, Personal(text), country=country)
                if point is not None:
                    yield point
                elif key == self._layout.known_by:
                    raise Wrong(f"unreadable_{key}")
                else:
                    self._cells.set_aside(f"unreadable_{key}")

    def _texts(self, key: str) -> list[str]:
        """Return the contact points of a kind.

        An address on paper is written in several columns. Without street, code or town it reaches nobody.
        """
        texts = self._cells.all_known(key)
        if key in _SEPARATE:
            return [text for text in texts if text]
        return ["\n".join(filter(None, texts))] if texts and all(texts[:_WHOLE]) else []

    def _consent(self) -> Consent | None:
        consents = self._layout.consent
        return None if consents is None else consent(self._cells, how=self._how, consents=consents)

    def _links(self) -> Iterator[Link]:
        same = self._layout.same_as
        if same is not None and (own := self._cells.named(same.column)):
            yield Link(source=same.source, id=Personal(whole_id(own) if same.checked else own), unless_named=True)
        if self._layout.object is not None:
            yield from self._parents(self._layout.object)

    def _parents(self, of: str) -> Iterator[Link]:
        for column in links_of(of):
            own = self._cells.named(column)
            if own and (self._how.catalogue is None or self._how.catalogue.is_person(own)):
                yield Link(source=self._layout.source, id=Personal(whole_id(own)))
            elif self._layout.role == "point":
                raise Wrong("unknown_reference")
            elif own:
                self._cells.set_aside("unknown_reference")

    def _meaning(self, one: Statement) -> str | None:
        """Return what the word of a statement means; nothing for none, `Wrong` for one nobody declared."""
        text = folded(self._cells.named(one.word or ""))
        parts = [part.strip() for part in text.split(";")] if one.several else [text]
        meanings = set[str | None]()
        for part in parts:
            if part and part not in one.words:
                raise Wrong("unreadable_value")
            meanings.add(one.words.get(part))
        return next((meaning for meaning in meanings if meaning is not None), None)

    def _holds(self, one: Statement) -> bool:
        if any(value not in self._values(column) for column, value in one.when.items()):
            return False
        if one.filled is not None and not self._cells.named(one.filled):
            return False
        if one.stops is not None and not self._how.stops(Personal(self._cells.named(one.stops))):
            return False
        return one.word is None or self._meaning(one) is not None

    def _values(self, column: str) -> list[str]:
        return [folded(value) for value in self._cells.named(column).split(";")]

    def _said(self, held: list[Statement]) -> Iterator[Saying]:
        """Yield what the row says; beside a no, a yes that cannot be read is set aside, and the no counts."""
        verdicts = [(one, verdict) for one in held if (verdict := self._verdict(one)) is not None]
        says_no = any(verdict != "granted" for _, verdict in verdicts)
        for one, verdict in verdicts:
            evidence: dict[str, Personal] = {}
            if verdict != "granted":
                at = self._cells.no_at(one.at, self._wrong_dates)
            else:
                try:
                    at = self._yes_at(one)
                    evidence = dict(self._evidence(one))
                except Wrong as wrong:
                    if not says_no:
                        raise
                    self._wrong_dates.add(wrong.reason)
                    continue
            for purpose in one.purposes:
                for channel in one.channels:
                    yield Saying(verdict=verdict, purpose=purpose, channel=channel, at=at, evidence=evidence)

    def _verdict(self, one: Statement) -> Verdict | None:
        if one.verdict is None or one.word is None:
            return one.verdict
        return _VERDICTS[self._meaning(one) or one.verdict]

    def _yes_at(self, one: Statement) -> datetime:
        return self._cells.date(one.at) or self._how.exported_at

    def _evidence(self, one: Statement) -> Iterator[tuple[str, Personal]]:
        unproven = any(value in self._values(column) for column, value in one.unless.items())
        for field, column in one.evidence.items():
            text = self._cells.named(column)
            if field.endswith("_at"):
                at = self._cells.date(column)
                text = "" if at is None else at.isoformat()
            if text and not unproven:
                yield field, Personal(text)

    def _suppressed(self, held: list[Statement], points: tuple[Spelled, ...]) -> Iterator[Suppressing]:
        for one in held:
            if one.suppress is not None:
                kinds = self._how.vocabulary.suppressions.get(one.suppress, self._how.vocabulary.kinds)
                at = self._cells.no_at(one.at, self._wrong_dates)
                stopped = (point for point in points if point.kind in kinds)
                yield from (Suppressing(kind=one.suppress, point=point, at=at) for point in stopped)

    def _dealings(self, *, says_no: bool) -> Iterator[Dealing]:
        dealings = self._layout.dealings
        if dealings is None:
            return
        word = folded(self._cells.named(dealings.word))
        offered = self._offered(dealings.refusal_offered)
        if word and word not in dealings.kinds:
            raise Wrong("unreadable_value")
        try:
            at = self._cells.date(dealings.at)
        except Wrong:
            if says_no:  # the no counts, and has set the date aside
                return
            raise
        if word and at is not None:
            yield Dealing(kind=dealings.kinds[word], at=at, refusal_offered=offered)

    def _offered(self, column: str | None) -> bool:
        word = folded(self._cells.named(column or ""))
        if word and word not in self._how.vocabulary.granted and word not in self._how.vocabulary.withdrawn:
            raise Wrong("unreadable_value")
        return word in self._how.vocabulary.granted
