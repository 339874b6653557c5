"""AuthZEN at the vault's door: behind it the decision everybody else gets, alone or in a list."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Final

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import make, promised
from tests.evaluating import CONTACT, LIST, NOBODY, ONE, SALES, SELF, Json, asking, listing, person
from tests.stage import Api, Stage, codes, refused, said
from vault.actions import denials
from vault.actions.client.clients import suspend

IDS: Final = re.compile(r'"(dec|ent)_[0-9a-z]{26}"')


@pytest.fixture
async def people(api: Api) -> tuple[str, str]:
    """Somebody who said yes to sales by e-mail, and somebody who never said anything."""
    yes, silent = await api.register(), await api.register()
    await api.grant(yes)
    return yes, silent


def bare(response: httpx2.Response) -> list[bool]:
    """Return the decisions of a list, having looked that each has its context."""
    answer = said(response)
    assert set(answer) == {"evaluations"}
    assert all(set(one) == {"decision", "context"} for one in answer["evaluations"])
    return [one["decision"] for one in answer["evaluations"]]


def as_decision(evaluated: Json) -> Json:
    """Return what `/v1/decisions` answers, from an evaluation."""
    context = {name: value for name, value in evaluated["context"].items() if not name.startswith("reason_")}
    return {**context, "allowed": evaluated["decision"]}


# ── The same decision ────────────────────────────────────────────────────────────────────────────────────────────────
async def test_a_yes_and_a_no_come_with_their_reasons_and_their_entries(
    stage: Stage, api: Api, people: tuple[str, str]
) -> None:
    yes, no = [await api.post(ONE, asking(customer)) for customer in people]
    assert (yes["decision"], no["decision"]) == (True, False)
    assert (codes(yes["context"]), codes(no["context"])) == (["opted_in"], ["never_asked"])
    assert yes["context"]["reason_user"] == {"en": "You said yes to this."}
    assert no["context"]["reason_admin"] == {"en": no["context"]["reasons"][0]["message"]}
    for told in (yes, no):
        entry = await stage.entry(told["context"])
        assert entry["decision"] == told["context"]["id"]
        assert entry["outcome"] == told["context"]["outcome"]
    assert "released" not in yes["context"]


CUSTOMERS: Final = st.sampled_from(["yes", "silent", "objecting", "minor", "erased", "nobody"])
WAYS: Final = st.sampled_from(
    [("sales", "email"), ("sales", "sms"), ("newsletter", "email"), ("order_updates", "email"), ("sales", "pigeon"),
     ("quokka_walks", "email"), ("research", "*"), ("surveys", "voice"), ("catalogue", "post"), ("service", "email")]
)  # fmt: skip
INSTANTS: Final = st.none() | st.sampled_from(
    ["2020-02-03T04:05:06Z", "2999-01-01T00:00:00Z", "2026-01-01T00:00:00+02:00"]
)


@pytest.fixture
async def known(stage: Stage, api: Api) -> dict[str, str]:
    """One person for each thing that may be said of somebody."""
    people = {name: await api.register() for name in ("yes", "silent", "objecting", "minor", "erased")}
    people |= {"nobody": NOBODY}
    for name in ("yes", "objecting", "minor"):
        await api.grant(people[name])
    await api.make_young(people["minor"])
    await api.say_no("objections", people["objecting"], channel="*")
    await stage.erase(people["erased"])
    return people


@settings(max_examples=120, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(client=st.sampled_from(["everything", "discreet", "only_decide"]), asked=st.tuples(CUSTOMERS, WAYS, INSTANTS))
async def test_an_evaluation_is_the_decision_whatever_is_asked(
    stage: Stage, known: dict[str, str], *, client: str, asked: tuple[str, tuple[str, str], str | None]
) -> None:
    api, (customer, way, at) = await stage.client(client), asked
    told = {"purpose": way[0], "channel": way[1]} | ({"at": at} if at else {})
    plain = await api.send("POST", "/v1/decisions", {"customer": known[customer], **told})
    subject = {"type": "client", "id": f"fernhill.{client}"}
    alone = await api.send("POST", ONE, asking(known[customer], subject=subject, context=told))
    listed = said(await api.send("POST", LIST, listing(known[customer], subject=subject, context=told)))
    if plain.status_code == 200:
        wanted = same(plain.json())
        assert same(as_decision(said(alone))) == same(as_decision(listed["evaluations"][0])) == wanted
    else:
        problem = plain.json()
        assert (plain.status_code, alone.status_code) == (422, 400)
        assert alone.json() == problem | {"status": 400, "title": "The request cannot be read"}
        error = {"status": 400, "message": problem["detail"]}
        assert listed == {"evaluations": [{"decision": False, "context": {"error": error}}]}


def same(answer: Json) -> str:
    """Return an answer without the ids that no two have in common."""
    return IDS.sub("", promised.alike(json.dumps(answer, sort_keys=True)))


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("semantic", "course"),
    [
        (None, "YNY YNY"),
        ("execute_all", "YNY YNY"),
        ("execute_all", "NXF NXF"),
        ("deny_on_first_deny", "YNY YN"),
        ("deny_on_first_deny", "NYY N"),
        ("deny_on_first_deny", "YYY YYY"),
        ("deny_on_first_deny", "YXY YX"),
        ("deny_on_first_deny", "YFY YF"),
        ("permit_on_first_permit", "YNY Y"),
        ("permit_on_first_permit", "NXFYN NXFY"),
        ("permit_on_first_permit", "NNN NNN"),
    ],
)
async def test_a_list_goes_as_far_as_its_semantic_says_and_no_entry_tells_of_the_rest(
    stage: Stage, api: Api, people: tuple[str, str], *, semantic: str | None, course: str
) -> None:
    asked, answered = course.split()
    one = {
        "Y": {"resource": person(people[0])},
        "N": {"resource": person(people[1])},
        "X": {},  # an error: nobody is meant
        "F": {"resource": person(people[0]), "subject": {"type": "client", "id": "fernhill.crm"}},
    }
    body = listing(semantic=semantic) | {"evaluations": [one[letter] for letter in asked]}
    answer = said(await api.send("POST", LIST, body))
    assert [each["decision"] for each in answer["evaluations"]] == [letter == "Y" for letter in answered]
    statuses = [each["context"].get("error", {}).get("status") for each in answer["evaluations"]]
    assert statuses == [{"X": 400, "F": 403}.get(letter) for letter in answered]
    decided = [each["context"]["id"] for each in answer["evaluations"] if "id" in each["context"]]
    assert sorted(decided) == sorted(entry["decision"] for entry in await stage.entries("decision"))


async def test_a_thousand_ride_together_in_their_order(stage: Stage, api: Api, people: tuple[str, str]) -> None:
    order = [people[(place * place) % 3 == 1] for place in range(1000)]
    answer = await api.send("POST", LIST, listing(*order))
    assert bare(answer) == [customer == people[0] for customer in order]
    assert len(await stage.entries("decision")) == 1000


@pytest.mark.parametrize("semantic", ["execute_all", "deny_on_first_deny", "permit_on_first_permit"])
async def test_a_list_holds_a_thousand_at_the_most(api: Api, semantic: str) -> None:
    refused(await api.send("POST", LIST, listing(*[NOBODY] * 1001, semantic=semantic)), 400, "invalid_request")


LONG_AGO: Final = "2020-01-01T00:00:00Z"
DEFAULTS: Final[list[tuple[str, Json, Json, int | None]]] = [
    ("all of it stands above", asking("Y"), {}, None),
    ("nothing stands above", {}, asking("Y"), None),
    ("one replaces what stands above", asking("N"), {"resource": person("Y")}, None),
    ("a type stands above, the id below", asking("N", resource={"type": "customer"}), {"resource": {"id": "Y"}}, None),
    ("an id above, the type below", {"subject": {"id": SELF["id"]}}, asking("Y", subject={"type": "client"}), None),
    ("null is nothing", asking("Y"), {"resource": None, "context": None}, None),
    ("a context replaces the whole", asking("Y"), {"context": {"channel": "email"}}, 400),
    ("a context may be empty", asking("Y"), {"context": {}}, 400),
    ("nor is anything of it left", asking("Y", context={**SALES, "at": LONG_AGO}), {"context": SALES}, None),
    ("a subject is wanted", asking("Y", subject=None), {}, 400),
    ("an action is wanted", asking("Y", action=None), {}, 400),
    ("a resource is wanted", asking("Y", resource=None), {}, 400),
    ("what stands above is read as well", asking("Y", action={"name": 5}), {}, 400),
    ("and not, if replaced", asking("Y", action={"name": 5}), {"action": CONTACT}, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("above", "one", "status"), [case[1:] for case in DEFAULTS], ids=[case[0] for case in DEFAULTS]
)
async def test_what_stands_above_the_list_completes_each_of_it(
    api: Api, people: tuple[str, str], *, above: Json, one: Json, status: int | None
) -> None:
    text = json.dumps({**above, "evaluations": [one, asking(people[1])]})
    for letter, customer in zip("YN", people, strict=True):
        text = text.replace(f'"{letter}"', f'"{customer}"')
    first, second = said(await api.send("POST", LIST, json.loads(text)))["evaluations"]
    assert first["decision"] is (status is None)
    assert first["context"].get("error", {}).get("status") == status
    assert codes(second["context"]) == ["never_asked"]


@pytest.mark.parametrize("listed", [{}, {"evaluations": []}, {"evaluations": None}])
async def test_without_a_list_it_is_a_single_evaluation(api: Api, people: tuple[str, str], listed: Json) -> None:
    answer = await api.post(LIST, asking(people[0]) | listed)
    assert set(answer) == {"decision", "context"}
    assert answer["decision"] is True
    for changes, status, code in (
        ({"resource": None}, 400, "invalid_request"),
        ({"context": None}, 400, "incomplete_context"),
        ({"subject": {"type": "client", "id": "fernhill.crm"}}, 403, "subject_not_client"),
    ):
        refused(await api.send("POST", LIST, asking(people[0], **changes) | listed), status, code)


BESIDE: Final[list[tuple[str, object, int]]] = [
    ("no object", 5, 400),
    ("null", None, 400),
    ("a subject that is a word", {"subject": "quokka"}, 400),
    ("a subject without id", {"subject": {"type": "client"}}, 400),
    ("another client", {"subject": {"type": "client", "id": "fernhill.crm"}}, 403),
    ("a client of another organization", {"subject": {"type": "client", "id": "larkspur.everything"}}, 403),
    ("a user", {"subject": {"type": "user", "id": SELF["id"]}}, 403),
    ("another action", {"action": {"name": "quokka"}}, 400),
    ("another kind of resource", {"resource": {"type": "document", "id": NOBODY}}, 400),
    ("an id that is none", {"resource": {"type": "customer", "id": "quokka"}}, 400),
    ("an id with a line break", {"resource": {"type": "customer", "id": f"{NOBODY}\n"}}, 400),
    ("a purpose nobody declared", {"context": {"purpose": "quokka_walks", "channel": "email"}}, 400),
    ("a channel nobody declared", {"context": {"purpose": "sales", "channel": "quokka_post"}}, 400),
    ("a purpose that is a number", {"context": {"purpose": 5, "channel": "email"}}, 400),
    ("an instant that is none", {"context": {**SALES, "at": "quokka"}}, 400),
    ("an instant without a zone", {"context": {**SALES, "at": "2020-01-01T00:00:00"}}, 400),
    ("what is to come", {"context": {**SALES, "at": "2999-01-01T00:00:00Z"}}, 400),
]


@pytest.mark.parametrize(("one", "status"), [case[1:] for case in BESIDE], ids=[case[0] for case in BESIDE])
async def test_an_error_in_one_is_told_beside_the_others_answers(
    api: Api, people: tuple[str, str], *, one: object, status: int
) -> None:
    full = {**asking(people[1]), **one} if isinstance(one, dict) else one
    body = {"evaluations": [asking(people[0]), full, asking(people[1])]}
    first, wrong, last = said(await api.send("POST", LIST, body))["evaluations"]
    assert (first["decision"], last["decision"]) == (True, False)
    assert wrong["decision"] is False
    assert set(wrong["context"]) == {"error"}
    error = wrong["context"]["error"]
    assert error["status"] == status
    assert len(error["message"].split()) > 2
    assert "quokka" not in error["message"]


async def test_the_refused_of_one_list_are_one_entry_that_says_how_many(stage: Stage, api: Api) -> None:
    body = listing(*[NOBODY] * 3, subject={"type": "client", "id": "fernhill.crm"})
    assert bare(await api.send("POST", LIST, body)) == [False] * 3
    [entry] = await stage.entries("denied")
    assert (entry["action"], entry["reason"], entry["times"]) == ("evaluate_batch", "subject_not_client", 3)


async def test_a_suspended_client_is_told_no_and_why(stage: Stage, api: Api, people: tuple[str, str]) -> None:
    await suspend(stage.vault, await stage.operator(), key="everything")
    answers = [await api.post(ONE, asking(people[0])), *(await api.post(LIST, listing(*people)))["evaluations"]]
    assert [(one["decision"], codes(one["context"])) for one in answers] == [(False, ["client_suspended"])] * 3
    refused(await api.send("POST", LIST, {"evaluations": [{}]}), 401, "invalid_token")


@pytest.mark.parametrize("semantic", ["execute_all", "deny_on_first_deny"])
async def test_a_list_counts_as_many_as_it_holds_and_beyond_the_limit_none_of_it_is_decided(
    stage: Stage, semantic: str
) -> None:
    file = make.organization()
    file["clients"]["everything"]["limits"] = make.LIMITS | {"decisions_per_second": 5}
    await stage.apply(file)
    api = await stage.client("everything")
    await api.send("GET", "/v1/suppressions")  # a limit counts once a worker has seen it
    refused(await api.send("POST", LIST, listing(*[NOBODY] * 6, semantic=semantic)), 400, "over_limit")
    headers = {"x-request-id": "again"}
    lists = [api.send("POST", LIST, listing(*[NOBODY] * 4, semantic=semantic), headers=headers) for _ in range(2)]
    good, late = sorted(await asyncio.gather(*lists), key=lambda answer: answer.status_code)
    assert (good.status_code, late.status_code) == (200, 429)
    assert late.headers["x-request-id"] == "again"
    assert int(late.headers["retry-after"]) >= 1
    answered = len(said(good)["evaluations"])
    assert len(await stage.entries("decision")) == answered == (4 if semantic == "execute_all" else 1)
    await denials.tell(stage.vault)
