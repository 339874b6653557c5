"""One customer's story by pseudonym, the way to it from an address, and the bundle that proves it was all."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from consent_vault.verify import verify

from tests import make
from tests.e2e.auditing import Desk, desk, last, numbering
from tests.sequencing import Sequencer
from tests.stage import Json, Stage, refused
from vault.actions.audit.resolving import IN_AN_HOUR

NOBODY = "sub_06h0090m41t835kpwqjv10s1y0"


class Following:
    """An auditor, and somebody with a story."""

    def __init__(self, auditor: Desk, log: Sequencer) -> None:
        self.auditor = auditor
        self.log = log
        self.address = make.email()
        self.customer = ""
        self.subject = ""

    async def begin(self) -> None:
        self.customer = await self.log.crm.register(contact_points=[make.point("email", self.address)])
        await self.log.crm.grant(self.customer)
        decided = await self.log.crm.decide(customer=self.customer)
        self.subject = (await self.log.stage.entry(decided))["subject"]
        await self.log.crm.decide(customer=await self.log.crm.register())
        await self.number()

    async def number(self) -> None:
        while await self.log.step():
            pass

    async def story(self) -> Json:
        return await self.auditor.get(f"/stories/{self.subject}")

    async def resolve(self, value: str, kind: str = "email") -> list[str]:
        found: list[str] = (await self.auditor.post("/resolve", {"kind": kind, "value": value}))["subjects"]
        return found


@pytest_asyncio.fixture
async def following(stage: Stage, tmp_path: Path) -> AsyncIterator[Following]:
    auditor = await desk(stage)
    async with numbering(stage, tmp_path) as log:
        following = Following(auditor, log)
        await following.begin()
        yield following


async def test_a_story_holds_every_entry_of_the_subject_and_the_range_that_was_searched(following: Following) -> None:
    story = await following.story()
    _, size, _, _ = await following.log.state()
    assert (story["generation"], story["start"], story["end"], story["earlier"]) == (1, 0, size, [])
    assert [hit["kind"] for hit in story["hits"]] == ["customer_registered", "fact", "decision"]
    numbers = [hit["number"] for hit in story["hits"]]
    assert numbers == sorted(numbers)
    assert {hit["subject"] for hit in story["hits"]} == {following.subject}
    [sales] = [one for one in story["standings"] if (one["purpose"], one["channel"]) == ("sales", "email")]
    assert sales["state"] == "granted"
    assert (story["erased_at"], story["waiting"]) == (None, 0)


async def test_a_story_is_the_one_its_bundle_proves_offline(following: Following) -> None:
    story = await following.story()
    raw = await following.auditor.bytes("/bundle", start=0, end=story["end"], subject=following.subject)
    found = verify(io.BytesIO(raw), subject=following.subject)
    assert [*found.found] == [hit["number"] for hit in story["hits"]]


async def test_reading_a_story_becomes_part_of_it(following: Following) -> None:
    await following.story()
    told = await last(following.log.stage, "story_read")
    assert (told["subject"], told["found"], told["start"]) == (following.subject, 3, 0)
    await following.number()
    assert [hit["kind"] for hit in (await following.story())["hits"]][-1] == "story_read"


async def test_after_an_erasure_the_story_stands_and_leads_to_nobody(following: Following) -> None:
    await following.log.stage.erase(following.customer)
    await following.number()
    story = await following.story()
    assert [hit["kind"] for hit in story["hits"]] == ["customer_registered", "fact", "decision", "erased"]
    assert story["erased_at"] is not None
    assert story["standings"]  # of what was said, which stays
    assert await following.resolve(following.address) == []


async def test_what_waits_for_its_number_is_said_to_wait(following: Following) -> None:
    await following.log.crm.decide(customer=following.customer)
    story = await following.story()
    assert (len(story["hits"]), story["waiting"]) == (3, 1)


async def test_a_subject_nobody_has_has_an_empty_story(following: Following) -> None:
    story = await following.auditor.get(f"/stories/{NOBODY}")
    assert (story["hits"], story["standings"], story["erased_at"]) == ([], [], None)
    refused(await following.auditor.send("GET", "/stories/sub_1"), 422, "invalid_request")


async def test_no_story_crosses_to_another_organization(following: Following) -> None:
    await following.log.stage.apply(make.organization("ridgeway"))
    other = await desk(following.log.stage, slug="ridgeway")
    story = await other.get(f"/stories/{following.subject}")
    assert (story["hits"], story["standings"], story["end"]) == ([], [], 0)
    found = await other.post("/resolve", {"kind": "email", "value": following.address})
    assert found == {"subjects": []}


# ── Bundles ──────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_bundle_comes_as_a_file_and_is_an_entry(following: Following) -> None:
    response = await following.auditor.send("GET", "/bundle")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    assert response.headers["content-disposition"].startswith("attachment")
    assert verify(io.BytesIO(response.content)).manifest.end == (await following.log.state())[1]
    assert (await last(following.log.stage, "log_exported"))["actor"]["kind"] == "auditor"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"start": 1_000_000}, "no_such_leaf"),
        ({"end": 1_000_000}, "no_such_leaf"),
        ({"start": 3, "end": 2}, "no_such_leaf"),
        ({"start": -1}, "invalid_request"),
        ({"subject": "cus_1"}, "invalid_request"),
        ({"until": 4}, "unknown_parameter"),
    ],
)
async def test_a_bundle_of_what_is_not_there_is_refused(following: Following, asked: dict[str, Any], code: str) -> None:
    refused(await following.auditor.send("GET", "/bundle", params=asked), 422, code)


# ── From an address ──────────────────────────────────────────────────────────────────────────────────────────────────
async def test_an_address_leads_to_all_who_share_it_however_it_is_spelled(following: Following) -> None:
    assert await following.resolve(following.address) == [following.subject]
    assert await following.resolve(following.address.upper()) == [following.subject]
    await following.log.crm.register(contact_points=[make.point("email", following.address)])
    shared = await following.resolve(following.address)
    assert len(shared) == 2
    assert following.subject in shared


async def test_an_address_of_nobody_leads_nowhere_and_is_told_alike(following: Following) -> None:
    assert await following.resolve(make.email()) == []
    known = await last(following.log.stage, "resolved")
    await following.resolve(following.address)
    unknown = await last(following.log.stage, "resolved")
    by_chance = {"id": "", "at": "", "salt": "", "details": ""}
    assert known | by_chance == unknown | by_chance
    assert known.keys() == unknown.keys()
    assert known["field"] == "email"
    assert "subject" not in known


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"kind": "email", "value": "no address"}, "unreadable_email"),
        ({"kind": "pigeon", "value": "quokka"}, "unknown_contact_point_kind"),
        ({"kind": "email"}, "invalid_request"),
        ({"kind": "email", "value": "quokka@quokkamail.example", "subject": NOBODY}, "invalid_request"),
        ({"kind": "email", "value": 7}, "invalid_request"),
    ],
)
async def test_what_is_no_address_is_refused(following: Following, sent: Json, code: str) -> None:
    response = await following.auditor.send("POST", "/resolve", json=sent)
    refused(response, 422, code)


async def test_one_auditor_resolves_so_many_in_an_hour_and_no_more(following: Following) -> None:
    other = await desk(following.log.stage)
    for _ in range(IN_AN_HOUR):
        assert await following.resolve(following.address) == [following.subject]
    response = await following.auditor.send("POST", "/resolve", json={"kind": "email", "value": following.address})
    refused(response, 429, "too_many_requests")
    assert response.headers["retry-after"] == "60"
    assert (await other.post("/resolve", {"kind": "email", "value": following.address}))["subjects"]
    await following.log.stage.tell()
    told = await last(following.log.stage, "denied")
    assert (told["action"], told["reason"], told["actor"]["kind"]) == ("resolve", "too_many_requests", "auditor")


async def test_an_admin_follows_nobody_and_takes_nothing_home(following: Following) -> None:
    admin = await desk(following.log.stage, "admin")
    for method, path, more in (
        ("GET", f"/stories/{following.subject}", {}),
        ("POST", "/resolve", {"json": {"kind": "email", "value": following.address}}),
        ("GET", "/bundle", {}),
    ):
        refused(await admin.send(method, path, **more), 403, "not_allowed")
    told = await following.log.stage.entries("denied")
    assert [one["action"] for one in told] == ["show_story", "resolve", "export_log"]
