"""Passkeys of customers: offered once somebody is in, as good as a code, gone when they want none and when they go."""

from __future__ import annotations

from typing import Any, Literal

import httpx2
import pytest
import pytest_asyncio

from tests import make
from tests.authenticator import Device
from tests.e2e.colleague import HOME, at_the_desk, options
from tests.e2e.doors import sign_in, somebody
from tests.stage import Api, Recorder, Stage
from tests.visitor import Page, Visitor

STALE = "UPDATE keystore.session SET signed_in_at = signed_in_at - interval '11 minutes'"
NOT_WORKED = "That passkey did not work"


class Keyed(Visitor):
    """A customer with a device, where the vault has a name; `answer` does what the page's script would."""

    def __init__(self, stage: Stage, slug: str = "fernhill", device: Device | None = None) -> None:
        super().__init__(httpx2.AsyncClient(transport=Recorder(stage.apps[0], stage.seen), base_url=HOME), slug)
        self.device = device or Device()

    async def answer(self, kind: Literal["get", "create"], **changes: Any) -> Page:
        asked = options(self.page)
        given = self.device.get(asked, **changes) if kind == "get" else self.device.create(asked, **changes)
        return await self.press("/sign-in/passkey" if kind == "get" else "/passkeys", credential=given)


@pytest_asyncio.fixture
async def keyed(stage: Stage, person: tuple[str, str]) -> Keyed:
    """Somebody who has made a passkey, and has left."""
    keyed = Keyed(stage)
    page = await sign_in(stage, keyed, person[1])
    assert "Next time without a code?" in page.text
    page = await keyed.answer("create")
    assert "You have a passkey" in page.text
    await keyed.press("/sign-out")
    return keyed


async def test_a_passkey_signs_in_without_a_code(stage: Stage, keyed: Keyed) -> None:
    await keyed.get("/sign-in")
    page = await keyed.answer("get")
    assert (page.heading, keyed.at) == ("What you allow", "/p/fernhill/")
    first, second = await stage.entries("signed_in")
    assert (first["how"], second["how"]) == ("code", "passkey")
    assert first["subject"] == second["subject"]
    [added] = await stage.entries("passkey_added")
    assert added["subject"] == first["subject"]


async def test_an_answer_opens_once_and_only_the_right_one(stage: Stage, keyed: Keyed) -> None:
    asked = options(await keyed.get("/sign-in"))
    right = keyed.device.get(asked)
    assert (await keyed.press("/sign-in/passkey", credential=right)).heading == "What you allow"
    await keyed.press("/sign-out")
    for credential in (right, "", "{}", "null", "x" * 5000):
        await keyed.get("/sign-in")
        page = await keyed.press("/sign-in/passkey", credential=credential)
        assert (page.status, page.heading) == (403, NOT_WORKED)
    assert await stage.count("keystore.session") == 0


async def test_a_passkey_of_staff_opens_no_portal_and_a_customers_no_console(stage: Stage, keyed: Keyed) -> None:
    colleague, _ = await at_the_desk(stage)
    await colleague.press("/sign-out")
    stranger = Keyed(stage, device=colleague.device)
    await stranger.get("/sign-in")
    assert (await stranger.answer("get")).heading == NOT_WORKED
    colleague.device = keyed.device
    page = await colleague.sign_in()
    assert page.status == 422


async def test_a_passkey_of_one_organization_opens_no_other(stage: Stage, keyed: Keyed) -> None:
    await stage.apply(make.organization("nahr"))
    stranger = Keyed(stage, "nahr", device=keyed.device)
    await stranger.get("/sign-in")
    assert (await stranger.answer("get")).heading == NOT_WORKED


async def test_whoever_wants_none_is_not_offered_one_again(stage: Stage, person: tuple[str, str]) -> None:
    keyed = Keyed(stage)
    page = await sign_in(stage, keyed, person[1])
    page = await keyed.press("/passkeys/none")
    assert (page.heading, "passkey" in page.text) == ("What you allow", False)
    await keyed.press("/sign-out")
    page = await sign_in(stage, keyed, person[1])
    assert "passkey" not in page.text


async def test_a_passkey_that_is_forgotten_opens_nothing(stage: Stage, keyed: Keyed) -> None:
    await keyed.get("/sign-in")
    page = await keyed.answer("get")
    assert [button.words for button in page.form("/passkeys/none").buttons] == ["Forget my passkey"]
    page = await keyed.press("/passkeys/none")
    assert "passkey" not in page.text
    assert await stage.count("keystore.passkey") == 0
    await keyed.press("/sign-out")
    await keyed.get("/sign-in")
    assert (await keyed.answer("get")).heading == NOT_WORKED


async def test_one_is_made_only_by_whoever_has_just_signed_in(stage: Stage, person: tuple[str, str]) -> None:
    keyed = Keyed(stage)
    page = await sign_in(stage, keyed, person[1])
    asked, fields = options(page), page.form("/passkeys").fields
    await stage.rows(STALE)
    page = await keyed.get("/")
    assert "passkey" not in page.text
    page = await keyed.post("/passkeys", fields | {"credential": keyed.device.create(asked)})
    assert page.status == 403
    assert await stage.count("keystore.passkey") == 0
    assert [entry["reason"] for entry in await stage.entries("denied")] == ["sign_in_again"]


async def test_an_answer_to_what_somebody_else_was_asked_makes_none(
    stage: Stage, api: Api, person: tuple[str, str]
) -> None:
    keyed, other = Keyed(stage), Keyed(stage)
    page = await sign_in(stage, keyed, person[1])
    _, address = await somebody(api)
    asked = options(await sign_in(stage, other, address))
    page = await keyed.press("/passkeys", credential=keyed.device.create(asked))
    assert (page.status, page.heading) == (403, NOT_WORKED)
    assert await stage.count("keystore.passkey") == 0
    assert [entry["reason"] for entry in await stage.entries("passkey_refused")] == ["challenge_over"]


async def test_erasing_takes_the_passkey_along(stage: Stage, keyed: Keyed, person: tuple[str, str]) -> None:
    certificate = await stage.erase(person[0])
    assert certificate.gone["passkeys"] == 1
    assert await stage.count("keystore.passkey") == 0
    await keyed.get("/sign-in")
    assert (await keyed.answer("get")).heading == NOT_WORKED


async def test_where_the_vault_has_a_number_for_a_name_nothing_is_offered(
    stage: Stage, person: tuple[str, str]
) -> None:
    visitor = Visitor(stage.http)
    page = await visitor.get("/sign-in")
    assert "passkey" not in page.html
    assert "publickey-credentials-get=()" in visitor.last.headers["permissions-policy"]
    page = await sign_in(stage, visitor, person[1])
    assert "passkey" not in page.html
    response = await visitor.send("POST", "/p/fernhill/passkeys", data={"csrf": page.form("/sign-out").fields["csrf"]})
    assert response.status_code == 403


@pytest.mark.parametrize("place", ["/passkeys", "/passkeys/none"])
async def test_a_form_of_another_site_makes_and_forgets_none(stage: Stage, person: tuple[str, str], place: str) -> None:
    keyed = Keyed(stage)
    page = await sign_in(stage, keyed, person[1])
    credential = keyed.device.create(options(page))
    csrf = page.form("/passkeys").fields["csrf"]
    page = await keyed.post(place, {"csrf": csrf, "credential": credential}, **{"sec-fetch-site": "cross-site"})
    assert page.status == 403
    page = await keyed.post(place, {"csrf": "", "credential": credential})
    assert page.status == 403
    assert (await stage.count("keystore.passkey"), await stage.count("keystore.no_passkey")) == (0, 0)
