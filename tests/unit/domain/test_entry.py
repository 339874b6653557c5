"""The body of a log entry: canonical, without nulls, and never about another than who acted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import NOW, said
from vault.base.canonical import canonical
from vault.base.ids import ClientId, ContactPointId, EntryId, OrganizationId, SessionId, StaffId
from vault.domain.actor import Actor
from vault.domain.entry import by_whom, entry, stamp
from vault.domain.entry import told as told_of

OPERATOR = Actor(organization=OrganizationId("org_a"), kind="operator")
CRM = Actor(
    organization=OrganizationId("org_a"),
    kind="client",
    client=ClientId("cli_crm"),
    key="crm",
    scopes=frozenset({"decide"}),
    token="tok",
)

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(2, 1, 2), datetime(9998, 12, 30), timezones=zones)  # noqa: DTZ001 - the zone is drawn
told = st.dictionaries(
    st.sampled_from(["subject", "reasons", "outcome", "found", "flat", "released"]),
    st.none()
    | st.text(max_size=5)
    | st.integers(-9, 9)
    | st.booleans()
    | st.lists(st.text(max_size=3), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.booleans(), max_size=3),
)


def body(actor: Actor = CRM, at: datetime = NOW, **told: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(entry(EntryId("ent_a"), "decision", actor=actor, at=at, **told))
    return read


def test_an_entry_says_what_it_is_of_whom_when_and_by_whom() -> None:
    assert body(subject="sub_a") == {
        "v": 1,
        "id": "ent_a",
        "kind": "decision",
        "at": "2026-11-02T12:00:00.000000Z",
        "organization": "org_a",
        "actor": {"kind": "client", "client": "cli_crm", "token": "tok"},
        "subject": "sub_a",
    }


def test_an_actor_without_a_client_and_a_token_is_told_by_its_kind_alone() -> None:
    assert body(OPERATOR)["actor"] == {"kind": "operator"}


@given(told)
def test_an_entry_is_canonical_holds_no_null_and_nothing_that_is_there_is_left_out(told: dict[str, Any]) -> None:
    written = entry(EntryId("ent_a"), "decision", actor=CRM, at=NOW, **told)
    read = json.loads(written)
    assert canonical(read) == written
    assert None not in read.values()
    assert {name: read[name] for name in told if name in read} == {
        name: value for name, value in told.items() if value is not None
    }


def test_an_empty_or_false_thing_is_no_absent_one() -> None:
    empty: dict[str, Any] = {"found": 0, "released": [], "allowed": False, "note": ""}
    assert body(**empty) == body() | empty


@pytest.mark.parametrize("value", [{"why": None}, [None], 0.5, b"bytes", NOW, {1: "one"}])
def test_what_has_more_than_one_spelling_is_never_written(value: Any) -> None:
    with pytest.raises(TypeError):
        body(told=value)


@pytest.mark.parametrize("name", ["v", "id", "organization"])
def test_what_is_told_never_replaces_what_the_entry_says_of_itself(name: str) -> None:
    told: dict[str, Any] = {name: "another"}
    assert body(**told) == body()


@given(instants, instants)
def test_a_stamp_sorts_as_it_reads(one: datetime, other: datetime) -> None:
    assert (stamp(one) < stamp(other), stamp(one) == stamp(other)) == (one < other, one == other)


@given(instants, zones)
def test_a_stamp_is_the_same_instant_in_utc_wherever_it_was_told(instant: datetime, zone: timezone) -> None:
    assert datetime.fromisoformat(stamp(instant)) == instant
    assert stamp(instant.astimezone(zone)) == stamp(instant)
    assert (stamp(instant)[-1], len(stamp(instant))) == ("Z", 27)


def test_a_stamp_has_microseconds_even_where_there_are_none() -> None:
    assert stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) == "2026-01-02T03:04:05.000000Z"
    assert stamp(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2026-01-02T03:04:05.000006Z"


def test_the_entry_of_a_fact_tells_what_was_said_and_never_about_which_address() -> None:
    fact = said("granted", NOW, contact_point=ContactPointId("ctp_here"), words="ab", method="form")
    assert told_of(fact) == {
        "fact": fact.id,
        "said": "granted",
        "purpose": "sales",
        "channel": "email",
        "said_at": stamp(NOW),
        "source": "person",
        "method": "form",
        "notice": 3,
        "words": "ab",
        "guardian": None,
        "dealing": None,
        "import": None,
    }


def test_staff_are_told_by_their_id_and_session() -> None:
    own, signed_in = StaffId("stf_a"), SessionId("ses_a")
    auditor = Actor(organization=OrganizationId("org_a"), kind="auditor", staff=own, session=signed_in)
    assert by_whom(auditor) == {"kind": "auditor", "staff": "stf_a", "session": "ses_a"}
