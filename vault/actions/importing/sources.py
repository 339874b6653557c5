"""Which source a file is of, and how its rows are read: by its name, else by its headers, or by a mapping of its own.

What nobody can tell refuses the import before anything is written: it may be the list of those who left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec

from vault.actions.importing.given import File, Given
from vault.actions.vault import Here
from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.contact_point import normalise
from vault.domain.leaving.words import heard
from vault.domain.organization import Organization
from vault.imports.files.packed import unpacked
from vault.imports.files.statuses import statuses
from vault.imports.files.survey import Survey, survey
from vault.imports.files.table import folded, table
from vault.imports.files.text import decoded, encoding
from vault.imports.layout import Layout, Vocabulary, layout, matching, of_mapping
from vault.imports.reading import Reading, columns_of, fitting
from vault.imports.row import FileRefused, Spelled
from vault.imports.salesforce.catalogue import Catalogue
from vault.store.imports.files import How

_PROSE: Final = (".md", ".yaml", ".yml", ".py", ".pdf")
_JSON: Final = ".json"
_SPELLINGS: Final = 1 << 14


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A file, and how it is read."""

    file: File
    source: str
    pattern: str
    layout: Layout


class Sources:
    """The sources an organization declares, and the ways its rows are written."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._organization = here.organization
        self.vocabulary = vocabulary(here.organization)
        self._spelled = lru_cache(maxsize=_SPELLINGS)(_normalised)

    def recognise(self, given: Given) -> tuple[list[Source], list[str]]:
        """Return how each file is read, in the order of their paths, and what of a folder is no export."""
        if given.mapping is not None:
            return [self._mapped(given, given.mapping)], []
        found: list[Source] = []
        unread: list[str] = []
        paths: set[str] = set()
        for file in sorted(given.files, key=lambda file: file.path):
            if file.path in paths:
                raise FileRefused("file_twice", f"{file.path}: given twice")
            paths.add(file.path)
            if not file.named and not matching(self._organization.sources, file.path) and _is_no_export(file):
                unread.append(file.path)
                continue
            with naming(file.path):
                source, pattern = self._source_of(file)
                plan = self._layout(source, pattern)
            found.append(Source(file=file, source=source, pattern=pattern, layout=plan))
        return found, unread

    def again(self, file: File, how: How) -> Source:
        """Return how a file is read that was recognised before."""
        if how.mapping is not None:
            plan = of_mapping(how.mapping, vocabulary=self.vocabulary)
        else:
            plan = self._layout(how.source, how.pattern)
        return Source(file=file, source=how.source, pattern=how.pattern, layout=plan)

    def reading(self, plan: Layout, *, exported_at: datetime, catalogue: Catalogue | None) -> Reading:
        """Return how the rows of a file are read."""
        words = self._organization.stop_words
        return Reading(
            layout=plan,
            vocabulary=self.vocabulary,
            spell=self._spell,
            exported_at=exported_at,
            stops=lambda text: heard(text.reveal(), words) == "stop",
            catalogue=catalogue,
        )

    def _source_of(self, file: File) -> tuple[str, str]:
        match matching(self._organization.sources, file.path):
            case [one]:
                return one
            case []:
                return self._by_header(file)
            case _:
                raise FileRefused(
                    "ambiguous_source",
                    "several sources declare a file of this name: put it in a folder named like its own",
                )

    def _by_header(self, file: File) -> tuple[str, str]:
        header = _header(file)
        match fitting(header, self._layouts()) if header else []:
            case [one]:
                return one
            case _:
                raise FileRefused(
                    "undeclared_file",
                    "no source in the organization file declares a file of this name, and its headers do not tell one "
                    "for certain: declare it, give it a mapping of its own, or take it out of the folder",
                )

    def _layouts(self) -> dict[tuple[str, str], Layout]:
        return {
            (source, pattern): self._layout(source, pattern)
            for source, about in self._organization.sources.items()
            for pattern in about.get("files", ())
        }

    def _layout(self, source: str, pattern: str) -> Layout:
        plan = layout(self._organization.sources, source, pattern=pattern, vocabulary=self.vocabulary)
        self._check(plan)
        return plan

    def _mapped(self, given: Given, mapping: Mapping[str, Any]) -> Source:
        if len(given.files) != 1:
            raise Invalid("one_file", "a mapping is for one file: give that one alone")
        with naming(given.files[0].path):
            plan = of_mapping(mapping, vocabulary=self.vocabulary)
            self._check(plan)
        return Source(file=given.files[0], source=plan.source, pattern="*", layout=plan)

    def _check(self, plan: Layout) -> None:
        """Refuse a file whose yeses and noes are for what nobody declared, or for a way they could not be given."""
        for statement in plan.statements:
            for purpose in statement.purposes:
                try:
                    self._organization.purpose(purpose)
                    for channel in statement.channels:
                        if statement.verdict == "granted":
                            self._here.way(purpose, channel)
                except Invalid as wrong:
                    raise FileRefused(wrong.code, f"sources.{plan.source}: {wrong.detail}") from None

    def _spell(self, kind: str, text: Personal, *, country: str | None) -> Spelled | None:
        return self._spelled((kind, text, country or self._organization.region))


def _normalised(written: tuple[str, Personal, str]) -> Spelled | None:
    kind, text, region = written
    try:
        found = normalise(kind, text, region=region)
    except Invalid:
        return None
    return Spelled(kind=kind, value=found.value, index=found.index)


def vocabulary(organization: Organization) -> Vocabulary:
    """Return what an organization declares that its files are read by."""
    return Vocabulary(
        kinds={channel.reaches for channel in organization.channels.values()},
        attributes=organization.attributes.keys(),
        granted=frozenset(map(folded, organization.words.get("granted", ()))),
        withdrawn=frozenset(map(folded, organization.words.get("withdrawn", ()))),
        countries={code: frozenset(map(folded, words)) for code, words in organization.countries.items()},
        evidence=organization.evidence,
        channels={key: channel.reaches for key, channel in organization.channels.items()},
        suppressions={
            kind: frozenset(organization.channel(channel).reaches for channel in rule.channels)
            for kind, rule in organization.suppressions.items()
        },
    )


def look(source: Source, given: Given) -> Survey:
    """Return what is found out of a file; `FileRefused` names one that has not the columns it needs, or no end."""
    with naming(source.file.path):
        found = survey(source.file.opened, layout=source.layout, told=given.overrides)
        if found.header:
            columns_of(found.header, source.layout, found=found)
        return found


def catalogue(looked: Iterable[tuple[Source, Survey]]) -> Catalogue | None:
    """Return what the ids of Salesforce's files stand for; none where there is none of them."""
    found: Catalogue | None = None
    for source, known in looked:
        name = source.layout.object
        if name is not None:
            found = found or Catalogue()
            with naming(source.file.path):
                texts = decoded(unpacked(source.file.opened()), known.encoding)
                found.gather(name, table(texts, separator=known.separator or None))
    return found


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Let a refusal name the file it is about."""
    try:
        yield
    except FileRefused as refused:
        raise FileRefused(refused.code, f"{path}: {refused.detail}") from None


def _header(file: File) -> tuple[str, ...]:
    name = encoding(unpacked(file.opened()))
    return table(decoded(unpacked(file.opened()), name)).header


def _is_no_export(file: File) -> bool:
    """Whether a file of a folder cannot hold rows: it is hidden, prose or a configuration, or JSON of another kind."""
    name = file.path.rpartition("/")[2].casefold()
    if name.startswith(".") or name.endswith(_PROSE):
        return True
    if not name.endswith(_JSON):
        return False
    try:
        statuses(decoded(unpacked(file.opened()), "utf-8"))
    except FileRefused:
        return True
    return False
