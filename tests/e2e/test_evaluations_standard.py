"""AuthZEN to the letter: what its standard has malformed, unread, repeated and told (OpenID Authorization API 1.0)."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.evaluating import CONTACT, LIST, NOBODY, ONE, SALES, SELF, Json, asking, listing, person
from tests.stage import ISSUER, PROBLEM, Api, Stage, refused, said

JSON: Final = {"content-type": "application/json"}


@pytest.fixture
async def people(api: Api) -> tuple[str, str]:
    """Somebody who said yes to sales by e-mail, and somebody who never said anything."""
    yes, silent = await api.register(), await api.register()
    await api.grant(yes)
    return yes, silent


WRONG: Final[list[tuple[str, object]]] = [
    ("no subject", asking(subject=None)),
    ("no action", asking(action=None)),
    ("no resource", asking(resource=None)),
    ("a subject without type", asking(subject={"id": "alice"})),
    ("a subject without id", asking(subject={"type": "user"})),
    ("an action without name", asking(action={})),
    ("a resource without type", asking(resource={"id": "record-1"})),
    ("a resource without id", asking(resource={"type": "record"})),
    ("a subject that is a word", asking(subject="alice")),
    ("an action that is a number", asking(action={"name": 123})),
    ("a context that is a list", asking(context=[])),
    ("a list", [asking()]),
    ("null", None),
]


@pytest.mark.parametrize("path", [ONE, LIST])
@pytest.mark.parametrize("body", [case[1] for case in WRONG], ids=[case[0] for case in WRONG])
async def test_what_is_malformed_is_400(api: Api, path: str, body: object) -> None:
    refused(await api.send("POST", path, content=json.dumps(body).encode(), headers=JSON), 400, "invalid_request")


@pytest.mark.parametrize("path", [ONE, LIST])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "application/json"),
        (b'{"subject": {', "application/json"),
        (b"quokka", "application/json"),
        (b'{"subject": {"type": "\xff"}}', "application/json"),
        (b'{"properties": ' + b"[" * 100_000, "application/json"),
        (json.dumps(asking()).encode(), "text/plain"),
        (json.dumps(asking()).encode(), "application/x-www-form-urlencoded"),
        (json.dumps(asking()).encode(), "application/json-seq"),
    ],
)
async def test_what_is_no_json_is_400(api: Api, path: str, *, content: bytes, kind: str) -> None:
    refused(await api.send("POST", path, content=content, headers={"content-type": kind}), 400, "malformed")


async def test_a_list_that_is_none_and_a_semantic_nobody_knows_are_400(api: Api) -> None:
    wrongs: list[Json] = [
        {"evaluations": {}},
        {"evaluations": "quokka"},
        {"options": 5},
        {"options": {"evaluations_semantic": "quokka"}},
        {"subject": "alice"},
    ]
    for wrong in wrongs:
        problem = refused(await api.send("POST", LIST, listing(NOBODY) | wrong), 400, "invalid_request")
        assert "quokka" not in problem["detail"]


async def test_a_body_too_large_is_413(api: Api) -> None:
    content = json.dumps(asking() | {"properties": "q" * 2 * 1024 * 1024}).encode()
    for path in (ONE, LIST):
        refused(await api.send("POST", path, content=content, headers=JSON), 413, "too_large")


async def test_what_the_standard_adds_one_day_is_not_read(api: Api, people: tuple[str, str]) -> None:
    body = asking(
        people[0],
        subject={**SELF, "properties": {"role": "admin", "ip_address": "172.217.22.14"}, "future": 1},
        action={**CONTACT, "properties": {"release": ["contact"]}},
        resource={**person(people[0]), "properties": {"status": "archived", "release": ["contact"]}},
        context={**SALES, "time": "1985-10-26T01:22-07:00", "release": ["contact"], "schema": {"a": [None]}},
    )
    for path in (ONE, LIST):
        answer = await api.post(path, {**body, "foo": "bar", "futureField": {"nested": True}, "release": ["contact"]})
        assert answer["decision"] is True
        assert set(answer["context"]) >= {"id", "reasons", "log"}
        assert "released" not in json.dumps(answer)
    listed = await api.post(LIST, {"evaluations": [body], "options": {"another_option": "value"}})
    assert [one["decision"] for one in listed["evaluations"]] == [True]


async def test_the_same_request_gets_the_same_decision_and_each_time_an_entry(
    stage: Stage, api: Api, people: tuple[str, str]
) -> None:
    headers = {"x-request-id": "the-same", "idempotency-key": "the-same"}
    answers = [said(await api.send("POST", ONE, asking(people[0]), headers=headers)) for _ in range(3)]
    assert [answer["decision"] for answer in answers] == [True] * 3
    assert len({answer["context"]["id"] for answer in answers}) == len(await stage.entries("decision")) == 3


@pytest.mark.parametrize("sent", ["bfe9eb29-ab87-4ca3-be83-a1d5d8305716", "!", "~" * 255, 'a"b,c;d'])
async def test_the_id_of_a_request_comes_back_with_whatever_is_answered(stage: Stage, api: Api, sent: str) -> None:
    headers = {"x-request-id": sent}
    weak = await stage.client("everything", "withdraw")
    for path in (ONE, LIST):
        answers = [
            await api.send("POST", path, asking(), headers=headers),
            await api.send("POST", path, {}, headers=headers),
            await api.send("POST", path, content=b"{", headers={**headers, **JSON}),
            await weak.send("POST", path, asking(), headers=headers),
            await stage.http.post(path, json=asking(), headers=headers),
        ]
        assert [answer.status_code for answer in answers] == [200, 400, 400, 403, 401]
        assert [answer.headers.get_list("x-request-id") for answer in answers] == [[sent]] * 5
        assert "x-request-id" not in (await api.send("POST", path, asking())).headers


@pytest.mark.parametrize("sent", [[b""], [b"a b"], [b"\xe9"], [b"a\tb"], [b"x" * 256], [b"a", b"b"]])
async def test_what_is_no_id_of_a_request_is_400_and_does_not_come_back(
    stage: Stage, api: Api, sent: list[bytes]
) -> None:
    headers = [(b"authorization", f"Bearer {api.token}".encode()), *((b"x-request-id", one) for one in sent)]
    answer = await stage.http.post(ONE, json=asking(), headers=headers)
    refused(answer, 400, "malformed")
    assert "x-request-id" not in answer.headers


async def test_without_a_token_nobody_is_told_what_is_wrong(stage: Stage) -> None:
    for path, body in ((ONE, asking()), (ONE, {}), (LIST, listing(NOBODY)), (LIST, {"evaluations": 5})):
        for headers in ({}, {"authorization": "Bearer quokka"}, {"authorization": "Basic cXVva2thOng="}):
            answer = await stage.http.post(path, json=body, headers=headers)
            refused(answer, 401, "invalid_token")
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_without_the_scope_nothing_is_evaluated_whatever_is_wrong_with_it(stage: Stage) -> None:
    weak = await stage.client("everything", "withdraw")
    for path, body in (
        (ONE, asking()),
        (ONE, asking(subject={"type": "client", "id": "fernhill.crm"})),
        (LIST, listing(NOBODY)),
        (LIST, listing(NOBODY, NOBODY, semantic="deny_on_first_deny")),
        (LIST, {"evaluations": [5, {}]}),
        (LIST, asking(context={})),
    ):
        answer = await weak.send("POST", path, body)
        refused(answer, 403, "insufficient_scope")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert [entry["action"] for entry in await stage.entries("denied")] == ["evaluate"] * 2 + ["evaluate_batch"] * 4
    assert await stage.entries("decision") == []


async def test_the_metadata_names_what_there_is_and_nothing_else(stage: Stage, api: Api) -> None:
    answer = await stage.http.get("/.well-known/authzen-configuration")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "policy_decision_point": ISSUER,
        "access_evaluation_endpoint": ISSUER + ONE,
        "access_evaluations_endpoint": ISSUER + LIST,
    }
    for endpoint in ("access_evaluation_endpoint", "access_evaluations_endpoint"):
        assert (await api.send("POST", answer.json()[endpoint], asking())).status_code == 200
    for absent in ("subject", "resource", "action"):
        refused(await api.send("POST", f"/access/v1/search/{absent}", {}), 404, "not_found")


WORDS: Final = st.sampled_from([
    "subject", "action", "resource", "context", "evaluations", "options", "type", "id", "name", "purpose", "channel",
    "at", "evaluations_semantic", "properties",
])  # fmt: skip
PLAUSIBLE: Final[st.SearchStrategy[Any]] = st.sampled_from([
    "client", "fernhill.everything", "contact", "customer", NOBODY, "sales", "email", "execute_all", "",
    "2020-01-01T00:00:00Z", 5, 2**70, -1.5, True, None, [], {}, SELF, CONTACT, SALES, person(NOBODY), [asking()],
    "\0", "\ud800",
])  # fmt: skip
INNER: Final = PLAUSIBLE | st.dictionaries(WORDS, PLAUSIBLE, max_size=4)
BODIES: Final = st.dictionaries(WORDS, INNER | st.lists(INNER, max_size=4), max_size=6) | INNER


@settings(max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from([ONE, LIST]), body=BODIES)
async def test_no_evaluation_whatever_is_an_error_of_ours(api: Api, *, path: str, body: object) -> None:
    answer = await api.send("POST", path, content=json.dumps(body).encode(), headers=JSON)
    assert answer.status_code in {200, 400, 403}, answer.text
    if answer.status_code == 200:
        assert all(isinstance(one["decision"], bool) for one in answer.json().get("evaluations", [answer.json()]))
    else:
        assert answer.headers["content-type"] == PROBLEM
