"""What was allowed, and what was known of it when: an auditor asks about two clocks, and takes decisions again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests import make
from tests.e2e.colleague import Colleague, at_the_desk
from tests.stage import Api, Stage, now, raw_id, refused, said
from vault.actions.log import sequencer
from vault.actions.log.parts import Sequencing
from vault.base.canonical import canonical
from vault.store.database import open_database
from vault.store.log.guard import Guard
from vault.store.log.sequence import SEQUENCER

Json = dict[str, Any]

NO_ENTRY = "ent_06h0090m41t835kpwqjv10s1y0"
NOBODY = "sub_06h0090m41t835kpwqjv10s1y0"


@pytest_asyncio.fixture
async def auditor(stage: Stage) -> Colleague:
    return (await at_the_desk(stage))[0]


async def look_back(auditor: Colleague, subject: str, at: datetime, **asked: Any) -> Any:
    """Ask what was allowed to the client of these stories."""
    known_at = asked.pop("known_at", None)
    params = {"subject": subject, "purpose": "sales", "channel": "email", "client": "everything"} | asked
    params |= {"at": at.isoformat()} | ({"known_at": known_at.isoformat()} if known_at else {})
    return await auditor.send("GET", "/v1/log/fernhill/allowed", params=params)


async def again(auditor: Colleague, answer: Json) -> Json:
    """Take a decision again."""
    return said(await auditor.send("GET", f"/v1/log/fernhill/decisions/{answer['log']['entry']}/replay"))


async def subject_of(stage: Stage, customer: str) -> str:
    [row] = [one for one in await stage.entries("customer_registered") if one.get("subject")][-1:]
    assert customer.startswith("cus_")
    return str(row["subject"])


async def tamper(stage: Stage, entry: str, **changes: Any) -> None:
    """Change what an entry says, as whoever owns the database can."""
    [row] = await stage.rows("SELECT body FROM vault.log_entry WHERE id = $1", raw_id(entry))
    told = json.loads(row["body"])
    for place, value in changes.items():
        where, _, name = place.rpartition("__")
        (told[where] if where else told)[name] = value
    connection = await asyncpg.connect(stage.url)
    try:
        await connection.execute("UPDATE vault.log_entry SET body = $2 WHERE id = $1", raw_id(entry), canonical(told))
    finally:
        await connection.close()


async def numbered(stage: Stage, folder: Path) -> None:
    """Let every entry have its number."""
    database = await open_database(stage.url, size=2, role=SEQUENCER)
    sequencing = Sequencing(database=database, guard=Guard(folder / "guard"))
    assert await sequencer.step(stage.vault, sequencing, organization=await stage.organization())
    await database.close()


def told(answer: Json) -> tuple[bool, list[str]]:
    return answer["allowed"], answer["reasons"]


# ── Two clocks ───────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_no_learnt_late_changes_the_answer_of_today_and_not_the_one_of_then(
    stage: Stage, api: Api, auditor: Colleague
) -> None:
    customer = await api.register()
    subject = await subject_of(stage, customer)
    before, yes = now(), await api.grant(customer)
    said_at, asked_at = now(), now()
    no = await api.say_no("withdrawals", customer, at=said_at.isoformat())
    found = said(await look_back(auditor, subject, asked_at))
    assert (told(found["then"]), told(found["today"]), told(found["now"])) == (
        (True, ["opted_in"]),
        (False, ["withdrawn"]),
        (False, ["withdrawn"]),
    )
    assert (found["same"], found["erased"], found.get("logged")) == (False, False, None)
    assert (found["then"]["rests_on"], found["today"]["rests_on"]) == (yes["id"], no["id"])
    assert (found["then"]["facts"], found["today"]["facts"]) == (1, 2)
    assert [(one["kind"], one["fact"], one["is_late"]) for one in found["learnt"]] == [
        ("granted", yes["id"], False),
        ("withdrawn", no["id"], True),
    ]
    early = said(await look_back(auditor, subject, before))
    assert (early["same"], told(early["today"]), told(early["now"])) == (
        True,
        (False, ["never_asked"]),
        (False, ["withdrawn"]),
    )
    late = said(await look_back(auditor, subject, asked_at, known_at=now()))
    assert (late["same"], told(late["then"])) == (True, (False, ["withdrawn"]))
    assert not any(one["is_late"] for one in late["learnt"])
    asked = await stage.entries("history_asked")
    assert [(one["subject"], one["purpose"], one["channel"], one["asked_by"]) for one in asked] == [
        (subject, "sales", "email", "everything")
    ] * 3
    assert asked[0]["actor"]["kind"] == "auditor"
    assert asked[0]["asked_at"] == asked[0]["known_at"] < asked[2]["known_at"]


async def test_a_stop_learnt_late_counts_like_a_no(stage: Stage, api: Api, auditor: Colleague) -> None:
    registration = make.customer()
    customer = str((await api.post("/v1/customers", registration))["id"])
    subject = await subject_of(stage, customer)
    await api.grant(customer)
    said_at, asked_at = now(), now()
    stop = {"contact": registration["contact_points"][0], "at": said_at.isoformat()}
    await api.post("/v1/suppressions", stop)
    found = said(await look_back(auditor, subject, asked_at))
    assert (told(found["then"]), told(found["today"])) == ((True, ["opted_in"]), (False, ["suppressed"]))
    assert [(one["kind"], one["is_late"]) for one in found["learnt"]] == [("granted", False), ("manual", True)]


async def test_a_person_who_was_erased_can_still_be_asked_about(stage: Stage, api: Api, auditor: Colleague) -> None:
    customer = await api.register()
    subject = await subject_of(stage, customer)
    await api.grant(customer)
    answer, asked_at = await api.decide(customer=customer), now()
    await api.say_no("withdrawals", customer)
    await stage.erase(customer)
    found = said(await look_back(auditor, subject, asked_at))
    assert (found["erased"], told(found["then"]), told(found["now"])) == (
        True,
        (True, ["opted_in"]),
        (False, ["withdrawn"]),
    )
    assert (await again(auditor, answer))["same"]


async def test_the_rules_are_those_of_the_instant_and_for_today_those_of_today(
    stage: Stage, api: Api, auditor: Colleague
) -> None:
    customer, file = await api.register(), make.organization()
    subject = await subject_of(stage, customer)
    await api.grant(customer)
    asked_at = now()
    file["clients"]["everything"]["ceiling"]["purposes"].remove("sales")
    await stage.apply(file)
    between = now()
    await stage.apply(make.organization())
    found = said(await look_back(auditor, subject, asked_at))
    assert (told(found["then"]), told(found["now"])) == ((True, ["opted_in"]),) * 2
    assert found["then"]["configuration"] == found["now"]["configuration"]
    assert found["then"]["rules_since"] < found["now"]["rules_since"]
    strict = said(await look_back(auditor, subject, between))
    assert told(strict["then"]) == (False, ["purpose_not_granted_to_client"])
    assert strict["then"].get("standing") is None
    assert strict["then"]["configuration"] != strict["now"]["configuration"]
    assert not strict["then"]["first_rules"]
    ancient = said(await look_back(auditor, subject, asked_at - timedelta(days=9000)))
    assert (told(ancient["then"]), ancient["then"]["first_rules"]) == ((False, ["never_asked"]), True)
    file["clients"].pop("crm")
    await stage.apply(file)
    gone = said(await look_back(auditor, subject, asked_at, client="crm"))
    assert (gone.get("now"), gone["then"]["allowed"]) == (None, True)


async def test_what_was_really_answered_stands_beside_it(
    stage: Stage, api: Api, auditor: Colleague, tmp_path: Path
) -> None:
    customer = await api.register()
    subject = await subject_of(stage, customer)
    await api.grant(customer)
    await api.decide(customer=customer, purpose="newsletter")
    answer = await api.decide(customer=customer)
    await api.decide(customer=customer, at=(now() - timedelta(days=1)).isoformat())
    asked_at = now()
    await api.decide(customer=customer)
    await numbered(stage, tmp_path)
    logged = said(await look_back(auditor, subject, asked_at))["logged"]
    assert (logged["entry"], logged["outcome"], logged["reasons"]) == (answer["log"]["entry"], "allow", ["opted_in"])
    assert said(await look_back(auditor, subject, asked_at, client="crm")).get("logged") is None


async def test_a_question_that_makes_no_sense_is_refused(stage: Stage, api: Api, auditor: Colleague) -> None:
    customer = await api.register()
    subject, at = await subject_of(stage, customer), now()
    for asked, status, code in (
        ({"subject": NOBODY}, 404, "unknown_subject"),
        ({"client": "nobody"}, 422, "unknown_client"),
        ({"purpose": "nothing"}, 422, "unknown_purpose"),
        ({"channel": "post_office"}, 422, "unknown_channel"),
        ({"purpose": "personalisation", "channel": "email"}, 422, "channel_not_for_purpose"),
        ({"known_at": at + timedelta(days=1)}, 422, "time_in_the_future"),
        ({"at": (at + timedelta(days=1)).isoformat()}, 422, "time_in_the_future"),
        ({"at": "0001-01-01T00:00:00Z"}, 422, "time_out_of_range"),
    ):
        given = {"subject": subject} | asked
        moment = datetime.fromisoformat(str(given.pop("at", at.isoformat())))
        refused(await look_back(auditor, str(given.pop("subject")), moment, **given), status, code)
    for asked in ({"subject": customer}, {"subject": "sub_x"}, {"purpose": ""}, {"at": "then"}, {"at": "2026-01-01"}):
        params = {"subject": subject, "purpose": "sales", "channel": "email", "client": "crm", "at": at.isoformat()}
        answer = await auditor.send("GET", "/v1/log/fernhill/allowed", params=params | asked)
        assert answer.status_code in {400, 422}, asked
    assert await stage.entries("history_asked") == []


async def test_it_is_for_those_who_check_the_log_alone(stage: Stage, api: Api, auditor: Colleague) -> None:
    customer = await api.register()
    subject, answer = await subject_of(stage, customer), await api.decide(customer=customer)
    admin = (await at_the_desk(stage, "admin"))[0]
    assert said(await look_back(admin, subject, now()))["same"]
    assert (await again(admin, answer))["same"]
    stranger = Colleague(stage)
    params = {"subject": subject, "purpose": "sales", "channel": "email", "client": "crm", "at": now().isoformat()}
    for path, asked in ((f"decisions/{answer['log']['entry']}/replay", {}), ("allowed", params)):
        refused(await stranger.send("GET", f"/v1/log/fernhill/{path}", params=asked), 401, "session_over")
        refused(await api.send("GET", f"/v1/log/fernhill/{path}", params=asked), 401, "session_over")
    await stage.apply(make.organization("birchwood"))
    other = (await at_the_desk(stage, slug="birchwood"))[0]
    place = f"/v1/log/birchwood/decisions/{answer['log']['entry']}/replay"
    refused(await other.send("GET", place), 404, "unknown_entry")
    refused(await other.send("GET", place.replace(answer["log"]["entry"], NO_ENTRY)), 404, "unknown_entry")
    refused(await other.send("GET", "/v1/log/birchwood/allowed", params=params), 404, "unknown_subject")


# ── Replaying ────────────────────────────────────────────────────────────────────────────────────────────────────────
async def test_every_kind_of_decision_comes_out_the_same_years_later(
    stage: Stage, api: Api, auditor: Colleague
) -> None:
    registration = make.customer()
    customer = str((await api.post("/v1/customers", registration))["id"])
    minor = await api.register(attributes={"birth_date": make.birth_date(9)})
    crm, discreet = await stage.client("crm"), await stage.client("discreet", "decide")
    questions: list[Json] = [
        {"customer": customer},
        {"customer": customer, "release": ["contact", "first_name", "boot_size"]},
        {"customer": customer, "purpose": "newsletter"},
        {"customer": customer, "purpose": "personalisation", "channel": "*"},
        {"customer": customer, "purpose": "safety_recall", "channel": "post"},
        {"customer": minor},
        {"customer": "cus_06h0090m41t835kpwqjv10s1y0"},
        {"contact": registration["contact_points"][0]},
        {"contact": make.point("email", make.email())},
        {"customer": customer, "at": (now() - timedelta(days=2)).isoformat()},
    ]
    answers = [await api.decide(**one) for one in questions]
    await api.grant(customer, at=(now() - timedelta(days=3)).isoformat())
    await api.grant(customer, purpose="newsletter")
    answers += [await api.decide(**one) for one in questions]
    answers += [await discreet.decide(external=registration["external"][0])]
    file = make.organization()
    file["clients"]["crm"]["ceiling"]["purposes"].remove("sales")
    await stage.apply(file)
    answers += [await crm.decide(customer=customer)]
    await api.say_no("withdrawals", customer, purpose="offers")
    await api.post("/v1/suppressions", {"contact": registration["contact_points"][0]})
    answers += [await api.decide(**one) for one in questions]
    await stage.erase(customer)
    for answer in answers:
        entry, found = await stage.entry(answer), await again(auditor, answer)
        assert (found["same"], found["differences"]) == (True, []), found
        assert (found["outcome"], found["reasons"], found["policies"]) == (
            entry["outcome"],
            entry["reasons"],
            entry["policies"],
        )
        assert found.get("standing") == entry.get("standing")
        assert ("standing" in found["checked"]) == ("facts" in entry)
    replayed = await stage.entries("decision_replayed")
    assert [one["replayed"] for one in replayed] == [answer["log"]["entry"] for answer in answers]
    assert [one.get("subject") for one in replayed] == [(await stage.entry(one)).get("subject") for one in answers]
    assert all(one["same"] for one in replayed)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"flat__standing": "never_asked"}, ["outcome", "reasons", "policies", "flat.standing"]),
        ({"flat__suppressed": True}, ["outcome", "reasons", "policies"]),
        ({"flat__basis": "contract"}, ["outcome", "reasons", "policies", "flat.basis"]),
        ({"flat__dance": True}, ["outcome", "reasons", "policies"]),
        ({"outcome": "deny"}, ["outcome"]),
        ({"reasons": ["implied_consent"]}, ["reasons"]),
        ({"policies": ["another"]}, ["policies"]),
        ({"standing": "refused"}, ["standing"]),
        ({"facts": []}, ["standing", "flat.standing"]),
        ({"facts": ["fct_06h0090m41t835kpwqjv10s1y0"]}, ["facts", "standing", "flat.standing"]),
        ({"asked_at": "2020-01-01T00:00:00.000000Z"}, ["standing", "flat.standing"]),
        ({"purpose": "nothing"}, ["purpose"]),
        ({"configuration": "0" * 64}, ["configuration", "outcome", "reasons", "policies"]),
        ({"actor__client": "cli_06h0090m41t835kpwqjv10s1y0"}, ["actor", "outcome", "reasons", "policies"]),
    ],
)
async def test_an_entry_that_was_changed_comes_out_otherwise_and_the_field_is_named(
    stage: Stage, api: Api, auditor: Colleague, changes: Json, fields: list[str]
) -> None:
    customer = await api.register()
    await api.grant(customer)
    answer = await api.decide(customer=customer)
    await tamper(stage, answer["log"]["entry"], **changes)
    found = await again(auditor, answer)
    assert (found["same"], {one["field"] for one in found["differences"]} - {"policies"}) == (
        False,
        {*fields} - {"policies"},
    ), found["differences"]
    assert ("policies" in {one["field"] for one in found["differences"]}) == ("policies" in fields)
    assert [one["same"] for one in await stage.entries("decision_replayed")] == [False]


async def test_over_any_channel_each_is_taken_again_and_one_that_was_changed_is_named(
    stage: Stage, api: Api, auditor: Colleague
) -> None:
    customer = await api.register(contact_points=[make.point("email", make.email()), make.point("phone", make.phone())])
    await api.grant(customer, channel="sms")
    wishes = {"paused_until": (now() + timedelta(days=30)).isoformat()}
    answers = [await api.decide(customer=customer, channel="any")]
    said(await api.send("PUT", f"/v1/customers/{customer}/preferences", wishes))
    answers.append(await api.decide(customer=customer, channel="any"))
    assert [(one["outcome"], one["channel"]) for one in answers] == [("allow", "sms"), ("defer", "sms")]
    for answer in answers:
        found = await again(auditor, answer)
        assert (found["same"], found["differences"]) == (True, [])
        over = {field for field in found["checked"] if field.startswith("any.")}
        assert over == {f"any.{channel}" for channel in answer["channels"]}
    email = (await stage.entry(answers[0]))["any"]["email"]
    changes: list[Json] = [{"outcome": "defer"}, {"reasons": ["refused"]}, {"policies": []}, {"flat": None}]
    for changed in changes:
        told = {name: value for name, value in (email | changed).items() if value is not None}
        await tamper(stage, answers[0]["log"]["entry"], any__email=told)
        assert [one["field"] for one in (await again(auditor, answers[0]))["differences"]] == ["any.email"]


async def test_a_kept_configuration_that_was_changed_is_not_believed(
    stage: Stage, api: Api, auditor: Colleague
) -> None:
    answer = await api.decide(customer=await api.register())
    file = make.organization()
    file["clients"]["crm"]["title"] = "another"
    await stage.apply(file)
    assert (await again(auditor, answer))["same"]
    connection = await asyncpg.connect(stage.url)
    await connection.execute(
        "UPDATE vault.configuration SET document = document || ' ' WHERE digest = $1", answer["configuration"]
    )
    await connection.close()
    found = await again(auditor, answer)
    assert next((one["field"], one["replayed"]) for one in found["differences"]) == ("configuration", "")


async def test_an_entry_that_was_let_go_of_is_gone_and_its_decision_taken_no_more(
    stage: Stage, api: Api, auditor: Colleague, tmp_path: Path
) -> None:
    answer = await api.decide(customer=await api.register())
    await numbered(stage, tmp_path)
    await stage.rows(
        "INSERT INTO vault.log_pruned (organization, generation, minimum, entry, recorded_at) "
        "SELECT organization, generation, number + 1, entry, at FROM vault.log_leaf WHERE entry = $1 RETURNING 1",
        raw_id(answer["log"]["entry"]),
    )
    place = f"/v1/log/fernhill/decisions/{answer['log']['entry']}/replay"
    refused(await auditor.send("GET", place), 410, "entry_gone")
    page = await auditor.get(f"/allowed?entry={answer['log']['entry']}")
    assert "This entry was let go of after its years." in page.text


async def test_only_a_decision_can_be_taken_again(stage: Stage, api: Api, auditor: Colleague) -> None:
    customer = await api.register()
    [registered] = await stage.entries("customer_registered")
    for entry, status, code in (
        (registered["id"], 422, "no_decision"),
        (NO_ENTRY, 404, "unknown_entry"),
    ):
        refused(await auditor.send("GET", f"/v1/log/fernhill/decisions/{entry}/replay"), status, code)
    answer = await api.decide(customer=customer)
    await tamper(stage, answer["log"]["entry"], flat="words")
    place = f"/v1/log/fernhill/decisions/{answer['log']['entry']}/replay"
    problem = refused(await auditor.send("GET", place), 409, "unreadable_entry")
    assert problem["detail"].endswith("flat")
    assert (await auditor.send("GET", "/v1/log/fernhill/decisions/ent_x/replay")).status_code in {400, 404, 422}
    assert await stage.entries("decision_replayed") == []
