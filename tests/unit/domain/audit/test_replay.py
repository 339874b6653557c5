"""Replaying, as a rule: what an entry lists is folded as it was, and whatever was changed in it is named."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from tests.unit.domain.facts import DAY, NOW, ORGANIZATION, Case, cases, said
from vault.base.duration import Duration
from vault.base.errors import Conflict, Invalid
from vault.base.ids import FactId
from vault.domain.audit.replay import differences, fold, read_decision, words
from vault.domain.entry import stamp
from vault.domain.fact import Fact
from vault.domain.standing import Instants, rule, standing
from vault.domain.timing.implied import Implied

FLAT: dict[str, Any] = {
    "standing": "granted", "pending_for": "", "basis": "consent", "kind": "offer", "channel": "email", "minor": False,
}  # fmt: skip


def body(**given: Any) -> bytes:
    plain: dict[str, Any] = {
        "kind": "decision",
        "at": stamp(NOW),
        "actor": {"kind": "client", "client": "cli_crm"},
        "purpose": "sales",
        "channel": "email",
        "outcome": "allow",
        "reasons": ["opted_in"],
        "policies": ["offer_needs_yes"],
        "configuration": "abc",
        "flat": FLAT,
        "standing": "granted",
        "facts": [],
        "log": "more than is needed",
    }
    told = {name: value for name, value in (plain | given).items() if value is not None}
    return json.dumps(told).encode()


def named(entry: bytes, facts: list[Fact]) -> list[str]:
    told, again = fold(ORGANIZATION, read_decision(entry), facts=facts)
    return [one.field for one in differences(told, again)]


def test_what_agrees_is_not_told_and_what_differs_is_named_with_both() -> None:
    yes = said("granted")
    assert named(body(facts=[yes.id]), [yes]) == []
    told, again = fold(ORGANIZATION, read_decision(body(facts=[yes.id], standing="refused")), facts=[yes])
    [difference] = differences(told, again)
    assert (difference.field, difference.logged, difference.replayed) == ("standing", "refused", "granted")
    assert words(("one", "two")) == "one two"


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"basis": "contract"}, ["flat.basis"]),
        ({"kind": "service"}, ["flat.kind"]),
        ({"channel": "sms"}, ["flat.channel"]),
        ({"pending_for": "evidence"}, ["flat.pending_for"]),
        ({"standing": "withdrawn"}, ["flat.standing"]),
        ({"minor": True}, []),  # of a person nothing but facts is kept for ever; Cedar is asked with it again
    ],
)
def test_each_fact_that_can_be_made_again_is_compared(changed: dict[str, Any], fields: list[str]) -> None:
    yes = said("granted")
    assert named(body(facts=[yes.id], flat=FLAT | changed), [yes]) == fields


def test_a_fact_that_is_gone_or_was_taken_off_the_list_is_missed() -> None:
    yes, no = said("granted", NOW.replace(year=2026, month=10)), said("refused")
    assert named(body(facts=[yes.id, no.id]), [yes]) == ["facts"]
    assert named(body(facts=[yes.id]), [yes]) == []
    assert named(body(facts=[yes.id, no.id], standing="refused", flat=FLAT | {"standing": "refused"}), [yes, no]) == []
    assert "standing" in named(body(facts=[no.id]), [no])


def test_a_yes_about_another_contact_point_is_listed_and_does_not_count() -> None:
    yes = said("granted")
    never = FLAT | {"standing": "never_asked"}
    assert named(body(facts=[yes.id], facts_elsewhere=[yes.id], standing="never_asked", flat=never), [yes]) == []
    no = said("refused")
    refused = FLAT | {"standing": "refused"}
    assert named(body(facts=[no.id], facts_elsewhere=[no.id], standing="refused", flat=refused), [no]) == []


def test_of_whoever_was_merged_the_strictest_counts_as_the_entry_says_who_was_made_one() -> None:
    no, yes = said("refused", NOW - 3 * DAY), said("granted", NOW - 2 * DAY)
    refused: dict[str, Any] = {"standing": "refused", "flat": FLAT | {"standing": "refused"}}
    whole = refused | {"facts": [no.id, yes.id], "parts": [no.id, yes.id], "merges": [f"0 1 {stamp(NOW - DAY)}"]}
    assert named(body(**whole), [no, yes]) == []
    assert named(body(**(whole | {"parts": None, "merges": None})), [no, yes]) == ["standing", "flat.standing"]


def test_of_a_person_nobody_knew_nothing_is_folded() -> None:
    assert fold(ORGANIZATION, read_decision(body(facts=None, standing=None)), facts=[]) == ({}, {})
    assert fold(ORGANIZATION, read_decision(body(flat=None, facts=None)), facts=[]) == ({}, {})
    with pytest.raises(Invalid, match="unknown_purpose"):
        fold(ORGANIZATION, read_decision(body(purpose="nothing")), facts=[])


@given(case=cases)
def test_whatever_was_said_an_entry_written_by_the_fold_agrees_with_it(case: Case) -> None:
    facts = list({fact.id: fact for fact in case.facts}.values())
    instants = Instants(now=case.instants.now, at=case.instants.at)
    way = rule(ORGANIZATION, ORGANIZATION.purpose("sales"), channel="email")
    stands = standing(facts, way, instants=instants, contact_point=case.about, minor=False)
    elsewhere = [fact.id for fact in facts if case.about is not None and fact.contact_point not in {None, case.about}]
    entry = body(
        at=stamp(instants.now),
        asked_at=stamp(instants.at) if instants.at else None,
        facts=[fact.id for fact in facts],
        facts_elsewhere=elsewhere or None,
        standing=stands.state,
        flat=FLAT | {"standing": stands.state, "pending_for": stands.pending_for or ""},
    )
    assert named(entry, facts) == []


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_only_a_decision_can_be_taken_again() -> None:
    for kind in ("fact", "decision_replayed", ""):
        with pytest.raises(Invalid, match="no_decision"):
            read_decision(json.dumps({"kind": kind}).encode())


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (body(flat="words"), "flat"),
        (body(flat={"standing": 3}), "flat[...]"),
        (body(reasons="opted_in"), "reasons"),
        (body(actor={"kind": "client"}), "actor"),
        (body(at="then"), "at"),
        (body(outcome=None), "its form"),
        (b"[]", "its form"),
        (b"\xff", "its form"),
        (b'{"kind": 3}', "kind"),
    ],
)
def test_an_entry_nobody_wrote_is_named_and_no_word_of_it_repeated(entry: bytes, field: str) -> None:
    with pytest.raises(Conflict, match="unreadable_entry") as refusal:
        read_decision(entry)
    assert refusal.value.detail == f"this entry is not as the vault writes them: {field}"


def test_ids_are_what_they_were() -> None:
    assert read_decision(body(facts=["fct_1"])).facts == (FactId("fct_1"),)


def test_over_any_channel_it_was_asked_over_each_and_of_the_chosen_the_entrys_own_facts_count() -> None:
    over = {"flat": FLAT | {"channel": "sms"}, "outcome": "deny", "policies": [], "reasons": ["never_asked"]}
    told = {"sms": over, "email": over, "push": {name: over[name] for name in over if name != "flat"}}
    assert read_decision(body(any=told)).over_each() == {"sms": over["flat"], "email": FLAT}
    assert read_decision(body()).over_each() == {"email": FLAT}
    assert read_decision(body(flat=None, any=None, asked_with={"known": True})).over_each() == {}


def test_a_guardians_yes_is_taken_again_for_a_child_and_not_for_who_was_of_age() -> None:
    yes = said("granted", source="client", guardian=True)
    child, grown = ({**FLAT, "minor": minor, "guardian": minor} for minor in (True, False))
    assert named(body(flat=child, facts=[yes.id]), [yes]) == []
    assert named(body(flat=grown, facts=[yes.id]), [yes]) == ["standing", "flat.standing"]
    assert named(body(flat={**child, "guardian": False}, facts=[yes.id]), [yes]) == ["flat.guardian"]


def test_a_law_that_implied_a_yes_is_found_again_without_its_country() -> None:
    casl = Implied(rule="casl", countries=("CA",), channels=("email",), purchased=Duration(months=24))
    sales = msgspec.structs.replace(ORGANIZATION.purpose("sales"), implied=(casl,))
    declared = msgspec.structs.replace(ORGANIZATION, purposes={**ORGANIZATION.purposes, "sales": sales})
    bought = msgspec.structs.replace(
        said("dealing", at=NOW - DAY, purpose="*", channel="*"), dealing="purchased", id=FactId("fct_a")
    )
    flat = FLAT | {"implied": "casl"}
    logged = read_decision(body(flat=flat, standing="granted", facts=["fct_a"], subject="sub_a"))
    told, again = fold(declared, logged, facts=[bought])
    assert (again["flat.implied"], again["standing"]) == ("casl", "granted")
    assert differences(told, again) == ()
