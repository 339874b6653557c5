"""The console's pages about the log: what stands on them, for whom, and what a look at them leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.e2e.colleague import at_the_desk
from tests.sequencing import Sequencer, sequencing
from tests.stage import Stage

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


@dataclass(frozen=True)
class Found:
    """Entries of a furnished log, and the subject they are about."""

    allowed: str
    refused: str
    fact: str
    subject: str


async def furnish(stage: Stage) -> Found:
    """Let a client ask, before and after a yes and a no."""
    crm = await stage.client("crm")
    customer, other = await crm.register(), await crm.register()
    await crm.decide(customer=customer)
    await crm.grant(customer)
    allowed = (await crm.decide(customer=customer, release=["contact"]))["log"]["entry"]
    await crm.say_no("withdrawals", customer, channel="email")
    refused = (await crm.decide(customer=customer))["log"]["entry"]
    await crm.say_no("refusals", other)
    await crm.decide(customer=other)
    facts = await stage.entries("fact")
    subject = facts[0]["subject"]
    return Found(allowed=allowed, refused=refused, fact=facts[0]["id"], subject=subject)


async def test_every_page_opens(stage: Stage, tmp_path: Path) -> None:
    colleague, _ = await at_the_desk(stage)
    found = await furnish(stage)
    await numbered(stage, tmp_path)
    places = [
        "/",
        "/search",
        "/search?kind=",
        "/search?kind=erased&reason=withdrawn",
        "/search?customer=nobody",
        f"/entry/{found.refused}",
        f"/entry/{found.allowed}",
        f"/entry/{found.fact}",
        "/story",
        "/story?customer=x",
        f"/story?customer={found.subject}",
    ]
    for place in places:
        response = await colleague.send("GET", f"/console/fernhill{place}")
        assert response.status_code in {200, 422}, (place, stage.seen.lines[-3:])
