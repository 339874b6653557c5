"""Laws of who is who, over small worlds where everything that can clash does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from vault.base.ids import CustomerId
from vault.base.personal import Personal
from vault.imports.identity.joining import Join, Reference, joins
from vault.imports.identity.resolution import Known, Person, Resolution
from vault.imports.identity.resolving import resolve
from vault.imports.row import Dealing, Link, Row, Saying, Spelled

AT = datetime(2026, 1, 1, tzinfo=UTC)
EARLY, LATE = date(1951, 2, 3), date(1984, 11, 30)
FIRST = st.sampled_from([None, None, "ann", "ben", "annmarie"])
LAST = st.sampled_from([None, "lee", "fox"])
BORN = st.sampled_from([None, None, None, EARLY, LATE])
IDS = st.sampled_from(["1", "2", "3"])


def spelled(kind: str, index: str) -> Spelled:
    return Spelled(kind=kind, value=Personal(index), index=Personal(index))


ADDRESSES = [spelled("email", f"{local}@x") for local in ("a", "b", "a+c")]
POINTS = st.lists(
    st.sampled_from([*ADDRESSES, spelled("phone", "+441")]), max_size=2, unique_by=lambda point: point.index
).map(tuple)


def saying(verdict: Any) -> Saying:
    return Saying(verdict=verdict, purpose="news", channel="email", at=AT)


SAID = st.sampled_from([(), (saying("granted"),), (saying("withdrawn"),), (saying("granted"), saying("refused"))])
DEALINGS = st.sampled_from([(), (), (Dealing(kind="purchased", at=AT, refusal_offered=True),)])


def link(id_: str, *, unless_named: bool = False) -> Link:
    return Link(source="crm", id=Personal(id_), unless_named=unless_named)


def row(source: str, **told: Any) -> Row:
    parts: dict[str, Any] = {"points": (), "attributes": {}, "said": ()} | told
    return Row(source=source, file=source, record=0, **parts)


def _person(source: str, **told: Any) -> st.SearchStrategy[Row]:
    parts = {"points": POINTS, "name": FIRST, "last_name": LAST, "birth_date": BORN, "said": SAID, "dealings": DEALINGS}
    return st.builds(row, st.just(source), **(parts | told)).filter(_is_identified)


def _is_identified(one: Row) -> bool:
    """Whether a reader lets it pass: it has a record, an address, or a number with full name."""
    numbered = one.point("phone") is not None and one.name is not None and one.last_name is not None
    return one.reference is not None or one.point("email") is not None or numbered


REFERENCE = IDS.map(Personal)
ROWS = st.one_of(
    _person("shop"),
    _person("shop"),
    _person("mail", reference=REFERENCE),
    _person("crm", reference=REFERENCE, links=st.lists(IDS.map(link), max_size=2).map(tuple)),
    _person(
        "hub",
        reference=st.one_of(st.none(), REFERENCE),
        links=st.lists(IDS.map(lambda id_: link(id_, unless_named=True)), max_size=1).map(tuple),
    ),
    st.builds(
        row, st.just("crm"), role=st.just("point"), reference=st.just(Personal("p")), points=POINTS,
        links=IDS.map(lambda id_: (link(id_),)),
    ),
    st.builds(row, st.just("crm"), role=st.just("consent"), said=SAID, links=IDS.map(lambda id_: (link(id_),))),
    st.builds(
        row, st.just("hub"), role=st.just("consent"), said=SAID,
        points=st.sampled_from(ADDRESSES).map(lambda point: (point,)),
    ),
    st.builds(row, st.just("list"), role=st.just("list"), points=POINTS),
)  # fmt: skip


def _numbered(rows: list[Row]) -> list[Row]:
    return [
        Row(**{name: getattr(one, name) for name in one.__struct_fields__} | {"record": number})
        for number, one in enumerate(rows, start=1)
    ]


WORLDS = st.lists(ROWS, min_size=1, max_size=12).map(_numbered)


class Told(NamedTuple):
    """Who is who, without the places of rows."""

    people: set[tuple[frozenset[int], CustomerId | None, tuple[Reference, ...]]]
    several: set[tuple[int, frozenset[frozenset[int]]]]
    aside: set[tuple[int, str]]


def told(found: Resolution, rows: Sequence[Row]) -> Told:
    def whole(person: Person) -> frozenset[int]:
        return frozenset(rows[place].record for place in person.rows)

    return Told(
        people={(whole(person), person.customer, person.references) for person in found.people},
        several={
            (rows[one.row].record, frozenset(whole(found.people[place]) for place in one.people))
            for one in found.several
        },
        aside={(rows[one.row].record, one.reason) for one in found.aside},
    )


def pairs(found: Resolution, rows: Sequence[Row]) -> set[tuple[frozenset[int | str | None], tuple[str, ...]]]:
    first = [min((rows[place].record for place in person.rows), default=person.customer) for person in found.people]
    return {(frozenset(first[place] for place in one.people), one.why) for one in found.suggestions}


def components(rows: Sequence[Row]) -> Iterator[list[Row]]:
    left = list(rows)
    while left:
        found, tags = [left.pop()], set[Join]()
        while new := {join for one in found for join in joins(one)} - tags:
            tags |= new
            found += [one for one in left if not tags.isdisjoint(joins(one))]
            left = [one for one in left if tags.isdisjoint(joins(one))]
        yield found


def known(found: Resolution, rows: Sequence[Row], *, before: Sequence[Known] = (), which: Random) -> list[Known]:
    """Return the customers that a run leaves behind, by whichever of their rows' names and all else of them."""
    held = {one.customer: one for one in before}
    for number, person in enumerate(found.people):
        own = [rows[place] for place in person.rows]
        customer = person.customer or CustomerId(f"cus_{len(before)}_{number}")
        old = held.get(customer, Known(customer=customer))
        firsts = [Personal(one.name) for one in own if one.name is not None]
        lasts = [Personal(one.last_name) for one in own if one.last_name is not None]
        held[customer] = Known(
            customer=customer,
            references=[*old.references, *person.references],
            points=[*old.points, *((point.kind, point.index) for one in own for point in one.points)],
            first_name=old.first_name or (which.choice(firsts) if firsts else None),
            last_name=old.last_name or (which.choice(lasts) if lasts else None),
            birth_date=old.birth_date or next((one.birth_date for one in own if one.birth_date), None),
        )
    return list(held.values())


@given(WORLDS, WORLDS, st.randoms())
def test_the_order_of_rows_and_of_known_customers_changes_nothing(
    earlier: list[Row], rows: list[Row], random: Random
) -> None:
    mixed = sorted(rows, key=lambda _: random.random())
    before = known(resolve(earlier), earlier, which=random)
    for held in ([], before):
        one, other = resolve(rows, held), resolve(mixed, held[::-1])
        assert told(one, rows) == told(other, mixed)
        assert pairs(one, rows) == pairs(other, mixed)


@given(WORLDS)
def test_component_by_component_is_the_same_as_everything_at_once(rows: list[Row]) -> None:
    parts = [told(resolve(part), part) for part in components(rows)]
    assert told(resolve(rows), rows) == Told(*(set[Any]().union(*kind) for kind in zip(*parts, strict=True)))


@given(WORLDS, WORLDS, st.randoms())
def test_nobody_has_two_dates_of_birth_no_row_is_lost_and_no_reference_is_two_peoples(
    earlier: list[Row], rows: list[Row], random: Random
) -> None:
    before = known(resolve(earlier), earlier, which=random)
    for held in ((), before):
        found = resolve(rows, held)
        born = {one.customer: one.birth_date for one in held}
        for person in found.people:
            dates = {rows[place].birth_date for place in person.rows} | {person.customer and born[person.customer]}
            assert len(dates - {None}) <= 1
        applied = [place for person in found.people for place in person.rows]
        applied += {one.row for one in found.several} - {one.row for one in found.aside}
        placed = [*applied, *(one.row for one in found.aside)]
        assert sorted(placed) == [place for place, one in enumerate(rows) if one.role != "list"]
        references = [one for person in found.people for one in person.references]
        references += [reference for one in held for reference in one.references]
        assert len(references) == len(set(references))
        customers = [person.customer for person in found.people if person.customer is not None]
        assert len(customers) == len(set(customers))


@given(WORLDS, st.randoms())
def test_the_same_rows_find_the_same_customers_again(rows: list[Row], random: Random) -> None:
    first = resolve(rows)
    held = known(first, rows, which=random)
    again = resolve(rows, held)
    customers = {frozenset(person.rows): one.customer for person, one in zip(first.people, held, strict=True)}
    assert {frozenset(person.rows): person.customer for person in again.people} == customers
    assert all(person.references == () for person in again.people)
    assert told(again, rows)[1:] == told(first, rows)[1:]
