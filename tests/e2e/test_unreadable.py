"""What is stored and cannot be read is an error: never a no, never a silence (law 10)."""

from __future__ import annotations

import pytest

from tests.stage import Stage

SALES = {"purpose": "sales", "channel": "email"}


@pytest.mark.parametrize(
    ("column", "value"),
    [("kind", "quokka"), ("source", "quokka"), ("method", "quokka"), ("at", "infinity"), ("until", "-infinity")],
)
async def test_a_fact_that_cannot_be_read_is_an_error(stage: Stage, column: str, value: str) -> None:
    api = await stage.client("everything")
    customer = await api.register()
    await api.grant(customer)
    await stage.rows(f"CREATE TABLE was AS SELECT id, {column} FROM vault.fact")  # noqa: S608 - a column of ours
    await stage.rows(f"UPDATE vault.fact SET {column} = '{value}'")  # noqa: S608 - a column of ours
    answer = await api.send("POST", "/v1/decisions", {**SALES, "customer": customer})
    assert (answer.status_code, answer.json()["code"]) == (503, "unreadable_fact")
    assert "quokka" not in answer.text
    assert await stage.entries("decision") == []
    await stage.rows(f"UPDATE vault.fact f SET {column} = was.{column} FROM was WHERE was.id = f.id")  # noqa: S608 - a column of ours
    await stage.rows("DROP TABLE was")
    assert (await api.decide(customer=customer))["allowed"]
