"""Customers sign in by a code: once, soon, in five tries, and only who they are."""

from __future__ import annotations

import pytest

from tests import make
from tests.e2e.doors import ask, code, letters, sign_in, somebody
from tests.stage import Api, Stage
from tests.visitor import Visitor

TOO_LONG = "This page was open too long"


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return Visitor(stage.http)


async def age(stage: Stage, minutes: int) -> None:
    """Let time pass for codes."""
    await stage.rows(
        "UPDATE keystore.code SET asked_at = asked_at - $1 * interval '1 minute', "
        "ends_at = ends_at - $1 * interval '1 minute'",
        minutes,
    )


async def subject(stage: Stage, kind: str) -> str | None:
    [entry] = await stage.entries(kind)
    found: str | None = entry.get("subject")
    return found


# ── In ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_code_lets_in_and_the_log_tells_of_it(stage: Stage, api: Api, visitor: Visitor) -> None:
    customer, address = await somebody(api)
    page = await ask(visitor, f"  {address.swapcase()} ")
    assert (page.status, page.heading, visitor.at) == (200, "Type the code", "/p/fernhill/sign-in/code")
    assert f"If we know {address.swapcase()}, a code with six digits is on its way." in page.text
    page = await visitor.press("/sign-in/code", code=await code(stage))
    assert (page.status, page.heading, visitor.at) == (200, "What you allow", "/p/fernhill/")
    [registered] = await stage.entries("customer_registered")
    [signed_in] = await stage.entries("signed_in")
    assert signed_in["subject"] == registered["subject"] == await subject(stage, "sign_in_asked")
    assert (signed_in["how"], signed_in["actor"]["kind"]) == ("code", "customer")
    [session] = await stage.rows("SELECT id, role FROM keystore.session")
    assert session["role"] == "customer"
    shown = await api.get(f"/v1/customers/{customer}")
    assert shown["contact_points"][0]["verified_at"]  # who reads the mailbox has shown that it is theirs


async def test_a_code_is_typed_as_people_type_it(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(visitor, address)
    typed = (await code(stage)).replace(" ", "").translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    page = await visitor.press("/sign-in/code", code=f" {typed[:2]} - {typed[2:]}\u00a0")
    assert page.heading == "What you allow"


async def test_only_a_digest_of_the_cookie_is_kept(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(visitor, address)
    flow = visitor.last.headers
    await visitor.press("/sign-in/code", code=await code(stage))
    assert list(visitor.cookies) == ["__Host-consent-vault-portal"]
    secret = visitor.cookies["__Host-consent-vault-portal"]
    assert len(secret) == 43
    for table in ("keystore.session", "vault.log_entry"):
        assert all(secret not in str(dict(row)) for row in await stage.rows(f"SELECT * FROM {table}"))  # noqa: S608
    assert "set-cookie" not in flow  # looking at the page where the code is typed sets none


async def test_each_cookie_is_of_this_host_alone_and_no_script_reads_it(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    _, address = await somebody(api)
    await visitor.get("/sign-in")
    for action, data in (
        ("/sign-in", {"reach": address, "how": "code"}),
        ("/sign-in/code", {"code": ""}),
    ):
        typed = {"code": await code(stage)} if "code" in data else {}
        fields = visitor.page.form(action).fields | data | typed
        response = await visitor.send("POST", f"/p/fernhill{action}", data=fields)
        assert response.status_code == 303
        for line in response.headers.get_list("set-cookie"):
            name, *attributes = [part.strip() for part in line.split(";")]
            assert name.startswith("__Host-")
            assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(attributes)
            assert not any(part.startswith("Domain") for part in attributes)
        await visitor.get(response.headers["location"])


async def test_a_code_lets_in_once(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(visitor, address)
    flow, form = dict(visitor.cookies), visitor.page.form("/sign-in/code")
    typed = await code(stage)
    await visitor.press("/sign-in/code", code=typed)
    again = Visitor(stage.http)
    again.cookies = flow
    page = await again.post("/sign-in/code", form.fields | {"code": typed})
    assert (page.status, page.about) == (422, "Error: Type the code")
    assert "too old" in page.text
    assert await stage.count("keystore.session") == 1


# ── Not in ───────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_five_tries_and_then_the_right_code_is_none(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(visitor, address)
    right = await code(stage)
    wrong = "000 000" if right != "000 000" else "000 001"
    said = []
    for _ in range(6):
        page = await visitor.press("/sign-in/code", code=wrong)
        assert page.status == 422
        said.append(page.text.partition("That is not the code")[2].partition(" Code")[0])
    assert said[:4] == [
        ". You can try 4 more times.", ". You can try 3 more times.", ". You can try 2 more times.",
        ". You can try once more.",
    ]  # fmt: skip
    assert all(one.startswith(", and it was the last try. Come back at ") for one in said[4:])
    page = await visitor.press("/sign-in/code", code=right)
    assert page.status == 422
    assert await stage.count("keystore.session") == 0
    failed = await stage.entries("sign_in_failed")
    assert [entry["reason"] for entry in failed] == ["wrong"] * 5 + ["too_many_tries"] * 2
    page = await visitor.press("/sign-in", button=0)  # a new one, and not before the old one would have ended
    assert (page.status, page.heading) == (429, "Too often")
    assert 500 < int(visitor.last.headers["retry-after"]) <= 600
    await stage.tell()


async def test_a_code_is_good_for_ten_minutes(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(visitor, address)
    typed = await code(stage)
    await age(stage, 11)
    page = await visitor.press("/sign-in/code", code=typed)
    assert (page.status, "That code is too old." in page.text) == (422, True)
    page = await visitor.press("/sign-in", button=0)
    assert (page.status, page.heading) == (200, "Type the code")
    page = await visitor.press("/sign-in/code", code=await code(stage))
    assert page.heading == "What you allow"


async def test_a_code_is_of_the_browser_that_asked_for_it(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await ask(visitor, address)
    typed = await code(stage)
    other = Visitor(stage.http)
    await ask(other, make.email())
    page = await other.press("/sign-in/code", code=typed)
    assert page.status == 422
    page = await Visitor(stage.http).post("/sign-in/code", {"code": typed})
    assert (page.status, page.heading) == (403, TOO_LONG)
    assert await stage.count("keystore.session") == 0


async def test_what_is_no_address_comes_back_with_what_was_typed(visitor: Visitor) -> None:
    await visitor.get("/sign-in")
    page = await visitor.press("/sign-in", reach="a quokka", how="link")
    assert (page.status, page.about) == (422, "Error: See what you allow")
    assert "Write one e-mail address" in page.text
    assert page.form("/sign-in").fields == {"reach": "a quokka", "how": "link"}
    assert page.links.count("#reach") == 1


async def test_a_telephone_number_is_taken_and_nothing_is_sent(stage: Stage, api: Api, visitor: Visitor) -> None:
    number = make.phone()
    await api.register(contact_points=[make.point("phone", number)])
    page = await ask(visitor, number)
    assert (page.status, page.heading) == (200, "Type the code")
    assert await letters(stage) == []


# ── Shared addresses ─────────────────────────────────────────────────────────────────────────────────────────────────
async def test_the_first_name_decides_who_of_those_that_share_an_address(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    address = make.email()
    points = [make.point("email", address)]
    one, two = [
        await api.register(contact_points=points, attributes=make.attributes(first_name=name))
        for name in ("Quokkanna", "Quokkotto")
    ]
    await ask(visitor, address)
    [letter] = await letters(stage)  # one letter, however many they are
    assert letter.to.reveal().lower() == address.lower()
    typed = letter.text.reveal().partition("\n\n")[2].partition("\n")[0]
    for name in ("", "Quokkamax"):
        page = await visitor.press("/sign-in/code", code=typed, name=name)
        assert page.status == 422
    page = await visitor.press("/sign-in/code", code=typed, name=" quokkotto ")
    assert page.heading == "What you allow"
    [session] = await stage.rows("SELECT customer FROM keystore.session")
    [bridge] = await stage.rows("SELECT customer FROM keystore.subject WHERE customer = $1", session["customer"])
    assert bridge
    [signed_in] = await stage.entries("signed_in")
    registered = {entry["subject"]: place for place, entry in enumerate(await stage.entries("customer_registered"))}
    assert registered[signed_in["subject"]] == [one, two].index(two)


async def test_a_first_name_that_misses_reads_like_a_wrong_code(stage: Stage, api: Api) -> None:
    pages = []
    for given in ({"code": "000 000", "name": "Quokkotto"}, {"name": "Quokkotto"}):
        address = make.email()
        for name in ("Quokkanna", "Quokkarl"):
            point = make.point("email", address)
            await api.register(contact_points=[point], attributes=make.attributes(first_name=name))
        visitor = Visitor(stage.http)
        await ask(visitor, address)
        right = await code(stage)
        page = await visitor.press("/sign-in/code", code=given.get("code", right), name=given["name"])
        pages.append(page.html.replace(address, "").replace(page.form("/sign-in/code").fields["csrf"], ""))
    assert pages[0] == pages[1]


async def test_addresses_that_only_fold_alike_are_two_mailboxes(stage: Stage, api: Api, visitor: Visitor) -> None:
    place = make.email().partition("@")[2]
    addresses = [f"quokkastra{letters}e@{place}" for letters in ("ß", "ss")]
    for address in addresses:
        name = "Quokkanna" if "ß" in address else "Quokkotto"
        point = make.point("email", address)
        await api.register(contact_points=[point], attributes=make.attributes(first_name=name))
    await ask(visitor, addresses[1])
    [letter] = await letters(stage)
    assert letter.to.reveal().lower() == addresses[1].lower()
    typed = letter.text.reveal().partition("\n\n")[2].partition("\n")[0]
    page = await visitor.press("/sign-in/code", code=typed, name="Quokkanna")
    assert page.status == 422  # the code went to the other mailbox
    page = await visitor.press("/sign-in/code", code=typed, name="")
    assert page.heading == "What you allow"


# ── Out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_whoever_signs_out_is_out(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await sign_in(stage, visitor, address)
    kept = dict(visitor.cookies)
    page = await visitor.press("/sign-out")
    assert (page.heading, visitor.at, visitor.cookies) == ("See what you allow", "/p/fernhill/sign-in", {})
    assert await stage.count("keystore.session") == 0
    assert await subject(stage, "signed_out") == await subject(stage, "signed_in")
    visitor.cookies = kept
    assert (await visitor.get("/")).heading == "See what you allow"


@pytest.mark.parametrize("column", ["idle_until", "ends_at"])
async def test_a_session_ends_by_itself(stage: Stage, api: Api, visitor: Visitor, column: str) -> None:
    _, address = await somebody(api)
    await sign_in(stage, visitor, address)
    assert (await visitor.get("/")).heading == "What you allow"
    if column == "idle_until":
        await stage.rows("UPDATE keystore.session SET idle_until = now() - interval '1 second'")
    else:
        soon = "now() + interval '1 second'"
        await stage.rows(f"UPDATE keystore.session SET ends_at = {soon}, idle_until = {soon}")  # noqa: S608 - ours
        await visitor.get("/")
        [row] = await stage.rows("SELECT idle_until <= ends_at AS held FROM keystore.session")
        assert row["held"]  # looking at pages does not keep it open for ever
        await stage.rows("SELECT pg_sleep(1.1)")
    assert (await visitor.get("/")).heading == "See what you allow"


async def test_a_session_lasts_half_an_hour_from_the_last_page(stage: Stage, api: Api, visitor: Visitor) -> None:
    _, address = await somebody(api)
    await sign_in(stage, visitor, address)
    await stage.rows("UPDATE keystore.session SET idle_until = now() + interval '3 minutes'")
    await visitor.get("/")
    [row] = await stage.rows("SELECT idle_until - now() AS idle, ends_at - signed_in_at AS whole FROM keystore.session")
    assert 29 * 60 < row["idle"].total_seconds() <= 30 * 60
    assert row["whole"].total_seconds() == 12 * 3600
