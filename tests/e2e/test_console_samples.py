"""Samples at the console: drawn, looked at and found by forms; what admins see of it; what is refused there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
import pytest_asyncio

from tests.e2e.colleague import Colleague, at_the_desk
from tests.e2e.test_log_witnesses import House, house  # noqa: F401 - a fixture
from tests.sequencing import Sequencer, sequencing
from tests.stage import Stage


@pytest_asyncio.fixture
async def log(stage: Stage, tmp_path: Path) -> AsyncIterator[Sequencer]:
    """A log without a witness, with three decisions."""
    async with sequencing(stage, tmp_path / "guard") as own:
        log = Sequencer(stage, await stage.client("everything"), await stage.organization(), own)
        await log.grow(await log.crm.register(), rounds=3)
        yield log


@pytest_asyncio.fixture
async def auditor(stage: Stage) -> Colleague:
    return (await at_the_desk(stage))[0]


async def fixed(colleague: Colleague, **rule: str) -> str:
    """Fix a rule by the form, and return where its sample is."""
    await colleague.get("/samples")
    await colleague.press("/samples", button=0, **rule)
    assert colleague.page.heading.startswith("Sample of "), colleague.page.text
    return urlsplit(colleague.at).path


async def test_a_sample_is_fixed_drawn_and_looked_at_by_forms(log: Sequencer, auditor: Colleague) -> None:
    assert "No sample was drawn yet." in (await auditor.get("/samples")).text
    place = await fixed(auditor, size="2", kind="decision")
    assert "The rule waits for its number in the log." in auditor.page.text
    await log.step()
    page = await auditor.get(place)
    assert "0 of 2 looked at" in page.text
    assert "the vault could have tried twice" in page.text
    assert "of 3: Decision, from entry 0 to" in page.text
    numbers = [form.action.rpartition("/")[2] for form in page.forms if form.action.startswith(f"{place}/")]
    assert len(numbers) == 1  # one after the other
    page = await auditor.press(f"/{numbers[0]}", button=0)
    assert ("1 of 2 looked at" in page.text, auditor.at.endswith("#look")) == (True, True)
    [second] = [form.action.rpartition("/")[2] for form in page.forms if form.action.startswith(f"{place}/")]
    assert second != numbers[0]
    page = await auditor.press(f"/{second}", button=1)
    assert (page.status, page.about) == (422, f"Error: {page.heading}")
    assert "Say in words what you remark, or what is wrong." in page.text
    page = await auditor.press(f"/{second}", button=1, text="words hard to read <b>")
    assert "1 in order, 1 with a remark, 0 wrong." in page.text
    assert "words hard to read &lt;b&gt;" in page.html
    page = await auditor.get(f"{place}?at={numbers[0]}")
    page = await auditor.press(f"/{numbers[0]}", button=2, text="on a Sunday")
    assert "0 in order, 1 with a remark, 1 wrong." in page.text
    assert "All looked at" in (await auditor.get("/samples")).text
    found = await log.stage.entries("sample_finding")
    assert [one["verdict"] for one in found] == ["ok", "remark", "wrong"]


async def test_an_admin_sees_what_was_found_and_no_words_no_form_and_draws_nothing(
    log: Sequencer, stage: Stage, auditor: Colleague
) -> None:
    place = await fixed(auditor, size="1")
    await log.step()
    admin, _ = await at_the_desk(stage, "admin")
    assert "The next auditor who opens this page draws." in (await admin.get(place)).text
    page = await auditor.get(place)
    [number] = [form.action.rpartition("/")[2] for form in page.forms if form.action.startswith(f"{place}/")]
    await auditor.press(f"/{number}", button=1, text="read aloud by nobody")
    page = await admin.get(place)
    assert "1 with a remark" in page.text
    assert "read aloud by nobody" not in page.text
    assert [one.action for one in page.forms] == ["/console/fernhill/sign-out"]
    assert [one.action for one in (await admin.get("/samples")).forms] == ["/console/fernhill/sign-out"]
    csrf = page.forms[0].fields["csrf"]
    for to, form in (("/samples", {"size": "1"}), (f"{place}/{number}", {"finding": "ok"})):
        assert (await admin.post(to, {"csrf": csrf, **form})).status == 403
    assert len(await stage.entries("sample_ruled")) == 1


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"size": "0"}, "A sample is of 1 to 1,000 entries."),
        ({"size": "many"}, "A sample is of 1 to 1,000 entries."),
        ({"size": "1,001"}, "A sample is of 1 to 1,000 entries."),
        ({"from": "2026-02-30"}, "Choose a day that there is."),
        ({"from": "0001-01-01"}, "Choose days between the years 2 and 9998."),
        ({"until": "2001-01-01"}, "Nothing was written in these days."),
        ({"kind": "erased"}, "There was nothing of this kind in these days."),
    ],
)
async def test_a_rule_that_draws_nothing_comes_back_with_what_is_wrong(
    log: Sequencer, auditor: Colleague, rule: dict[str, str], says: str
) -> None:
    await auditor.get("/samples")
    page = await auditor.press("/samples", button=0, **{"kind": "decision", **rule})
    assert (page.status, page.about) == (422, "Error: Samples")
    assert says in page.text
    assert page.form("/samples").fields["size"] == rule.get("size", "50")
    assert await log.stage.entries("sample_ruled") == []


async def test_a_finding_that_makes_no_sense_finds_nothing(log: Sequencer, auditor: Colleague) -> None:
    place = await fixed(auditor, size="1")
    csrf = auditor.page.forms[0].fields["csrf"]
    assert (await auditor.post(f"{place}/0", {"csrf": csrf, "finding": "ok"})).status == 422  # not drawn yet
    await log.step()
    page = await auditor.get(place)
    [number] = [form.action.rpartition("/")[2] for form in page.forms if form.action.startswith(f"{place}/")]
    for finding, text in (("fine", ""), ("", ""), ("ok", "x" * 1001)):
        page = await auditor.post(f"{place}/{number}", {"csrf": csrf, "finding": finding, "text": text})
        assert page.status == 422
    assert (await auditor.post(f"{place}/{number}", {"csrf": "x", "finding": "ok"})).status == 403
    assert await log.stage.entries("sample_finding") == []
    for nowhere in ("/samples/x", "/samples/smp_06h0090m41t835kpwqjv10s1y0", "/samples?after=x"):
        assert (await auditor.get(nowhere)).status == 404


async def test_the_page_names_the_witness_it_waits_for_and_the_one_that_signed(
    house: House,  # noqa: F811 - the fixture
    auditor: Colleague,
) -> None:
    app = house.log.stage.apps[0]
    app.state.vault = msgspec.structs.replace(app.state.vault, witnesses=(house.witness.verifier.vkey,))
    place = await fixed(auditor, size="1")
    await house.log.step()
    page = await auditor.get(place)
    assert "waits for the next signature of a witness: witness.example/ours." in page.text
    assert "Waiting for witness.example/ours" in page.text
    assert await house.ask()
    page = await auditor.get(place)
    assert "The seed is the next signature of witness witness.example/ours, which nobody could know" in page.text
    assert "tried twice" not in page.text


async def test_more_samples_than_a_page_holds_are_a_page_on(
    log: Sequencer, auditor: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.console.log.samples._PAGE", 1)
    first, second = [await fixed(auditor, size=size) for size in ("1", "2")]
    page = await auditor.get("/samples")
    assert second in page.links
    assert first not in page.links
    [older] = [link for link in page.links if "after=" in link]
    assert first in (await auditor.get(older)).links
