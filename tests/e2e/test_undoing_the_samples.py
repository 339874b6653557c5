"""The samples' mailing lists are brought in, undone and brought in again: nobody who said no is reached on any way."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import timedelta
from io import StringIO
from itertools import islice
from typing import Any, Final
from uuid import UUID

import pytest

from tests.importing import bring_in, of_texts
from tests.stage import Stage
from tests.unit.imports.samples import EXPORTED, ORGANIZATION, SAMPLES
from vault.actions.importing.given import Given, Told
from vault.actions.undoing import erasing, undoing
from vault.base.ids import CUSTOMER, raw, show
from vault.base.personal import Personal
from vault.domain.decision.basis import way
from vault.domain.importing.undone import NewUndoing, Undoing
from vault.domain.standing import Instants, State, standing
from vault.store.decision import questions

WAYS: Final = [way(ORGANIZATION, purpose, channel="email") for purpose in ("newsletter", "sales")]
NAMES: Final = ("subscribed", "unsubscribed", "cleaned")
PATH: Final = "mailchimp/{}_members_export_7c1f0a92be.csv"
MOST: Final = 100


def rows(name: str) -> list[list[str]]:
    """Return the first rows of a file of the mailing list, its header before them."""
    with (SAMPLES / PATH.format(name)).open(encoding="utf-8", newline="") as file:
        return list(islice(csv.reader(file), MOST))


def of_rows(table: list[list[str]], name: str = "subscribed", **how: Any) -> Given:
    """Return a file of the mailing list with these rows."""
    return of_texts({PATH.format(name): written(table)}, **how)


def written(table: list[list[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue()


def pretending() -> list[list[str]]:
    """Return rows that say of those who left that they subscribed."""
    header, *yeses = rows("subscribed")
    _, *noes = rows("unsubscribed")
    return [header, *([left[0], *yes[1:]] for left, yes in zip(noes, yeses, strict=True))]


LIST: Final = of_texts({PATH.format(name): written(rows(name)) for name in NAMES})

Stands = dict[UUID, tuple[tuple[State, bool], ...]]
"""By the tag of an address: for each purpose how whoever has it stands, and whether they are reached."""


async def stands(stage: Stage) -> Stands:
    customers = [show(CUSTOMER, row["id"]) for row in await stage.rows("SELECT id FROM vault.customer")]
    tags = {row["id"]: row["tag"] for row in await stage.rows("SELECT id, tag FROM vault.contact_point")}
    async with stage.vault.database.work(await stage.organization()) as work:
        read = await questions.read(work, customers, sought=[], purposes=ORGANIZATION.bearing)
    instants = Instants(now=EXPORTED)
    found: Stands = {}
    for person in read.people.values():
        states = [standing(person.facts, one.rule, instants=instants).state for one in WAYS]
        for point in person.points:
            if point.kind == "email":
                reached = [state == "granted" and not point.suppressions for state in states]
                found[tags[raw(point.id)]] = tuple(zip(states, reached, strict=True))
    return found


def reached(found: Stands) -> set[tuple[UUID, int]]:
    return {(tag, place) for tag, ways in found.items() for place, (_, reached) in enumerate(ways) if reached}


class KilledError(Exception):
    """What ends a work before its time."""


def killed(erased: int) -> None:
    assert 0 < erased <= erasing.BATCH
    raise KilledError


async def undo(stage: Stage, told: Told, *, reason: str | None = None) -> Undoing:
    """Undo an import at the machine, with its noes where there is a reason. Killed while it erases, it goes on."""
    operator = await stage.operator()
    why = None if reason is None else Personal(reason)
    new = NewUndoing(with_noes=reason is not None, reason=why)
    done = await undoing.undo(stage.vault, operator, import_=told.id, new=new)
    with pytest.raises(KilledError):
        await erasing.finish(stage.vault, operator.organization, import_=told.id, progress=killed)
    left = await undoing.undo(stage.vault, operator, import_=told.id, new=new)
    assert left.left == max(0, done.customers - erasing.BATCH)
    assert await erasing.finish(stage.vault, operator.organization, import_=told.id) == left.left
    return done


async def test_a_list_undone_and_brought_again_reaches_whom_it_reached_and_nobody_else(stage: Stage) -> None:
    first = await bring_in(stage, LIST)
    before = await stands(stage)
    assert len(reached(before)) > 30
    done = await undo(stage, first)
    assert (done.customers, done.stay) == (first.customers, 0)
    assert await stands(stage) == {}
    assert await stage.count("keystore.customer_key") == 0
    assert await stage.count("vault.erasure_mark") == 0
    noes = await stage.rows("SELECT count(*) AS n FROM vault.suppression")
    assert noes[0]["n"] == done.suppressions

    again = await bring_in(stage, LIST)
    assert (again.id != first.id, again.repeated) == (True, False)
    assert again.customers == first.customers
    after = await stands(stage)
    assert after.keys() == before.keys()
    assert reached(after) == reached(before)

    # Undone with its noes, what the first one kept still binds: no other list brings back who left.
    await undo(stage, again, reason="once more, to be sure")
    assert await stands(stage) == {}
    third = await bring_in(stage, of_rows(pretending()))
    assert third.customers == MOST - 1
    assert {state for ways in (await stands(stage)).values() for state, _ in ways} >= {"withdrawn"}
    assert reached(await stands(stage)) == set()


async def test_a_list_undone_with_its_noes_leaves_nothing_but_the_log(stage: Stage) -> None:
    first = await bring_in(stage, LIST)
    before = await stands(stage)
    done = await undo(stage, first, reason="the list of another company")
    assert done.noes > 50
    tables = [
        "keystore.subject",
        "keystore.customer_key",
        "keystore.blind_index",
        "vault.contact_point",
        "vault.external_reference",
        "vault.attribute",
        "vault.erasure_mark",
    ]
    assert {table: await stage.count(table) for table in tables} == dict.fromkeys(tables, 0)
    again = await bring_in(stage, LIST)
    assert Counter(again.verdicts) == Counter(first.verdicts)
    assert await stands(stage) == before

    # Who was erased since is not brought back, whatever later files say.
    tag, _ = min(reached(before))
    [row] = await stage.rows("SELECT customer FROM vault.contact_point WHERE tag = $1", tag)
    await stage.erase(show(CUSTOMER, row["customer"]))
    later = await bring_in(stage, of_rows(rows("subscribed"), exported_at=EXPORTED + timedelta(hours=1)))
    assert later.reasons == {"not_accepted": 1}
    assert tag not in await stands(stage)
