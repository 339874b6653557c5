"""Rights: asked for with a press, counting at once where they can, answered by admins who read no value."""

from __future__ import annotations

import json
from io import BytesIO
from zipfile import ZipFile

from tests import make
from tests.e2e.doors import code, letters, sign_in, somebody
from tests.e2e.test_tokens_exchanged import exchange
from tests.stage import Api, Json, Stage, codes, refused
from tests.visitor import Page, Visitor

STALE = "UPDATE keystore.session SET signed_in_at = signed_in_at - interval '11 minutes'"
WRONG = "My quokka boots are 44, not 43."


async def use(visitor: Visitor, right: str, **fields: str) -> Page:
    """Press the button of a right."""
    page = await visitor.get("/rights")
    return await visitor.post("/rights-requests", page.forms[0].fields | {"right": right} | fields)


async def todo(api: Api) -> list[Json]:
    return list((await api.get("/v1/rights-requests"))["rights_requests"])


async def test_the_page_has_a_place_for_each_right_and_nothing_is_asked_for_by_looking(
    stage: Stage, visitor: Visitor
) -> None:
    page = await visitor.get("/rights")
    assert (page.status, page.heading) == (200, "Your rights")
    for name in ("See and take away", "Correct", "Keep, but do not use", "Object", "Erase", "Complain"):
        assert name in page.text
    assert await stage.count("vault.rights_request") == 0
    assert await stage.entries("right_asked") == []


async def test_locked_data_is_used_for_nothing_from_the_next_question_on_until_it_is_unlocked(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    await api.grant(person[0])
    assert (await api.decide(customer=person[0], release=["contact"]))["allowed"]
    page = await use(visitor, "restriction")
    assert page.title.startswith("Saved: ")
    assert "It counted at once." in page.text
    answer = await api.decide(customer=person[0], release=["contact"])
    assert (answer["allowed"], codes(answer), answer.get("released")) == (False, ["restricted"], None)
    service = await api.decide(customer=person[0], purpose="service", channel="email")
    assert codes(service)[0] == "restricted"
    assert "Unlock my data" in (await visitor.get("/rights")).text
    [open_one] = await todo(api)
    assert (open_one["right"], open_one["customer"], "subject" in open_one) == ("restriction", person[0], False)
    page = await visitor.press("/rights/unlock")
    assert "Your data is unlocked." in page.text
    assert (await api.decide(customer=person[0], release=["contact"]))["allowed"]
    assert await todo(api) == []
    assert [entry["right"] for entry in await stage.entries("right_asked")] == ["restriction"]
    assert len(await stage.entries("unlocked")) == 1


async def test_a_client_with_plain_reasons_does_not_learn_that_data_is_locked(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    await api.grant(person[0])
    await use(visitor, "restriction")
    plain = await stage.client("discreet")
    assert codes(await plain.decide(customer=person[0])) == ["not_allowed"]


async def test_a_lock_outlives_its_answer_and_ends_by_the_person_alone(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    await use(visitor, "restriction")
    [one] = await todo(api)
    place = f"/v1/rights-requests/{one['id']}"
    refused(await api.send("POST", f"{place}/refuse", {"reason": "we do not see why"}), 409, "counts_already")
    await api.post(f"{place}/done", None)
    assert "restricted" in codes(await api.decide(customer=person[0]))
    page = await visitor.get("/rights")
    assert "Unlock my data" in page.text
    await visitor.press("/rights/unlock")
    assert "restricted" not in codes(await api.decide(customer=person[0]))


async def test_an_objection_says_no_to_all_adverts_and_guesses_at_once(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    await api.grant(person[0])
    page = await use(visitor, "objection")
    assert "Stop using my data for adverts and guesses about me" in page.text
    assert codes(await api.decide(customer=person[0])) == ["objected"]
    facts = [entry for entry in await stage.entries("fact") if entry["said"] == "objected"]
    assert {(fact["source"], fact["method"], fact["channel"]) for fact in facts} == {("person", "portal", "*")}
    await use(visitor, "objection")
    assert len([entry for entry in await stage.entries("fact") if entry["said"] == "objected"]) == len(facts)
    assert len(await todo(api)) == 1


async def test_what_is_wrong_is_said_in_ones_own_words_and_an_admin_reads_only_which_field(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    page = await visitor.get("/rights?field=boot_size")
    assert '<option value="boot_size" selected>' in page.html
    page = await use(visitor, "rectification", field="boot_size", text=WRONG)
    assert WRONG in page.text
    again = await use(visitor, "rectification", field="boot_size", text=WRONG)
    assert again.text.count(WRONG) == 1
    await use(visitor, "rectification", field="boot_size", text="And they are quokka brown.")
    first, _ = await todo(api)
    assert (first["field"], first["state"]) == ("boot_size", "open")
    shown = await api.get(f"/v1/rights-requests/{first['id']}")
    assert shown == first
    done = await api.post(f"/v1/rights-requests/{first['id']}/done", None)
    assert (done["state"], done["written_to"]) == ("done", True)
    page = await visitor.get("/rights")
    assert "Done on" in page.text
    [entry] = await stage.entries("right_done")
    assert (entry["right"], entry["field"], entry["actor"]["kind"]) == ("rectification", "boot_size", "client")


async def test_nobody_floods_the_admins_with_wrongs_and_what_counts_at_once_is_never_too_much(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    for number in range(20):
        assert (await use(visitor, "rectification", text=f"{number}. {WRONG}")).status == 200
    assert (await use(visitor, "rectification", text=f"20. {WRONG}")).status == 429
    assert (await use(visitor, "rectification", text=f"0. {WRONG}")).status == 200  # is open already
    for right in ("restriction", "objection"):
        assert (await use(visitor, right)).status == 200
    assert [one["right"] for one in await todo(api)].count("rectification") == 20
    assert len(await todo(api)) == 22


async def test_a_wrong_that_is_not_said_comes_back_with_all_that_was_typed(stage: Stage, visitor: Visitor) -> None:
    page = await use(visitor, "rectification", field="boot_size", text="")
    assert (page.status, page.title.startswith("Error: ")) == (422, True)
    assert "Say in a few words what is wrong." in page.text
    assert '<option value="boot_size" selected>' in page.html
    page = await use(visitor, "rectification", field="boot_size", text="x" * 2001)
    assert (page.status, "x" * 2001 in page.html) == (422, True)
    assert await stage.count("vault.rights_request") == 0


async def test_what_is_refused_or_takes_longer_is_told_with_its_reason_and_a_letter_that_says_nothing(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    await use(visitor, "rectification", text=WRONG)
    [one] = await todo(api)
    place = f"/v1/rights-requests/{one['id']}"
    refused(await api.send("POST", f"{place}/extend", {"reason": "short"}), 422, "reason_too_short")
    longer = await api.post(f"{place}/extend", {"reason": "The quokka factory looks for it."})
    assert (longer["extended"], longer["days_left"] > 80) == (True, True)
    refused(await api.send("POST", f"{place}/extend", {"reason": "once more, please"}), 409, "extended_before")
    page = await visitor.get("/rights")
    assert "It takes longer, and this is why:" in page.text
    assert "The quokka factory looks for it." in page.text
    no = await api.post(f"{place}/refuse", {"reason": "The quokka boots are right."})
    assert (no["state"], "reason" in no) == ("refused", False)
    page = await visitor.get("/rights")
    assert "The quokka boots are right." in page.text
    assert "You may complain" in page.text
    for act in ("refuse", "extend"):
        refused(await api.send("POST", f"{place}/{act}", {"reason": "once more, please"}), 409, "answered_before")
    refused(await api.send("POST", f"{place}/done"), 409, "answered_before")
    written = await letters(stage)
    assert {letter.title.reveal() for letter in written} == {
        "Fernhill Outdoor Ltd needs more time",
        "Fernhill Outdoor Ltd has answered you",
    }
    for letter in written:
        assert "/p/fernhill/rights" in letter.text.reveal()
        assert "quokka" not in letter.text.reveal()


async def test_a_request_is_late_once_its_last_day_is_over_and_the_page_says_so(
    stage: Stage, api: Api, visitor: Visitor
) -> None:
    await use(visitor, "rectification", text=WRONG)
    assert "at the latest" in (await visitor.get("/rights")).text
    await stage.rows("UPDATE vault.rights_request SET asked_at = asked_at - interval '40 days'")
    page = await visitor.get("/rights")
    assert "We are late. You may complain now." in page.text
    [one] = await todo(api)
    assert (one["late"], one["days_left"] < 0) == (True, True)
    place = f"/v1/rights-requests/{one['id']}"
    refused(await api.send("POST", f"{place}/extend", {"reason": "we need more time"}), 409, "too_late")
    assert (await api.post(f"{place}/done", None))["state"] == "done"


async def test_a_request_is_taken_back_once_and_what_counted_at_once_is_not(stage: Stage, visitor: Visitor) -> None:
    page = await use(visitor, "rectification", text=WRONG)
    [form] = [one for one in page.forms if one.action.endswith("/take-back")]
    page = await visitor.post(form.action, form.fields)
    assert "You ended it on" in page.text
    page = await visitor.post(form.action, form.fields)
    assert (page.status, page.heading) == (200, "Your rights")
    assert len(await stage.entries("right_withdrawn")) == 1
    page = await use(visitor, "objection")
    assert not [one for one in page.forms if one.action.endswith("/take-back")]


async def test_nobody_reaches_what_somebody_else_asked_for(stage: Stage, api: Api, visitor: Visitor) -> None:
    await use(visitor, "rectification", text=WRONG)
    [one] = await todo(api)
    stranger = Visitor(stage.http)
    await sign_in(stage, stranger, (await somebody(api))[1])
    page = await stranger.get("/rights")
    assert "boots" not in page.text
    csrf = page.forms[0].fields
    for foreign in (one["id"], "rgt_06h0090m41t835kpwqjv10s1y0", "nothing"):
        page = await stranger.post(f"/rights-requests/{foreign}/take-back", csrf)
        assert (page.status, page.heading) == (404, "This link leads nowhere")
    assert [one["state"] for one in await todo(api)] == ["open"]
    await stage.apply(make.organization("larkspur"))
    other = await stage.client("everything", slug="larkspur")
    assert await todo(other) == []
    assert (await other.get("/v1/rights-requests", after=one["id"]))["rights_requests"] == []
    for act, body in (
        ("done", None),
        ("refuse", {"reason": "not our customer"}),
        ("extend", {"reason": "not ours at all"}),
    ):
        refused(await other.send("POST", f"/v1/rights-requests/{one['id']}/{act}", body), 404, "unknown_request")
    refused(await other.send("GET", f"/v1/rights-requests/{one['id']}"), 404, "unknown_request")


async def test_the_requests_of_somebody_erased_go_with_them(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    page = await use(visitor, "rectification", text=WRONG)
    fields = page.forms[0].fields
    [one] = await todo(api)
    certificate = await stage.erase(person[0])
    assert certificate.gone["rights_requests"] == 1
    assert await stage.count("vault.rights_request") == 0
    refused(await api.send("POST", f"/v1/rights-requests/{one['id']}/done"), 404, "unknown_request")
    assert await todo(api) == []
    for right in ("access", "restriction", "objection"):
        page = await visitor.post("/rights-requests", fields | {"right": right})
        assert page.heading == "See what you allow"
    assert await stage.count("vault.rights_request") == 0


async def test_without_a_session_or_from_an_old_page_nothing_is_asked_for(stage: Stage, visitor: Visitor) -> None:
    page = await visitor.get("/rights")
    fields = page.forms[0].fields | {"right": "restriction"}
    assert (await Visitor(stage.http).post("/rights-requests", fields)).heading == "See what you allow"
    assert (await visitor.post("/rights-requests", fields | {"csrf": "old"})).status == 403
    assert (await visitor.post("/rights-requests", fields | {"right": "quokka"})).status == 422
    assert (
        await visitor.post("/rights-requests", fields | {"right": "rectification", "field": "x", "text": "y"})
    ).status == 422
    await visitor.press("/sign-out")
    assert (await visitor.post("/rights-requests", fields)).heading == "See what you allow"
    assert await stage.count("vault.rights_request") == 0


async def test_erasing_leads_to_its_own_page(stage: Stage, visitor: Visitor) -> None:
    fields = (await visitor.get("/rights")).forms[0].fields
    page = await visitor.post("/rights-requests", fields | {"right": "erasure"})
    assert page.heading == "Erase everything about you?"
    assert await stage.entries("erased") == []


# ── The copy ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def unpacked(visitor: Visitor) -> tuple[Json, str]:
    """Return the two files of the copy that was just handed out."""
    assert visitor.last.headers["content-type"] == "application/zip"
    assert visitor.last.headers["content-disposition"] == 'attachment; filename="my-data.zip"'
    assert visitor.last.headers["cache-control"] == "no-store"
    with ZipFile(BytesIO(visitor.last.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["copy.html", "copy.css", "copy.json"]
        return json.loads(archive.read("copy.json")), archive.read("copy.html").decode()


async def test_the_copy_holds_all_there_is_in_a_page_and_in_a_file_and_is_made_at_once(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    registration = make.customer()
    registration["external"][0]["id"] = "quokka-77"
    await api.send("PATCH", f"/v1/customers/{person[0]}", {"external": [registration["external"][0]]})
    await api.grant(person[0])
    await api.decide(customer=person[0], release=["contact", "first_name"])
    await use(visitor, "rectification", text=WRONG)
    await use(visitor, "access")
    told, page = unpacked(visitor)
    assert told["customer"] == person[0]
    assert person[1].lower() in {point["value"].lower() for point in told["contact_points"]}
    assert told["external"][-1]["id"] == "quokka-77"
    assert {one["name"] for one in told["attributes"]} >= {"first_name", "last_name"}
    [said] = told["said"]
    assert (said["fact"]["kind"], said["words"]["ask"]) == ("granted", said["words"]["ask"])
    assert len(told["evidence"][said["fact"]["id"]]) > 0
    assert [one["told"]["released"] for one in told["asked"] if one["kind"] == "decision"] == [
        ["contact", "first_name"]
    ]
    assert [one["words"] for one in told["requests"] if one["words"]] == [WRONG]
    assert told["devices"][0]["user_agent"] == visitor.headers["user-agent"]
    assert person[1].lower() in page.lower()
    for word in ("quokka-77", said["words"]["ask"], WRONG):
        assert word.replace("'", "&#39;") in page
    assert "<script" not in page
    assert "style=" not in page
    [entry] = await stage.entries("copy_made")
    assert (entry["right"], entry["actor"]["kind"]) == ("access", "customer")
    page_after = await visitor.get("/rights")
    assert "A copy of your data" in page_after.text
    assert [one["right"] for one in await todo(api)] == ["rectification"]


async def test_a_copy_holds_nothing_of_whoever_shares_an_address(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    other = await api.register(
        contact_points=[make.point("email", person[1])], attributes={"first_name": "Otherquokka"}
    )
    await api.grant(other)
    await use(visitor, "portability")
    told, page = unpacked(visitor)
    assert other not in json.dumps(told)
    assert "Otherquokka" not in page + json.dumps(told)
    assert told["said"] == []


async def test_whoever_signed_in_a_while_ago_shows_once_more_that_it_is_them(stage: Stage, visitor: Visitor) -> None:
    await stage.rows(STALE)
    page = await use(visitor, "access")
    assert (page.status, page.heading) == (200, "Show that it is you")
    assert [button.words for button in page.form("/rights-requests").buttons] == ["Make my copy"]
    typed = await code(stage)
    wrong = "000 000" if typed != "000 000" else "000 001"
    page = await visitor.press("/rights-requests", code=wrong)
    assert (page.status, page.about) == (422, "Error: Show that it is you")
    assert await stage.entries("copy_made") == []
    await visitor.press("/rights-requests", code=typed)
    unpacked(visitor)
    assert [entry["reason"] for entry in await stage.entries("denied")] == ["sign_in_again"]
    await stage.tell()


async def test_a_copy_asked_for_on_the_phone_waits_for_the_person_alone(
    stage: Stage, api: Api, person: tuple[str, str], visitor: Visitor
) -> None:
    file = make.organization()
    file["clients"]["everything"]["acts_for_customers"] = True
    await stage.apply(file)
    await api.post(f"/v1/customers/{person[0]}/codes", None)
    token = (await exchange(stage, person[0], await code(stage), client="everything")).json()["access_token"]
    agent = Api(stage.http, token, sdk=None)
    asked = await agent.post("/v1/me/rights-requests", {"right": "access"})
    assert (asked["state"], "customer" in asked, "subject" in asked) == ("open", False, False)
    assert (await agent.post("/v1/me/rights-requests", {"right": "access"}))["id"] == asked["id"]
    await agent.post("/v1/me/rights-requests", {"right": "rectification", "text": WRONG})
    await agent.post("/v1/me/rights-requests", {"right": "objection"})
    listed = (await agent.get("/v1/me/rights-requests"))["rights_requests"]
    assert {one["right"] for one in listed} == {"access", "rectification", "objection"}
    facts = [entry for entry in await stage.entries("fact") if entry["said"] == "objected"]
    assert {(fact["source"], fact["method"]) for fact in facts} == {("client", "phone")}
    page = await visitor.get("/rights")
    assert "It is made when you press, and given to you alone." in page.text
    await visitor.press("/rights-requests")
    unpacked(visitor)
    listed = (await agent.get("/v1/me/rights-requests"))["rights_requests"]
    assert {one["right"]: one["state"] for one in listed}["access"] == "done"


async def test_an_erasure_asked_for_on_the_phone_is_done_by_erasing(
    stage: Stage, api: Api, person: tuple[str, str]
) -> None:
    file = make.organization()
    file["clients"]["everything"]["acts_for_customers"] = True
    await stage.apply(file)
    await api.post(f"/v1/customers/{person[0]}/codes", None)
    token = (await exchange(stage, person[0], await code(stage), client="everything")).json()["access_token"]
    asked = await Api(stage.http, token, sdk=None).post("/v1/me/rights-requests", {"right": "erasure"})
    refused(await api.send("POST", f"/v1/rights-requests/{asked['id']}/done"), 409, "erase_first")
    await stage.erase(person[0])
    assert await todo(api) == []


async def test_requests_are_listed_a_page_at_a_time(stage: Stage, api: Api, visitor: Visitor) -> None:
    for text in ("one", "two", "three"):
        await use(visitor, "rectification", text=text)
    first = (await api.get("/v1/rights-requests", limit="2"))["rights_requests"]
    rest = (await api.get("/v1/rights-requests", after=first[-1]["id"]))["rights_requests"]
    assert (len(first), len(rest)) == (2, 1)
    await api.post(f"/v1/rights-requests/{rest[0]['id']}/done", None)
    assert len(await todo(api)) == 2
    every = (await api.get("/v1/rights-requests", all="true"))["rights_requests"]
    assert [one["state"] for one in every] == ["open", "open", "done"]
