"""The console's pages by themselves: what stands on them, under which headers, and what there is without scripts."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

import httpx2
import msgspec
import pytest

from tests import make
from tests.e2e.colleague import CONSOLE, HOME, Colleague, at_the_desk, invited, link, options
from tests.stage import Stage
from vault.actions.vault import Vault
from vault.base.errors import Conflict
from vault.store import organizations as store

STAFF: dict[str, Any] = {
    "issuer": "https://login.fernhill.example",
    "client_id": "vault",
    "claim": "groups",
    "auditors": ["data-protection"],
}


async def with_provider(stage: Stage) -> None:
    await stage.apply(make.organization() | {"staff_sign_in": STAFF})


async def test_every_page_lets_nothing_else_in_and_is_kept_nowhere(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage)
    signed_in = await colleague.get("/")
    stranger = Colleague(stage)
    pages = [
        signed_in,
        await stranger.get("/sign-in"),
        await stranger.get(link(await invited(stage))),
        await stranger.get("/enrol/x"),
        await stranger.get("/nowhere/at/all"),
        await stranger.get("/console"),
        await stranger.post("/sign-in", {"credential": "{}"}),
    ]
    assert len({page.status for page in pages}) == 3
    for page in pages:
        assert page.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; script-src 'self'; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-robots-tag"].startswith("noindex")
        allowed = [part for part in page.headers["permissions-policy"].split(", ") if not part.endswith("=()")]
        assert allowed == ["publickey-credentials-create=(self)", "publickey-credentials-get=(self)"]
        assert not re.search(r"<style|style=|\son\w+=|<script(?! src=)|javascript:", page.html)
        assert re.findall(r"https?://[^\"' <]+", page.html) == []


async def test_the_script_is_one_file_of_ours_at_an_address_that_changes_with_it(stage: Stage) -> None:
    page = await Colleague(stage).get("/sign-in")
    [place] = re.findall(r'<script src="([^"]+)" defer></script>', page.html)
    async with httpx2.AsyncClient(transport=stage.http._transport, base_url=HOME) as http:
        script = await http.get(place)
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "immutable" in script.headers["cache-control"]
    assert place.endswith(sha256(script.content).hexdigest()[:12])
    assert "eval" not in script.text
    assert "fetch(" not in script.text


async def test_without_scripts_there_is_the_provider_and_a_line_that_says_why(stage: Stage) -> None:
    await with_provider(stage)
    page = await Colleague(stage).get("/sign-in")
    [why] = re.findall(r"<p[^>]* data-without>([^<]*)", page.html)
    assert why.startswith("A passkey needs JavaScript, and here it is switched off")
    hidden = page.html.index("<div data-able hidden>")
    assert hidden < page.html.index("Use my passkey") < page.html.index("</div>", hidden)
    assert "Sign in with Fernhill Outdoor Ltd\N{RIGHT SINGLE QUOTATION MARK}s own provider" in page.text
    assert page.form("/sign-in/provider").fields == {}


async def test_without_a_provider_none_is_offered_or_asked(stage: Stage) -> None:
    colleague = Colleague(stage)
    page = await colleague.get("/sign-in")
    assert "own provider" not in page.text
    assert (await colleague.post("/sign-in/provider", {})).status == 404
    assert (await colleague.get("/sign-in/provider/back?code=c&state=s")).status == 422


async def test_a_console_of_nobody_is_nowhere(stage: Stage) -> None:
    page = await Colleague(stage, "nobody").get("/sign-in")
    assert (page.status, page.heading) == (404, "This link leads nowhere")


async def test_whose_console_it_should_be_is_asked_and_never_said(stage: Stage) -> None:
    colleague = Colleague(stage)
    page = await colleague.get("/console")
    assert page.heading == "Whose console?"
    assert "fernhill" not in page.text.replace("such as fernhill", "").lower()
    assert (await colleague.get("/console?organization= Fernhill ")).heading == "Sign in"
    assert (await colleague.get("/console?organization=nobody")).status == 404
    assert (await colleague.get("/console?organization=../x")).heading == "Whose console?"


async def test_another_organizations_console_knows_nobody_of_this_one(stage: Stage) -> None:
    await stage.apply(make.organization(slug="elsewhere"))
    colleague, _ = await at_the_desk(stage)
    colleague.base = "/console/elsewhere"
    assert (await colleague.get("/")).heading == "Sign in"
    page = await colleague.make("get", "/sign-in")
    assert (page.status, "That passkey opens nothing here." in page.text) == (422, True)
    assert (await colleague.get("/console/fernhill/")).heading == "Overview"


async def test_a_browser_at_this_machines_number_is_sent_to_its_name(stage: Stage) -> None:
    async with httpx2.AsyncClient(transport=stage.http._transport, base_url="http://127.0.0.1:8471") as http:
        sent = await http.get("/console/fernhill/sign-in?x=1")
        assert (sent.status_code, sent.headers["location"]) == (303, f"{HOME}/console/fernhill/sign-in?x=1")
        assert (await http.post("/console/fernhill/sign-in", data={"credential": "{}"})).status_code == 422
        other = await http.get("/console/fernhill/sign-in", headers={"host": "127.0.0.1:9"})
        assert other.status_code == 200


async def test_a_vault_with_a_number_for_a_name_has_no_passkeys_and_says_so(stage: Stage) -> None:
    numbered(stage, "https://10.0.0.1")
    page = await Colleague(stage).get("/sign-in")
    assert "Passkeys work only where the vault has a name." in page.text
    assert "<script" not in page.html
    with pytest.raises(Conflict, match="no_name_for_passkeys"):
        await invited(stage)
    assert await stage.count("vault.staff") == 0


def numbered(stage: Stage, issuer: str) -> None:
    """Let the vault be at another address."""
    vault: Vault = msgspec.structs.replace(stage.vault, issuer=issuer)
    stage.apps[0].state.vault = vault


async def test_too_many_tries_from_one_network_have_to_wait(stage: Stage) -> None:
    colleague = Colleague(stage)
    for _ in range(60):
        assert (await colleague.send("POST", "/console/fernhill/sign-in", data={})).status_code == 422
    page = await colleague.post("/sign-in", {"credential": "{}"})
    assert (page.status, page.heading) == (429, "Too often")
    assert int(page.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    ("method", "place", "status"),
    [("DELETE", "/sign-in", 405), ("GET", "/passkeys", 405), ("PUT", "/", 405), ("POST", "/enrol/x", 404)],
)
async def test_what_no_page_is_for_is_told_as_a_page(stage: Stage, method: str, place: str, status: int) -> None:
    response = await Colleague(stage).send(
        method, f"/console/fernhill{place}", headers={"sec-fetch-site": "same-origin"}
    )
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")


async def test_a_form_that_is_none_is_told_as_a_page(stage: Stage) -> None:
    colleague = Colleague(stage)
    response = await colleague.send("POST", "/console/fernhill/sign-in", json={"credential": "{}"})
    assert (response.status_code, "This page was open too long" in response.text) == (400, True)


async def test_a_fault_of_ours_is_told_as_one_with_a_number_to_name(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("quokka")

    monkeypatch.setattr(store, "by_slug", broken)
    stage.vault.memory.slugs.clear()
    response = await Colleague(stage).send("GET", "/console/fernhill/sign-in")
    assert (response.status_code, "The fault is ours" in response.text) == (500, True)
    assert re.search(r"req_[0-9a-z]{26}", response.text)
    assert "quokka" not in response.text


async def test_a_database_that_is_away_is_told_as_a_page(stage: Stage) -> None:
    other = await stage.open()
    await stage.apps[other].state.vault.database.close()
    response = await Colleague(stage, app=other).send("GET", "/console/fernhill/sign-in")
    assert (response.status_code, "The fault is ours" in response.text) == (503, True)


async def test_the_cookie_is_for_this_host_alone_and_for_no_script(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage)
    await colleague.press("/sign-out")
    answer = colleague.device.get(options(await colleague.get("/sign-in")))
    response = await colleague.send(
        "POST",
        "/console/fernhill/sign-in",
        data={"credential": answer},
        headers={"sec-fetch-site": "same-origin"},
    )
    [cookie] = [line for line in response.headers.get_list("set-cookie") if line.startswith(CONSOLE)]
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {"path=/", "secure", "httponly", "samesite=lax"}
