"""Settling over a whole vault: beside clients, after an erasure, after an undoing, and in any order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests import make
from tests.stage import Api, Stage, codes
from vault.actions.acting import acting
from vault.actions.importing.batch import Batch, Staged
from vault.actions.importing.settling import settle
from vault.base.ids import IMPORT, ImportId, fresh
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.imports.row import Dealing, Row, Saying, Spelled, Suppressing
from vault.store.customer import brought

EXPORTED: Final = datetime(2026, 10, 31, 18, tzinfo=UTC)
AT: Final = datetime(2024, 6, 3, 9, 15, tzinfo=UTC)
ADDRESS: Final = "quokka.9@quokkamail.example"
PROOF: Final = {
    name: Personal(AT.isoformat() if name.endswith("_at") else "192.0.2.1")
    for name in ("asked_at", "asked_ip", "confirmed_at", "confirmed_ip")
}


def spelled(address: str = ADDRESS) -> Spelled:
    return Spelled(kind="email", value=Personal(address), index=Personal(address))


def yes(purpose: str = "newsletter", **more: Any) -> Saying:
    told: dict[str, Any] = {"channel": "email", "at": AT, "evidence": PROOF}
    return Saying(verdict="granted", purpose=purpose, **told | more)


def no(purpose: str = "offers", **more: Any) -> Saying:
    told: dict[str, Any] = {"verdict": "withdrawn", "channel": "email", "at": AT}
    return Saying(purpose=purpose, **told | more)


def row(record: int, *said: Saying, name: str | None = "quokkarina", **more: Any) -> Staged:
    attributes = {} if name is None else {"first_name": Personal(name)}
    told: dict[str, Any] = {"source": "mailchimp", "file": "a.csv", "points": (spelled(),), "attributes": attributes}
    return Staged(place=record, row=Row(record=record, said=said, name=name, **told | more), about_address=True)


class Files:
    """Rows, settled as they would be out of files."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.last = ImportId("")

    async def settle(self, *told: Staged, own: ImportId | None = None) -> dict[int, str]:
        """Settle rows as an import of their own; return what became of each."""
        vault = self.stage.vault
        self.last = own or fresh(IMPORT, vault.clock, entropy=vault.entropy)
        actor = Actor(organization=await self.stage.organization(), kind="import")
        batch = Batch(import_=self.last, exported_at=EXPORTED, components=[told], dry=False)
        async with acting(vault, actor, name="import") as act:
            found = await settle(act, batch)
        return {one.place: one.reason or one.verdict for one in found.verdicts}

    async def whose(self, address: str = ADDRESS) -> list[str]:
        """Return who has an address."""
        client = await self.stage.client("everything")
        found = await client.post("/v1/customers/lookup", {"contact": {"kind": "email", "value": address}})
        return [*found["customers"]]

    async def asked(self, address: str = ADDRESS, purpose: str = "newsletter") -> list[list[str]]:
        """Return the answers about all who have an address."""
        client = await self.stage.client("everything")
        return [
            codes(await client.decide(customer=one, purpose=purpose, channel="email", reserve=False))
            for one in await self.whose(address)
        ]


@pytest.fixture
def files(stage: Stage) -> Files:
    return Files(stage)


async def test_what_comes_with_a_row_is_there_sealed_proven_and_told_of(stage: Stage, files: Files) -> None:
    told = row(1, yes(), reference=Personal("7"), dealings=(Dealing(kind="purchased", at=AT, refusal_offered=True),))
    assert await files.settle(told) == {1: "new"}
    assert await files.asked() == [["opted_in"]]
    [point] = await stage.rows("SELECT * FROM vault.contact_point")
    assert (point["verified_at"], point["is_primary"], point["brought_by"] is not None) == (AT, True, True)
    for table in (
        "vault.customer",
        "vault.attribute",
        "vault.external_reference",
        "vault.fact",
        "keystore.blind_index",
    ):
        assert all(one["brought_by"] for one in await stage.rows(f"SELECT brought_by FROM {table}"))  # noqa: S608 - ours
    [entry] = await stage.entries("imported")
    assert entry["import"] == files.last
    assert [fact["said"] for fact in entry["facts"]] == ["granted", "dealing"]
    assert [entry[name] for name in ("made", "fields", "points")] == [True, ["first_name"], ["email"]]
    assert "mailchimp" in entry["sources"]
    written = await stage.written()
    assert await files.settle(told) == {1: "same"}
    assert await stage.written() == written


async def test_an_address_that_a_list_stopped_is_not_brought_back_by_a_later_yes(files: Files) -> None:
    listed = row(1, no(), name=None, role="list", suppressed=(Suppressing(kind="bounce", point=spelled(), at=AT),))
    assert await files.settle(listed) == {1: "stricter"}
    assert await files.settle(row(1, yes())) == {1: "conflict"}
    assert await files.asked() == [["suppressed", "withdrawn"]]


async def test_a_stop_is_told_to_everybody_who_has_the_address(stage: Stage, files: Files, api: Api) -> None:
    customer = await api.register(contact_points=[{"kind": "email", "value": ADDRESS}])
    stop = Suppressing(kind="complaint", point=spelled(), at=AT)
    listed = row(1, name=None, role="list", suppressed=(stop,))
    assert await files.settle(listed) == {1: "stricter"}
    [entry] = await stage.entries("contact_point_stopped")
    assert (entry["cause"], await files.whose()) == ("complaint", [customer])


async def test_a_field_that_is_filled_stays_and_what_a_client_knows_gains_what_is_new(
    stage: Stage, files: Files, api: Api
) -> None:
    await api.register(
        external=[{"source": "mailchimp", "id": "7"}],
        contact_points=[{"kind": "email", "value": ADDRESS}],
        attributes={"first_name": "Quokkarina"},
    )
    last = {"last_name": Personal("Quokkaby")}
    assert await files.settle(row(1, yes(), reference=Personal("7"), attributes=last)) == {1: "fills"}
    other = {"last_name": Personal("Quokkafield")}
    assert await files.settle(row(1, reference=Personal("7"), attributes=other)) == {1: "conflict"}
    assert await stage.count("vault.customer") == 1
    assert await files.asked() == [["opted_in"]]
    [point] = await stage.rows("SELECT verified_at, brought_by FROM vault.contact_point")
    assert (point["verified_at"], point["brought_by"]) == (AT, None)


async def test_who_may_be_one_person_is_suggested_to_a_human_whenever_they_come(stage: Stage, files: Files) -> None:
    def told(record: int, address: str, name: str = "quokkarina") -> Staged:
        return row(record, name=name, last_name="quokkaby", points=(spelled(address),))

    await files.settle(told(1, "quokka.1+trails@quokkamail.example"))
    assert await stage.count("vault.merge_suggestion") == 0
    await files.settle(told(2, "quokka.1@quokkamail.example"))
    [suggestion] = await stage.rows("SELECT why FROM vault.merge_suggestion")
    assert sorted(suggestion["why"]) == ["full_name", "plus_tag"]
    await files.settle(told(3, "quokka.3@quokkamail.example"))
    assert await stage.count("vault.merge_suggestion") == 3
    await files.settle(told(4, "quokka.4@quokkamail.example"))  # a name that many have is no sign
    assert (await stage.count("vault.merge_suggestion"), await stage.count("vault.customer")) == (3, 4)


async def test_who_locked_their_data_in_a_file_is_locked_once_and_can_end_it(stage: Stage, files: Files) -> None:
    told = row(1, yes(), restricted=True, requests=("erase",))
    assert await files.settle(told) == {1: "stricter"}
    assert await files.asked() == [["restricted"]]
    asked = await stage.rows("SELECT wanted, asked_at FROM vault.rights_request ORDER BY wanted")
    assert [(one["wanted"], one["asked_at"]) for one in asked] == [("erasure", EXPORTED), ("restriction", EXPORTED)]
    await stage.rows("UPDATE vault.customer SET restricted_since = NULL")  # as when they end it
    assert await files.settle(told) == {1: "same"}
    assert await files.asked() == [["opted_in"]]


async def test_who_was_erased_is_put_before_a_human_and_a_no_of_theirs_still_binds(stage: Stage, files: Files) -> None:
    await files.settle(row(1, yes()))
    await stage.erase((await files.whose())[0])
    assert await files.settle(row(1, yes(), no("research"))) == {1: "not_accepted"}
    assert await files.whose() == []
    [fact] = await stage.rows("SELECT purpose FROM vault.fact WHERE kind = 'withdrawn'")
    assert fact["purpose"] == "research"


async def test_what_was_undone_can_be_brought_again_and_its_noes_never_went(stage: Stage, files: Files) -> None:
    told = (row(1, yes(), reference=Personal("7")), row(2, no("sales"), reference=Personal("7")))
    await files.settle(*told)
    async with stage.vault.database.work(await stage.organization()) as work:
        await brought.undo(work, files.last, with_noes=False)
    assert await files.whose() == []
    await files.settle(*told)
    assert await files.asked() == [["opted_in"]]
    assert await files.asked(purpose="sales") == [["withdrawn"]]


async def test_files_that_disagree_about_a_country_leave_it_unknown_whenever_they_come(
    stage: Stage, files: Files
) -> None:
    async def told(code: str) -> dict[int, str]:
        own = {"country": Personal(code), "first_name": Personal("quokkarina")}
        return await files.settle(row(1, attributes=own))

    assert [await told(code) for code in ("FR", "CA", "FR", "CA")] == [{1: "new"}, *[{1: "conflict"}] * 3]
    [customer] = await stage.rows("SELECT country FROM vault.customer")
    names = [one["name"] for one in await stage.rows("SELECT name FROM vault.attribute")]
    assert (customer["country"], names) == ("", ["first_name"])


async def test_two_who_settle_at_once_and_a_client_that_registers_make_one_customer(
    stage: Stage, files: Files, api: Api
) -> None:
    told = row(1, yes(), no("research"), reference=Personal("7"))
    own = fresh(IMPORT, stage.vault.clock, entropy=stage.vault.entropy)
    registration = make.customer(external=[{"source": "mailchimp", "id": "7"}], contact_points=[])
    await asyncio.gather(
        files.settle(told, own=own), files.settle(told, own=own), api.send("POST", "/v1/customers", registration)
    )
    assert await stage.count("vault.customer") == 1
    kinds = await stage.rows("SELECT kind, count(*) AS n FROM vault.fact GROUP BY 1 ORDER BY 1")
    assert [(one["kind"], one["n"]) for one in kinds] == [("granted", 1), ("withdrawn", 2)]  # one is the address's


@pytest.mark.parametrize("seed", range(3))
async def test_files_one_after_the_other_come_to_the_same_in_any_order(stage: Stage, files: Files, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - files, not secrets
    parts = [[drawn(chance, part * 10 + record) for record in range(4)] for part in range(3)]
    found: list[dict[tuple[str, str], list[list[str]]]] = []
    for turn in ("once", "again"):
        for part in parts if turn == "once" else parts[::-1]:
            await files.settle(*(moved(one, turn) for one in part))
        found.append({
            (address, purpose): sorted(await files.asked(f"{turn}.{address}", purpose))
            for address in ADDRESSES
            for purpose in ("newsletter", "sales")
        })  # fmt: skip
    assert found[0] == found[1]
    for (address, purpose), answers in found[0].items():
        told = [one.row for part in parts for one in part if one.row.points[0].value.reveal() == address]
        if any(said.verdict != "granted" and said.purpose in {"offers", purpose} for one in told for said in one.said):
            assert ["opted_in"] not in answers


ADDRESSES: Final = ("quokka.1@quokkamail.example", "quokka.2@quokkamail.example")


def drawn(chance: random.Random, record: int) -> Staged:
    said: Sequence[Saying] = chance.choice([
        (yes(),), (yes("sales"),), (yes(), yes("sales", evidence={})), (no("sales", at=AT - timedelta(days=9)),),
        (no("newsletter", verdict="refused"),), (),
    ])  # fmt: skip
    address = spelled(chance.choice(ADDRESSES))
    return row(record, *said, name=chance.choice(["ada", "bo"]), points=(address,))


def moved(told: Staged, to: str) -> Staged:
    """Make the same row about another address."""
    row = told.row
    point = spelled(f"{to}.{row.points[0].value.reveal()}")
    return Staged(
        place=told.place,
        about_address=True,
        row=Row(
            source=row.source, file=row.file, record=row.record, points=(point,), attributes=row.attributes,
            said=row.said, name=row.name,
        ),
    )  # fmt: skip
