"""Files brought in by a system: sent as streams, looked at, run by the worker, told of without a value."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from tests import make
from tests.stage import Api, Json, Stage, now, refused, said
from vault.actions.importing import working
from vault.store.imports import pieces

EXPORTED = "2026-10-31T18:00:00Z"
NEWSLETTER = "newsletter.csv"
PLACE = f"/files/{NEWSLETTER}"
HEAD = "E-Mail;Vorname;Nachname;Newsletter;Katalog;Datum;Beleg"
NO_IMPORT = "imp_06h0090m41t835kpwqjv10s1y0"


def sheet(*rows: str) -> bytes:
    return "\n".join([HEAD, *rows]).encode()


ROWS = sheet(
    "anna.quokkafield@example.com;Quokkanna;Quokkafield;ja;;03.06.2024;doc-quokka-1",
    "bert.quokkafield@example.com;Quokkbert;Quokkafield;nein;;04.06.2024;",
    "no quokka address;Quokkarl;Quokkafield;ja;;05.06.2024;",
)


async def begun(api: Api, **how: object) -> str:
    return str((await api.post("/v1/imports", {"exported_at": EXPORTED, **how}))["id"])


async def send(api: Api, import_id: str, body: bytes | AsyncIterator[bytes], place: str = PLACE) -> httpx2.Response:
    return await api.send("PUT", f"/v1/imports/{import_id}{place}", content=body)


async def ran(stage: Stage, api: Api, import_id: str) -> Json:
    """Start an import, let the worker do it, and return what became of it."""
    said(await api.send("POST", f"/v1/imports/{import_id}/run"))
    while await working.once(stage.vault, {}):
        pass
    return await api.get(f"/v1/imports/{import_id}")


async def test_files_are_sent_looked_at_carried_out_and_told_of_without_a_value(stage: Stage, api: Api) -> None:
    own = await begun(api, dry=True)
    sent = said(await send(api, own, ROWS))
    assert sent["size"] == len(ROWS)
    looked = await ran(stage, api, own)
    assert (looked["state"], looked["dry"], looked["customers"]) == ("done", True, 2)
    assert looked["rows"]["verdicts"] == {"new": 1, "stricter": 1, "reject": 1}
    assert looked["rows"]["quarantined_by_reason"] == {"unreadable_email": 1}
    [file] = looked["files"]
    assert (file["path"], file["source"], file["digest"]) == (NEWSLETTER, "newsletter", sent["digest"])
    assert await stage.entries("imported") == []
    done = await ran(stage, api, own)
    assert (done["state"], done["dry"], done["rows"]) == ("done", False, looked["rows"])
    assert [row["id"] for row in (await api.get("/v1/imports"))["imports"]] == [own]
    rows = await api.get(f"/v1/imports/{own}/rows", verdict="reject")
    assert rows == {"rows": [{"file": 0, "record": 3, "verdict": "reject", "reason": "unreadable_email"}]}
    assert len(await stage.entries("import_done")) == 1
    assert said(await api.send("POST", f"/v1/imports/{own}/run"))["rows"] == done["rows"]
    assert not await working.once(stage.vault, {})
    refused(await api.send("DELETE", f"/v1/imports/{own}"), 409, "import_running")


async def test_another_system_is_told_of_an_import_but_not_of_its_files_names_and_may_not_touch_it(
    stage: Stage, api: Api
) -> None:
    file = make.organization()
    file["clients"]["importer"] = make.client(file, "import")
    await stage.apply(file)
    other = await stage.client("importer")
    own = await begun(api)
    for answer in (
        await send(other, own, ROWS),
        await other.send("POST", f"/v1/imports/{own}/run"),
        await other.send("DELETE", f"/v1/imports/{own}"),
        await other.send("GET", f"/v1/imports/{NO_IMPORT}"),
    ):
        refused(answer, 404, "unknown_import")
    said(await send(api, own, ROWS))
    await ran(stage, api, own)
    [seen] = (await other.get(f"/v1/imports/{own}"))["files"]
    assert "path" not in seen
    assert seen["pattern"] == NEWSLETTER


async def test_a_file_comes_bit_by_bit_may_be_sent_again_and_one_that_breaks_off_counts_for_nothing(
    stage: Stage, api: Api
) -> None:
    own = await begun(api)
    refused(await api.send("POST", f"/v1/imports/{own}/run"), 409, "no_files")
    long = sheet(*(f"quokka{n}@example.com;Quokk{n};Quokkafield;nein;;04.06.2024;" for n in range(1, 30_000)))
    assert len(long) > 24 * pieces.SIZE

    async def whole() -> AsyncIterator[bytes]:
        for start in range(0, len(long), 50_000):
            yield long[start : start + 50_000]

    async def cut() -> AsyncIterator[bytes]:
        yield long
        raise httpx2.ReadError("cut")

    said(await send(api, own, ROWS))
    said(await send(api, own, whole()))
    assert await stage.count("vault.import_piece") == len(long) // pieces.SIZE + 1
    with pytest.raises(httpx2.ReadError):
        await send(api, own, cut())
    assert await stage.count("vault.import_piece") == len(long) // pieces.SIZE + 1
    said(await send(api, own, ROWS))
    assert await stage.count("vault.import_piece") == 1
    for wrong in ("/files/..%2Fnewsletter.csv", "/files/%00.csv", f"/files/{'a' * 300}"):
        assert (await send(api, own, ROWS, wrong)).status_code in {400, 422}
    assert (await ran(stage, api, own))["rows"]["read"] == 3
    refused(await send(api, own, ROWS), 409, "import_started")
    assert await stage.count("vault.import_piece") == 0


async def test_a_file_nobody_can_read_refuses_the_import_and_what_is_left_behind_goes(stage: Stage, api: Api) -> None:
    own, left = await begun(api), await begun(api)
    said(await send(api, own, b"quokka;wombat\n1;2", "/files/unheard-of.csv"))
    told = await ran(stage, api, own)
    assert (told["state"], told["code"]) == ("refused", "undeclared_file")
    assert (await api.send("DELETE", f"/v1/imports/{own}")).status_code == 204
    later = (now() + timedelta(minutes=5)).isoformat()
    refused(await api.send("POST", "/v1/imports", {"exported_at": later}), 422, "exported_in_future")
    await stage.rows("UPDATE vault.import SET made_at = made_at - interval '2 days'")
    await working.sweep(stage.vault)
    refused(await api.send("GET", f"/v1/imports/{left}"), 404, "unknown_import")
    assert await stage.count("vault.import_file") == 0
