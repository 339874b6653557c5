"""The console's pages about the log: what stands on them, for whom, and what a look at them leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tests.e2e.colleague import Colleague, at_the_desk
from tests.sequencing import Sequencer, sequencing
from tests.stage import Api, Stage

OTHERS: Final = ("Search", "One customer", "Was it allowed?", "Samples")


async def numbered(stage: Stage, folder: Path) -> None:
    """Let everything written so far have its number."""
    crm = await stage.client("crm")
    async with sequencing(stage, folder) as way:
        await Sequencer(stage, crm, await stage.organization(), way).step()


async def test_the_overview_of_a_new_log_says_how_to_begin(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage)
    page = await colleague.get("/")
    assert (page.status, page.heading) == (200, "Overview")
    assert "No question has been asked yet" in page.text
    assert "nothing is signed yet" in page.text
