"""Lighthouse looks at the portal: nothing against accessibility and good practice, and quick on a slow phone."""

from __future__ import annotations

import asyncio
import json
from typing import Final

from tests import javascript
from tests.browser.test_portal_sign_in import sign_in
from tests.browser.watched import Watched
from tests.e2e.doors import somebody
from tests.e2e.test_leaving import linked
from tests.stage import Api, Stage

FAST: Final = 95


async def test_pages_of_the_portal_are_as_good_as_lighthouse_can_tell(
    stage: Stage, api: Api, watched: Watched, chromium: str, arguments: list[str]
) -> None:
    _, link = await linked(api)
    _, address = await somebody(api)
    async with watched.tab() as page:
        await sign_in(stage, page, address)
        [session] = await page.context.cookies()
    cookie = f"{session['name']}={session['value']}"
    inside = f"{watched.address}/p/fernhill"
    looks = [
        {"url": f"{inside}/sign-in", "desk": False},
        {"url": f"{inside}/", "desk": False, "cookie": cookie},
        {"url": f"{inside}/", "desk": True, "cookie": cookie},
        {"url": f"{inside}/asked", "desk": False, "cookie": cookie},
        {"url": f"{watched.address}{link}", "desk": False},
    ]
    given = json.dumps({"chromium": chromium, "arguments": arguments, "fast": FAST, "looks": looks})
    # The application answers from this process: it must not wait for whoever asks it.
    answer = await asyncio.to_thread(javascript.node, javascript.HERE / "lighthouse.mjs", stdin=given)
    for one, found in zip(looks, json.loads(answer), strict=True):
        assert found["at"] == one["url"]  # a door that was closed would be a page, too
        assert found["scores"]["accessibility"] == found["scores"]["best-practices"] == 100, found
        assert found["scores"]["performance"] >= FAST, found
