"""The samples, read file by file: what is put and set aside is what `expected.json` says.

Not decided here, for it takes knowing who else is who: `identity_conflict`, `ambiguous_person`, and an answer about an
address that is in no file.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import pytest

from tests.unit.imports.samples import EXPECTED, of

LATER: Final = {"identity_conflict", "ambiguous_person"}


def is_later(path: str, reason: str) -> bool:
    return reason in LATER or (path.endswith("statuses.json") and reason == "unknown_reference")


@pytest.mark.parametrize("path", EXPECTED["files"])
def test_rows_and_cells_of_a_sample_are_put_aside_for_their_reasons(path: str) -> None:
    expected = EXPECTED["files"][path]
    found = of(path)
    assert found.count == expected["rows"] == len(found.rows) + len(found.aside)
    assert [(one.record, one.reason) for one in found.aside] == [
        (one["record"], one["reason"])
        for one in EXPECTED["quarantine"]
        if one["file"] == path and not is_later(path, one["reason"])
    ]
    assert Counter(one.reason for one in found.cells) == expected.get("cells_set_aside", {})
