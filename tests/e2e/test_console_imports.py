"""Imports at the console: what became of each row and never what stands in it, and all of it taken back."""

from __future__ import annotations

from tests.e2e.colleague import Colleague, at_the_desk
from tests.importing import bring_in, of_texts
from tests.stage import Stage
from vault.base.ids import ImportId

HEAD = "E-Mail;Vorname;Nachname;Newsletter;Katalog;Datum;Beleg"
ROWS = (
    "anna.quokkafield@example.com;Quokkanna;Quokkafield;ja;;03.06.2024;doc-quokka-1",
    "bert.quokkafield@example.com;Quokkbert;Quokkafield;nein;;04.06.2024;",
    "no quokka address;Quokkarl;Quokkafield;ja;;05.06.2024;",
)


async def brought(stage: Stage) -> ImportId:
    return (await bring_in(stage, of_texts({"newsletter.csv": "\n".join([HEAD, *ROWS])}))).id


async def test_both_see_what_became_of_each_row_and_nobody_what_stands_in_it(stage: Stage) -> None:
    admin, auditor = [(await at_the_desk(stage, role))[0] for role in ("admin", "auditor")]
    assert "Nothing has been brought in yet" in (await admin.get("/imports")).text
    own = await brought(stage)
    for colleague in (admin, auditor):
        assert f"…{own[-4:]}" in (await colleague.get("/imports")).text
        page = await colleague.get(f"/imports/{own}")
        assert page.heading.startswith("Import of ")
        assert "3 rows, 2 customers made. No yes was made from nothing: 1 row is put aside" in page.text
        assert "New, taken in" in page.text
        assert "A no, taken in" in page.text
        assert "Its e-mail address cannot be read." in page.text
        assert "quokka" not in page.html.lower()
        assert ("Undo the whole import" in page.text) == (colleague is admin)
        assert (await colleague.get(f"/imports/{own}?after={2**40}")).status == 200
    assert (await admin.get("/imports/imp_06h0090m41t835kpwqjv10s1y0")).status == 404


async def test_an_admin_sees_what_undoing_takes_back_and_then_undoes_it(stage: Stage) -> None:
    admin: Colleague = (await at_the_desk(stage, "admin"))[0]
    own = await brought(stage)
    await admin.get(f"/imports/{own}")
    refused = await admin.press(f"/imports/{own}/undo", noes="yes", reason="so it is")
    assert (refused.status, "Say why" in refused.text) == (422, True)
    await admin.get(f"/imports/{own}")
    seen = await admin.press(f"/imports/{own}/undo", noes="")
    assert "1 yeses" in seen.text
    assert "Every no and stop that came with it stays: 2 of them." in seen.text
    assert await stage.entries("import_undone") == []
    done = await admin.press(f"/imports/{own}/undo")
    assert "Its noes and stops stay." in done.text
    assert len(await stage.entries("import_undone")) == 1
