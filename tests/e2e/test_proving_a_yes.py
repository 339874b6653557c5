"""A yes over an address in doubt begins with a code to it: with the code it is said, and a person's stop ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests import make
from tests.e2e.doors import code, letters, sign_in
from tests.e2e.test_allowing import press, row
from tests.stage import Api, Stage, codes
from tests.visitor import Visitor
from vault.actions.customer import suppressions
from vault.base.personal import Personal
from vault.domain.contact_point import ContactValue
from vault.domain.suppression import NewSuppression, SuppressionKind


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def stop(stage: Stage, address: str, kind: SuppressionKind = "complaint") -> None:
    contact = ContactValue(kind="email", value=Personal(address))
    await suppressions.suppress(stage.vault, await stage.operator(), new=NewSuppression(contact=contact, kind=kind))


async def signed_in(stage: Stage, api: Api, visitor: Visitor) -> tuple[str, str]:
    """Let somebody in who has one address."""
    address = make.email()
    customer = await api.register(contact_points=[make.point("email", address)])
    await sign_in(stage, visitor, address)
    return customer, address


async def decided(api: Api, customer: str) -> list[Any]:
    return codes(await api.decide(customer=customer))


async def test_a_stopped_address_is_reached_again_from_the_code_on_and_not_before(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await signed_in(stage, api, visitor)
    await press(visitor, "sales")
    await stop(stage, address)
    page = await visitor.get("/")
    assert "Messages to this address or number were stopped" in page.text
    assert "suppressed" in await decided(api, customer)
    again = [one for one in row(page, "sales").buttons if one.words == "Send a code"]
    page = await press(visitor, "sales", say=again[0].value)
    assert page.heading == "Type the code"
    assert "Your yes counts as soon as you type it here." in page.text
    before = await stage.count("vault.fact")
    assert "suppressed" in await decided(api, customer)
    assert (await visitor.press("/code", code="000 000")).status in {200, 422}
    assert await stage.count("vault.fact") == before
    page = await visitor.press("/code", code=await code(stage))
    assert page.about == "Saved: What you allow"
    assert (await api.decide(customer=customer))["allowed"]
    [lifted] = await stage.entries("suppression_lifted")
    assert (lifted["cause"], "subject" in lifted) == ("complaint", False)
    [freed] = await stage.entries("contact_point_freed")
    assert (freed["causes"], "suppression" in freed) == (["complaint"], False)
    [last] = [one for one in await stage.entries("fact") if one["said"] == "granted"][-1:]
    assert (last["source"], last["method"]) == ("person", "portal")
    [kept] = await stage.rows("SELECT contact_point FROM vault.fact ORDER BY recorded_at DESC LIMIT 1")
    assert kept["contact_point"] is not None


@pytest.mark.parametrize("kind", ["bounce", "manual"])
async def test_what_a_person_did_not_stop_no_yes_lifts(
    stage: Stage, api: Api, visitor: Visitor, kind: SuppressionKind
) -> None:
    customer, address = await signed_in(stage, api, visitor)
    form = row(visitor.page, "sales").fields
    await stop(stage, address)
    await stop(stage, address, kind)
    page = await visitor.get("/")
    assert [
        one for one in page.forms if one.fields.get("purpose") == "sales" and one.fields["channel"] == "email"
    ] == []
    await visitor.post("/choices", form)
    assert "suppressed" in await decided(api, customer)
    assert await letters(stage) == []


async def test_a_stop_that_came_after_the_code_was_sent_stays(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await signed_in(stage, api, visitor)
    await stop(stage, address)
    await visitor.get("/")
    await press(visitor, "sales")
    right = await code(stage)
    await stage.rows("UPDATE vault.suppression SET at = clock_timestamp()")
    await visitor.press("/code", code=right)
    assert "suppressed" in await decided(api, customer)
    assert await stage.entries("suppression_lifted") == []


async def test_an_address_nobody_has_shown_to_be_theirs_is_theirs_with_the_yes(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    file = make.organization()
    file["purposes"]["offers"]["children"]["sales"]["verified"] = ["email"]
    await stage.apply(file)
    customer, _ = await signed_in(stage, api, visitor)
    await stage.rows("UPDATE vault.contact_point SET verified_at = NULL")
    page = await visitor.get("/")
    assert "A yes first sends a code there, to be sure that it is yours." in page.text
    await press(visitor, "sales")
    assert "unverified" in await decided(api, customer)
    page = await visitor.press("/code", code=await code(stage))
    assert "You said yes today" in page.text
    assert (await api.decide(customer=customer))["allowed"]
    assert len(await stage.entries("contact_point_verified")) == 1


async def test_words_that_change_while_the_code_travels_are_read_first(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await signed_in(stage, api, visitor)
    await stop(stage, address)
    await visitor.get("/")
    await press(visitor, "sales")
    right = await code(stage)
    file = make.organization()
    newest = file["notices"]["sales"][-1]
    changed = {"version": newest["version"] + 1, "compatible": False, "published": "2026-01-01T00:00:00Z"}
    file["notices"]["sales"].append(newest | changed)
    await stage.apply(file)
    page = await visitor.press("/code", code=right)
    assert (page.status, page.heading) == (409, "The words have changed")
    assert await stage.count("vault.fact") == 0
    assert (await visitor.press("/choices")).heading == "Type the code"
    await visitor.press("/code", code=await code(stage))
    assert (await api.decide(customer=customer))["allowed"]


async def test_a_new_code_keeps_what_was_chosen_and_nothing_of_it_stands_in_an_address(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, address = await signed_in(stage, api, visitor)
    await stop(stage, address)
    await visitor.get("/")
    await press(visitor, "sales")
    assert "sales" not in visitor.at
    await letters(stage)
    await visitor.press("/verify")
    await visitor.press("/code", code=await code(stage))
    assert (await api.decide(customer=customer))["allowed"]


async def test_a_no_needs_no_code(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await signed_in(stage, api, visitor)
    await press(visitor, "sales")
    await stop(stage, address)
    page = await visitor.get("/")
    assert "No, forget it" in [one.words for one in row(page, "sales").buttons]
    await press(visitor, "sales", say="no")
    assert "withdrawn" in await decided(api, customer)
