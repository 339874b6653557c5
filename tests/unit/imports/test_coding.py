"""A row as bytes and back: nothing is lost, whatever was in it, and nothing of it shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timezone
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.imports import samples
from vault.base.personal import Personal
from vault.imports.coding import Held, decode, encode
from vault.imports.files.survey import survey
from vault.imports.reading import records
from vault.imports.row import Aside, Dealing, Link, Row, Saying, Spelled, Suppressing

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PERSONAL = TEXTS.map(Personal)
TIMES = st.datetimes(
    min_value=datetime(1800, 1, 1),  # noqa: DTZ001 - hypothesis wants it naive
    timezones=st.sampled_from([UTC, timezone.max, timezone.min]),
)
POINTS = st.builds(Spelled, kind=TEXTS, value=PERSONAL, index=PERSONAL)


def several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(one, max_size=2).map(tuple)


ROWS = st.builds(
    Row,
    source=TEXTS,
    file=TEXTS,
    record=st.integers(1, 2**32 - 1),
    points=several(POINTS),
    attributes=st.dictionaries(TEXTS, PERSONAL, max_size=2),
    said=several(
        st.builds(
            Saying,
            verdict=st.sampled_from(["granted", "refused", "withdrawn", "objected"]),
            purpose=TEXTS,
            channel=TEXTS,
            at=TIMES,
            evidence=st.dictionaries(TEXTS, PERSONAL, max_size=2),
            until=st.none() | TIMES,
        )
    ),
    reference=st.none() | PERSONAL,
    about_point=st.none() | PERSONAL,
    name=st.none() | TEXTS,
    last_name=st.none() | TEXTS,
    birth_date=st.none() | st.dates(date(1, 1, 1)),
    role=st.sampled_from(["person", "point", "consent", "list"]),
    links=several(st.builds(Link, source=TEXTS, id=PERSONAL, unless_named=st.booleans())),
    suppressed=several(st.builds(Suppressing, kind=TEXTS, point=POINTS, at=TIMES)),
    dealings=several(
        st.builds(Dealing, kind=st.sampled_from(["purchased", "inquired"]), at=TIMES, refusal_offered=st.booleans())
    ),
    restricted=st.booleans(),
    requests=several(TEXTS),
    cells=several(st.builds(Aside, record=st.integers(1, 9), reason=TEXTS)),
)


@given(held=st.builds(Held, cells=several(TEXTS), row=st.none() | ROWS))
def test_what_is_read_again_is_what_was_written(held: Held) -> None:
    assert decode(encode(held)) == held


def test_every_row_of_the_samples_is_read_again() -> None:
    for path in samples.EXPECTED["files"]:
        for row in samples.of(path).rows:
            assert decode(encode(Held((), row))).row == row


def test_a_letter_that_is_none_is_written_by_its_number() -> None:
    assert decode(encode(Held(("quokka\udc81\0", "b"), None))) == Held(("quokka\\udc81\0", "b"), None)


def test_of_a_file_only_what_is_wanted_is_read_and_its_cells_come_along() -> None:
    path = "newsletter.csv"

    def opened() -> list[bytes]:
        return [(samples.SAMPLES / path).read_bytes()]

    how = samples.how(path)
    found = survey(opened, layout=how.layout)
    every = list(records(path, opened, how=how, found=found))
    some = list(records(path, opened, how=how, found=found, wanted=lambda number: number % 7 == 0))
    assert some == [one for one in every if one[0].number % 7 == 0]
    assert all(len(record.cells) == len(found.header) for record, row in some if isinstance(row, Row))
