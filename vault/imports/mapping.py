"""The keys of a file in the organization file, into statements.

A key this reader has no use for refuses the file: what is not understood could be a no.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from msgspec.structs import replace

from vault.imports.files.table import folded
from vault.imports.row import FileRefused, Verdict
from vault.imports.statement import YES, Statement, Vocabulary

_VERDICTS: Final[tuple[Verdict, ...]] = ("granted", "refused", "withdrawn", "objected")
_NO_EVIDENCE: Final = "none"
_CAPTURED_AT: Final = "captured_at"
_TIMESTAMP: Final = " timestamp"
_FIELDS: Final = frozenset({"purpose", "channel", "evidence", "at", "when", "unless"})
_SILENT: Final = ("never_subscribed", "not_specified")
"""Words by which a status says that nobody ever said anything."""


class Mapped:
    """One file's keys being read: `place` names them in errors, `date` and `at` are the columns of its dates."""

    def __init__(self, place: str, vocabulary: Vocabulary, *, date: str | None = None) -> None:
        self._place = place
        self._vocabulary = vocabulary
        self._date = date

    def statements(self, file: Mapping[str, Any]) -> Iterator[Statement]:
        """Yield what each key says."""
        for key, said in file.items():
            if key in _VERDICTS and _is_by_column(said):
                for column, one in said.items():
                    yield from self._flag(key, column, said=one)
            elif key == "suppress":
                yield from self._suppress(said)
            elif key == "inbound":
                yield from self._inbound(said)
            elif key in self._vocabulary.channels and isinstance(said, Mapping):
                yield from self._status(key, said)
            else:
                yield self._said(key, said)

    def flag(self, key: str, column: str, *, said: Mapping[str, Any]) -> Iterator[Statement]:
        """Yield what a column of yes and no says where it says yes. `key` names it in errors."""
        for effect, value in said.items():
            match effect, value:
                case "restrict", bool():
                    yield Statement(word=column, words=self._flagged(YES), restrict=value)
                case "rights_request", str():
                    yield Statement(word=column, words=self._flagged(YES), request=value)
                case "suppress", str():
                    yield Statement(filled=column, at=column, suppress=value)
                case (("withdrawn" | "refused" | "objected"), Mapping()):
                    yield from self._flag(effect, column, said=value)
                case _:
                    raise unknown(f"{self._place}.{key}.{effect}")

    def _flag(self, verdict: Verdict, column: str, *, said: Any) -> Iterator[Statement]:
        place = f"{verdict}.{column}"
        self._check(place, said, allowed={"purpose", "channel", "at"})
        if verdict == "granted":
            raise unknown(f"{self._place}.{place}")
        yield Statement(
            verdict=verdict,
            purposes=_several(said["purpose"]),
            channels=_several(said["channel"]),
            at=_folded(said.get("at", self._date)),
            word=folded(column),
            words=self._flagged(verdict),
        )

    def _flagged(self, meaning: str) -> dict[str, str | None]:
        return dict.fromkeys(self._vocabulary.withdrawn) | dict.fromkeys(self._vocabulary.granted, meaning)

    def _said(self, key: str, said: Any) -> Statement:
        fields = self._fields(said)
        self._check(key, said, allowed=_FIELDS | set(fields))
        evidence = {field: folded(said[field]) for field in fields if field in said}
        dates = [said[field] for field in fields if field in said and field.endswith("_at")]
        at = said.get("at") or next(reversed(dates), self._date)  # a yes is complete with the last of its dates
        if at is not None and _CAPTURED_AT in fields:
            evidence.setdefault(_CAPTURED_AT, folded(at))
        verdict = next((verdict for verdict in _VERDICTS if verdict == key), None)
        own = self._vocabulary
        words = dict.fromkeys(own.withdrawn, "refused") | dict.fromkeys(own.granted, "granted")
        return Statement(
            verdict=verdict or "granted",
            purposes=_several(said["purpose"]),
            channels=_several(said["channel"]),
            at=_folded(at),
            word=None if verdict else folded(key),
            words={} if verdict else words,
            when=self._cells(key, "when", said=said),
            unless=self._cells(key, "unless", said=said),
            evidence=evidence,
        )

    def _cells(self, key: str, condition: str, *, said: Mapping[str, Any]) -> dict[str, str]:
        cells = said.get(condition, {})
        if not isinstance(cells, Mapping) or not all(isinstance(value, str) for value in cells.values()):
            raise unknown(f"{self._place}.{key}.{condition}")
        return {folded(column): folded(value) for column, value in cells.items()}

    def _suppress(self, said: Any) -> Iterator[Statement]:
        if isinstance(said, str):
            yield Statement(suppress=said, at=self._date and folded(self._date))
            return
        if not isinstance(said, Mapping):
            raise unknown(f"{self._place}.suppress")
        if "column" not in said:
            for column, kind in said.items():
                yield Statement(suppress=kind, filled=folded(column), at=_folded(self._date))
            return
        words = {word: effect for word, effect in said.items() if word != "column"}
        for word, effect in words.items():
            under = Statement(
                word=folded(said["column"]),
                words={folded(other): YES if other == word else None for other in words},
                several=True,
            )
            effects = {"suppress": effect} if isinstance(effect, str) else effect
            yield from self._effects(f"suppress.{word}", effects, under=under)

    def _inbound(self, said: Any) -> Iterator[Statement]:
        if not isinstance(said, Mapping) or list(said) != ["stop_words"]:
            raise unknown(f"{self._place}.inbound")
        under = Statement(stops="body", when={"direction": "inbound"}, at="sentdate")
        yield from self._effects("inbound.stop_words", said["stop_words"], under=under)

    def _effects(self, place: str, said: Any, *, under: Statement) -> Iterator[Statement]:
        """Yield a stop and noes that hold under the condition of another statement."""
        for effect, value in said.items() if isinstance(said, Mapping) else (("", None),):
            if effect == "suppress":
                yield replace(under, suppress=value)
            elif effect == "withdrawn" and isinstance(value, Mapping):
                self._check(f"{place}.withdrawn", value, allowed={"purpose", "channel"})
                yield replace(
                    under,
                    verdict="withdrawn",
                    purposes=_several(value["purpose"]),
                    channels=_several(value["channel"]),
                    words={word: None if means is None else effect for word, means in under.words.items()},
                )
            else:
                raise unknown(f"{self._place}.{place}.{effect}")

    def _status(self, channel: str, said: Mapping[str, Any]) -> Iterator[Statement]:
        """Yield what a status of a channel says; its column is that of its date, without `Timestamp`, if not named."""
        fields = self._fields(said)
        words: set[str] = set()
        for key, value in said.items():
            if key in ("granted", "withdrawn") and isinstance(value, Mapping):
                words.update(map(folded, value))
            elif key not in {"column", "evidence", *fields}:
                raise unknown(f"{self._place}.{channel}.{key}")
        at = folded(said.get(_CAPTURED_AT, ""))
        silence = dict.fromkeys((*words, *_SILENT, ""))
        evidence = {field: folded(said[field]) for field in fields if field in said}
        for verdict in ("granted", "withdrawn"):
            for word, purpose in said.get(verdict, {}).items():
                yield Statement(
                    verdict="granted" if verdict == "granted" else "withdrawn",
                    purposes=_several(purpose),
                    channels=(channel,),
                    at=at or None,
                    word=folded(said.get("column", at.removesuffix(_TIMESTAMP))),
                    words=silence | {folded(word): verdict},
                    evidence=evidence if verdict == "granted" else {},
                )

    def _fields(self, said: Any) -> Collection[str]:
        name = said.get("evidence", _NO_EVIDENCE) if isinstance(said, Mapping) else _NO_EVIDENCE
        return self._vocabulary.evidence.get(name, ())

    def _check(self, key: str, said: Any, *, allowed: Collection[str]) -> None:
        if not isinstance(said, Mapping) or "purpose" not in said or "channel" not in said:
            raise unknown(f"{self._place}.{key}")
        for inner in said:
            if inner not in allowed:
                raise unknown(f"{self._place}.{key}.{inner}")


def unknown(place: str) -> FileRefused:
    """Return the refusal of a key nobody here knows."""
    return FileRefused("unsupported_mapping", f"{place}: this vault's reader does not know what this key asks of it")


def _is_by_column(said: Any) -> bool:
    return isinstance(said, Mapping) and "purpose" not in said and "channel" not in said


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _folded(column: str | None) -> str | None:
    return None if column is None else folded(column)
