from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.imports.files.when import instant

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("01.03.2024", datetime(2024, 2, 29, 23, tzinfo=UTC)),
        ("1.7.24", datetime(2024, 6, 30, 22, tzinfo=UTC)),
        ("2024-03-01", datetime(2024, 2, 29, 23, tzinfo=UTC)),
        ("2024-03-01 09:15", datetime(2024, 3, 1, 8, 15, tzinfo=UTC)),
        ("2024-03-01T09:15:30.5", datetime(2024, 3, 1, 8, 15, 30, 500_000, tzinfo=UTC)),
        ("2024-03-01T09:15:00Z", datetime(2024, 3, 1, 9, 15, tzinfo=UTC)),
        ("2024-03-01T09:15:00-05:00", datetime(2024, 3, 1, 14, 15, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_year_first_or_dotted_day_first(text: str, at: datetime) -> None:
    assert instant(text, BERLIN) == at


@pytest.mark.parametrize(
    "text",
    ["31.02.2024", "2024-02-30", "45363", "März 2024", "letztes Jahr", "03/04/2024", "1.1.124", "\u0660\u0661.03.2024",
     "2024-03-01T25:00", "20240301", "0001-01-01", "9999-12-31T23:59:59-05:00", ""],
)  # fmt: skip
def test_what_is_no_date_is_none(text: str) -> None:
    assert instant(text, BERLIN) is None


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants them naive
def test_what_is_written_with_its_offset_comes_back_as_it_was(at: datetime) -> None:
    assert instant(at.isoformat(), BERLIN) == at
