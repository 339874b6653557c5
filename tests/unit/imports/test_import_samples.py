"""The samples, read file by file: what is put and set aside is what `expected.json` says.

Not decided here, for it takes knowing who else is who: `identity_conflict`, `ambiguous_person`, and an answer about an
address that is in no file.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from vault.actions.imports import vocabulary
from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.contact_point import normalise
from vault.domain.leaving.words import heard
from vault.domain.organization_file.reading import read as organization_of
from vault.imports.layout import layout, matching
from vault.imports.reading import Reading, read
from vault.imports.row import Read, Spelled
from vault.imports.salesforce.catalogue import Catalogue
from vault.imports.salesforce.objects import FILES
from vault.imports.table import table
from vault.imports.text import decoded, encoding

SAMPLES: Final = Path(__file__).parents[2] / "samples"
EXPECTED: Final[dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
EXPORTED: Final = datetime.fromisoformat(EXPECTED["exported_at"])
ORGANIZATION: Final = organization_of((SAMPLES.parent / "unit/domain/organization.yaml").read_text("utf-8"))
LATER: Final = {"identity_conflict", "ambiguous_person"}


def spell(kind: str, text: Personal, *, country: str | None) -> Spelled | None:
    try:
        found = normalise(kind, text, region=country or ORGANIZATION.region)
    except Invalid:
        return None
    return Spelled(kind=kind, value=found.value, index=found.index)


def catalogue() -> Catalogue:
    found = Catalogue()
    for name in FILES:
        data = (SAMPLES / "salesforce" / name).read_bytes()
        found.gather(name.removesuffix(".csv"), table(decoded([data], encoding([data]))))
    return found


def of(path: str) -> Read:
    words = vocabulary(ORGANIZATION)
    [(source, pattern)] = matching(ORGANIZATION.sources, path)
    how = Reading(
        layout=layout(ORGANIZATION.sources, source, pattern=pattern, vocabulary=words),
        vocabulary=words,
        spell=spell,
        exported_at=EXPORTED,
        stops=lambda text: heard(text.reveal(), ORGANIZATION.stop_words) == "stop",
        catalogue=catalogue(),
    )
    return read(path, (SAMPLES / path).read_bytes(), how=how)


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
