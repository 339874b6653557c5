"""Samples: the rule is fixed first, a signature that comes later gives the seed, and nobody draws twice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec
import pytest
import pytest_asyncio

from tests import make
from tests.e2e.colleague import CONSOLE, Colleague, at_the_desk
from tests.e2e.test_log_witnesses import House, house  # noqa: F401 - a fixture
from tests.sequencing import Sequencer, sequencing
from tests.stage import Stage, refused, said
from vault.actions.audit import samples
from vault.actions.log import generations
from vault.base.errors import Conflict
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.audit.sample import NewFinding, NewSample
from vault.domain.sign_in.session import csrf
from vault.tlog import note
from vault.tlog.hashes import leaf_hash

Json = dict[str, Any]

WORDS: Final = "Mrs Quokka could not read the words on her phone"


class Desk:
    """An auditor or admin, asking over HTTP."""

    def __init__(self, colleague: Colleague, slug: str = "fernhill") -> None:
        self._colleague = colleague
        self._base = f"/v1/log/{slug}/samples"

    async def send(self, method: str, path: str = "", body: object = None) -> httpx2.Response:
        token = csrf(self._colleague.cookies[CONSOLE])
        given: Json = {"json": body} if body is not None else {}
        return await self._colleague.send(method, self._base + path, headers={"x-csrf-token": token}, **given)

    async def draw(self, **rule: object) -> Json:
        return said(await self.send("POST", body={"size": 5} | rule))

    async def show(self, sample: Json) -> Json:
        return said(await self.send("GET", f"/{sample['id']}"))

    async def find(self, sample: Json, **finding: object) -> Json:
        return said(await self.send("POST", f"/{sample['id']}/findings", finding))


@pytest_asyncio.fixture
async def log(stage: Stage, tmp_path: Path) -> AsyncIterator[Sequencer]:
    """A log without a witness, with a dozen entries and more."""
    async with sequencing(stage, tmp_path / "guard") as own:
        log = Sequencer(stage, await stage.client("everything"), await stage.organization(), own)
        await log.grow(await log.crm.register(), rounds=12)
        yield log


@pytest_asyncio.fixture
async def auditor(stage: Stage) -> Desk:
    return Desk((await at_the_desk(stage))[0])


@pytest_asyncio.fixture
async def admin(stage: Stage) -> Desk:
    return Desk((await at_the_desk(stage, "admin"))[0])


def thrown(seed: bytes, *, population: int, size: int) -> list[int]:
    """Draw as SECURITY.md says it."""
    places: list[int] = []
    for turn in range(10_000):
        value = int.from_bytes(sha256(seed + turn.to_bytes(8, "big")).digest()[:8], "big")
        place = value % population
        if value < 2**64 // population * population and place not in places:
            places.append(place)
        if len(places) == min(size, population):
            return places
    raise AssertionError


async def body(log: Sequencer, entry: str) -> tuple[Json, bytes]:
    """Return an entry's body and its leaf hash."""
    found = await log.rows("SELECT body FROM vault.log_entry WHERE organization = $1")
    [raw] = [row["body"] for row in found if json.loads(row["body"])["id"] == entry]
    return json.loads(raw), leaf_hash(raw)


def witnessed(house: House) -> None:  # noqa: F811 - the fixture
    """Let the application know its witness."""
    app = house.log.stage.apps[0]
    app.state.vault = msgspec.structs.replace(app.state.vault, witnesses=(house.witness.verifier.vkey,))


async def test_a_sample_is_drawn_by_the_first_cosignature_over_its_rule(house: House, auditor: Desk) -> None:  # noqa: F811
    witnessed(house)
    log = house.log
    await log.grow(house.customer, rounds=8)
    assert await house.ask()
    size = (await log.sizes())[-1]
    sample = await auditor.draw(size=4, kind="decision", start=1, end=size)
    assert (sample["state"], sample["waits_for"], sample["vault_could_retry"]) == ("waiting", "number", False)
    assert (await auditor.show(sample))["waits_for"] == "number"
    await log.step()
    assert (await auditor.show(sample))["waits_for"] == "witness"
    assert await house.ask()
    shown = await auditor.show(sample)
    await log.grow(house.customer)
    assert await house.ask()
    assert await auditor.show(sample) == shown
    assert (shown["state"], shown["rule"]["witnesses"]) == ("drawn", [house.witness.verifier.vkey])

    [drawn] = await log.stage.entries("sample_drawn")
    [ruled] = await log.stage.entries("sample_ruled")
    _, rule_leaf = await body(log, shown["rule"]["entry"])
    [line] = [
        row["line"]
        for row in await log.rows("SELECT size, line FROM vault.log_cosignature WHERE organization = $1")
        if row["size"] == drawn["checkpoint"]
    ]
    assert drawn["checkpoint"] > shown["rule"]["number"] == drawn["ruled"]
    seed = sha256(rule_leaf + note.read_lines(line)[0].signature).digest()
    population = [
        row["number"]
        for row in await log.rows(
            "SELECT number FROM vault.log_leaf WHERE organization = $1 AND kind = 'decision' AND number >= 1 "
            "AND number < $2 ORDER BY number",
            size,
        )
    ]
    numbers = [population[place] for place in thrown(seed, population=len(population), size=4)]
    assert [one["number"] for one in shown["entries"]] == numbers
    assert [(one["kind"], one["outcome"]) for one in shown["entries"]] == [("decision", "deny")] * 4
    assert (drawn["seed"], drawn["witness"]) == (seed.hex(), house.witness.verifier.vkey)
    assert drawn["numbers"] == sha256(b"".join(number.to_bytes(8, "big") for number in numbers)).hexdigest()
    assert (ruled["of"], ruled["size"], ruled["population"]) == ("decision", 4, len(population))
    assert (ruled["start"], ruled["end"], ruled["tree"]) == (1, size, size)


async def test_of_two_cosignatures_the_first_gives_the_seed(house: House, auditor: Desk) -> None:  # noqa: F811
    witnessed(house)
    sample = await auditor.draw(size=1)
    await house.log.step()
    first = (await house.log.sizes())[-1]
    assert await house.ask()
    await house.log.grow(house.customer)
    assert await house.ask()
    assert (await auditor.show(sample))["drawing"]["checkpoint"] == first


async def test_without_a_witness_the_logs_own_signature_draws_and_that_is_said(log: Sequencer, auditor: Desk) -> None:
    sample = await auditor.draw(size=3)
    assert (sample["vault_could_retry"], sample["rule"]["witnesses"]) == (True, [])
    await log.step()
    shown = await auditor.show(sample)
    assert (shown["state"], shown["drawing"]["witness"]) == ("drawn", None)
    _, rule_leaf = await body(log, shown["rule"]["entry"])
    raw = await log.one(
        "SELECT note FROM vault.log_checkpoint WHERE organization = $1 AND size = $2", shown["drawing"]["checkpoint"]
    )
    [ed25519] = [one.signature for one in note.read(raw).signatures if len(one.signature) == 64]
    seed = sha256(rule_leaf + ed25519).digest()
    assert shown["drawing"]["seed"] == seed.hex()
    drawn = thrown(seed, population=shown["rule"]["population"], size=3)
    assert [one["number"] for one in shown["entries"]] == drawn
    [entry] = await log.stage.entries("sample_drawn")
    assert "witness" not in entry


async def test_two_who_look_at_once_see_one_drawing(log: Sequencer, auditor: Desk) -> None:
    sample = await auditor.draw()
    await log.step()
    one, other = await asyncio.gather(auditor.show(sample), auditor.show(sample))
    assert one == other == await auditor.show(sample)
    assert len(await log.stage.entries("sample_drawn")) == 1
    kinds = [len(await log.stage.entries(kind)) for kind in ("sample_ruled", "sample_read")]
    assert kinds == [1, 3]


async def test_where_there_are_fewer_than_asked_for_all_are_drawn(log: Sequencer, auditor: Desk) -> None:
    sample = await auditor.draw(size=1000, kind="decision")
    assert sample["rule"]["population"] == 12
    await log.step()
    shown = await auditor.show(sample)
    numbers = [one["number"] for one in shown["entries"]]
    assert len(numbers) == len(set(numbers)) == 12
    assert {one["kind"] for one in shown["entries"]} == {"decision"}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"start": 3, "end": 3}, "empty_range"),
        ({"start": 5, "end": 3}, "empty_range"),
        ({"end": 10_000}, "empty_range"),
        ({"kind": "nothing_of_the_kind"}, "nothing_to_draw"),
        ({"until": "2001-01-01T00:00:00Z"}, "empty_range"),
        ({"since": "2001-01-01T00:00:00Z", "end": 4}, "range_twice"),
        ({"size": 0}, "invalid_request"),
        ({"size": 1001}, "invalid_request"),
        ({"kind": "Mrs Quokka"}, "invalid_request"),
        ({"seed": "ours"}, "invalid_request"),
    ],
)
async def test_a_rule_that_draws_nothing_is_refused(log: Sequencer, auditor: Desk, rule: Json, code: str) -> None:
    response = await auditor.send("POST", body={"size": 5} | rule)
    refused(response, 422, code)
    assert await log.stage.count("vault.sample") == 0
    assert await log.stage.entries("sample_ruled") == []


async def test_a_range_may_be_told_in_times(log: Sequencer, auditor: Desk) -> None:
    rows = await log.rows("SELECT number, at FROM vault.log_leaf WHERE organization = $1 ORDER BY number")
    since, until = rows[3]["at"], rows[7]["at"]
    rule = (await auditor.draw(since=since.isoformat(), until=until.isoformat()))["rule"]
    assert {row["number"] for row in rows if since <= row["at"] < until} <= set(range(rule["start"], rule["end"]))
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert (await auditor.draw(until=later))["rule"]["end"] == len(rows)


async def test_a_finding_is_an_entry_and_its_words_are_sealed(log: Sequencer, auditor: Desk, admin: Desk) -> None:
    sample = await auditor.draw(size=2)
    await log.step()
    first, second = [one["number"] for one in (await auditor.show(sample))["entries"]]
    stranger = next(number for number in range(10) if number not in {first, second})
    for finding, code in (
        ({"number": stranger, "verdict": "ok"}, "not_in_sample"),
        ({"number": first, "verdict": "wrong"}, "text_missing"),
        ({"number": first, "verdict": "ok", "text": "x" * 1001}, "text_too_long"),
        ({"number": first, "verdict": "fine"}, "invalid_request"),
    ):
        refused(await auditor.send("POST", f"/{sample['id']}/findings", finding), 422, code)
    assert await log.stage.entries("sample_finding") == []
    await auditor.find(sample, number=first, verdict="ok")
    await auditor.find(sample, number=first, verdict="remark", text="words hard to read")
    shown = await auditor.show(sample)
    assert (shown["state"], shown["tally"]) == ("drawn", {"ok": 0, "remark": 1, "wrong": 0})
    assert [one["finding"] and one["finding"].get("text") for one in shown["entries"]] == ["words hard to read", None]
    await auditor.find(sample, number=second, verdict="ok")
    assert (await auditor.show(sample))["state"] == "done"
    seen = await admin.show(sample)
    assert seen["tally"] == {"ok": 1, "remark": 1, "wrong": 0}
    assert [one["finding"].get("text") for one in seen["entries"]] == [None, None]
    entries = await log.stage.entries("sample_finding")
    assert [(one["number"], one["verdict"]) for one in entries] == [(first, "ok"), (first, "remark"), (second, "ok")]
    assert ["text_sealed" in one for one in entries] == [False, True, False]
    listed = said(await admin.send("GET"))["samples"]
    assert [(one["id"], one["state"], one["count"], one["found"]) for one in listed] == [(sample["id"], "done", 2, 2)]


async def test_a_name_in_the_words_stands_nowhere_in_the_open(log: Sequencer, stage: Stage) -> None:
    """The inspection after this test looks for it everywhere."""
    actor = Actor(organization=log.organization, kind="operator")
    sample = await samples.draw(stage.vault, actor, new=NewSample(size=1))
    new = NewFinding(number=0, verdict="wrong", text=Personal(WORDS))
    with pytest.raises(Conflict, match="not_drawn"):
        await samples.find(stage.vault, actor, sample=sample.id, new=new)
    await log.step()
    [drawn] = (await samples.show(stage.vault, actor, sample=sample.id)).entries
    new = msgspec.structs.replace(new, number=drawn.number)
    await samples.find(stage.vault, actor, sample=sample.id, new=new)
    [again] = (await samples.show(stage.vault, actor, sample=sample.id)).entries
    assert again.finding is not None
    assert again.finding.text == Personal(WORDS)


async def test_admins_look_and_neither_draw_nor_find(log: Sequencer, auditor: Desk, admin: Desk) -> None:
    refused(await admin.send("POST", body={"size": 3}), 403, "not_allowed")
    sample = await auditor.draw(size=1)
    await log.step()
    shown = await admin.show(sample)
    assert (shown["state"], shown["waits_for"], shown["entries"]) == ("waiting", "auditor", [])
    [drawn] = (await auditor.show(sample))["entries"]
    finding = {"number": drawn["number"], "verdict": "ok"}
    refused(await admin.send("POST", f"/{sample['id']}/findings", finding), 403, "not_allowed")
    assert (await admin.show(sample))["state"] == "drawn"


async def test_a_sample_of_another_organization_is_none(log: Sequencer, auditor: Desk, stage: Stage) -> None:
    sample = await auditor.draw(size=1)
    await log.step()
    await auditor.show(sample)
    await stage.apply(make.organization("larkspur"))
    other = Desk((await at_the_desk(stage, slug="larkspur"))[0], "larkspur")
    refused(await other.send("GET", f"/{sample['id']}"), 404, "unknown_sample")
    finding = {"number": 0, "verdict": "ok"}
    refused(await other.send("POST", f"/{sample['id']}/findings", finding), 404, "unknown_sample")
    assert said(await other.send("GET")) == {"samples": []}
    refused(await other.send("POST", body={"size": 3}), 422, "empty_range")  # its log has no number yet


async def test_a_system_draws_nothing(log: Sequencer, stage: Stage) -> None:
    for method, path in (("GET", ""), ("POST", "")):
        response = await log.crm.send(
            method, f"/v1/log/fernhill/samples{path}", {"size": 1} if method == "POST" else None
        )
        refused(response, 401, "session_over")


async def test_what_was_not_cosigned_before_its_generation_ended_is_never_drawn(house: House, auditor: Desk) -> None:  # noqa: F811
    witnessed(house)
    log = house.log
    sample = await auditor.draw(size=1)
    await log.step()
    await generations.begin(log.stage.vault, log.sequencing, actor=await log.stage.operator(), reason="a new house")
    await log.step()
    await house.ask()
    assert (await auditor.show(sample))["waits_for"] == "nothing"


async def test_a_signature_that_somebody_put_there_draws_nothing(house: House, auditor: Desk) -> None:  # noqa: F811
    witnessed(house)
    assert await house.ask()
    sample = await auditor.draw(size=1)
    await house.log.step()
    assert await house.ask()
    await house.log.rows(
        "UPDATE vault.log_cosignature SET line = (SELECT line FROM vault.log_cosignature WHERE organization = $1 "
        "ORDER BY size LIMIT 1) WHERE organization = $1"
    )
    refused(await auditor.send("GET", f"/{sample['id']}"), 409, "log_damaged")
    assert await house.log.stage.entries("sample_drawn") == []


async def test_samples_come_a_page_at_a_time_the_newest_first(log: Sequencer, auditor: Desk) -> None:
    made = [(await auditor.draw(size=one))["id"] for one in (1, 2, 3)]
    first = said(await auditor.send("GET", "?limit=2"))["samples"]
    rest = said(await auditor.send("GET", f"?limit=2&after={first[-1]['id']}"))["samples"]
    assert [one["id"] for one in (*first, *rest)] == made[::-1]
    assert [one["rule"]["size"] for one in rest] == [1]
