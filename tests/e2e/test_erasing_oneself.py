"""Customers erase themselves: after a page that says what it does, and only when they have just shown who they are."""

from __future__ import annotations

import json
import re
from base64 import b64decode

import pytest

from tests.e2e.doors import ask, code, letters, sign_in
from tests.stage import Api, Stage
from tests.visitor import Visitor

STALE = "UPDATE keystore.session SET signed_in_at = signed_in_at - interval '11 minutes'"


async def test_whoever_has_just_signed_in_is_erased_with_one_press(
    stage: Stage, api: Api, visitor: Visitor, person: tuple[str, str]
) -> None:
    other = Visitor(stage.http)
    await sign_in(stage, other, person[1])
    page = await visitor.get("/erase")
    assert page.heading == "Erase everything about you?"
    assert [button.words for button in page.form("/erase").buttons] == ["Erase me"]
    assert await stage.entries("erased") == []
    page = await visitor.press("/erase")
    assert (page.status, page.heading, visitor.cookies) == (200, "You are erased", {})
    [entry] = await stage.entries("erased")
    assert entry["actor"]["kind"] == "customer"
    assert "sign-out" not in page.html
    [data] = [link for link in page.links if link.startswith("data:application/json;base64,")]
    certificate = json.loads(b64decode(data.partition(",")[2]))
    assert (certificate["entry"], certificate["subject"]) == (entry["id"], entry["subject"])
    assert entry["id"] in page.text
    assert (await api.send("GET", f"/v1/customers/{person[0]}")).status_code == 404
    assert (await other.get("/")).heading == "See what you allow"  # on every device
    assert (await stage.count("keystore.session"), await stage.count("keystore.code")) == (0, 0)


async def test_whoever_signed_in_a_while_ago_types_a_fresh_code_first(
    stage: Stage, visitor: Visitor, person: tuple[str, str]
) -> None:
    await stage.rows(STALE)
    await visitor.get("/erase")
    page = await visitor.press("/erase")
    assert (page.status, page.heading) == (200, "Show that it is you")
    assert await stage.entries("erased") == []
    typed = await code(stage)
    page = await visitor.press("/erase", code="000 000" if typed != "000 000" else "000 001")
    assert (page.status, page.about) == (422, "Error: Show that it is you")
    assert "That is not the code. You can try 4 more times." in page.text
    page = await visitor.press("/erase", code=typed)
    assert page.heading == "You are erased"
    assert [entry["reason"] for entry in await stage.entries("denied")] == ["sign_in_again"]
    assert [entry["how"] for entry in await stage.entries("signed_in")] == ["code", "code"]
    assert len(await stage.entries("erased")) == 1


async def test_a_code_to_sign_in_with_is_no_code_to_erase_with(
    stage: Stage, visitor: Visitor, person: tuple[str, str]
) -> None:
    await stage.rows(STALE)
    other = Visitor(stage.http)
    await ask(other, person[1])
    stolen = await code(stage)
    await visitor.get("/erase")
    page = await visitor.press("/erase", code=stolen)
    assert (page.status, "too old" in page.text) == (422, True)
    assert await stage.entries("erased") == []


async def test_only_the_newest_code_counts(stage: Stage, visitor: Visitor) -> None:
    await stage.rows(STALE)
    await visitor.get("/erase")
    page = await visitor.press("/erase")
    first = await code(stage)
    again = page.forms[-1]
    assert [button.words for button in again.buttons] == ["Send a new code"]
    await visitor.post("/erase", again.fields)
    second = await code(stage)
    page = await visitor.press("/erase", code=first)
    assert (page.status, page.heading) == (422, "Show that it is you")
    page = await visitor.press("/erase", code=second)
    assert page.heading == "You are erased"


async def test_nobody_is_sent_codes_without_end(stage: Stage, visitor: Visitor) -> None:
    await stage.rows(STALE)
    fields = (await visitor.get("/erase")).form("/erase").fields
    statuses = [(await visitor.post("/erase", fields)).status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert len(await letters(stage)) == 5
    await stage.tell()


async def test_leaving_needs_no_fresh_sign_in(stage: Stage, visitor: Visitor) -> None:
    await stage.rows(STALE)
    await visitor.get("/")
    assert (await visitor.press("/sign-out")).heading == "See what you allow"


async def test_two_presses_erase_once(stage: Stage, visitor: Visitor) -> None:
    fields = (await visitor.get("/erase")).form("/erase").fields
    kept = dict(visitor.cookies)
    assert (await visitor.post("/erase", fields)).heading == "You are erased"
    visitor.cookies = kept
    assert (await visitor.post("/erase", fields)).heading == "See what you allow"
    assert len(await stage.entries("erased")) == 1


@pytest.mark.parametrize(("language", "heading"), [("de", "Sie sind gelöscht"), ("fr", "Vos données sont effacées")])
async def test_it_is_said_in_the_language_that_was_chosen(
    stage: Stage, person: tuple[str, str], language: str, heading: str
) -> None:
    visitor = Visitor(stage.http)
    page = await visitor.get("/sign-in")
    assert f"/p/fernhill/sign-in?lang={language}" in page.links
    page = await visitor.get(f"/sign-in?lang={language}")
    page = await visitor.press("/sign-in", reach=person[1])
    page = await visitor.press("/sign-in/code", code=await code(stage))
    assert re.search(f'<html lang="{language}', page.html)
    [erase] = [link for link in page.links if "/erase" in link]
    await visitor.get(erase)
    assert (await visitor.press("/erase")).heading == heading


async def test_the_browsers_language_is_spoken_where_none_was_chosen(visitor: Visitor) -> None:
    visitor.headers = {"accept-language": "cy, de-CH;q=0.9, en;q=0.1"}
    page = await visitor.get("/")
    assert page.heading == "Was Sie erlauben"
    assert page.links[-2:] == ["/p/fernhill/?lang=en", "/p/fernhill/?lang=fr"]
