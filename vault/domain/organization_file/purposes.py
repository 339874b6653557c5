"""The purposes of a file: a tree without circles, each with a kind, a basis, and a notice where it must ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast, get_args

from vault.domain import organization
from vault.domain.organization import Basis, Kind
from vault.domain.organization_file.fault import Faults, Path, cut, listed, quoted
from vault.domain.organization_file.known import Known, Placed, check_title, placed
from vault.domain.organization_file.shape import File

_DEEPEST: Final = 30


def check(file: File, known: Known, *, faults: Faults) -> None:
    """Note what is wrong with the purposes."""
    tree: dict[str, Placed] = {}
    for entry in placed(file.purposes):
        earlier = tree.setdefault(entry.key, entry)
        if earlier is not entry:
            line = faults.line(earlier.path)
            faults.add(entry.path, f"the purpose {quoted(entry.key)} stands already in line {line}; give it one place")
        _check_references(entry, known, faults=faults)
    circles: set[frozenset[str]] = set()
    for entry in tree.values():
        line_up = _lineage(entry, tree)
        if line_up[-1] in line_up[:-1]:
            _check_circle(entry, line_up, circles=circles, faults=faults)
        elif len(line_up) > _DEEPEST:
            faults.add(entry.path, f"purposes are at most {_DEEPEST} levels deep; give it a parent further up")
        else:
            _check_meaning(entry, tree, faults=faults)


def build(file: File) -> dict[str, organization.Purpose]:
    """Return the purposes of a file without faults, by key."""
    tree = {entry.key: entry for entry in placed(file.purposes)}
    return {key: _build(entry, tree, place=place) for place, (key, entry) in enumerate(tree.items())}


def _build(entry: Placed, tree: Mapping[str, Placed], *, place: int) -> organization.Purpose:
    purpose = entry.purpose
    return organization.Purpose(
        key=entry.key,
        lineage=_lineage(entry, tree),
        title=purpose.title,
        kind=cast("Kind", _kind(entry, tree)),  # every root has one: check() saw to it
        basis=cast("Basis", _basis(entry, tree)),
        channels=purpose.channels,
        notice=purpose.notice,
        double_opt_in=purpose.double_opt_in,
        verified=purpose.verified,
        lasts=purpose.lasts,
        budget=purpose.budget,
        gpc=_kind(entry, tree) == "profiling" if purpose.gpc is None else purpose.gpc,
        place=place,
        implied=purpose.implied,
    )


def _lineage(entry: Placed, tree: Mapping[str, Placed]) -> tuple[str, ...]:
    """Return the key, its parents up to the root; in a circle, up to the first key that comes again."""
    line_up = [entry.key]
    above = entry.above
    while above is not None and above in tree and len(line_up) <= _DEEPEST:
        line_up.append(above)
        if above in line_up[:-1]:
            break
        above = tree[above].above
    return tuple(line_up)


def _kind(entry: Placed, tree: Mapping[str, Placed]) -> Kind | None:
    kinds = (tree[key].purpose.kind for key in _lineage(entry, tree))
    return next((kind for kind in kinds if kind is not None), None)


def _basis(entry: Placed, tree: Mapping[str, Placed]) -> Basis | None:
    bases = (tree[key].purpose.basis for key in _lineage(entry, tree))
    return next((basis for basis in bases if basis is not None), None)


def _check_references(entry: Placed, known: Known, *, faults: Faults) -> None:
    purpose, path = entry.purpose, entry.path
    check_title((*path, "title"), purpose.title, known=known, faults=faults)
    if purpose.parent is not None and entry.inside:
        faults.add((*path, "parent"), f"it stands inside {entry.above}, which is its parent; leave this line out")
    elif purpose.parent is not None:
        faults.references((*path, "parent"), purpose.parent, to="purpose", known=known.purposes)
    if purpose.notice is not None:
        faults.references((*path, "notice"), purpose.notice, to="notice", known=known.notices)
    faults.references((*path, "channels"), purpose.channels, to="channel", known=known.channels)
    narrower: dict[Path, tuple[str, ...]] = {("double_opt_in",): purpose.double_opt_in, ("verified",): purpose.verified}
    for index, rule in enumerate(purpose.implied):
        narrower["implied", index, "channels"] = rule.channels
        if rule.purchased is None and rule.inquired is None:
            detail = "no dealing starts its clock; write purchased or inquired with a duration such as P24M"
            faults.add((*path, "implied", index), detail)
    for place, channels in narrower.items():
        faults.references((*path, *place), channels, to="channel of this purpose", known=purpose.channels)


def _check_circle(entry: Placed, line_up: tuple[str, ...], *, circles: set[frozenset[str]], faults: Faults) -> None:
    """Tell a circle once, where its first `parent` stands. What only hangs from one is not told."""
    members = frozenset(line_up)
    if line_up[-1] != entry.key or entry.inside or members in circles:
        return
    circles.add(members)
    way = " → ".join(line_up)
    faults.add((*entry.path, "parent"), f"the purposes {cut(way)} go in a circle; leave out one parent of them")


def _check_meaning(entry: Placed, tree: Mapping[str, Placed], *, faults: Faults) -> None:
    purpose, path = entry.purpose, entry.path
    kind, basis = _kind(entry, tree), _basis(entry, tree)
    if entry.above is None and kind is None:
        faults.add(path, f"kind is missing; write one of {listed(get_args(Kind))}")
    if entry.above is None and basis is None:
        faults.add(path, f"basis is missing; write one of {listed(get_args(Basis))}")
    if kind == "offer" and basis == "legitimate_interest" and not any(r.rule == "soft_opt_in" for r in purpose.implied):
        detail = "an offer cannot rest on legitimate_interest; write basis: consent, or add implied with soft_opt_in"
        faults.add((*path, "basis"), detail)
    if basis == "consent" and purpose.channels and purpose.notice is None:
        faults.add(path, "it rests on consent, so it needs a notice to ask with; write notice and the key of one")
