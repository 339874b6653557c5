"""How a file is to be read, from what the organization file says of its source.

A key this reader has no use for refuses the file: what is not understood could be a no. Nothing of the foreign file
enters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from vault.imports.files.table import folded
from vault.imports.files.when import Form, form
from vault.imports.mapping import Mapped, unknown
from vault.imports.row import DealingKind, FileRefused, Role, Shape, Verdict
from vault.imports.salesforce import objects as salesforce
from vault.imports.statement import Statement, Vocabulary

__all__ = ["ADDRESS", "Layout", "Statement", "Vocabulary", "layout", "matching", "of_mapping"]

ADDRESS: Final = "email"
NUMBER: Final = "phone"
REFERENCE: Final = "reference"
FIRST_NAME: Final = "first_name"
LAST_NAME: Final = "last_name"
BIRTH_DATE: Final = "birth_date"
COUNTRY: Final = "country"
SAME_AS: Final = "same_as"
GENERIC: Final = "file"
PERSONAL: Final = frozenset({REFERENCE, FIRST_NAME, LAST_NAME, BIRTH_DATE, COUNTRY})

_SOURCE: Final = frozenset({"about", "time_zone", "columns", "files"})
_OWN: Final = frozenset({"columns", "date", "at", "dealing", "dates", "refusal_offered", "numbers", "subscriptions"})
_RECORD_IDS: Final = frozenset({"id", "record id"})
"""Headers of ids that are a person's record. Any other id may be that of an address on a list."""
_PLAIN: Final[tuple[Verdict | None, ...]] = ("granted", "refused", "withdrawn")
_DEALINGS: Final[tuple[DealingKind, ...]] = ("purchased", "inquired")


class SameAs(msgspec.Struct, frozen=True, kw_only=True):
    """The column of a link to another source's record. `checked`: the ids end in a checksum that may be missing."""

    column: str
    source: str
    checked: bool


class Dealings(msgspec.Struct, frozen=True, kw_only=True):
    """The column that tells what a dealing was and its words, that of its date, and whether a refusal was offered."""

    word: str
    kinds: Mapping[str, DealingKind]
    at: str
    refusal_offered: str | None = None


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How to read one file. `columns` holds, for each thing known of a person, the headers it may stand under.

    `known_by` is what its rows are not read without, none where they have record ids of their own. `forms` are those
    of dates by the words of one column (`forms_by`: found by its words if it is not named). `only` holds the words a
    column may have, and why others put the row aside. `consent` and `object` are Salesforce's.
    """

    source: str
    about_address: bool
    zone: ZoneInfo
    columns: Mapping[str, tuple[str, ...]]
    statements: tuple[Statement, ...]
    shape: Shape = "table"
    role: Role = "person"
    known_by: str | None = ADDRESS
    unix: bool = False
    same_as: SameAs | None = None
    dealings: Dealings | None = None
    forms: Mapping[str, Form] = {}
    forms_by: str | None = None
    only: tuple[tuple[str, frozenset[str], str], ...] = ()
    region: str | None = None
    object: str | None = None
    consent: salesforce.Consents | None = None

    @property
    def plain(self) -> bool:
        """Whether its rows hold nothing but whom they are about and a yes or no."""
        return (
            self.role == "person"
            and self.same_as is None
            and self.dealings is None
            and self.object is None
            and all(one.verdict in _PLAIN for one in self.statements)
        )


def matching(sources: Mapping[str, Any], path: str) -> list[tuple[str, str]]:
    """Return each source and pattern that a path with `/` fits: the pattern its name, the source its folder if it can.

    More than one is more than can be told apart.
    """
    folder, _, name = path.rpartition("/")
    found = [
        (key, pattern) for key, source in sources.items() for pattern in _patterns(source) if fnmatchcase(name, pattern)
    ]
    own = [fit for fit in found if fit[0] == folder.rpartition("/")[2]]
    return own or found


def layout(sources: Mapping[str, Any], source: str, *, pattern: str, vocabulary: Vocabulary) -> Layout:
    """Return how to read a file of this source and pattern; `FileRefused` names the key it cannot follow."""
    about = sources[source]
    zone = ZoneInfo(about.get("time_zone", "UTC"))
    if salesforce.is_declared(about):
        return _object(about, source, pattern=pattern, vocabulary=vocabulary)
    for key in about:
        if key not in _SOURCE:
            raise unknown(f"sources.{source}.{key}")
    file = about["files"][pattern]
    place = f"sources.{source}.files.{pattern}"
    columns, role = _columns(file, about)
    same_as = columns.pop(SAME_AS, None)
    if not columns or not all(isinstance(names, list | tuple) for names in columns.values()):
        raise FileRefused("unsupported_mapping", f"{place}: list the headers of columns, such as email: [E-Mail]")
    heads = {key: tuple(map(folded, names)) for key, names in columns.items()}
    dealings = _dealings(file, place)
    date = file.get("date", file.get("at", None if dealings is None else dealings.at))
    statuses = _Statuses(file) if "subscriptions" in file else None
    keys = {key: said for key, said in file.items() if key not in _OWN and not (statuses and key == "evidence")}
    said = statuses.statements() if statuses else Mapped(place, vocabulary, date=date).statements(keys)
    by_id = not _RECORD_IDS.isdisjoint(heads.get(REFERENCE, ()))
    return Layout(
        source=source,
        about_address=about["about"] == "address",
        zone=zone,
        columns=heads,
        statements=tuple(said),
        shape="statuses" if statuses else "numbers" if "numbers" in file else "table",
        role=role,
        known_by=None if by_id else ADDRESS if ADDRESS in heads else NUMBER,
        unix=role == "list" and "at" in file,
        same_as=None if same_as is None else _same_as(same_as, place, sources=sources),
        dealings=dealings,
        forms=dict(_forms(file.get("dates", {}), place, zone=zone)),
        forms_by=folded(file["dates"]["by"]) if "by" in file.get("dates", {}) else None,
        only=statuses.only if statuses else (),
        region=file.get("numbers"),
    )


def of_mapping(mapping: Mapping[str, Any], *, vocabulary: Vocabulary) -> Layout:
    """Return how to read a file by a mapping of its own: `about`, `time_zone`, and the keys of a file.

    `FileRefused` for a field nobody declared: it could not be kept.
    """
    known = {*vocabulary.kinds, *vocabulary.attributes, *PERSONAL}
    columns = mapping.get("columns")
    if mapping.get("about") not in ("address", "person") or not isinstance(columns, Mapping):
        raise FileRefused("unsupported_mapping", "a mapping has columns, and about: address or about: person")
    for key in columns:
        if key not in known:
            raise FileRefused(
                "undeclared_field", f"columns.{key}: declare it in the organization file, or leave it out"
            )
    file = {key: said for key, said in mapping.items() if key not in _SOURCE or key == "columns"}
    own = {key: mapping[key] for key in ("about", "time_zone") if key in mapping}
    return layout({GENERIC: {**own, "files": {"*": file}}}, GENERIC, pattern="*", vocabulary=vocabulary)


def _patterns(source: Mapping[str, Any]) -> tuple[str, ...]:
    own = salesforce.FILES if salesforce.is_declared(source) else ()
    return (*source.get("files", ()), *own)


def _columns(file: Mapping[str, Any], about: Mapping[str, Any]) -> tuple[dict[str, Any], Role]:
    """Return the columns of a file, and what its rows are about. Lists of one column have the header it always has."""
    columns = file.get("columns", about.get("columns"))
    if columns:
        return dict(columns), "person"
    if "subscriptions" in file:
        return {ADDRESS: ["subscriberIdString"]}, "consent"
    if "numbers" in file:
        return {NUMBER: ["number"]}, "list"
    if "inbound" in file:
        return {NUMBER: ["From"]}, "list"
    return ({ADDRESS: ["email"]}, "list") if columns is None else ({}, "list")


def _same_as(value: Any, place: str, *, sources: Mapping[str, Any]) -> SameAs:
    match value:
        case {"column": str(column), "source": str(source), **rest} if not rest and source in sources:
            return SameAs(column=folded(column), source=source, checked=salesforce.is_declared(sources[source]))
        case _:
            raise unknown(f"{place}.columns.{SAME_AS}")


def _dealings(file: Mapping[str, Any], place: str) -> Dealings | None:
    match file.get("dealing"):
        case None:
            return None
        case {"at": str(at), **rest} if len(rest) == 1:
            [(word, words)] = rest.items()
            kinds = dict(_kinds(words, f"{place}.dealing"))
            offered = file.get("refusal_offered")
            return Dealings(
                word=folded(str(word)),
                kinds=kinds,
                at=folded(at),
                refusal_offered=None if offered is None else folded(offered),
            )
        case _:
            raise unknown(f"{place}.dealing")


def _kinds(words: Any, place: str) -> Iterator[tuple[str, DealingKind]]:
    for word, said in words.items() if isinstance(words, Mapping) else (("", None),):
        kind = next((one for one in _DEALINGS if one == said), None)
        if kind is None:
            raise unknown(f"{place}.{word}")
        yield folded(word), kind


def _forms(dates: Mapping[str, Any], place: str, *, zone: ZoneInfo) -> list[tuple[str, Form]]:
    found: list[tuple[str, Form]] = []
    for word, said in dates.items():
        if word == "by":
            continue
        own = said if isinstance(said, Mapping) else {}
        one = form(str(own.get("form", "")), ZoneInfo(own.get("time_zone", zone.key)))
        if one is None:
            raise unknown(f"{place}.dates.{word}")
        found.append((folded(word), one))
    return found


class _Statuses:
    """Answers of HubSpot's status endpoint: a subscription, its channel, and whether somebody has it."""

    def __init__(self, file: Mapping[str, Any]) -> None:
        self._names = {folded(name): purpose for name, purpose in file["subscriptions"].items()}
        self.only = (
            ("subscriptionname", frozenset(self._names), "unmapped_purpose"),
            ("channel", frozenset({ADDRESS}), "unmapped_channel"),
        )

    def statements(self) -> list[Statement]:
        """Return what each subscription's status says."""
        words: dict[str, str | None] = {"subscribed": "granted", "unsubscribed": "withdrawn", "not_specified": None}
        return [
            Statement(
                verdict="granted",
                purposes=(purpose,),
                channels=(ADDRESS,),
                at="timestamp",
                word="status",
                words=words,
                when={"subscriptionname": name},
                evidence={"captured_at": "timestamp", "capture_source": "legalbasisexplanation"},
                unless={"legalbasis": ""},  # set by hand, or brought by an import: nobody knows on what ground
            )
            for name, purpose in self._names.items()
        ]


def _object(about: Mapping[str, Any], source: str, *, pattern: str, vocabulary: Vocabulary) -> Layout:
    """Return how to read one of Salesforce's objects."""
    for key in about:
        if key not in salesforce.KEYS:
            raise unknown(f"sources.{source}.{key}")
    of = salesforce.object_of(pattern)
    mapped = Mapped(f"sources.{source}", vocabulary)
    flags = salesforce.flags(about, of)
    consent = salesforce.consents(about, source) if of.role == "consent" else None
    return Layout(
        source=source,
        about_address=about["about"] == "address",
        zone=ZoneInfo(about.get("time_zone", "UTC")),
        columns=of.columns,
        statements=tuple(one for key, column, said in flags for one in mapped.flag(key, column, said=said)),
        role=of.role,
        known_by=None,
        object=of.name,
        consent=consent,
    )
