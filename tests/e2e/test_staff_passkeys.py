"""Auditors and admins by passkey: invited, in, out, removed; and every answer that is not to be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import pytest

from tests.authenticator import PRESENT, Device
from tests.e2e.colleague import CONSOLE, HOME, Colleague, at_the_desk, invited, link, options
from tests.stage import Stage, raw_id
from vault.actions.sign_in import sessions, staff
from vault.actions.sign_in.knocking import knocking
from vault.base.errors import Invalid, Unknown
from vault.base.ids import CustomerId, StaffId
from vault.crypto import passkey
from vault.crypto.passkey import Site, text
from vault.domain.sign_in.session import How
from vault.store.sign_in import passkeys
from vault.store.sign_in import staff as store
from vault.store.sign_in.passkeys import Owner
from vault.store.sign_in.staff import Member

NOT_HERE = "That passkey opens nothing here."


async def refusals(stage: Stage) -> list[dict[str, Any]]:
    return [
        {name: entry.get(name) for name in ("how", "reason", "of")} for entry in await stage.entries("sign_in_refused")
    ]


async def test_an_invited_auditor_makes_a_passkey_is_in_leaves_and_comes_back(stage: Stage) -> None:
    invitation = await invited(stage)
    colleague = Colleague(stage)
    page = await colleague.get(link(invitation))
    assert (page.status, page.heading) == (200, "Make your passkey")
    assert "You are invited as an auditor of Fernhill Outdoor Ltd." in page.text
    assert "Opening this page changed nothing." in page.text
    page = await colleague.make("create", link(invitation))
    assert (colleague.at, page.heading) == ("/console/fernhill/", "Overview")
    assert invitation.id in (await colleague.get("/you")).text
    assert set(colleague.cookies) == {CONSOLE}

    assert (await colleague.press("/sign-out")).heading == "Sign in"
    assert colleague.cookies == {}
    assert (await colleague.get("/")).heading == "Sign in"
    assert (await colleague.make("get", "/sign-in")).heading == "Overview"

    [added] = await stage.entries("staff_added")
    assert (added["of"], added["role"], added["actor"]["kind"]) == (invitation.id, "auditor", "operator")
    [made] = await stage.entries("passkey_made")
    assert made["actor"] == {"kind": "auditor", "staff": invitation.id}
    signed_in = await stage.entries("signed_in")
    assert [entry["how"] for entry in signed_in] == ["passkey", "passkey"]
    assert {entry["actor"]["staff"] for entry in signed_in} == {invitation.id}
    [signed_out] = await stage.entries("signed_out")
    assert signed_out["actor"] == signed_in[0]["actor"]


async def test_looking_at_an_invitation_changes_nothing(stage: Stage) -> None:
    invitation = await invited(stage)
    before = await stage.written()
    for _ in range(2):
        assert (await Colleague(stage).get(link(invitation))).status == 200
        assert (await Colleague(stage).get("/sign-in")).status == 200
    assert await stage.written() == before


async def test_an_invitation_works_once_within_the_hour_and_nobody_is_told_why_not(stage: Stage) -> None:
    used, late = await invited(stage), await invited(stage)
    await Colleague(stage).enrol(link(used))
    await stage.rows("UPDATE keystore.invitation SET ends_at = clock_timestamp()")
    pages = [
        await Colleague(stage).get(place)
        for place in (link(used), link(late), "/enrol/" + "A" * 43, "/enrol/" + "A" * 42 + "B", "/enrol/x")
    ]
    assert {(page.status, page.heading) for page in pages} == {(404, "This link leads nowhere")}
    assert len({page.html for page in pages}) == 1


async def test_two_at_once_with_one_invitation_make_one_passkey(stage: Stage) -> None:
    invitation = await invited(stage)
    first, second = Colleague(stage), Colleague(stage)
    await first.get(link(invitation))
    await second.get(link(invitation))
    assert (await first.make("create", link(invitation))).heading == "Overview"
    page = await second.make("create", link(invitation))
    assert (page.status, page.heading) == (404, "This link leads nowhere")
    assert await stage.count("keystore.passkey") == 1
    assert await refusals(stage) == [{"how": "passkey", "reason": "link_over", "of": None}]


async def test_an_answer_that_is_refused_leaves_the_invitation_as_it_was(stage: Stage) -> None:
    invitation = await invited(stage)
    colleague = Colleague(stage)
    await colleague.get(link(invitation))
    page = await colleague.make("create", link(invitation), origin="http://evil.example")
    assert (page.status, page.title[:6]) == (422, "Error:")
    assert "did not make a passkey" in page.text
    assert await refusals(stage) == [{"how": "passkey", "reason": "passkey_refused", "of": invitation.id}]
    assert (await colleague.make("create", link(invitation))).heading == "Overview"


async def test_a_passkey_there_is_already_is_not_made_again(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage)
    [made] = colleague.device.passkeys
    other = await invited(stage)
    copier = Colleague(stage)
    await copier.get(link(other))
    page = await copier.make("create", link(other), named=made.id)
    assert (page.status, "did not make a passkey" in page.text) == (422, True)
    assert (await refusals(stage))[-1]["reason"] == "passkey_taken"
    assert await stage.count("keystore.passkey") == 1


@pytest.mark.parametrize(
    "spoil",
    [
        {"device": {"origin": "http://evil.example"}},
        {"device": {"origin": "http://localhost:9999"}},
        {"device": {"origin": "http://127.0.0.1:8471"}},
        {"device": {"domain": "evil.example"}},
        {"device": {"flags": PRESENT}},
        {"device": {"framed": True}},
        {"changes": {"type": "webauthn.create"}},
        {"handle": b"stf_00000000000000000000000000"},
    ],
)
async def test_an_answer_that_is_not_to_be_believed_lets_nobody_in(stage: Stage, spoil: dict[str, Any]) -> None:
    colleague, _ = await at_the_desk(stage)
    await colleague.press("/sign-out")
    for name, value in spoil.get("device", {}).items():
        setattr(colleague.device, name, value)
    colleague.device.passkeys[0].handle = spoil.get("handle", colleague.device.passkeys[0].handle)
    page = await colleague.make("get", "/sign-in", **spoil.get("changes", {}))
    assert (page.status, page.title[:6]) == (422, "Error:")
    assert NOT_HERE in page.text
    assert CONSOLE not in colleague.cookies
    assert await refusals(stage) == [{"how": "passkey", "reason": "passkey_refused", "of": None}]


@pytest.mark.parametrize("answer", ["", "{}", "null", "x" * 20_000, "quokka"])
async def test_what_is_no_answer_lets_nobody_in(stage: Stage, answer: str) -> None:
    page = await Colleague(stage).post("/sign-in", {"credential": answer})
    if len(answer) > 16_000:
        assert page.status == 413
    else:
        assert (page.status, NOT_HERE in page.text) == (422, True)
        assert [entry["reason"] for entry in await refusals(stage)] == ["passkey_refused"]


async def test_an_answer_counts_once(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage)
    await colleague.press("/sign-out")
    answer = colleague.device.get(options(colleague.page))
    thief = Colleague(stage)
    assert (await colleague.press("/sign-in", credential=answer)).heading == "Overview"
    page = await thief.post("/sign-in", {"credential": answer})
    assert (page.status, "open for more than five minutes" in page.text) == (422, True)
    assert await refusals(stage) == [{"how": "passkey", "reason": "challenge_over", "of": None}]


async def test_a_challenge_lasts_five_minutes_and_is_for_its_own_question(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage)
    here = stage.vault.memory.here[await stage.organization()]

    def challenge(use: str, *, seconds: int) -> dict[str, Any]:
        about = {"handle": b"", "chance": bytes(16), "ends_at": datetime.now(UTC) + timedelta(seconds=seconds)}
        return {"challenge": text(here.safe.ticket(use, msgspec.json.encode(about)))}

    async def tried(asked: dict[str, Any]) -> str:
        page = await Colleague(stage).post("/sign-in", {"credential": colleague.device.get(asked)})
        return page.heading if page.status == 200 else (await refusals(stage))[-1]["reason"]

    assert await tried(challenge("passkey/sign", seconds=9)) == "Overview"
    assert await tried(challenge("passkey/sign", seconds=-1)) == "challenge_over"
    assert await tried(challenge("passkey/enrol", seconds=9)) == "challenge_over"
    assert await tried({"challenge": text(bytes(64))}) == "challenge_over"
    first = (await colleague.get("/sign-in"), options(colleague.page)["challenge"])[1]
    assert first != options(await colleague.get("/sign-in"))["challenge"]


async def test_a_challenge_to_make_somebodys_passkey_is_for_nobody_else(stage: Stage) -> None:
    mine, theirs = await invited(stage), await invited(stage)
    colleague = Colleague(stage)
    await colleague.get(link(mine))
    answer = colleague.device.create(options(colleague.page))
    page = await colleague.post(link(theirs), {"credential": answer})
    assert page.status == 422
    assert await refusals(stage) == [{"how": "passkey", "reason": "challenge_over", "of": theirs.id}]


async def test_a_copied_passkey_opens_nothing_any_more_to_anybody(stage: Stage) -> None:
    colleague, invitation = await at_the_desk(stage)
    await colleague.press("/sign-out")
    before = colleague.device.count
    await colleague.make("get", "/sign-in")
    await colleague.press("/sign-out")
    copy = Colleague(stage, device=Device(count=before, passkeys=[*colleague.device.passkeys]))
    page = await copy.sign_in()
    assert (page.status, NOT_HERE in page.text) == (422, True)
    [told] = await refusals(stage)
    assert told == {"how": "passkey", "reason": "passkey_copied", "of": invitation.id}
    assert (await colleague.sign_in()).status == 422
    assert (await copy.sign_in()).status == 422
    assert [entry["reason"] for entry in await refusals(stage)][1:] == ["passkey_unknown", "passkey_unknown"]


async def test_a_device_that_never_counts_signs_in_again_and_again(stage: Stage) -> None:
    colleague = Colleague(stage, device=Device(counts=False))
    await colleague.enrol(link(await invited(stage)))
    for _ in range(2):
        await colleague.press("/sign-out")
        assert (await colleague.sign_in()).heading == "Overview"


async def test_whoever_is_removed_is_out_with_the_next_request(stage: Stage) -> None:
    colleague, invitation = await at_the_desk(stage)
    stays, _ = await at_the_desk(stage, "admin")
    await staff.remove(stage.vault, await stage.operator(), of=invitation.id)
    assert await stage.rows("SELECT FROM keystore.session WHERE staff = $1", raw_id(invitation.id)) == []
    assert (await colleague.get("/")).heading == "Sign in"
    page = await colleague.make("get", "/sign-in")
    assert (page.status, NOT_HERE in page.text) == (422, True)
    assert (await stays.get("/")).heading == "Overview"
    [removed] = await stage.entries("staff_removed")
    assert removed["of"] == invitation.id
    assert [one.role for one in await staff.show(stage.vault, await stage.operator())] == ["admin"]


async def test_whoever_is_removed_before_they_came_never_comes(stage: Stage) -> None:
    invitation = await invited(stage)
    colleague = Colleague(stage)
    await colleague.get(link(invitation))
    await staff.remove(stage.vault, await stage.operator(), of=invitation.id)
    assert (await colleague.make("create", link(invitation))).status == 404
    assert await stage.count("keystore.passkey") == 0


async def test_nobody_is_removed_who_is_not_there(stage: Stage) -> None:
    with pytest.raises(Unknown):
        await staff.remove(stage.vault, await stage.operator(), of=StaffId("stf_06h0090m41t835kpwqjv10s1y0"))
    with pytest.raises(Invalid):
        await staff.remove(stage.vault, await stage.operator(), of=StaffId("stf_x"))


async def test_a_second_passkey_is_made_by_whoever_signed_in_just_now(stage: Stage) -> None:
    colleague, invitation = await at_the_desk(stage)
    first = [*colleague.device.passkeys]
    assert options(colleague.page)["excludeCredentials"][0]["id"] == text(first[0].id)
    page = await colleague.make("create", "/passkeys")
    assert ("Your new passkey works" in page.text, "2 passkeys" in page.text) == (True, True)
    await colleague.press("/sign-out")
    for made in (*colleague.device.passkeys,):
        await colleague.get("/sign-in")
        assert (await colleague.make("get", "/sign-in", made=made)).heading == "Overview"
        await colleague.press("/sign-out")
    [listed] = await staff.show(stage.vault, await stage.operator())
    assert (listed.id, listed.passkeys, listed.by_provider) == (invitation.id, 2, False)


async def test_who_signed_in_a_while_ago_makes_no_passkey(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage)
    asked = options(colleague.page)
    await stage.rows("UPDATE keystore.session SET signed_in_at = signed_in_at - interval '11 minutes'")
    page = await colleague.get("/you")
    assert ("data-options" in page.html, "within the last ten minutes" in page.text) == (False, True)
    csrf = page.form("/sign-out").fields["csrf"]
    page = await colleague.post("/passkeys", {"csrf": csrf, "credential": colleague.device.create(asked)})
    assert (page.status, "within the last ten minutes" in page.text) == (422, True)
    assert await stage.count("keystore.passkey") == 1
    [denied] = await stage.entries("denied")
    assert (denied["action"], denied["reason"]) == ("add_passkey", "sign_in_again")


async def test_a_second_passkey_that_was_not_made_is_told(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage)
    page = await colleague.make("create", "/passkeys", origin="http://evil.example")
    assert (page.status, "did not make a passkey" in page.text) == (422, True)
    assert [entry["reason"] for entry in await stage.entries("passkey_not_made")] == ["passkey_refused"]


@pytest.mark.parametrize("place", ["/sign-out", "/passkeys"])
async def test_a_form_without_the_sessions_token_does_nothing(stage: Stage, place: str) -> None:
    colleague, _ = await at_the_desk(stage)
    for data in ({}, {"csrf": "0" * 32}):
        assert (await colleague.post(place, data)).heading == "This page was open too long"
    assert (await colleague.get("/")).heading == "Overview"


@pytest.mark.parametrize("place", ["/sign-in", "/sign-in/provider", "/sign-out", "/passkeys", "/enrol/x"])
async def test_a_form_from_another_site_does_nothing(stage: Stage, place: str) -> None:
    colleague, _ = await at_the_desk(stage)
    before = await stage.written()
    page = await colleague.post(place, {"credential": "x"}, **{"sec-fetch-site": "cross-site"})
    assert page.status == 403
    assert await stage.written() == before


async def test_only_staff_is_signed_in_at_a_console(stage: Stage) -> None:
    api = await stage.client("crm")
    customer = await api.register()
    async with knocking(stage.vault, await stage.organization(), kind="customer") as act:
        token = await sessions.open(act, role="customer", how="code", customer=customer)  # type: ignore[arg-type]
    colleague = Colleague(stage)
    colleague.cookies[CONSOLE] = token.secret
    assert (await colleague.get("/")).heading == "Sign in"


async def test_a_customers_passkey_opens_no_console(stage: Stage) -> None:
    customer = CustomerId(await (await stage.client("crm")).register())
    device = Device()
    asked = {"challenge": text(b"c" * 32), "user": {"id": text(customer.encode())}}
    made = passkey.enrolled(device.create(asked), site=Site(origin=HOME, domain="localhost"), challenge=b"c" * 32)
    async with stage.vault.database.work(await stage.organization()) as work:
        assert await passkeys.add(work, made, owner=Owner(customer=customer), recorded_at=datetime.now(UTC))
    page = await Colleague(stage, device=device).sign_in()
    assert (page.status, NOT_HERE in page.text) == (422, True)
    assert await refusals(stage) == [{"how": "passkey", "reason": "passkey_unknown", "of": None}]


@pytest.mark.parametrize("how", ["code", "link"])
async def test_staff_never_comes_in_by_something_that_was_sent(stage: Stage, how: How) -> None:
    invitation = await invited(stage)
    with pytest.raises(asyncpg.CheckViolationError):
        async with knocking(stage.vault, await stage.organization(), kind="auditor") as act:
            await sessions.open(act, role="auditor", how=how, staff=invitation.id)
    assert await stage.count("keystore.session") == 0


async def test_a_session_and_a_role_go_together(stage: Stage) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        async with knocking(stage.vault, await stage.organization(), kind="admin") as act:
            await sessions.open(act, role="admin", how="passkey")


async def test_of_staff_the_vault_keeps_a_role_and_no_name(stage: Stage) -> None:
    await at_the_desk(stage, "admin")
    [row] = await stage.rows("SELECT * FROM vault.staff")
    assert set(row.keys()) == {"organization", "id", "role", "tag", "recorded_at"}
    assert (row["role"], row["tag"]) == ("admin", None)


async def test_an_admin_reads_what_an_admin_may(stage: Stage) -> None:
    colleague, _ = await at_the_desk(stage, "admin")
    assert "You may declare the rules and look after systems." in colleague.page.text
    colleague, _ = await at_the_desk(stage, "auditor")
    assert "You may check the log. It names nobody." in colleague.page.text


async def test_a_member_can_be_held_only_while_they_are_there(stage: Stage) -> None:
    invitation = await invited(stage)
    async with stage.vault.database.work(await stage.organization()) as work:
        assert await store.hold(work, invitation.id) == Member(id=invitation.id, role="auditor")
        assert await store.find(work, StaffId("stf_06h0090m41t835kpwqjv10s1y0")) is None
