"""One applied organization file against the next: what would change, and the one change that is never made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from vault.base.duration import Duration
from vault.domain.organization import Notice, Organization, Purpose
from vault.domain.organization_file.fault import Faults, cut, listed
from vault.domain.organization_file.tree import compose
from vault.domain.sign_in.provider import StaffSignIn

_SECTIONS: Final = {
    "channels": "channel",
    "purposes": "purpose",
    "attributes": "attribute",
    "suppressions": "suppression",
    "evidence": "evidence",
    "clients": "client",
    "sources": "source",
    "words": "words for",
    "countries": "words for country",
}


def difference(old: Organization | None, new: Organization) -> list[str]:
    """Return in words what applying `new` would change, one line for each thing; nothing when it is all as it was."""
    lines = [f"adds organization {new.slug}"] if old is None else []
    for field in Organization.__struct_fields__:
        before, after = getattr(old, field, None), getattr(new, field)
        if field == "notices":
            lines += _things("notice", _versions(before or {}), new=_versions(after))
        elif field in _SECTIONS:
            lines += _things(_SECTIONS[field], before or {}, new=after)
        elif old is not None:
            lines += [f"changes organization: {change}" for change in _changes(before, after, place=field)]
    return lines


def check_change(
    old: Organization | None, new: Organization, *, text: str | None = None, name: str = "organization.yaml"
) -> None:
    """Refuse a file in which a published version of a notice reads otherwise, or is missing.

    What somebody agreed to must stay readable (GDPR Art. 7(1)). With the `text` of the new file, faults name lines.
    """
    faults = Faults(name)
    if text is not None:
        compose(text, faults)
    if old is not None:
        _check_notices(old, new, faults=faults)
        _check_purposes(old, new, faults=faults)
    faults.stop()


def _check_notices(old: Organization, new: Organization, *, faults: Faults) -> None:
    for key, versions in old.notices.items():
        places = {notice.version: index for index, notice in enumerate(new.notices.get(key, ()))}
        for notice in versions:
            if notice.version not in places:
                faults.add(("notices", key), f"version {notice.version} was published and is missing; put it back")
            elif new.notices[key][places[notice.version]].digest != notice.digest:
                detail = f"version {notice.version} was published and never changes; put it back and add a version"
                faults.add(("notices", key, places[notice.version]), detail)


def _check_purposes(old: Organization, new: Organization, *, faults: Faults) -> None:
    # A grant cites a version by its number, which under another notice would mean other words.
    for key, purpose in old.purposes.items():
        after = new.purposes.get(key)
        if purpose.notice is not None and after is not None and after.notice != purpose.notice:
            detail = f"its grants cite versions of notice {purpose.notice}; keep that notice and add a version to it"
            faults.add(("purposes", key, "notice"), detail)


def _versions(notices: Mapping[str, tuple[Notice, ...]]) -> dict[str, Notice]:
    return {f"{key} version {notice.version}": notice for key, versions in notices.items() for notice in versions}


def _things(noun: str, old: Mapping[str, Any], *, new: Mapping[str, Any]) -> Iterator[str]:
    for key in new:
        if key not in old:
            yield f"adds {noun} {key}"
    for key in old:
        if key not in new:
            yield f"removes {noun} {key}"
    for key in new:
        if key in old:
            yield from (f"changes {noun} {key}: {change}" for change in _changes(old[key], new[key], place=""))


def _changes(old: Any, new: Any, *, place: str) -> Iterator[str]:
    old, new = _beside(old, new), _beside(new, old)
    if old == new:
        return
    before, after = _members(old), _members(new)
    if before is not None and after is not None:
        for key in dict.fromkeys((*before, *after)):
            yield from _changes(before.get(key), after.get(key), place=f"{place}.{key}" if place else key)
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        parts = [
            f"{verb} {listed(words)}"
            for verb, words in (
                ("adds", [word for word in new if word not in old]),
                ("drops", [word for word in old if word not in new]),
            )
            if words
        ]
        yield _placed(place, ", ".join(parts) or "stands in another order")
    else:
        yield _placed(place, f"{_spelled(old)} → {_spelled(new)}")


def _beside(value: Any, other: Any) -> Any:
    """Return nothing in the shape of what it is held against, so that a section that comes or goes is told in lines."""
    if value is None and isinstance(other, StaffSignIn):
        return {}
    return () if value is None and isinstance(other, tuple) else value


def _members(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Purpose):
        return {name: one for name, one in msgspec.structs.asdict(value).items() if name != "place"}  # it means nothing
    if isinstance(value, msgspec.Struct) and not isinstance(value, Duration):
        return msgspec.structs.asdict(value)
    return value if isinstance(value, Mapping) else None


def _placed(place: str, change: str) -> str:
    return f"{place}: {change}" if place else change


def _spelled(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return cut(str(value))
