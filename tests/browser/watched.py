"""A browser that is watched: silent on its console, asking nobody else, without a finding of axe, and not too wide."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final, Literal

from playwright.async_api import Browser, ConsoleMessage, Page, Request

from tests import javascript

Shade = Literal["light", "dark"]

PHONE: Final = 390
DESK: Final = 1280
NARROW: Final = 320
EVERYWHERE: Final[list[tuple[int, Shade]]] = [
    (PHONE, "light"),
    (PHONE, "dark"),
    (DESK, "light"),
    (DESK, "dark"),
]
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Watched:
    """Opens tabs. `complaints` is what any of them had to say."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self.address = address
        self.complaints: list[str] = []

    @asynccontextmanager
    async def tab(
        self, *, width: int = PHONE, shade: Shade = "light", scripts: bool = False, **more: Any
    ) -> AsyncIterator[Page]:
        """Open a tab in a browser without a past. Without `scripts` no page may run any."""
        context = await self._browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": 844},
            color_scheme=shade,
            java_script_enabled=scripts,
            **{"locale": "en-GB", **more},
        )
        page = await context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", self._request)
        try:
            yield page
        finally:
            await context.close()

    async def check(self, page: Page) -> None:
        """Hold what is seen against the rules of accessibility, with every disclosure open; and nothing may be wide.

        The tab needs `scripts`: those who look are scripts, too.
        """
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        await page.evaluate(_axe())
        found = await page.evaluate(f"axe.run({{runOnly: {RULES}}})")
        wrong = [
            f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
        assert wrong == [], f"{await page.title()}: {wrong}"
        assert found["passes"]
        await self._check_width(page)

    async def _check_width(self, page: Page) -> None:
        before = page.viewport_size
        assert before is not None
        await page.set_viewport_size({"width": NARROW, "height": 844})
        wide = await page.evaluate("document.documentElement.scrollWidth")
        await page.set_viewport_size(before)
        assert wide <= NARROW, f"{await page.title()} is {wide} wide"

    def _console(self, message: ConsoleMessage) -> None:
        # What a page is answered with stands there, too; a status is no complaint of the page's.
        if not message.text.startswith("Failed to load resource: the server responded with a status of 4"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:application/json")):
            self.complaints.append(f"request: {request.url}")


@cache
def _axe() -> str:
    return (javascript.packages() / "axe-core/axe.min.js").read_text("utf-8")
