"""The inspection of the house finds what it is there to find: each fault is planted, and seen."""

from __future__ import annotations

import copy
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest

from tests import make
from tests.e2e.doors import ask
from tests.house import inspect, read_tables
from tests.stage import Stage
from tests.visitor import Visitor
from vault.base.canonical import canonical
from vault.crypto.box import SealError

Tables = dict[str, list[dict[str, Any]]]


def first(tables: Tables, kind: str) -> dict[str, Any]:
    return next(row for row in tables["vault.log_entry"] if json.loads(row["body"])["kind"] == kind)


def retold(kind: str, **told: Any) -> Callable[[Tables], None]:
    def plant(tables: Tables) -> None:
        row = first(tables, kind)
        row["body"] = canonical(json.loads(row["body"]) | told)

    return plant


def without(kind: str) -> Callable[[Tables], None]:
    def plant(tables: Tables) -> None:
        row = first(tables, kind)
        tables["vault.log_entry"].remove(row)
        tables["vault.log_pending"] = [one for one in tables["vault.log_pending"] if one["entry"] != row["id"]]

    return plant


def put(table: str, column: str, value: Any) -> Callable[[Tables], None]:
    def plant(tables: Tables) -> None:
        tables[table][0][column] = value

    return plant


def moved(table: str) -> Callable[[Tables], None]:
    def plant(tables: Tables) -> None:
        one, two = tables[table][:2]
        one["sealed"], two["sealed"] = two["sealed"], one["sealed"]

    return plant


def spaced(tables: Tables) -> None:
    row = tables["vault.log_entry"][0]
    row["body"] = json.dumps(json.loads(row["body"])).encode()


def unqueued(tables: Tables) -> None:
    tables["vault.log_pending"].pop()


PHONE = "+447911999123"
FAULTS: list[tuple[str, Callable[[Tables], None]]] = [
    ("a fact without an entry", without("fact")),
    ("a decision without an entry", without("decision")),
    ("a read without an entry", without("customer_read")),
    ("a token without an entry", without("token_issued")),
    ("a refusal without an entry", without("denied")),
    ("an entry that is not canonical", spaced),
    ("an entry that waits for no number", unqueued),
    ("an entry too long", retold("decision", more="x" * 65_535)),
    ("an entry that names a customer", retold("decision", customer="cus_06h0090m41t835kpwqjv10s1y0")),
    ("an entry of another organization", retold("decision", organization="org_06h0090m41t835kpwqjv10s1y0")),
    ("a name in the clear", put("vault.customer", "locale", "Quokkarina")),
    ("a name in capitals", put("vault.fact", "words", "xQUOKKARINAx")),
    ("a name in bytes", put("vault.configuration", "document", b"\0Quokka\0")),
    ("a name in hex", put("vault.fact", "words", b"Quokkarina".hex())),
    ("a name in base64", put("vault.fact", "words", b64encode(b"ab Quokkarina").decode())),
    ("a number in the clear", put("vault.fact", "locale", "tel:07911 999123".replace(" ", ""))),
    ("a birthday in the clear", put("vault.fact", "method", make.birth_date())),
    ("an attribute in another place", moved("vault.attribute")),
    ("a contact point in another place", moved("vault.contact_point")),
    ("details beside another entry", moved("vault.log_detail")),
    ("details that are not those committed to", retold("sign_in_asked", details="0" * 64)),
    ("an address in the clear", put("vault.fact", "words", f"from {make.ADDRESS}")),
    ("a browser in the clear", put("vault.configuration", "document", make.BROWSER.encode())),
]


@pytest.mark.parametrize("plant", [one[1] for one in FAULTS], ids=[one[0] for one in FAULTS])
async def test_a_planted_fault_is_found(stage: Stage, plant: Callable[[Tables], None]) -> None:
    api, narrow = await stage.client("everything"), await stage.client("everything", "decide")
    email = make.email()
    customer = await api.register(contact_points=[make.point("phone", PHONE), make.point("email", email)])
    await ask(Visitor(stage.http), email)
    await api.grant(customer)
    await api.decide(customer=customer, release=["contact"])
    await api.get(f"/v1/customers/{customer}")
    await narrow.send("GET", f"/v1/customers/{customer}")
    tables: Tables = copy.deepcopy({name: list(rows) for name, rows in (await read_tables(stage.url)).items()})  # type: ignore[arg-type]  # rows are dicts
    await inspect(stage.vault, tables, stage.seen)
    plant(tables)
    with pytest.raises((AssertionError, SealError)):
        await inspect(stage.vault, tables, stage.seen)


async def test_a_value_in_a_log_line_a_url_or_an_answer_is_found(stage: Stage) -> None:
    tables = await read_tables(stage.url)
    await stage.client("crm")
    tables = await read_tables(stage.url)
    seen = copy.deepcopy(stage.seen)
    seen.lines.append("{'event': 'unforeseen', 'who': 'Quokkarina'}")
    with pytest.raises(AssertionError, match="log line"):
        await inspect(stage.vault, tables, seen)
    for field, value in (("url", "/health?who=quokka"), ("got", b'{"detail":"Quokkarina"}')):
        seen = copy.deepcopy(stage.seen)
        health = copy.copy(seen.exchanges[0])
        health.method, health.url = "GET", "/health"
        setattr(health, field, value)
        seen.exchanges.append(health)
        with pytest.raises(AssertionError, match="quokka"):
            await inspect(stage.vault, tables, seen)
