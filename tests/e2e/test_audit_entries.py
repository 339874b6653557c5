"""An entry shown to whoever checks it: its bytes as signed, and a proof that leads to a root somebody signed."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from consent_vault.verify import read_checkpoint, read_key
from consent_vault.verify.notes import Key, check_signatures

from tests import make
from tests.e2e.auditing import Desk, body, climbed, desk, last, numbering, write
from tests.sequencing import Sequencer
from tests.stage import Json, Stage, refused
from vault.actions.log import generations
from vault.tlog import proof_file
from vault.tlog.hashes import leaf_hash
from vault.tlog.key import read_vkey

NOBODYS = "ent_06h0090m41t835kpwqjv10s1y0"


class Looking:
    """An auditor before a log in which something was decided."""

    def __init__(self, auditor: Desk, log: Sequencer, *, customer: str, decided: Json) -> None:
        self.auditor = auditor
        self.log = log
        self.customer = customer
        self.entry: str = decided["log"]["entry"]

    async def number(self) -> None:
        while await self.log.step():
            pass

    async def show(self) -> Json:
        return await self.auditor.get(f"/entries/{self.entry}")

    async def keys(self) -> list[Key]:
        shown = await generations.show(self.log.stage.vault, await self.log.stage.operator())
        return [read_key(vkey) for vkey in shown.vkeys]


@pytest_asyncio.fixture
async def looking(stage: Stage, tmp_path: Path) -> AsyncIterator[Looking]:
    auditor = await desk(stage)
    async with numbering(stage, tmp_path) as log:
        customer = await log.crm.register()
        yield Looking(auditor, log, customer=customer, decided=await log.crm.decide(customer=customer))


async def test_an_entry_is_shown_as_signed_and_its_proof_leads_to_a_signed_root(looking: Looking) -> None:
    await looking.number()
    for more in (0, 3, 300):
        await write(looking.log, more)
        shown = await looking.show()
        raw = shown["body"].encode()
        assert json.loads(raw) == await looking.log.stage.entry({"log": {"entry": looking.entry}})
        head = read_checkpoint(shown["checkpoint"].encode(), size=shown["size"])
        assert len(check_signatures(head, await looking.keys())) == 2
        proof = [b64decode(one) for one in shown["proof"]]
        assert climbed(raw, number=shown["number"], size=shown["size"], proof=proof) == head.root
        assert (shown["waiting_seconds"], shown["erased_at"], shown["generation"]) == (None, None, 1)
        spoiled = raw.replace(b"decision", b"decisiom", 1)
        assert climbed(spoiled, number=shown["number"], size=shown["size"], proof=proof) != head.root


async def test_the_proof_comes_as_a_file_that_other_tools_read(looking: Looking) -> None:
    await looking.number()
    before = len(await looking.log.stage.rows("SELECT FROM vault.log_entry"))
    response = await looking.auditor.send("GET", f"/entries/{looking.entry}/proof")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert len(await looking.log.stage.rows("SELECT FROM vault.log_entry")) == before  # it says nothing of anybody
    shown = await looking.show()
    file = proof_file.read(response.content)
    known = [read_vkey(vkey) for vkey in (await generations.show(
        looking.log.stage.vault, await looking.log.stage.operator())).vkeys]  # fmt: skip
    head = proof_file.check(file, leaf_hash(shown["body"].encode()), verifiers=known)
    assert (file.index, head.size) == (shown["number"], shown["size"])


async def test_an_entry_without_a_number_says_how_long_it_has_been_waiting(looking: Looking) -> None:
    shown = await looking.show()
    assert (shown["number"], shown["size"], shown["proof"], shown["checkpoint"]) == (None, None, [], None)
    assert 0 <= shown["waiting_seconds"] < 60
    assert body(shown)["kind"] == "decision"
    refused(await looking.auditor.send("GET", f"/entries/{looking.entry}/proof"), 409, "entry_waits")


async def test_that_somebody_looked_is_an_entry_about_the_same_subject(looking: Looking) -> None:
    shown = await looking.show()
    told = await last(looking.log.stage, "entry_read")
    assert (told["of"], told["subject"]) == (looking.entry, body(shown)["subject"])
    assert told["actor"]["kind"] == "auditor"


async def test_after_an_erasure_the_entry_stands_and_says_when_that_was(looking: Looking) -> None:
    await looking.number()
    certificate = await looking.log.stage.erase(looking.customer)
    await looking.number()
    shown = await looking.show()
    assert body(shown)["subject"] == certificate.subject
    assert shown["erased_at"].startswith(certificate.erased_at.strftime("%Y-%m-%dT%H:%M"))


async def test_an_entry_that_is_not_here_does_not_exist(looking: Looking) -> None:
    await looking.number()
    await looking.log.stage.apply(make.organization("ridgeway"))
    other = await desk(looking.log.stage, slug="ridgeway")
    told = [
        refused(await who.send("GET", f"/entries/{entry}{end}"), 404, "unknown_entry")
        for who, entry in ((looking.auditor, NOBODYS), (other, NOBODYS), (other, looking.entry))
        for end in ("", "/proof")
    ]
    assert all(one == told[0] for one in told)


@pytest.mark.parametrize("wrong", ["ent_1", "dec_06h0090m41t835kpwqjv10s1y0", NOBODYS.upper(), "%00", "1"])
async def test_what_is_no_id_of_an_entry_is_refused(looking: Looking, wrong: str) -> None:
    response = await looking.auditor.send("GET", f"/entries/{wrong}")
    refused(response, 422, "invalid_request")


async def test_an_entry_let_go_of_is_gone_and_its_proof_holds(looking: Looking) -> None:
    await looking.number()
    await write(looking.log, 300)
    shown = await looking.show()
    await looking.log.rows(
        "INSERT INTO vault.log_pruned (organization, generation, minimum, entry, recorded_at) "
        "SELECT $1, 1, 256, id, clock_timestamp() FROM vault.log_entry WHERE organization = $1 LIMIT 1"
    )
    refused(await looking.auditor.send("GET", f"/entries/{looking.entry}"), 410, "entry_gone")
    refused(await looking.auditor.send("GET", f"/decisions/{looking.entry}/replay"), 410, "entry_gone")
    file = proof_file.read(await looking.auditor.bytes(f"/entries/{looking.entry}/proof"))
    assert file.index == shown["number"]


async def test_where_a_tile_is_gone_no_proof_is_made_up(looking: Looking) -> None:
    await looking.number()
    await write(looking.log, 300)
    kept = await looking.log.rows("SELECT * FROM vault.log_tile WHERE organization = $1 AND level = 0 AND number = 0")
    await looking.log.rows("DELETE FROM vault.log_tile WHERE organization = $1 AND level = 0 AND number = 0")
    refused(await looking.auditor.send("GET", f"/entries/{looking.entry}"), 409, "log_damaged")
    assert kept


async def test_an_admin_looks_at_entries_too(looking: Looking) -> None:
    await looking.number()
    admin = await desk(looking.log.stage, "admin")
    assert (await admin.get(f"/entries/{looking.entry}"))["number"] is not None
