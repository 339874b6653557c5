"""The log searched by what its leaves are marked with. The bytes of an entry say the same, and are what is signed.

Statements are written for the filters given: one that is not given is no condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from asyncpg import Record

from vault.base.ids import CLIENT, ENTRY, STAFF, SUBJECT, Subject, raw, show
from vault.domain.audit.wanted import Hit, Place, Wanted
from vault.store.database import Work

_COLUMNS: Final = "generation, number, entry, at, kind, actor, subject, client, purpose, outcome, reasons"
_CONDITIONS: Final[Mapping[str, str]] = {
    "subject": "subject = ${}",
    "client": "client = ${}",
    "actor": "(actor = ${0} OR starts_with(actor, ${0} || '/'))",
    "kind": "kind = ${}",
    "outcome": "outcome = ${}",
    "reason": "${} = ANY (reasons)",
    "purpose": "purpose = ${}",
    "since": "at >= ${}",
    "until": "at < ${}",
}
_BY_STAFF: Final = "actor IN ('auditor/' || ${0}, 'admin/' || ${0})"
_RARE: Final = "kind <> 'decision'"  # in words, so that the index over what is rare may be used
_COMMON: Final = "decision"
_WAITING: Final = "SELECT count(*) AS count FROM vault.log_pending WHERE organization = $1"


async def hits(work: Work, wanted: Wanted, *, after: Place | None, limit: int) -> list[Hit]:
    """Return the newest entries wanted, those before the place `after` where it is given."""
    conditions, values = _written(wanted)
    if after is not None:
        values += [after.generation, after.number]
        conditions["place"] = f"(generation, number) < (${len(values)}, ${len(values) + 1})"
    rows = await work.fetch(
        f"SELECT {_COLUMNS} FROM vault.log_leaf WHERE {_all(conditions)} "  # noqa: S608 - columns and conditions of ours
        f"ORDER BY generation DESC, number DESC LIMIT {limit:d}",
        work.own,
        *values,
    )
    return [hit(row) for row in rows]


async def count(work: Work, wanted: Wanted) -> int:
    """Return how many entries are wanted in all."""
    conditions, values = _written(wanted)
    statement = f"SELECT count(*) AS count FROM vault.log_leaf WHERE {_all(conditions)}"  # noqa: S608 - likewise
    [row] = await work.fetch(statement, work.own, *values)
    return int(row["count"])


async def alone(work: Work, wanted: Wanted) -> dict[str, tuple[int, int]]:
    """Return for each filter given how many entries pass it alone, and how many all the others without it."""
    conditions, values = _written(wanted)
    counted = []
    for name, condition in conditions.items():
        others = [other for one, other in conditions.items() if one != name]
        without = f"count(*) FILTER (WHERE {' AND '.join(others)})" if others else "count(*)"
        counted += [f"count(*) FILTER (WHERE {condition})", without]
    if not counted:
        return {}
    statement = f"SELECT {', '.join(counted)} FROM vault.log_leaf WHERE organization = $1"  # noqa: S608 - likewise
    [row] = await work.fetch(statement, work.own, *values)
    return {name: (row[2 * place], row[2 * place + 1]) for place, name in enumerate(conditions)}


async def of_subject(work: Work, subject: Subject) -> list[Hit]:
    """Return all entries of a subject, oldest first."""
    rows = await work.fetch(
        f"SELECT {_COLUMNS} FROM vault.log_leaf WHERE organization = $1 AND subject = $2 "  # noqa: S608 - likewise
        "ORDER BY generation, number",
        work.own,
        raw(subject),
    )
    return [hit(row) for row in rows]


async def waiting(work: Work) -> int:
    """Return how many entries wait for their number."""
    [row] = await work.fetch(_WAITING, work.own)
    return int(row["count"])


def hit(row: Record) -> Hit:
    """Return a leaf as a search shows it."""
    actor, _, staff = (row["actor"] or "").partition("/")
    return Hit(
        number=row["number"],
        entry=show(ENTRY, row["entry"]),
        generation=row["generation"],
        at=row["at"],
        kind=row["kind"],
        actor=actor or None,
        staff=staff or None,
        client=None if row["client"] is None else show(CLIENT, row["client"]),
        subject=None if row["subject"] is None else show(SUBJECT, row["subject"]),
        purpose=row["purpose"],
        outcome=row["outcome"],
        reasons=tuple(row["reasons"]),
    )


def _written(wanted: Wanted) -> tuple[dict[str, str], list[object]]:
    """Return the conditions by the names of their filters, and what they compare with, from $2 on."""
    conditions: dict[str, str] = {}
    values: list[object] = []
    for name in wanted.given():
        value = getattr(wanted, name)
        values.append(raw(value) if name in {"subject", "client"} else value)
        pattern = _CONDITIONS[name]
        if name == "actor" and value.startswith(f"{STAFF}_"):
            pattern = _BY_STAFF
        conditions[name] = pattern.format(len(values) + 1)
        if name == "kind" and value != _COMMON:
            conditions[name] += f" AND {_RARE}"
    return conditions, values


def _all(conditions: Mapping[str, str]) -> str:
    return " AND ".join(["organization = $1", *conditions.values()])
