"""A tree against a type: plain values for msgspec to build from, and a fault for whatever does not fit.

All faults are found, not only the first; each says what to write instead. Fractions and nulls fit nowhere: what is
read here becomes canonical JSON.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, Final

from msgspec import inspect

from vault.base.duration import Duration, parse
from vault.base.errors import Invalid
from vault.domain.organization_file.fault import Faults, Path, listed, none_such, quoted
from vault.domain.organization_file.tree import Entries, Items, Node, Scalar

_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Walk:
    """Walks one file. Where something does not fit, None stands in the result; nothing is built from it then."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def value(self, node: Node, kind: inspect.Type, *, path: Path) -> Any:
        """Return the node as plain values for `msgspec.convert`."""
        bare: Any = _bare(_fitting(node, kind))
        if isinstance(bare, inspect.AnyType):
            return self._free(node, path)
        if not isinstance(node, _form(bare)):
            return self._faults.add(path, _instead(node, spelled(kind)))
        match node:
            case Entries() if isinstance(bare, inspect.StructType):
                return self._struct(node, bare, path=path)
            case Entries():
                return self._mapping(node, bare, path=path)
            case Items():
                item = bare.item_type
                return [self.value(one, item, path=(*path, index)) for index, one in enumerate(node.items)]
            case _:
                return self._scalar(node, _fitting(node, kind), path=path)

    def _struct(self, node: Entries, struct: inspect.StructType, *, path: Path) -> dict[str, Any]:
        fields = {field.encode_name: field for field in struct.fields}
        values = {}
        for key, item in node.entries.items():
            if key in fields:
                values[key] = self.value(item, fields[key].type, path=(*path, key))
            else:
                self._faults.add((*path, key), none_such("key", key, known=list(fields)))
        for key, field in fields.items():
            if field.required and key not in node.entries:
                self._faults.add(path, f"{key} is missing; write {spelled(field.type)}")
        return values

    def _mapping(self, node: Entries, kind: Any, *, path: Path) -> dict[str, Any]:
        values = {}
        for key, item in node.entries.items():
            here = (*path, key)
            if not isinstance(kind.key_type, inspect.StrType):  # headers and words of others may be anything
                self._scalar(Scalar(text=key, reads_as="text"), kind.key_type, path=here)
            values[key] = self.value(item, kind.value_type, path=here)
        return values

    def _scalar(self, node: Scalar, kind: inspect.Type, *, path: Path) -> Any:
        bare = _bare(kind)
        value = _read(node, bare)
        if value is None and isinstance(bare, inspect.StrType) and node.reads_as not in {"text", "nothing"}:
            self._faults.add(path, f"{quoted(node.text)} reads as {node.reads_as} in YAML; put it in quotes")
        elif value is None:
            self._faults.add(path, _instead(node, spelled(kind)))
        return value

    def _free(self, node: Node, path: Path) -> Any:
        if isinstance(node, Entries):
            return {key: self._free(item, (*path, key)) for key, item in node.entries.items()}
        if isinstance(node, Items):
            return [self._free(item, (*path, index)) for index, item in enumerate(node.items)]
        value: Any = node.text
        if node.reads_as == "a number":
            value = _whole(node)
        elif node.reads_as == "true or false":
            value = _flag(node)
        elif node.reads_as in {"nothing", "a fraction"}:
            value = None
        if value is None:
            self._faults.add(path, _instead(node, "text in quotes, a whole number, or true or false"))
        return value


def spelled(kind: inspect.Type) -> str:
    """Return in words what may be written where this type stands."""
    match kind:
        case inspect.Metadata(extra_json_schema={"description": str(description)}):
            words = description
        case inspect.UnionType(types=types):
            words = " or ".join(spelled(one) for one in types if not isinstance(one, inspect.NoneType))
        case inspect.IntType(ge=int(least), le=int(most)):
            words = f"a whole number from {least} to {most}"
        case inspect.LiteralType(values=values):
            words = f"one of {listed(values)}" if len(values) > 1 else str(values[0])
        case inspect.VarTupleType(item_type=item):
            words = f"a list [in brackets], each of it {spelled(item)}"
        case inspect.StructType(cls=cls, fields=fields) if cls is not Duration:
            words = f"the keys {listed(field.encode_name for field in fields)} below it"
        case inspect.DictType(key_type=key):
            words = f"keys with their values below it, each key {spelled(key)}"
        case _:
            words = _WORDS[type(_bare(kind))]
    return words


_WORDS: Final[dict[type, str]] = {
    inspect.StrType: "text",
    inspect.BoolType: "true or false",
    inspect.StructType: "a duration such as P24M, P30D or PT24H (ISO 8601)",
    inspect.DateTimeType: "an instant with its zone, such as 2024-05-01T00:00:00Z",
    inspect.DateType: "a date such as 2027-03-31",
}


def _instead(node: Node, wanted: str) -> str:
    match node:
        case Entries():
            return f"write {wanted} instead of keys with values"
        case Items():
            return f"write {wanted} instead of a list"
        case Scalar(reads_as="nothing"):
            return f"nothing stands here; write {wanted}, or leave the line out"
        case _:
            return f"write {wanted} instead of {quoted(node.text)}"


def _bare(kind: inspect.Type) -> inspect.Type:
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _form(bare: Any) -> type[Node]:
    match bare:
        case inspect.StructType(cls=cls) if cls is not Duration:
            return Entries
        case inspect.DictType():
            return Entries
        case inspect.VarTupleType():
            return Items
        case _:
            return Scalar


def _fitting(node: Node, kind: inspect.Type) -> Any:
    """Return the one of several types that has the node's form, the first one if none has."""
    if not isinstance(kind, inspect.UnionType):
        return kind
    types = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
    return next((one for one in types if isinstance(node, _form(_bare(one)))), types[0])


def _read(node: Scalar, bare: inspect.Type) -> Any:
    match bare:
        case inspect.IntType(ge=int(least), le=int(most)):
            whole = _whole(node)
            value: Any = whole if whole is not None and least <= whole <= most else None
        case inspect.BoolType():
            value = _flag(node)
        case inspect.LiteralType(values=values):
            word = node.text if node.reads_as == "text" else _whole(node)
            value = word if word in values else None
        case inspect.DateTimeType():
            value = _instant(node.text)
        case inspect.DateType():
            value = _date(node.text)
        case inspect.StructType():
            value = _duration(node.text)
        case _:
            pattern = getattr(bare, "pattern", None)
            fits = node.reads_as == "text" and node.text.strip() and (not pattern or re.fullmatch(pattern, node.text))
            value = node.text if fits else None
    return value


def _whole(node: Scalar) -> int | None:
    return int(node.text) if node.reads_as == "a number" and _WHOLE.fullmatch(node.text) else None


def _flag(node: Scalar) -> bool | None:
    return {"true": True, "false": False}.get(node.text) if node.reads_as == "true or false" else None


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _duration(text: str) -> dict[str, int] | None:
    try:
        length = parse(text)
    except Invalid:
        return None
    return {"months": length.months, "minutes": length.minutes}
