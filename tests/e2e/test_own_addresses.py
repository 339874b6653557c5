"""Addresses of one's own: added and proved by a code, changed, removed; and nothing tells who else has one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tests import make
from tests.e2e.doors import code, letters, sign_in, somebody
from tests.stage import Api, Stage, codes
from tests.visitor import Page, Visitor

POINT = re.compile(r"ctp_[0-9a-z]{26}")


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def at_home(stage: Stage, api: Api, visitor: Visitor, **given: Any) -> tuple[str, str]:
    """Let somebody sign in and open their details; return who, and their address."""
    customer, address = await somebody(api, **given)
    await sign_in(stage, visitor, address)
    await visitor.get("/details")
    return customer, address


async def add(visitor: Visitor, address: str) -> Page:
    return await visitor.press("/contact-points", value=address)


async def prove(stage: Stage, visitor: Visitor) -> Page:
    return await visitor.press("/code", code=await code(stage))


def new_address() -> str:
    """Return one in the form it is kept in."""
    local, _, host = make.email().partition("@")
    return f"{local}@{host.lower()}"


def own(page: Page, address: str) -> str:
    """Return the id of a contact point on the page of details."""
    found = re.search(rf'id="v-({POINT.pattern})"><bdi>{re.escape(address)}</bdi>', page.html, re.IGNORECASE)
    assert found is not None, address
    return found[1]


async def verified(stage: Stage) -> int:
    rows = await stage.rows("SELECT 1 FROM vault.contact_point WHERE verified_at IS NOT NULL")
    return len(rows)


async def test_an_address_is_theirs_once_its_code_was_typed_and_nothing_before(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, _ = await at_home(stage, api, visitor)
    new = new_address()
    page = await add(visitor, f"  {new} ")
    assert (page.status, page.heading) == (200, "Type the code")
    assert make.MARK not in visitor.at.lower()
    assert new in page.text
    assert codes(await api.decide(contact={"kind": "email", "value": new})) == ["never_asked"]
    assert len((await api.get(f"/v1/customers/{customer}"))["contact_points"]) == 1
    assert "Not checked: nothing goes there until it is" in (await visitor.get("/details")).text
    point = own(visitor.page, new)
    await visitor.get(f"/contact-points/{point}/code")
    page = await prove(stage, visitor)
    assert page.about == "Saved: Your details"
    assert own(page, new) == point
    assert page.text.count("Yours, since") == 2
    assert await stage.count("vault.claimed_point") == 0
    shown = (await api.get(f"/v1/customers/{customer}"))["contact_points"]
    assert [one["primary"] for one in shown] == [True, False]
    kinds = [(await stage.entries(kind)) for kind in ("contact_point_claimed", "contact_point_added")]
    assert [len(one) for one in kinds] == [1, 1]
    assert len(await stage.entries("contact_point_verified")) == 1
    other = Visitor(stage.http)
    assert (await sign_in(stage, other, new)).heading == "What you allow"


async def test_a_wrong_code_is_counted_and_after_five_none_is_right(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    await add(visitor, make.email())
    right = await code(stage)
    wrong = "111 111" if right != "111 111" else "222 222"
    for left in (4, 3, 2):
        page = await visitor.press("/code", code=wrong)
        assert (page.status, page.about) == (422, "Error: Type the code")
        assert f"You can try {left} more times." in page.text
    await visitor.press("/code", code=wrong)
    assert "it was the last try" in (await visitor.press("/code", code=wrong)).text
    assert "it was the last try" in (await visitor.press("/code", code=right)).text
    assert len(await stage.entries("proof_failed")) == 6
    assert await verified(stage) == 1
    assert (await visitor.press("/verify")).status == 429


async def test_a_code_is_good_once_and_for_ten_minutes_and_only_the_newest(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    await at_home(stage, api, visitor)
    await add(visitor, make.email())
    first = await code(stage)
    page = await visitor.press("/verify")
    second = await code(stage)
    if first != second:
        assert (await visitor.press("/code", code=first)).status == 422
    visitor.page = page
    cookies = dict(visitor.cookies)
    form = page.form("/code")
    assert (await visitor.press("/code", code=second)).about == "Saved: Your details"
    visitor.cookies = cookies
    assert "too old" in (await visitor.post(form.action, form.fields | {"code": second})).text
    await visitor.get("/details")
    await add(visitor, make.email())
    third = await code(stage)
    await stage.rows("UPDATE keystore.code SET ends_at = ends_at - $1::interval", timedelta(minutes=11))
    assert "too old" in (await visitor.press("/code", code=third)).text


async def test_what_is_no_address_comes_back_with_its_own_sentence(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    for typed, words in (
        ("Quokka@", "Write one e-mail address"),
        ("", "Write one e-mail address"),
        ("Quokka Street", "Write one e-mail address"),
        (make.phone(), "not to numbers yet"),
        ("<b>quokka</b>@mail.example", "Write one e-mail address"),
    ):
        page = await add(visitor, typed)
        assert (page.status, page.about) == (422, "Error: Your details"), typed
        assert page.form("/contact-points").fields["value"] == typed
        assert words in page.text
        assert "#value" in page.links
    assert await stage.count("vault.claimed_point") == 0


async def test_the_same_form_twice_is_one_address(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, first = await at_home(stage, api, visitor)
    form = visitor.page.form("/contact-points").fields | {"value": make.email()}
    for _ in range(2):
        await visitor.post("/contact-points", form)
    assert await stage.count("vault.claimed_point") == 1
    page = await visitor.post("/contact-points", form | {"value": first.upper()})
    assert "We have this address already" in page.text
    assert await stage.count("vault.claimed_point") == 1


async def test_an_address_that_a_family_shares_looks_like_one_that_nobody_has(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    """Five people have it, and somebody stopped it: whoever types it sees what they see of any other."""
    shared, fresh = new_address(), new_address()
    for _ in range(5):
        await somebody(api, contact_points=[make.point("email", shared)])
    await api.post("/v1/suppressions", {"contact": {"kind": "email", "value": shared}})
    await at_home(stage, api, visitor)
    home = visitor.page

    async def seen(address: str) -> list[str]:
        visitor.page = home
        await add(visitor, address)
        pages = [visitor.page.html, (await visitor.get("/details")).html, (await visitor.get("/")).html]
        point = own(await visitor.get("/details"), address)
        headers = {name for name in visitor.last.headers if name != "set-cookie"}
        await visitor.post(f"/contact-points/{point}/remove", visitor.page.form("/remove").fields)
        await letters(stage)
        return [POINT.sub("ctp_", page.replace(address, "ADDRESS")) for page in (*pages, str(sorted(headers)))]

    assert await seen(shared) == await seen(fresh)


async def test_whoever_reads_a_shared_mailbox_has_it_too_and_the_first_name_still_decides(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    shared = make.email()
    names = make.attributes(first_name="Quokkabert")
    other, _ = await somebody(api, contact_points=[make.point("email", shared)], attributes=names)
    mine, _ = await at_home(stage, api, visitor, attributes=make.attributes(first_name="Quokkanna"))
    await add(visitor, shared)
    await prove(stage, visitor)
    rows = await stage.rows("SELECT customer, verified_at IS NOT NULL AS theirs FROM vault.contact_point")
    assert sorted(row["theirs"] for row in rows) == [False, True, True]
    for customer, name in ((mine, "Quokkanna"), (other, "Quokkabert")):
        guest = Visitor(stage.http)
        await guest.get("/sign-in")
        await guest.press("/sign-in", reach=shared, how="code")
        await guest.press("/sign-in/code", code=await code(stage), name=name)
        assert (await guest.get("/details")).form("/details").fields["a-first_name"] == name
        assert (await api.get(f"/v1/customers/{customer}"))["id"] == customer


async def test_a_change_is_done_when_the_new_one_is_proved_and_not_before(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, old = await at_home(stage, api, visitor)
    new = new_address()
    page = await visitor.get(f"/details?change={own(visitor.page, old)}")
    assert "It stays until the new one is shown to be yours." in page.text
    await add(visitor, new)
    await visitor.get("/details")
    point = own(visitor.page, new)
    assert own(visitor.page, old)
    await visitor.get(f"/contact-points/{point}/code")
    await letters(stage)
    await visitor.press("/verify")
    page = await prove(stage, visitor)
    assert "Quokkamail" not in page.html.replace(new, "").title()
    assert new in page.text
    [left] = (await api.get(f"/v1/customers/{customer}"))["contact_points"]
    assert (left["id"], left["primary"]) == (point, True)


async def test_the_last_address_stays_and_the_page_says_why(stage: Stage, api: Api, visitor: Visitor) -> None:
    phone = make.phone()
    address = make.email()
    points = [make.point("email", address), make.point("phone", phone)]
    await at_home(stage, api, visitor, contact_points=points)
    page = visitor.page
    assert "You sign in with it. To remove it, add another address first" in page.text
    mine = own(page, address)
    fields = page.form("/contact-points").fields
    assert (await visitor.post(f"/contact-points/{mine}/remove", fields)).heading == "Your details"
    assert await stage.count("vault.contact_point") == 2
    await visitor.press("/remove")
    assert "It is removed." in visitor.page.text
    assert phone not in visitor.page.text
    await add(visitor, make.email())
    await prove(stage, visitor)
    await visitor.post(f"/contact-points/{mine}/remove", fields)
    assert await stage.count("vault.contact_point") == 1
    rows = await stage.rows("SELECT is_primary FROM vault.contact_point")
    assert [row["is_primary"] for row in rows] == [True]
    assert len(await stage.entries("contact_point_removed")) == 2


async def test_what_is_somebody_elses_reads_like_what_is_not_there(stage: Stage, api: Api, visitor: Visitor) -> None:
    other, _ = await somebody(api)
    foreign = (await api.points(other))["email"]
    guest = Visitor(stage.http)
    await at_home(stage, api, guest)
    await add(guest, make.email())
    claim = POINT.findall(guest.at)[0]
    right = await code(stage)
    await at_home(stage, api, visitor)
    fields = visitor.page.form("/contact-points").fields
    nobody = "ctp_06h0090m41t835kpwqjv10s1y0"
    for place in ("verify", "remove"):
        pages = [
            await visitor.post(f"/contact-points/{point}/{place}", fields)
            for point in (foreign, claim, nobody, "ctp_x", "x" * 300)
        ]
        assert {(page.status, page.html) for page in pages} == {(404, pages[0].html)}
    page = await visitor.post("/contact-points", fields | {"value": make.email(), "instead": foreign})
    assert page.status == 404
    visitor.cookies |= {name: value for name, value in guest.cookies.items() if name.endswith("-proof")}
    page = await visitor.post(f"/contact-points/{claim}/code", fields | {"code": right})
    assert page.heading == "Your details"
    assert (await visitor.get(f"/contact-points/{claim}/code")).heading == "Your details"
    assert await verified(stage) == 2


async def test_a_forged_or_old_cookie_waits_for_nothing(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    await add(visitor, make.email())
    form = visitor.page.form("/code")
    [name] = [one for one in visitor.cookies if one.endswith("-proof")]
    for cookie in ("x", "", "A" * 4000, visitor.cookies[name][:-2] + "AA"):
        visitor.cookies[name] = cookie
        assert (await visitor.post(form.action, form.fields | {"code": "123456"})).heading == "Your details"


async def test_nobody_is_flooded_and_nobody_writes_to_strangers_through_us(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    await at_home(stage, api, visitor)
    home = visitor.page
    stranger = make.email()
    for _ in range(5):
        visitor.page = home
        await add(visitor, stranger)
    visitor.page = home
    page = await add(visitor, stranger)
    assert (page.status, page.heading) == (429, "Too often")
    for _ in range(5):
        visitor.page = home
        await add(visitor, make.email())
    visitor.page = home
    assert (await add(visitor, make.email())).status == 429
    assert len(await letters(stage)) == 10


async def test_nobody_has_more_than_ten(stage: Stage, api: Api, visitor: Visitor) -> None:
    points = [make.point("email", make.email()) for _ in range(10)]
    await at_home(stage, api, visitor, contact_points=points)
    page = await add(visitor, make.email())
    assert (page.status, page.form("/contact-points").fields["value"].lower().count(make.MARK)) == (422, 2)
    assert "You have 10 addresses here. Please remove one first." in page.text


async def test_an_erasure_takes_what_was_only_said_to_be_theirs_and_leaves_no_mark_on_it(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    customer, _ = await at_home(stage, api, visitor)
    stranger = make.email()
    await add(visitor, stranger)
    await stage.erase(customer)
    assert await stage.count("vault.claimed_point") == 0
    await somebody(api, contact_points=[make.point("email", stranger)])


async def test_what_waits_for_a_week_is_gone(stage: Stage, api: Api, visitor: Visitor) -> None:
    await at_home(stage, api, visitor)
    home, old = visitor.page, new_address()
    await add(visitor, old)
    await stage.rows("UPDATE vault.claimed_point SET recorded_at = recorded_at - interval '8 days'")
    assert old not in (await visitor.get("/details")).text
    visitor.page = home
    await add(visitor, make.email())
    assert await stage.count("vault.claimed_point") == 1


async def test_a_proved_address_is_good_where_an_erasure_mark_lies_on_it(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    """A mark keeps clients and imports from it; people who share it, and the person in person, it does not touch."""
    gone, address = await somebody(api)
    await stage.erase(gone)
    await at_home(stage, api, visitor)
    await add(visitor, address)
    assert (await prove(stage, visitor)).about == "Saved: Your details"
