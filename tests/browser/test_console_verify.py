"""Verifying in a real browser: a bundle fetched, one chosen, one tampered with; what is said, for everybody."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.test_console import desk, device, enrolled  # noqa: F401 - `desk` is a fixture
from tests.browser.test_console_log_pages import HOME, picture
from tests.browser.watched import DESK, EVERYWHERE, Shade, Watched
from tests.e2e.test_console_log import Found, furnish, numbered
from tests.stage import Stage
from vault.actions.log import generations
from vault.actions.log.archive import Archive
from vault.actions.log.bundles import bundle

HOLDS = "What was checked agrees with what was signed"


@pytest_asyncio.fixture(loop_scope="session")
async def found(stage: Stage, tmp_path: Path) -> Found:
    """A log with something in it, before the console goes where its browser is."""
    made = await furnish(stage)
    await numbered(stage, tmp_path)
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def taken(stage: Stage, found: Found, tmp_path: Path) -> Path:
    """A bundle in a file."""
    assert found.refused
    path = tmp_path / "log.zip"
    path.write_bytes(b"".join([part async for part in await bundle(stage.vault, await stage.operator())]))
    return path


def tampered(path: Path) -> Path:
    """Return the bundle with one byte of an entry changed and its framing made right again."""
    archive = Archive()
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as file:
        found = {name: file.read(name) for name in file.namelist()}
    name = next(name for name in found if name.startswith("tile/entries/"))
    found[name] = found[name].replace(b'"kind":"fact"', b'"kind":"fect"', 1)
    forged = path.with_name("forged.zip")
    forged.write_bytes(b"".join([*[archive.file(one, data) for one, data in found.items()], archive.end()]))
    return forged


async def come(stage: Stage, page: Page, place: str = "/verify") -> None:
    await device(page)
    await enrolled(stage, page)
    await page.goto(f"{HOME}{place}")


async def choose(page: Page, path: Path) -> str:
    """Choose a file, and return what is said of it."""
    await page.get_by_label("Bundle", exact=True).set_input_files(path)
    await page.get_by_role("button", name="Verify the file").click()
    await expect(page.locator("[data-result] h2")).to_be_visible()
    return await page.locator("[data-result]").inner_text()


@pytest.mark.parametrize(("width", "shade"), EVERYWHERE)
async def test_a_good_and_a_tampered_bundle_are_told_apart_so_that_everybody_sees(
    stage: Stage,
    taken: Path,
    desk: Watched,  # noqa: F811 - the fixture
    width: int,
    shade: Shade,
) -> None:
    async with desk.tab(width=width, shade=shade, scripts=True) as page:
        await come(stage, page)
        await desk.check(page)
        said = await choose(page, taken)
        assert HOLDS in said
        assert "not checked, for browsers do not know this kind of signature" in said
        assert "valid" not in said.lower()
        await desk.check(page)
        await picture(page, f"verify-good-{shade}")
        said = await choose(page, tampered(taken))
        assert HOLDS not in said
        assert all(word in said for word in ("Not verified", "wrong_entry", "First bad entry", "Came out", "Step"))
        await desk.check(page)
        await picture(page, f"verify-tampered-{shade}")


async def test_an_auditor_fetches_a_bundle_with_keys_of_their_own_and_is_shown_the_entry(
    stage: Stage,
    taken: Path,
    desk: Watched,  # noqa: F811 - the fixture
) -> None:
    assert taken.name == "log.zip"
    vkeys = (await generations.show(stage.vault, await stage.operator())).vkeys
    async with desk.tab(width=DESK, scripts=True) as page:
        await come(stage, page, "/verify?number=3")
        await page.get_by_text("Keys that you trust").click()
        await page.get_by_label("Keys of the log and of its witnesses").fill("\n".join(vkeys))
        await page.get_by_role("button", name="Fetch and verify").click()
        await expect(page.get_by_role("heading", name=HOLDS)).to_be_focused()
        said = await page.locator("[data-result]").inner_text()
        assert "from you." in said
        assert "Entry 3" in said
        await page.get_by_label("Keys of the log and of its witnesses").fill("nonsense")
        await page.get_by_role("button", name="Fetch and verify").click()
        await expect(page.get_by_role("heading", name="Not verified")).to_be_visible()
        await page.get_by_label("First entry").fill("99999")
        await page.get_by_label("End before entry").fill("")
        await page.get_by_label("Keys of the log and of its witnesses").fill("")
        await page.get_by_role("button", name="Fetch and verify").click()
        await expect(page.get_by_role("heading", name="Nothing was verified")).to_be_visible()


async def test_an_entry_and_a_story_lead_to_their_verification(
    stage: Stage,
    found: Found,
    desk: Watched,  # noqa: F811 - the fixture
) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await come(stage, page, f"/entry/{found.refused}")
        await page.get_by_role("link", name="Verify in this browser").click()
        await page.get_by_role("button", name="Fetch and verify").click()
        await expect(page.get_by_role("heading", name=HOLDS)).to_be_focused()
        number = await page.get_by_label("First entry").input_value()
        assert f"Entry {number}" in await page.locator("[data-result]").inner_text()
        await page.goto(f"{HOME}/story?customer={found.subject}")
        await page.get_by_role("link", name="Verify in this browser").click()
        await page.get_by_role("button", name="Fetch and verify").click()
        await expect(page.get_by_role("heading", name=HOLDS)).to_be_focused()
        assert "in no other" in await page.locator("[data-result]").inner_text()


async def test_without_a_script_the_page_says_that_the_offline_verifier_does_it(
    stage: Stage,
    desk: Watched,  # noqa: F811 - the fixture
) -> None:
    async with desk.tab(width=DESK, scripts=True) as page:
        await come(stage, page)
        await page.route("**/verifying.js*", lambda route: route.abort())
        await page.reload()
        await expect(page.get_by_text("python -m consent_vault verify FILE --key VKEY").first).to_be_visible()
        assert not await page.get_by_role("button", name="Verify the file").is_visible()
        desk.complaints.clear()  # the script that was kept away is one


async def test_a_bundle_too_large_for_a_browser_is_left_to_the_offline_verifier(
    stage: Stage,
    desk: Watched,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    large = tmp_path / "large.zip"
    large.write_bytes(bytes(16 * 1024 * 1024 + 1))
    async with desk.tab(width=DESK, scripts=True) as page:
        await come(stage, page)
        assert "too much for a browser" in await choose(page, large)
