"""The contract: `openapi.yaml` is what the routes say today, and it says enough to write a client by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from litestar import get
from litestar.testing import create_test_client

from tests.contract.openapi import current
from vault.api.problems import HANDLERS, Problem
from vault.base.errors import Unavailable

WRITTEN = Path(__file__).parents[2] / "openapi.yaml"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(WRITTEN.read_text("utf-8"))
    return loaded


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_the_written_contract_is_what_the_routes_say() -> None:
    assert WRITTEN.read_bytes() == current().encode(), "run: python -m tests.contract.openapi > openapi.yaml"


def test_every_reference_leads_somewhere_and_every_component_is_used(document: dict[str, Any]) -> None:
    found = set(references(document))
    components = {
        f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in document["components"][kind]
    }
    assert found == components


def test_every_operation_has_a_name_a_sentence_and_its_problems(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len({*names}) > 15
    for place, operation in operations(document):
        assert operation["summary"].endswith("."), place
        refusals = [status for status in operation["responses"] if status >= "400"]
        assert {"500", "503"} <= {*refusals}, place
        if (path := place.partition(" ")[2]).startswith("/v1/"):
            by = "session" if path.startswith("/v1/log/") else "oauth"
            assert operation["security"] == [{by: []}], place
            assert {"401", "403"} <= {*refusals}, place


def test_every_problem_is_a_problem_document(document: dict[str, Any]) -> None:
    for response in document["components"]["responses"].values():
        assert response["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_a_problem_is_sent_as_the_contract_has_it() -> None:
    @get("/", sync_to_thread=False)
    def fail() -> None:
        raise Unavailable("no_database", "the database does not answer")

    with create_test_client(fail, exception_handlers=HANDLERS) as client:
        answer = client.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert msgspec.json.decode(answer.content, type=Problem).code == "no_database"
    assert answer.json().keys() == {"type", "title", "status", "code", "detail"}


def test_every_request_body_refuses_fields_it_does_not_know(document: dict[str, Any]) -> None:
    # But for AuthZEN's: there whoever receives ignores what it does not know.
    bodies = {
        name
        for place, operation in operations(document)
        if not place.startswith("POST /access/")
        for name in references(operation.get("requestBody", {}).get("content", {}).get("application/json"))
    }
    assert len(bodies) > 8
    for body in bodies:
        assert document["components"]["schemas"][body.rpartition("/")[2]]["additionalProperties"] is False, body


def test_no_query_or_path_names_a_personal_value(document: dict[str, Any]) -> None:
    names = {
        parameter["name"] for _, operation in operations(document) for parameter in operation.get("parameters", ())
    }
    headers = {"Idempotency-Key", "X-Request-ID"}
    of_log = {
        "slug", "entry", "subject", "sample", "capability", "client", "actor", "kind", "outcome", "reason", "purpose",
        "channel", "since", "until", "start", "end", "from", "to", "size", "generation", "leaf",
        "rest", "decision", "request_id", "all", "fact", "format",
    }  # fmt: skip
    of_lists = {"audience", "release", "permit_for", "campaign"}
    of_imports = {"import_id", "path", "verdict", "before"}  # a path is the name of a file, never of a person
    assert names == {
        *of_imports,
        *of_lists,
        "customer",
        "contact_point",
        "at",
        "known_at",
        "after",
        "limit",
        *headers,
        *of_log,
    }


def test_nothing_is_written_that_only_python_reads() -> None:
    text = WRITTEN.read_text("utf-8")
    assert not re.search(r"\(\?!|&id\d|status_code|Validation Exception|vault\.", text)
