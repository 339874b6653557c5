"""What is told of an import: numbers in one order, and none of them a value."""

from __future__ import annotations

from vault.domain.importing.told import ASIDE, VERDICTS, rows_told


def test_what_became_of_rows_is_told_in_one_order_and_what_is_put_aside_is_counted() -> None:
    told = rows_told(
        10, {"reject": 2, "review": 1, "same": 0, "new": 7}, reasons={"b": 1, "a": 2}, cells={"d": 1, "c": 1}
    )
    assert (told.read, told.quarantined) == (10, 3)
    assert [*told.verdicts] == ["new", "review", "reject"]
    assert [*told.quarantined_by_reason, *told.cells_set_aside] == ["a", "b", "c", "d"]
    assert {*VERDICTS} > ASIDE
