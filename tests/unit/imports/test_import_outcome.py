from __future__ import annotations

from vault.imports.outcome import Applied, FileLoaded, Told


def test_what_rows_said_is_counted_by_verdict_and_a_silent_row_says_nothing() -> None:
    yes = Told(verdict="granted", purpose="a", channel="email", repeated=False)
    pending = Told(verdict="pending", purpose="b", channel="email", repeated=False)
    rows = tuple(
        Applied(record=place, customers=(), told=told)
        for place, told in enumerate([(yes, pending), (yes,), (), ()], start=1)
    )
    file = FileLoaded(path="a.csv", source="shop", count=4, applied=rows, aside=(), cells=())
    assert file.verdicts == {"granted": 2, "pending": 1, "nothing": 2}
