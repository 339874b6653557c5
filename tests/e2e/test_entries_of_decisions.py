"""The entry of a decision is the same whatever was asked before: one form tells of what is alike, and no more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import make
from tests.stage import Api, Json, Stage, now, said

_OWN = {"id", "decision", "at"}


@pytest.fixture
async def ways(api: Api) -> list[Json]:
    """Questions about sales by e-mail: most are allowed by the same policy, and differ in what their entries tell."""
    registration = make.customer()
    customer = str((await api.post("/v1/customers", registration))["id"])
    first, second = make.point("email", make.email()), make.point("email", make.email())
    twofold = await api.register(contact_points=[first, second | {"primary": True}])
    kept, joined, silent, *paused = [await api.register() for _ in range(5)]
    for who in (customer, twofold, kept, joined, *paused):
        await api.grant(who, at=(now() - timedelta(days=3)).isoformat())
    await api.grant(twofold, contact_point=(await api.points(twofold))["email"])
    await api.post(f"/v1/customers/{kept}/merge", {"customer": joined})
    for days, who in enumerate(paused, 1):
        wishes = {"paused_until": (now() + timedelta(days=days)).isoformat()}
        said(await api.send("PUT", f"/v1/customers/{who}/preferences", wishes))
    released = [
        ["first_name"],
        ["contact"],
        ["first_name", "boot_size"],
        ["boot_size"],
        ["phone"],
        ["boot_size", "phone"],
    ]
    mail, phone = (
        next(point for point in registration["contact_points"] if point["kind"] == kind) for kind in ("email", "phone")
    )
    asked: list[Json] = [
        {"customer": customer},
        {"customer": customer, "reserve": True},
        {"customer": customer, "campaign": "spring"},
        *({"customer": customer, "reserve": False, "release": fields} for fields in released),
        {"customer": customer, "at": (now() - timedelta(days=2)).isoformat()},
        {"customer": customer, "channel": "any"},
        {"contact": mail},
        {"contact": phone},
        {"contact": first},
        {"external": registration["external"][0]},
        {"customer": kept},
        {"customer": silent},
        *({"customer": who} for who in paused),
    ]
    return [make.asked(**one) for one in asked]


async def entries(stage: Stage, api: Api, ways: list[Json], *, forgetting: bool) -> list[dict[str, Any]]:
    found = []
    for way in ways:
        if forgetting:
            stage.vault.memory.here.clear()
        entry = await stage.entry(await api.post("/v1/decisions", way))
        found.append({name: value for name, value in entry.items() if name not in _OWN})
    return found


async def test_an_entry_is_the_same_whatever_was_asked_before(stage: Stage, api: Api, ways: list[Json]) -> None:
    alone = await entries(stage, api, ways, forgetting=True)
    assert await entries(stage, api, ways, forgetting=False) == alone
    stage.vault.memory.here.clear()
    assert await entries(stage, api, ways[::-1], forgetting=False) == alone[::-1]
