"""The samples, read file by file as the organization file says."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from vault.actions.importing.sources import vocabulary
from vault.base.errors import Invalid
from vault.base.personal import Personal
from vault.domain.contact_point import normalise
from vault.domain.leaving.words import heard
from vault.domain.organization_file.reading import read as organization_of
from vault.imports.files.survey import Survey, survey
from vault.imports.files.table import table
from vault.imports.files.text import decoded, encoding
from vault.imports.layout import layout, matching
from vault.imports.reading import Reading, read
from vault.imports.row import Read, Spelled
from vault.imports.salesforce.catalogue import Catalogue
from vault.imports.salesforce.objects import FILES

SAMPLES: Final = Path(__file__).parents[2] / "samples"
EXPECTED: Final[dict[str, Any]] = json.loads((SAMPLES / "expected.json").read_text("utf-8"))
EXPORTED: Final = datetime.fromisoformat(EXPECTED["exported_at"])
ORGANIZATION: Final = organization_of((SAMPLES.parent / "unit/domain/organization.yaml").read_text("utf-8"))


def spell(kind: str, text: Personal, *, country: str | None) -> Spelled | None:
    try:
        found = normalise(kind, text, region=country or ORGANIZATION.region)
    except Invalid:
        return None
    return Spelled(kind=kind, value=found.value, index=found.index)


@cache
def catalogue() -> Catalogue:
    found = Catalogue()
    for name in FILES:
        data = (SAMPLES / "salesforce" / name).read_bytes()
        found.gather(name.removesuffix(".csv"), table(decoded([data], encoding([data]))))
    return found


def how(path: str) -> Reading:
    words = vocabulary(ORGANIZATION)
    [(source, pattern)] = matching(ORGANIZATION.sources, path)
    return Reading(
        layout=layout(ORGANIZATION.sources, source, pattern=pattern, vocabulary=words),
        vocabulary=words,
        spell=spell,
        exported_at=EXPORTED,
        stops=lambda text: heard(text.reveal(), ORGANIZATION.stop_words) == "stop",
        catalogue=catalogue(),
    )


@cache
def of(path: str) -> Read:
    return read(path, (SAMPLES / path).read_bytes(), how=how(path))


def surveyed(path: str) -> Survey:
    return survey(lambda: [(SAMPLES / path).read_bytes()], layout=how(path).layout)
