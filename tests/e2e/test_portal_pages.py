"""What stands around every page of the portal: its organization's look and fonts; and a page for what goes wrong."""

from __future__ import annotations

import re

import pytest

from tests import make
from tests.stage import Stage
from tests.visitor import Visitor

YEAR = "public, max-age=31536000, immutable"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def stylesheet(visitor: Visitor, slug: str = "fernhill") -> tuple[str, str]:
    """Return where the stylesheet of an organization's page is, and what stands in it."""
    page = await visitor.get(f"/p/{slug}/sign-in")
    found = re.search(r'<link rel="stylesheet" href="([^"]+)">', page.html)
    assert found is not None
    response = await visitor.send("GET", found[1])
    assert (response.status_code, response.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert response.headers["cache-control"] == YEAR
    return found[1], response.text


async def test_each_organization_has_its_own_colours_and_learns_of_nobody_elses(stage: Stage, visitor: Visitor) -> None:
    other = make.organization("nahr")
    other["portal"] = {"accent": "#6d2b78", "accent_dark": "#dba6e5", "font": "system"}
    await stage.apply(other)
    place, own = await stylesheet(visitor)
    assert place.startswith("/p/fernhill/vault.css?v=")
    assert "--accent: #1e5b3a;" in own
    assert '--font: "Figtree", system-ui' in own
    _, theirs = await stylesheet(visitor, "nahr")
    assert "--accent: #6d2b78;" in theirs
    assert "--accent: #dba6e5;" in theirs
    assert "--font: system-ui" in theirs
    for text, foreign in ((own, "6d2b78"), (theirs, "1e5b3a")):
        assert foreign not in text
        assert not re.search(r"fernhill|nahr", text, re.IGNORECASE)


async def test_a_new_colour_has_a_new_address_at_once(stage: Stage, visitor: Visitor) -> None:
    before, _ = await stylesheet(visitor)
    file = make.organization()
    file["portal"]["accent"] = "#0f5a73"
    await stage.apply(file)
    after, text = await stylesheet(visitor)
    assert before != after
    assert "--accent: #0f5a73;" in text


async def test_without_a_colour_of_its_own_it_has_the_vaults(stage: Stage, visitor: Visitor) -> None:
    file = make.organization()
    del file["portal"]
    await stage.apply(file)
    _, text = await stylesheet(visitor)
    response = await visitor.send("GET", "/assets/vault.css")
    assert response.text == text
    assert "max-age=3600" in response.headers["cache-control"]


async def test_every_font_of_the_stylesheet_is_there_and_nothing_else_is(visitor: Visitor) -> None:
    _, text = await stylesheet(visitor)
    fonts = re.findall(r'url\("([^"]+)"\)', text)
    assert len(fonts) == 5
    for font in fonts:
        response = await visitor.send("GET", font)
        assert (response.status_code, response.headers["content-type"]) == (200, "font/woff2")
        assert response.headers["cache-control"] == YEAR
        assert response.content.startswith(b"wOF2")
    for name in ("OFL-figtree.txt", "x.woff2", "..%2fvault.css", "%2e%2e"):
        assert (await visitor.send("GET", f"/assets/fonts/{name}")).status_code == 404


async def test_a_browser_is_told_which_icon_to_ask_for(visitor: Visitor) -> None:
    page = await visitor.get("/sign-in")
    [icon] = re.findall(r'<link rel="icon" type="image/svg\+xml" href="([^"]+)">', page.html)
    response = await visitor.send("GET", icon)
    assert (response.status_code, response.headers["content-type"]) == (200, "image/svg+xml")


async def test_while_the_database_is_away_a_page_says_so_and_when_to_come_back(stage: Stage) -> None:
    other = await stage.open()
    visitor = Visitor(stage._https[other])
    assert (await visitor.get("/sign-in")).status == 200
    await stage.apps[other].state.vault.database.close()
    form = {"data": {"reach": make.email(), "how": "code"}, "headers": {"sec-fetch-site": "same-origin"}}
    for response in (
        await visitor.send("GET", "/p/fernhill/sign-in"),
        await visitor.send("POST", "/p/fernhill/sign-in", **form),
    ):
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert "That did not work" in response.text
        assert re.search(r"name <span class=\"mono\">req_[0-9a-z]{26}</span>", response.text)


async def test_what_nobody_foresaw_is_a_page_and_no_word_of_it(stage: Stage, visitor: Visitor) -> None:
    await stage.rows("ALTER TABLE keystore.code RENAME COLUMN device TO quokka")
    response = await visitor.send(
        "POST",
        "/p/fernhill/sign-in",
        data={"reach": make.email(), "how": "code"},
        headers={"sec-fetch-site": "same-origin"},
    )
    assert response.status_code == 500
    assert "The fault is ours." in response.text
    assert "column" not in response.text
    await stage.rows("ALTER TABLE keystore.code RENAME COLUMN quokka TO device")
