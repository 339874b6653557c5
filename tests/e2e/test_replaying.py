"""A decision can be taken again from its log entry alone: the kept configuration, the listed facts, the same answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests import make
from tests.stage import Api, Stage, codes, now, raw_id
from vault.actions.vault import rebuild
from vault.base.ids import CLIENT, CONTACT_POINT, FACT, ORGANIZATION, Kind, OrganizationId, show
from vault.domain import fact as facts_of
from vault.domain.fact import Fact
from vault.domain.standing import Instants, rule, standing
from vault.store import organizations

NOBODY = "cus_06h0090m41t835kpwqjv10s1y0"


async def replay(stage: Stage, entry: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Decide again from an entry, knowing nothing else, and return outcome and reasons."""
    organization = OrganizationId(entry["organization"])
    [client] = await stage.rows("SELECT key FROM vault.client WHERE id = $1", raw_id(entry["actor"]["client"]))
    key: str = client["key"]
    async with stage.vault.database.work(organization) as work:
        document = await organizations.configuration(work, entry["configuration"])
    assert document is not None
    assert organizations.digest(document) == entry["configuration"]
    declared, policies = rebuild(document)
    if "flat" not in entry:
        verdict = policies.ask(entry["asked_with"], client=key, purpose=entry["purpose"])
    else:
        if "facts" in entry:
            facts = await listed(stage, organization, entry["facts"])
            assert {fact.id for fact in facts} == set(entry["facts"])
            elsewhere = set(entry.get("facts_elsewhere", ()))
            counted = [fact for fact in facts if fact.kind not in {"granted", "asked"} or fact.id not in elsewhere]
            instants = Instants(now=instant(entry["at"]), at=instant(entry.get("asked_at")))
            folded = standing(counted, rule(declared, declared.purpose(entry["purpose"]), channel=entry["channel"]),
                              instants=instants)  # fmt: skip
            assert folded.state == entry["standing"] == entry["flat"]["standing"]
            assert (folded.pending_for or "") == entry["flat"]["pending_for"]
        verdict = policies.contact(entry["flat"], client=key, purpose=entry["purpose"])
    assert list(verdict.policies) == entry["policies"]
    return "allow" if verdict.allowed else "deny", [ground.code for ground in verdict.reasons]


async def listed(stage: Stage, organization: OrganizationId, ids: list[str]) -> list[Fact]:
    """Return facts by their ids alone."""
    rows = await stage.rows(
        "SELECT * FROM vault.fact WHERE organization = $1 AND id = ANY ($2::uuid[])",
        raw_id(organization),
        [raw_id(one) for one in ids],
    )
    return [facts_of.read({name: shown(name, value) for name, value in row.items()}) for row in rows]


def shown(name: str, value: Any) -> Any:
    kinds: dict[str, Kind[Any]] = {"id": FACT, "client": CLIENT, "contact_point": CONTACT_POINT}
    if name in kinds and value is not None:
        return show(kinds[name], value)
    return value.bytes if isinstance(value, UUID) else value


def instant(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)


async def check(stage: Stage, answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        entry = await stage.entry(answer)
        assert await replay(stage, entry) == (answer["outcome"], codes(answer))
        assert (entry["outcome"], entry["reasons"]) == (answer["outcome"], codes(answer))


async def test_every_kind_of_answer_is_the_same_when_it_is_replayed(stage: Stage, api: Api) -> None:
    registration = make.customer()
    customer = str((await api.post("/v1/customers", registration))["id"])
    minor = await api.register(attributes={"birth_date": make.birth_date(9)})
    asked: list[dict[str, Any]] = [
        {"customer": customer},
        {"customer": customer, "release": ["contact", "first_name", "boot_size"]},
        {"customer": customer, "purpose": "newsletter"},
        {"customer": customer, "purpose": "personalisation", "channel": "*"},
        {"customer": customer, "purpose": "account", "release": ["contact"]},
        {"customer": customer, "purpose": "safety_recall", "channel": "post"},
        {"customer": minor},
        {"customer": NOBODY},
        {"contact": registration["contact_points"][0]},
        {"external": registration["external"][0]},
        {"contact": make.point("email", make.email())},
        {"customer": customer, "at": (now() - timedelta(days=2)).isoformat()},
    ]
    answers = [await api.decide(**question) for question in asked]
    await api.grant(customer, at=(now() - timedelta(days=3)).isoformat())
    await api.grant(customer, purpose="newsletter")
    answers += [await api.decide(**question) for question in asked]
    await api.say_no("withdrawals", customer, purpose="offers")
    await api.post("/v1/suppressions", {"contact": registration["contact_points"][0]})
    answers += [await api.decide(**question) for question in asked]
    await check(stage, answers)
    assert {code for answer in answers for code in codes(answer)} >= {
        "opted_in", "withdrawn", "suppressed", "minor", "never_asked", "unknown_customer", "unverified",
        "double_opt_in_pending", "service_message", "legal_obligation",
    }  # fmt: skip
    await stage.erase(customer)
    await check(stage, answers)


async def test_an_entry_lists_what_its_own_question_rests_on(stage: Stage, api: Api) -> None:
    customer = await api.register()
    fact = await api.grant(customer)
    ways = [
        make.asked(customer=customer, purpose=purpose, **more)
        for more in ({}, {"campaign": "spring"}, {"release": ["first_name"]})
        for purpose in ("newsletter", "sales")
    ]
    answers = (await api.post("/v1/decisions/batch", {"questions": ways}))["decisions"]
    listed = [(await stage.entry(answer))["facts"] for answer in answers]
    assert listed == [[], [fact["id"]]] * 3  # they rode together, and all was read of the same person
    await check(stage, answers)


async def test_a_grant_elsewhere_is_listed_and_does_not_count(stage: Stage, api: Api) -> None:
    first, second = make.point("email", make.email()), make.point("email", make.email())
    customer = await api.register(contact_points=[first | {"primary": True}, second])
    fact = await api.grant(customer, contact_point=(await api.points(customer))["email"])
    answers = [await api.decide(**by) for by in ({"contact": first}, {"contact": second}, {"customer": customer})]
    assert [codes(answer) for answer in answers] == [["opted_in"], ["never_asked"], ["opted_in"]]
    entries = [await stage.entry(answer) for answer in answers]
    assert [entry.get("facts_elsewhere") for entry in entries] == [None, [fact["id"]], None]
    await check(stage, answers)


async def test_a_no_about_a_shared_address_is_among_the_facts_of_an_entry(stage: Stage, api: Api) -> None:
    shared = make.point("email", make.email())
    one, two = [await api.register(contact_points=[shared]) for _ in range(2)]
    await api.grant(two, at=(now() - timedelta(days=1)).isoformat())
    await api.say_no("withdrawals", one, contact_point=(await api.points(one))["email"])
    answer = await api.decide(customer=two)
    assert codes(answer) == ["withdrawn"]
    await check(stage, [answer])


async def test_an_answer_is_replayed_under_the_rules_of_its_day(stage: Stage, api: Api) -> None:
    customer, crm = await api.register(), await stage.client("crm")
    await api.grant(customer)
    allowed = await crm.decide(customer=customer)
    file = make.organization()
    file["clients"]["crm"]["ceiling"]["purposes"].remove("sales")
    await stage.apply(file)
    refused = await crm.decide(customer=customer)
    assert (codes(allowed), codes(refused)) == (["opted_in"], ["purpose_not_granted_to_client"])
    await check(stage, [allowed, refused])


async def test_what_a_client_is_not_told_stands_in_the_entry(stage: Stage, api: Api) -> None:
    registration = make.customer()
    customer = str((await api.post("/v1/customers", registration))["id"])
    await api.say_no("objections", customer)
    blind = await stage.client("discreet", "decide")
    answer = await blind.decide(external=registration["external"][0])
    entry = await stage.entry(answer)
    assert (codes(answer), entry["reasons"]) == (["never_asked"], ["objected"])
    assert await replay(stage, entry) == ("deny", ["objected"])
    assert show(ORGANIZATION, raw_id(entry["organization"])) == entry["organization"]
