"""An import in several processes: each takes what no other has, and what one leaves behind when it dies, others do."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests import make
from tests.importing import of_texts
from tests.stage import copy_of
from vault.actions import organizations
from vault.actions.importing.given import Part, Progress, Step, Told
from vault.actions.importing.running import run
from vault.base.clock import SystemEntropy
from vault.base.settings import Settings
from vault.cli.importing.settlers import workers
from vault.crypto.provider import create
from vault.domain.actor import Actor
from vault.imports.row import FileRefused
from vault.parts import open_vault

ROWS = 2_000
SHEET = "newsletter.csv"
Place = tuple[Settings, str]


def sheet(rows: int) -> str:
    lines = [f"quokka{n}@mail.example;Q{n};Field;ja;;2024-06-03;" for n in range(rows)]
    return "\n".join(["E-Mail;Vorname;Nachname;Newsletter;Katalog;Datum;Beleg", *lines])


@pytest_asyncio.fixture
async def place(server_url: str, template: str, tmp_path: Path) -> AsyncIterator[Place]:
    key_file = tmp_path / "root.key"
    create(key_file, entropy=SystemEntropy())
    settings = Settings(key_file=key_file, mode="trial")
    async with copy_of(server_url, template) as url:
        async with open_vault(settings, url) as vault:
            await organizations.apply(vault, make.written(make.organization()), name="organization.yaml")
        yield settings, url


async def looked_at(place: Place, text: str, *, progress: Progress) -> Told:
    settings, url = place
    async with open_vault(settings, url) as vault:
        actor = Actor(organization=await organizations.find(vault, "fernhill"), kind="import")
        given = of_texts({SHEET: text}, dry=True)
        crew = workers(2, settings=settings, url=url)
        return await run(vault, actor, given=given, progress=progress, workers=crew)


async def test_two_processes_come_to_what_one_comes_to(place: Place) -> None:
    steps: list[Step] = []

    def slow(step: Step) -> None:
        steps.append(step)
        if step.stage in {"staging", "settling"}:
            time.sleep(0.05)  # so that the other has its share

    told = await looked_at(place, sheet(ROWS), progress=slow)
    assert (told.rows, told.verdicts, told.customers) == (ROWS, {"new": ROWS}, ROWS)
    assert steps[-1] == Step(stage="settling", done=ROWS, of=ROWS)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("part", ["staging", "settling"])
async def test_what_a_killed_process_leaves_behind_is_done(place: Place, part: Part) -> None:
    def kill(step: Step) -> None:
        if step.stage == part and step.done:
            for process in multiprocessing.active_children():
                process.kill()

    told = await looked_at(place, sheet(ROWS), progress=kill)
    assert (told.rows, told.verdicts) == (ROWS, {"new": ROWS})


async def test_what_a_file_is_refused_for_is_told_whoever_found_it(place: Place) -> None:
    text = sheet(ROWS) + '\nquokka@mail.example;"Quokka;;;;;'
    with pytest.raises(FileRefused, match="unreadable_quotes"):
        await looked_at(place, text, progress=lambda _: None)
    assert multiprocessing.active_children() == []
