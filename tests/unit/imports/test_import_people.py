from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vault.base.personal import Personal
from vault.imports.identity.names import first_name
from vault.imports.people import people
from vault.imports.row import Row, Spelled


def row(record: int, *, email: str = "", name: str = "", reference: str = "", source: str = "mail") -> Row:
    point = Spelled(kind="email", value=Personal(email), index=Personal(email.lower()))
    return Row(
        source=source,
        file="a.csv",
        record=record,
        points=(point,) if email else (),
        attributes={},
        said=(),
        reference=Personal(reference) if reference else None,
        name=first_name(name),
    )


def groups(*rows: Row) -> list[list[int]]:
    return [[one.record for one in person.rows] for person in people(rows)]


def test_the_same_record_id_of_the_same_source_is_one_person() -> None:
    assert groups(row(1, reference="7", email="a@x"), row(2, reference="7", email="b@x")) == [[1, 2]]
    assert groups(row(1, reference="7"), row(2, reference="7", source="crm")) == [[1], [2]]


def test_the_same_address_and_first_name_is_one_person() -> None:
    assert groups(row(1, email="A@x", name="Ann", reference="1"), row(2, email="a@x", name="ANN ")) == [[1, 2]]


def test_neither_the_address_nor_the_name_alone_joins() -> None:
    assert groups(
        row(1, email="a@x", name="Ann"), row(2, email="a@x", name="Ben"), row(3, email="b@x", name="Ann")
    ) == [
        [1],
        [2],
        [3],
    ]


def test_a_row_without_a_first_name_is_joined_by_its_record_id_alone() -> None:
    rows = row(1, email="a@x", name="Ann", reference="1"), row(2, email="a@x", reference="1"), row(3, email="a@x")
    assert groups(*rows) == [[1, 2], [3]]
    assert [person.named for person in people(rows)] == [True, False]


def test_rows_are_joined_from_row_to_row() -> None:
    first, last = row(1, email="a@x", name="Ann", reference="1"), row(2, email="b@x", name="Ann", reference="2")
    assert groups(first, last, row(3, email="b@x", name="Ann", reference="1")) == [[1, 2, 3]]


def test_a_person_is_found_again_by_every_record_id_and_by_address_with_first_name() -> None:
    [person] = people(
        [row(1, email="A@x", name="Jörg", reference="1"), row(2, email="a@x", name="Joerg", reference="2")]
    )
    assert {source: value.reveal() for (source, _), value in person.references.items() if source != "mail"} == {
        "address_and_first_name": "a@x\njorg"
    }
    assert {key for source, key in person.references if source == "mail"} == {"1", "2"}


def test_first_names_are_compared_without_case_accents_spaces_and_punctuation() -> None:
    assert first_name("Hans-Gerhard") == first_name(" hans gerhard ")
    assert first_name("Élodie") == first_name("elodie")
    assert first_name("Jürgen") == first_name("JUERGEN")


def test_a_single_letter_is_no_first_name() -> None:
    assert first_name("A.") is None
    assert first_name("") is None


ROWS = st.builds(
    row,
    st.integers(1, 99),
    email=st.sampled_from(["", "a@x", "b@x"]),
    name=st.sampled_from(["", "Ann", "Ben"]),
    reference=st.sampled_from(["", "1", "2", "3"]),
)


@given(st.lists(ROWS, max_size=8, unique_by=lambda one: one.record), st.randoms())
def test_the_order_of_rows_changes_nobody_and_no_row_is_lost(rows: list[Row], random: object) -> None:
    mixed = sorted(rows, key=lambda _: random.random())  # type: ignore[attr-defined]  # hypothesis hands out a Random
    assert groups(*mixed) == groups(*rows)
    assert sorted(record for group in groups(*rows) for record in group) == sorted(one.record for one in rows)
