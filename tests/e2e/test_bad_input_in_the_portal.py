"""What no page of today would send: forms after an erasure, of an old page, far too long; and tongues nobody speaks.

Whoever sends it gets a page in their own language, nothing is changed, and nothing is told.
"""

from __future__ import annotations

from typing import Final

import pytest

from tests import make
from tests.e2e.doors import sign_in, somebody
from tests.e2e.joining import asked
from tests.e2e.test_leaving import linked
from tests.stage import Api, Stage, codes
from tests.visitor import Form, Visitor

PAGES: Final = ("/", "/details", "/rights", "/erase")
MEGABYTE: Final = "quokka" * 180_000
LANGUAGES: Final = ("tlh", "../de", "de\u0000", "%", "<script>alert(1)</script>", "x" * 5_000, "de,en")
HERE: Final = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http, **{"accept-language": "de-DE"})


async def forms(visitor: Visitor) -> list[Form]:
    """Return every form of every page of somebody who is signed in, but the way out."""
    found: dict[tuple[str, str], Form] = {}
    for place in PAGES:
        await visitor.get(place)
        for form in visitor.page.forms:
            if form.method == "post" and not form.action.endswith("/sign-out"):
                for button in form.buttons:
                    fields = form.fields | ({button.name: button.value} if button.name else {})
                    found[button.action or form.action, fields.get("channel", "")] = Form("post", form.action, fields)
    return list(found.values())


async def test_whatever_somebody_sends_who_was_erased_a_second_ago_leads_to_the_door_and_comes_back_nowhere(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await sign_in(stage, visitor, address)
    every = await forms(visitor)
    assert len({form.action for form in every}) >= 6, every
    await stage.erase(customer)
    before, kept = await stage.count("vault.fact"), dict(visitor.cookies)
    for form in every:
        visitor.cookies = dict(kept)
        page = await visitor.post(form.action, form.fields | {"text": "Quokka 8", "value": "quokka8@mail.example"})
        assert page.status in {200, 401, 403, 404}, (form.action, page.status)
        assert 'lang="de"' in page.html, form.action
        assert "Quokka 8" not in page.html, form.action
        assert "quokka8" not in page.html, form.action
    assert await stage.count("vault.fact") == before
    for place in PAGES:
        visitor.cookies = dict(kept)
        assert (await visitor.get(place)).heading == "Sehen, was Sie erlauben", place


@pytest.mark.parametrize("say", ["yes", "no", "again"])
async def test_an_old_page_whose_purpose_has_gone_says_so_and_changes_nothing(
    stage: Stage, api: Api, visitor: Visitor, say: str
) -> None:
    customer, address = await somebody(api)
    await api.grant(customer)
    await sign_in(stage, visitor, address)
    await visitor.get("/")
    [form] = [
        one
        for one in visitor.page.forms
        if (one.fields.get("purpose"), one.fields.get("channel")) == ("events", "email")
    ]
    file = make.organization()
    del file["purposes"]["offers"]["children"]["events"]
    for client in file["clients"].values():
        ceiling = client["ceiling"]
        ceiling["purposes"] = [one for one in ceiling.get("purposes", []) if one != "events"]
    await stage.apply(without_sources(file))
    before = await stage.count("vault.fact")
    for _ in range(2):
        page = await visitor.post("/choices", form.fields | {"say": say})
        assert page.status in {404, 409, 422}, page.status
        assert 'lang="de"' in page.html
    assert await stage.count("vault.fact") == before
    assert codes(await api.decide(customer=customer)) == ["opted_in"]


def without_sources(file: make.Json) -> make.Json:
    """Return a file that reads no exports: they name purposes, too."""
    return {name: part for name, part in file.items() if name not in {"sources", "words", "countries"}}


async def test_a_megabyte_in_any_field_of_any_form_is_not_read(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    _, stop = await linked(api, customer)
    _, join = await asked(stage, api)
    await sign_in(stage, visitor, address)
    every = await forms(visitor)
    await visitor.get("/sign-in")
    every += [
        Form("post", f"/p/fernhill{place}", {"reach": address})
        for place in ("/sign-in", "/stop-address", "/sign-in/code")
    ]
    before = await stage.count("vault.fact")
    for form in every:
        page = await visitor.post(form.action, form.fields | {"name": MEGABYTE})
        assert page.status in {413, 422}, (form.action, page.status)
        assert 'lang="de"' in page.html, form.action
        assert "quokkaquokka" not in page.html, form.action
    assert (await stage.http.post(join, data={"say": "yes", "name": MEGABYTE})).status_code == 413
    assert await stage.count("vault.fact") == before
    # A no is never refused: of a stop link the body is not needed.
    assert (await stage.http.post(stop, data={"scope": "this", "name": MEGABYTE})).status_code in {200, 413}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_language_nobody_speaks_is_none_that_was_chosen(
    stage: Stage, api: Api, visitor: Visitor, language: str
) -> None:
    customer, address = await somebody(api)
    _, stop = await linked(api, customer)
    for place in ("/p/fernhill/sign-in", stop, "/u/forged", "/c/forged"):
        response = await visitor.send("GET", place, params={"lang": language})
        assert response.status_code in {200, 404}, place
        assert 'lang="de"' in response.text, place
        assert "<script>alert" not in response.text, place
    await sign_in(stage, visitor, address)
    await visitor.get("/")
    before = await api.get(f"/v1/customers/{customer}/preferences")
    page = await visitor.press("/preferences", locale=language)
    assert page.status == 422
    assert "<script>alert" not in page.html
    assert await api.get(f"/v1/customers/{customer}/preferences") == before
