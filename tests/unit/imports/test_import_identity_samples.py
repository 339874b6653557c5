"""Who is who in all sample files together: what `expected.json` says, in any order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import chain
from typing import Any

import pytest

from tests.unit.imports.samples import EXPECTED, of
from vault.imports.identity.joining import Join, joins
from vault.imports.identity.resolution import Resolution
from vault.imports.identity.resolving import resolve
from vault.imports.row import Row


@cache
def rows() -> tuple[Row, ...]:
    return tuple(row for path in EXPECTED["files"] for row in of(path).rows)


@cache
def found() -> Resolution:
    return resolve(rows())


def people(resolution: Resolution, given: Sequence[Row]) -> set[frozenset[tuple[str, int]]]:
    return {
        frozenset((given[place].file, given[place].record) for place in person.rows) for person in resolution.people
    }


def test_the_people_of_the_samples_are_as_many_as_expected() -> None:
    assert len(found().people) == EXPECTED["customers"]
    unknown = sum(person.country_disputed for person in found().people)
    assert unknown == EXPECTED["flags"]["country_unknown_because_silos_disagree"]
    assert len(found().suggestions) >= EXPECTED["suggested_merges_at_least"]


def test_rows_are_put_aside_for_their_reasons_row_by_row() -> None:
    aside = {(rows()[one.row].file, rows()[one.row].record, one.reason) for one in found().aside}
    aside |= {(path, one.record, one.reason) for path in EXPECTED["files"] for one in of(path).aside}
    assert aside == {(one["file"], one["record"], one["reason"]) for one in EXPECTED["quarantine"]}


@pytest.mark.parametrize(("kind", "shared"), EXPECTED["shared_contact_points"].items())
def test_contact_points_are_shared_by_as_many_as_expected(kind: str, shared: int) -> None:
    having = defaultdict(set)
    for number, person in enumerate(found().people):
        for place in person.rows:
            for point in rows()[place].points:
                if point.kind == kind:
                    having[point.index.reveal()].add(number)
    assert sum(len(people) > 1 for people in having.values()) == shared


@pytest.mark.parametrize("named", EXPECTED["named"], ids=lambda one: one["name"])
def test_a_person_is_found_by_all_that_is_said_of_them(named: dict[str, Any]) -> None:
    having = defaultdict(set)
    for number, person in enumerate(found().people):
        for one in person.references:
            having[one.source, one.id.reveal()].add(number)
        for place in person.rows:
            for point in rows()[place].points:
                having[point.kind, point.index.reveal()].add(number)
    sought = named["find"]
    keys = [(kind, value) for kind in ("email", "phone") for value in sought[kind]] + list(sought["reference"].items())
    assert len(set.intersection(*(having[key] for key in keys))) == 1


@pytest.mark.parametrize("step", [5, 89, -1])
def test_the_order_of_files_and_rows_changes_nothing(step: int) -> None:
    mixed = [row for start in range(abs(step)) for row in rows()[start::step]] if step > 0 else rows()[::-1]
    again = resolve(mixed)
    assert people(again, mixed) == people(found(), rows())
    assert {(mixed[one.row].record, mixed[one.row].file) for one in again.aside} == {
        (rows()[one.row].record, rows()[one.row].file) for one in found().aside
    }
    assert len(again.suggestions) == len(found().suggestions)


def test_component_by_component_is_the_same_as_everything_at_once() -> None:
    whose: dict[Join, list[Row]] = {}
    for row in rows():
        keys = joins(row)
        parts = {id(part): part for key in keys if (part := whose.get(key)) is not None}
        together = [*chain.from_iterable(parts.values()), row]
        for one in together:
            whose.update(dict.fromkeys(joins(one), together))
    components = list({id(part): part for part in whose.values()}.values())
    assert max(map(len, components)) < 50
    one_by_one = [people(resolve(part), part) for part in components]
    assert set[frozenset[tuple[str, int]]]().union(*one_by_one) == people(found(), rows())
