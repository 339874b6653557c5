"""Rows that were put aside: whom they are about can be erased from them, and in the end nobody opens them any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import make
from tests.importing import bring_in, of_texts
from tests.stage import Stage
from vault.actions.importing import quarantine
from vault.actions.importing.quarantine import rows
from vault.base.errors import Conflict, Unknown
from vault.base.ids import ImportId
from vault.imports.quarantine import PutAside

HEAD = "E-Mail;Vorname;Nachname;Newsletter;Katalog;Datum;Beleg"
ANNA = "anna.quokkafield@example.com;Quokkanna;Quokkafield;ja;;03.06.2024;doc-quokka-1"
ANNA_UNREADABLE = "Anna.Quokkafield@example.com;Quokkanna;Quokkafield;ja;;quokka day;doc-quokka-2"
BERT_UNREADABLE = "bert.quokkafield@example.com;Quokkbert;Quokkafield;ja;;quokka day;doc-quokka-3"


async def brought(stage: Stage) -> ImportId:
    text = f"{HEAD}\n{ANNA}\n{ANNA_UNREADABLE}\n{BERT_UNREADABLE}"
    return (await bring_in(stage, of_texts({"newsletter.csv": text}))).id


async def aside(stage: Stage, own: ImportId) -> list[PutAside]:
    operator = await stage.operator()
    found = await quarantine.opened(stage.vault, operator, import_=own)
    pages = rows(stage.vault, operator, import_=own, found=found, number=0)
    return [row async for page in pages for row in page]


async def test_who_is_erased_is_erased_from_rows_that_were_put_aside_and_others_stay(stage: Stage) -> None:
    own = await brought(stage)
    assert [(row.record, row.cells[0]) for row in await aside(stage, own)] == [
        (2, "Anna.Quokkafield@example.com"),
        (3, "bert.quokkafield@example.com"),
    ]
    api = await stage.client("everything")
    contact = make.point("email", "anna.quokkafield@example.com")
    [customer] = (await api.post("/v1/customers/lookup", {"contact": contact}))["customers"]
    certificate = await stage.erase(customer)
    assert certificate.gone["quarantined_rows"] == 1
    assert [row.record for row in await aside(stage, own)] == [3]
    told = await api.get(f"/v1/imports/{own}")
    assert told["rows"]["quarantined_by_reason"] == {"unreadable_date": 2}
    assert len(await stage.entries("import_quarantine_taken")) == 2


async def test_after_its_time_nobody_opens_what_was_put_aside(
    stage: Stage,
) -> None:
    own = await brought(stage)
    operator = await stage.operator()
    await quarantine.expire(stage.vault, operator)
    assert len(await aside(stage, own)) == 2
    # The organization file keeps them for ninety days.
    await stage.rows("UPDATE vault.import SET ended_at = ended_at - $1::interval", timedelta(days=91))
    await quarantine.expire(stage.vault, operator)
    with pytest.raises(Unknown) as refused:
        await aside(stage, own)
    assert refused.value.code == "rows_gone"
    for table in ("keystore.import_key", "keystore.import_tag"):
        assert await stage.count(table) == 0
    assert await stage.rows("SELECT FROM vault.import_row WHERE sealed IS NOT NULL") == []
    api = await stage.client("everything")
    assert (await api.get(f"/v1/imports/{own}"))["rows"]["quarantined"] == 2
    assert len(await stage.entries("import_forgotten")) == 1
    await quarantine.forget(stage.vault, operator, import_=own)
    assert len(await stage.entries("import_forgotten")) == 1


async def test_rows_of_an_import_under_way_are_not_forgotten(stage: Stage) -> None:
    api = await stage.client("everything")
    own = ImportId((await api.post("/v1/imports", {"exported_at": "2026-10-31T18:00:00Z"}))["id"])
    with pytest.raises(Conflict):
        await quarantine.forget(stage.vault, await stage.operator(), import_=own)
    assert (await api.send("DELETE", f"/v1/imports/{own}")).status_code == 204
