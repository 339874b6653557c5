"""The sources of a file, for imports: what they refer to is checked; their columns are foreign and stay.

Inside a source some keys mean the same wherever they stand (`purpose`, `channel`, `evidence`, `suppress`, …). What
stands under `when` and `unless` are headers and cells of the export, and is not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, get_args

import msgspec

from vault.domain.organization import EVERY
from vault.domain.organization_file.declarations import check_time_zone
from vault.domain.organization_file.fault import Faults, Path, none_such
from vault.domain.organization_file.known import Known
from vault.domain.organization_file.shape import File
from vault.domain.suppression import SuppressionKind

_NO_EVIDENCE: Final = "none"
_FOREIGN: Final = frozenset({"when", "unless"})
_HEADERS: Final = frozenset({"column", "by"})
_STATEMENT: Final = ("purpose", "channel", "evidence", "at", "when", "unless")

_Names = Mapping[str, tuple[str, Collection[str]]]


def check(file: File, known: Known, *, faults: Faults) -> None:
    """Note what is wrong with the sources."""
    fields = [field for evidence in file.evidence.values() for field in evidence.needs]
    statement = tuple(dict.fromkeys((*_STATEMENT, *fields)))
    walk = _Walk(faults, _names(file, known), statement=statement)
    for key, source in file.sources.items():
        plain: dict[str, Any] = msgspec.to_builtins(source)
        walk.mapping({name: value for name, value in plain.items() if value}, ("sources", key))


def build(file: File) -> dict[str, Any]:
    """Return the sources of a file without faults, as they stand."""
    sources = {key: msgspec.to_builtins(source) for key, source in file.sources.items()}
    return {key: {name: value for name, value in source.items() if value} for key, source in sources.items()}


def _names(file: File, known: Known) -> dict[str, tuple[str, Collection[str]]]:
    purposes = ("purpose", known.purposes)
    return {
        "purpose": purposes,
        "purposes": purposes,
        "subscriptions": purposes,
        "granted": purposes,
        "withdrawn": purposes,
        "channel": ("channel", (*known.channels, EVERY)),
        "channels": ("channel", known.channels),
        "evidence": ("evidence", (*known.evidence, _NO_EVIDENCE)),
        "suppress": ("suppression", get_args(SuppressionKind)),
        "source": ("source", tuple(file.sources)),
    }


class _Walk:
    def __init__(self, faults: Faults, names: _Names, *, statement: Collection[str]) -> None:
        self._faults = faults
        self._names = names
        self._statement = statement

    def mapping(self, value: Mapping[str, Any], path: Path) -> None:
        """Check what the keys of this mapping refer to, and everything below it."""
        if "purpose" in value:
            for key in value:
                if key not in self._statement:
                    self._faults.add((*path, key), none_such("key", key, known=self._statement))
        for key, item in value.items():
            here = (*path, key)
            if key in self._names:
                # In the section `channels`, a no names the channels it stands for.
                name = "channels" if key == "withdrawn" and "channels" in path else key
                to, known = self._names[name]
                self._refer(item, here, to=to, known=known)
            elif key == "time_zone":
                check_time_zone(item, here, faults=self._faults)
            if isinstance(item, dict) and key not in _FOREIGN:
                self.mapping(item, here)

    def _refer(self, value: Any, path: Path, *, to: str, known: Collection[str]) -> None:
        if isinstance(value, dict):
            if "purpose" not in value:
                for key, item in value.items():
                    if key not in _HEADERS and not isinstance(item, dict):
                        self._refer(item, (*path, key), to=to, known=known)
        elif isinstance(value, str) or (isinstance(value, list) and all(isinstance(word, str) for word in value)):
            self._faults.references(path, value, to=to, known=known)
        else:
            self._faults.add(path, f"write the key of a {to}, or a list of keys")
