"""Who is who, rule by rule."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from vault.base.ids import CustomerId
from vault.base.personal import Personal
from vault.imports.identity.joining import Reference, joins
from vault.imports.identity.parting import part
from vault.imports.identity.resolution import Known, Resolution
from vault.imports.identity.resolving import resolve
from vault.imports.row import Link, Row, Saying, Spelled

SENIOR, JUNIOR = date(1951, 2, 3), date(1984, 11, 30)
ANNS = CustomerId("cus_ann")


def row(source: str = "shop", *, email: str = "", phone: str = "", says: str = "", **told: Any) -> Row:
    points = [("email", email), ("phone", phone)]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    verdicts: Any = says.split()
    parts: dict[str, Any] = {
        "points": tuple(
            Spelled(kind=kind, value=Personal(index), index=Personal(index)) for kind, index in points if index
        ),
        "said": tuple(Saying(verdict=verdict, purpose="news", channel="email", at=at) for verdict in verdicts),
        "attributes": {},
    }
    return Row(source=source, file="a.csv", record=1, **(parts | told))


def record(id_: str, source: str = "crm", **told: Any) -> Row:
    return row(source, reference=Personal(id_), **told)


def link(id_: str, *, unless_named: bool = False) -> tuple[Link, ...]:
    return (Link(source="crm", id=Personal(id_), unless_named=unless_named),)


def groups(found: Resolution) -> list[list[int]]:
    return [list(person.rows) for person in found.people]


def aside(found: Resolution) -> list[tuple[int, str]]:
    return [(one.row, one.reason) for one in found.aside]


ONE_PERSON = {
    "the same record": (record("1"), record("1")),
    "a link to the record": (record("1"), record("2", links=link("1"))),
    "the same address and first name": (row(email="a@x", name="ann"), row(email="a@x", name="ann")),
    "the same number and full name": (
        row(phone="+1", name="ann", last_name="lee"),
        row(phone="+1", name="ann", last_name="lee", email="b@x"),
    ),
    "a link to a record without a name": (record("1"), row("hub", name="ann", links=link("1", unless_named=True))),
    "no first name, and the address of one person": (row(email="a@x", name="ann"), row(email="a@x", says="granted")),
    "no first name twice": (row(email="a@x"), row(email="a@x")),
}
TWO_PEOPLE = {
    "the same record of another source": (record("1"), record("1", source="mail")),
    "the same address and another first name": (row(email="a@x", name="ann"), row(email="a@x", name="ben")),
    "the same number and another last name": (
        row(phone="+1", name="ann", last_name="lee"),
        row(phone="+1", name="ann", last_name="fox"),
    ),
    "the same number without a last name": (row(phone="+1", name="ann", email="a@x"), row(phone="+1", name="ann")),
    "a plus tag": (row(email="a@x", name="ann"), row(email="a+b@x", name="ann")),
    "the same name": (row(email="a@x", name="ann", last_name="lee"), row(email="b@x", name="ann", last_name="lee")),
    "another date of birth": (
        row(phone="+1", name="ann", last_name="lee", birth_date=SENIOR),
        row(phone="+1", name="ann", last_name="lee", birth_date=JUNIOR),
    ),
    "no first name and another date of birth": (
        row(email="a@x", name="ann", birth_date=SENIOR),
        row(email="a@x", birth_date=JUNIOR),
    ),
    "a link that does not hold against names, to nobody": (
        row("hub", email="a@x", links=link("1", unless_named=True)),
        row("hub", email="b@x", links=link("1", unless_named=True)),
    ),
}


@pytest.mark.parametrize("rows", ONE_PERSON.values(), ids=ONE_PERSON)
def test_two_rows_are_one_person_by(rows: tuple[Row, ...]) -> None:
    assert groups(resolve(rows)) == [[0, 1]]


@pytest.mark.parametrize("rows", TWO_PEOPLE.values(), ids=TWO_PEOPLE)
def test_two_rows_stay_two_people_with(rows: tuple[Row, ...]) -> None:
    assert groups(resolve(rows)) == [[0], [1]]


def test_a_link_to_somebody_of_another_first_name_puts_its_row_aside_whole() -> None:
    found = resolve(
        [record("1", name="ann"), row("hub", name="ben", says="withdrawn", links=link("1", unless_named=True))]
    )
    assert (groups(found), aside(found), found.several) == ([[0]], [(1, "identity_conflict")], ())


def test_a_contact_point_counts_as_its_records_own() -> None:
    point = row("crm", role="point", phone="+1", links=link("1"))
    assert groups(
        resolve([record("1", name="ann", last_name="lee"), point, ONE_PERSON["the same number and full name"][0]])
    ) == [[0, 1, 2]]


def test_words_and_contact_points_of_nobody_are_put_aside_and_make_nobody() -> None:
    found = resolve(
        [
            row("crm", role="point", email="a@x", links=link("1")),
            row("crm", role="consent", says="granted", links=link("1")),
            row("hub", role="consent", says="granted", email="a@x"),
        ]
    )
    assert found.people == ()
    assert aside(found) == [(0, "unknown_reference"), (1, "unknown_reference"), (2, "unknown_reference")]


def test_on_a_shared_address_a_yes_without_a_first_name_waits_and_a_no_binds_all() -> None:
    shared = [row(email="a@x", name="ann"), row(email="a@x", name="ben")]
    found = resolve([*shared, *(row(email="a@x", says=says) for says in ("granted", "refused", "granted refused", ""))])
    assert aside(found) == [(2, "ambiguous_person"), (4, "ambiguous_person")]
    assert [(one.row, one.people) for one in found.several] == [(3, (0, 1)), (4, (0, 1)), (5, (0, 1))]


def test_an_answer_belongs_to_the_only_one_with_the_address() -> None:
    answer = row("hub", role="consent", says="granted", email="a@x")
    assert groups(resolve([row(email="a@x", name="ann"), answer])) == [[0, 1]]
    assert aside(resolve([row(email="a@x", name="ann"), row(email="a@x", name="ben"), answer])) == [
        (2, "ambiguous_person")
    ]


def test_between_father_and_son_a_row_without_a_date_of_birth_is_for_a_human() -> None:
    names = {"phone": "+1", "name": "george", "last_name": "adeyemi"}
    found = resolve([row(birth_date=SENIOR, **names), row(birth_date=JUNIOR, **names), row(says="withdrawn", **names)])
    assert (groups(found), aside(found)) == ([[0], [1]], [(2, "ambiguous_person")])
    assert found.several[0].people == (0, 1)
    assert [[one.id.reveal() for one in person.references] for person in found.people] == [
        ["+1\ngeorge\nadeyemi\n1951-02-03"],
        ["+1\ngeorge\nadeyemi\n1984-11-30"],
    ]


def test_one_record_with_two_dates_of_birth_is_for_a_human() -> None:
    found = resolve([record("1", birth_date=SENIOR), record("1", birth_date=JUNIOR), record("1")])
    assert (groups(found), {reason for _, reason in aside(found)}) == ([], {"identity_conflict"})


def test_a_country_is_the_one_all_rows_agree_on() -> None:
    def told(*countries: str) -> tuple[str | None, bool]:
        rows = [record("1", attributes={"country": Personal(one)} if one else {}) for one in countries]
        [person] = resolve(rows).people
        return None if person.country is None else person.country.reveal(), person.country_disputed

    assert told("FR", "", "FR") == ("FR", False)
    assert told("") == (None, False)
    assert told("FR", "CA") == (None, True)


def customer(id_: CustomerId, *references: str, **told: Any) -> Known:
    return Known(customer=id_, references=[Reference(source="crm", id=Personal(one)) for one in references], **told)


def test_a_known_customer_is_found_by_record_by_name_and_by_address_alone() -> None:
    points = [("email", Personal("a@x"))]
    ann = customer(ANNS, "1", points=points, first_name=Personal("Änn"))
    for one in (record("1"), row(email="a@x", name="ann"), row(email="a@x")):
        assert [person.customer for person in resolve([one], [ann]).people] == [ANNS]
    assert [person.customer for person in resolve([row(email="a@x", name="ben")], [ann]).people] == [None]


def test_who_has_no_record_is_remembered_by_what_their_rows_had() -> None:
    rows = [row(email="a@x", name="liz"), row(email="a@x", name="liz", phone="+1", last_name="lee")]
    [liz] = resolve(rows).people
    assert {one.source for one in liz.references} == {"address_and_first_name", "number_and_full_name"}
    points = [("email", Personal("a@x")), ("phone", Personal("+1"))]
    known = Known(customer=ANNS, references=liz.references, points=points, first_name=Personal("Elizabeth"))
    [again] = resolve(rows, [known]).people
    assert (again.customer, again.rows, again.references) == (ANNS, (0, 1), ())


def test_a_link_to_a_customer_of_another_first_name_holds_where_both_are_their_records() -> None:
    hub = record("7", source="hub", name="ben", links=link("1", unless_named=True))
    ann = customer(ANNS, "1", first_name=Personal("Ann"))
    assert aside(resolve([hub], [ann])) == [(0, "identity_conflict")]
    both = [*ann.references, Reference(source="hub", id=Personal("7"))]
    found = resolve([hub], [Known(customer=ANNS, references=both, first_name=Personal("Ann"))])
    assert [(person.customer, person.rows) for person in found.people] == [(ANNS, (0,))]


def test_a_customer_without_a_name_is_the_only_one_who_comes_with_one() -> None:
    nobody = customer(ANNS, points=[("email", Personal("a@x"))])
    ann, ben = row(email="a@x", name="ann"), row(email="a@x", name="ben")
    assert [person.customer for person in resolve([ann], [nobody]).people] == [ANNS]
    assert [person.customer for person in resolve([ann, ben], [nobody]).people] == [None, None]


def test_an_import_never_joins_two_customers() -> None:
    known = [customer(ANNS, "1"), customer(CustomerId("cus_bea"), "2")]
    found = resolve([record("1", links=link("2"), says="withdrawn")], known)
    assert aside(found) == [(0, "identity_conflict")]
    assert found.several[0].people == (0, 1)
    assert [one.why for one in found.suggestions] == [("linked_records",)]


def test_customers_whom_a_human_merged_are_one() -> None:
    known = [customer(ANNS, "1", birth_date=SENIOR), customer(ANNS, "2", birth_date=JUNIOR)]
    found = resolve([record("1", links=link("2"), says="withdrawn"), record("2", birth_date=JUNIOR)], known)
    assert [(person.customer, person.rows) for person in found.people] == [(ANNS, (0, 1))]


def test_what_is_another_customers_record_is_put_aside_and_goes_with_nobody() -> None:
    known = [customer(ANNS, "1"), customer(CustomerId("cus_bea"), "2", birth_date=SENIOR)]
    found = resolve([record("1", links=link("2"), birth_date=JUNIOR)], known)
    assert aside(found) == [(0, "identity_conflict")]


def test_a_name_that_two_customers_share_reminds_of_neither() -> None:
    ann = customer(ANNS, points=[("email", Personal("a@x"))], first_name=Personal("Ann"))
    too = customer(CustomerId("cus_ann_too"), "1")
    found = resolve([row(email="a@x", name="ann", links=link("1"))], [ann, too])
    assert [(person.customer, person.rows, person.references) for person in found.people] == [
        (too.customer, (0,), ()),
        (ANNS, (), ()),
    ]
    assert [(one.people, one.why) for one in found.suggestions] == [((0, 1), ("address_and_first_name",))]


def test_who_may_be_one_is_suggested_with_the_reasons() -> None:
    names = {"name": "ann", "last_name": "lee"}
    rows = [row(email="a@x", **names), row(email="a+b@x", **names), row(email="a@x", name="annmarie")]
    assert [(one.people, one.why) for one in resolve(rows).suggestions] == [
        ((0, 1), ("full_name", "plus_tag")),
        ((0, 2), ("nickname",)),
    ]


def test_a_likeness_of_many_and_another_date_of_birth_suggest_nothing() -> None:
    names = {"name": "ann", "last_name": "lee"}
    assert resolve([row(email=f"{letter}@x", **names) for letter in "abcd"]).suggestions == ()
    born = [row(email="a@x", birth_date=SENIOR, **names), row(email="b@x", birth_date=JUNIOR, **names)]
    assert resolve(born).suggestions == ()


def test_joins_are_records_links_addresses_and_numbers_each_once() -> None:
    fax = Spelled(kind="fax_number", value=Personal("+2"), index=Personal("+2"))
    one = record("1", email="a@x", phone="+1", links=link("1"))
    assert [(join.kind, [part.reveal() for part in join.parts]) for join in joins(one)] == [
        ("reference", ["crm", "1"]),
        ("address", ["a@x"]),
        ("number", ["+1"]),
    ]
    assert joins(row(points=(fax,))) == ()
    assert [join.kind for join in joins(record("1", role="list", email="a@x"))] == ["address"]


def test_what_leads_to_two_colours_is_torn_and_what_is_kept_is_not() -> None:
    colours = {0: ("kept", None), 1: (None, "red"), 2: (None, "blue")}
    found = part(range(5), [[0, 1, 3], [0, 2], [3, 4]], colours=colours, kept={0})
    assert found.groups == [[0]]
    assert sorted(thing for torn in found.torn for thing in torn.things) == [1, 2, 3, 4]


def test_what_leads_to_one_of_two_who_are_kept_apart_goes_with_that_one() -> None:
    found = part(range(3), [[0, 1], [1, 2]], colours={0: ("red",), 1: ("blue",)}, kept=())
    assert (sorted(found.groups), found.torn) == ([[0], [1, 2]], [])
