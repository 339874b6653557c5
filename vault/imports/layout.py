"""How a file is to be read, from what the organization file says of its source.

A key this reader has no use for refuses the file: what is not understood could be a no. Nothing of the foreign file
enters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from vault.imports.row import FileRefused, Verdict
from vault.imports.table import folded

ADDRESS: Final = "email"
REFERENCE: Final = "reference"
FIRST_NAME: Final = "first_name"
COUNTRY: Final = "country"

_VERDICTS: Final[tuple[Verdict, ...]] = ("granted", "refused", "withdrawn")
_SOURCE: Final = frozenset({"about", "time_zone", "columns", "files"})
_NO_EVIDENCE: Final = "none"
_CAPTURED_AT: Final = "captured_at"


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """What the organization declares: `kinds` of contact points, attributes, words for yes and no, and so on.

    `evidence` holds for each class the fields it needs.
    """

    kinds: Collection[str]
    attributes: Collection[str]
    granted: Collection[str]
    withdrawn: Collection[str]
    countries: Mapping[str, Collection[str]]
    evidence: Mapping[str, Collection[str]]


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says for these purposes and channels. With `word`, the cell of that column decides: yes, no, nothing.

    `at` is the column of its date, `evidence` a column for each field of its class.
    """

    verdict: Verdict
    purposes: tuple[str, ...]
    channels: tuple[str, ...]
    at: str | None = None
    word: str | None = None
    evidence: Mapping[str, str] = {}


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How to read one file. `columns` holds, for each thing known of a person, the headers it may stand under."""

    source: str
    about_address: bool
    zone: ZoneInfo
    columns: Mapping[str, tuple[str, ...]]
    statements: tuple[Statement, ...]


def matching(sources: Mapping[str, Any], path: str) -> list[tuple[str, str]]:
    """Return each source and pattern that a path with `/` fits: the pattern its name, the source its folder if it can.

    More than one is more than can be told apart.
    """
    folder, _, name = path.rpartition("/")
    found = [
        (key, pattern)
        for key, source in sources.items()
        for pattern in source.get("files", {})
        if fnmatchcase(name, pattern)
    ]
    own = [fit for fit in found if fit[0] == folder.rpartition("/")[2]]
    return own or found


def layout(sources: Mapping[str, Any], source: str, *, pattern: str, vocabulary: Vocabulary) -> Layout:
    """Return how to read a file of this source and pattern; `FileRefused` names the key it cannot follow."""
    about = sources[source]
    file = about["files"][pattern]
    place = f"sources.{source}.files.{pattern}"
    for key in about:
        if key not in _SOURCE:
            raise _unknown(f"sources.{source}.{key}")
    columns = file.get("columns", about.get("columns", {}))
    if not columns or not all(isinstance(names, list | tuple) for names in columns.values()):
        raise FileRefused("unsupported_mapping", f"{place}: list the headers of columns, such as email: [E-Mail]")
    return Layout(
        source=source,
        about_address=about["about"] == "address",
        zone=ZoneInfo(about.get("time_zone", "UTC")),
        columns={key: tuple(map(folded, names)) for key, names in columns.items()},
        statements=tuple(_statements(file, place, vocabulary=vocabulary)),
    )


def _statements(file: Mapping[str, Any], place: str, *, vocabulary: Vocabulary) -> Iterator[Statement]:
    date = file.get("date")
    for key, said in file.items():
        if key in ("columns", "date"):
            continue
        if not isinstance(said, Mapping) or "purpose" not in said or "channel" not in said:
            raise _unknown(f"{place}.{key}")
        fields = vocabulary.evidence.get(said.get("evidence", _NO_EVIDENCE), ())
        for inner in said:
            if inner not in {"purpose", "channel", "evidence", "at", *fields}:
                raise _unknown(f"{place}.{key}.{inner}")
        yield _statement(key, said, fields=fields, date=date)


def _statement(key: str, said: Mapping[str, Any], *, fields: Collection[str], date: str | None) -> Statement:
    evidence = {field: folded(said[field]) for field in fields if field in said}
    dates = [said[field] for field in fields if field in said and field.endswith("_at")]
    at = said.get("at") or next(reversed(dates), date)  # a yes is complete with the last of its dates
    if at is not None and _CAPTURED_AT in fields:
        evidence.setdefault(_CAPTURED_AT, folded(at))
    verdict = next((verdict for verdict in _VERDICTS if verdict == key), None)
    return Statement(
        verdict=verdict or "granted",
        purposes=_several(said["purpose"]),
        channels=_several(said["channel"]),
        at=None if at is None else folded(at),
        word=None if verdict else folded(key),
        evidence=evidence,
    )


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _unknown(place: str) -> FileRefused:
    return FileRefused("unsupported_mapping", f"{place}: this vault's reader does not know what this key asks of it")
