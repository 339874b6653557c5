"""Deciding at once: what reserves nothing is read in one statement and written in one, with no transaction around."""

from __future__ import annotations

import pytest

from tests.stage import Api, Stage
from tests.statements import statements

ASKED = {"purpose": "sales", "channel": "email"}


@pytest.fixture
async def crm(stage: Stage) -> Api:
    return await stage.client("crm")


async def test_a_question_is_one_statement_that_reads_and_one_that_writes(stage: Stage, crm: Api) -> None:
    customer = await crm.register()
    await crm.decide(customer=customer, **ASKED)
    async with statements(stage.vault) as sent:
        answer = await crm.decide(customer=customer, **ASKED)
    read, write = [one for one in sent if "vault.fact" in one or "vault.log_entry" in one]
    assert "SELECT" in read
    assert "INSERT INTO vault.log_entry" in write
    assert sent.count("BEGIN;") <= sum(
        "vault.allowance" in one for one in sent
    )  # what its limit allows is leased in another
    assert [entry["decision"] for entry in await stage.entries("decision")][-1] == answer["id"]


async def test_what_is_to_be_sent_is_decided_in_a_transaction(stage: Stage, crm: Api) -> None:
    customer = await crm.register()
    await crm.decide(customer=customer, **ASKED)
    async with statements(stage.vault) as sent:
        await crm.decide(customer=customer, reserve=True, **ASKED)
    assert (sent[0], sent[-1]) == ("BEGIN;", "COMMIT;")


async def test_a_connection_that_died_at_hand_is_nobodys(stage: Stage, crm: Api) -> None:
    customer = await crm.register()
    await crm.decide(customer=customer, **ASKED)
    await stage.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
    answers = [await crm.send("POST", "/v1/decisions", {"customer": customer, **ASKED}) for _ in range(4)]
    assert answers[-1].status_code == 200
