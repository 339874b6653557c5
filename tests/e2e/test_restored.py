"""Everything of an organization goes out and comes back into an empty vault, where everybody stands as they stood."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests import make
from tests.e2e.restoring import WAYS, World, declared, empty
from tests.stage import Api, Stage, codes, refused
from vault.actions import organizations
from vault.actions.exporting.given import Restored
from vault.base.clock import SystemEntropy
from vault.base.errors import VaultError
from vault.cli.exporting.command import written
from vault.cli.exporting.restoring import How, restore
from vault.crypto.provider import create

Beside = Callable[[], AbstractAsyncContextManager[Stage]]
HELD = ("customers.ndjson", "facts.ndjson", "consents.ndjson", "tags.ndjson", "merges.ndjson", "facts.csv")
"""Files that say nothing of when they were made."""


@pytest_asyncio.fixture
async def api(stage: Stage) -> Api:
    await stage.apply(declared())
    return await stage.client("everything")


@pytest.fixture
def beside(server_url: str, template: str, key_file: Path) -> Beside:
    """An empty vault, opened when it is wanted."""
    return partial(empty, server_url, template, key_file)


async def take(stage: Stage, to: Path) -> dict[str, Any]:
    """Export into a folder; return the manifest."""
    await written(stage.vault, await stage.operator(), to=to, key=to.with_suffix(".key"))
    told: dict[str, Any] = json.loads((to / "manifest.json").read_bytes())
    return told


async def put(stage: Stage, folder: Path, **how: Any) -> Restored:
    """Restore from a folder, with the key made with it."""
    key = how.pop("key", folder.with_suffix(".key"))
    return await restore(stage.vault, await stage.operator(), folder=folder, key=key, how=How(**how))


async def apply(stage: Stage, folder: Path) -> None:
    """Put in force what an export says was."""
    await organizations.apply(stage.vault, (folder / "organization.yaml").read_text("utf-8"), name="organization.yaml")


async def stands(stage: Stage, people: list[str]) -> list[Any]:
    """Return how everybody stands for everything, and what is decided of them."""
    api = await stage.client("everything")
    found: list[Any] = [await api.get(f"/v1/customers/{one}/consents") for one in people]
    for one in people:
        for purpose, channel in WAYS:
            told = await api.decide(customer=one, purpose=purpose, channel=channel)
            found.append([told["outcome"], [reason["code"] for reason in told["reasons"]], told.get("standing")])
    return found


FILE = {"sha256": "0" * 64, "bytes": 0, "lines": 0}


def _resealed(text: bytes, **changed: Any) -> bytes:
    return json.dumps(json.loads(text) | changed).encode()


CHANGES: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
    ("facts.ndjson", "export_altered.*is not what", lambda text: text.replace(b"granted", b"refused")),
    ("facts.ndjson", "export_altered.*cut off", lambda text: text[:-20]),
    ("manifest.json", "unknown_export", lambda text: _resealed(text, format="consent-vault-export/2")),
    ("manifest.json", "unreadable_export", lambda text: text[:-20]),
    ("manifest.json", "unreadable_export", lambda text: _resealed(text, counts=[])),
    ("manifest.json", "not_restorable", lambda text: _resealed(text, files={})),
    ("manifest.json", "unreadable_export.*outside", lambda text: _resealed(text, files={"../x": FILE})),
    ("manifest.json", "no_tags", lambda text: _resealed(text, carried=None)),
)


async def check_nobodys(stage: Stage, world: World) -> None:
    """What was known of addresses that nobody has is known still, when somebody has them."""
    api = await stage.client("everything")
    customer = await api.register(contact_points=[world.stopped])
    await api.grant(customer)
    assert codes(await api.decide(customer=customer)) == ["suppressed"]
    refused(await api.send("POST", "/v1/customers", make.customer(contact_points=[world.erased])), 403, "not_accepted")


class Killed(BaseException):
    """What ends a process in the middle."""


def killed_after(many: int) -> Callable[[int, int], None]:
    def tell(done: int, _: int) -> None:
        if done == many:
            raise Killed

    return tell


async def test_whoever_is_restored_stands_as_they_stood_to_the_letter_killed_in_the_middle_or_not(
    stage: Stage, api: Api, tmp_path: Path, beside: Beside
) -> None:
    world = World(stage, api, seed=1)
    await world.make()
    first = await take(stage, tmp_path / "first")
    counts = first["counts"]
    assert [name for name, count in counts.items() if not count] == []
    assert world.undone not in "".join([(tmp_path / "first" / name).read_text("utf-8") for name in HELD])
    before = await stands(stage, world.people)
    async with beside() as other:
        await apply(other, tmp_path / "first")
        with pytest.raises(Killed):
            await put(other, tmp_path / "first", most=2, tell=killed_after(4))
        with pytest.raises(VaultError, match="not_empty"):
            await put(other, tmp_path / "first", key=None, without_tags=True)
        assert await other.count("vault.customer") == 4
        restored = await put(other, tmp_path / "first")
        assert (restored.customers, restored.repeated) == (counts["customers"], False)
        second = await take(other, tmp_path / "second")
        for name in HELD:
            assert (tmp_path / "second" / name).read_bytes() == (tmp_path / "first" / name).read_bytes(), name
        assert second["counts"] == counts
        assert await stands(other, world.people) == before
        assert (await put(other, tmp_path / "first")).repeated
        await check_nobodys(other, world)
        assert len(await other.entries("restored")) == len({one["id"] for one in await other.entries("restored")})


async def test_what_is_not_as_it_was_written_or_does_not_fit_is_refused_before_anything_is_written(
    stage: Stage, api: Api, tmp_path: Path, beside: Beside
) -> None:
    await api.grant(await api.register())
    await api.post("/v1/suppressions", {"contact": make.point("email", make.email())})
    whole = tmp_path / "whole"
    told = await take(stage, whole)
    assert (told["counts"]["nobodys_stops"], told["left_out"].keys()) == (1, {"log_entries"})
    async with beside() as other:
        await other.apply(make.organization())
        with pytest.raises(VaultError, match=r"(?s)other_configuration.*changes evidence guardian"):
            await put(other, whole)
        await apply(other, whole)
        written_before = await other.written()
        for number, (name, code, change) in enumerate(CHANGES):
            changed = tmp_path / str(number)
            shutil.copytree(whole, changed)
            shutil.copy(whole.with_suffix(".key"), changed.with_suffix(".key"))
            (changed / name).write_bytes(change((changed / name).read_bytes()))
            with pytest.raises(VaultError, match=code):
                await put(other, changed)
        (tmp_path / "0/facts.ndjson").unlink()
        with pytest.raises(VaultError, match=r"unreadable_export.*cannot be read"):
            await put(other, tmp_path / "0")
        with pytest.raises(VaultError, match=r"needs_key: 1 facts, stops and marks"):
            await put(other, whole, key=None)
        create(tmp_path / "other.key", entropy=SystemEntropy())
        for name, code in (("other.key", "other_export_key"), ("none.key", "no_export_key")):
            with pytest.raises(VaultError, match=code):
                await put(other, whole, key=tmp_path / name)
        looked = await put(other, whole, dry=True)
        assert (looked.dry, looked.customers) == (True, 1)
        assert await other.written() == written_before
        await put(other, whole, key=None, without_tags=True)  # said to be lost, and lost
        assert (await other.count("vault.suppression"), await other.count("vault.fact")) == (0, 1)
        with pytest.raises(VaultError, match="not_empty"):
            await put(other, whole)
