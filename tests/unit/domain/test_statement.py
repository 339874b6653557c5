"""What a client sends to record a yes or a no, and when evidence is complete."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import ORGANIZATION, said
from vault.base.errors import Denied, Invalid
from vault.base.personal import Personal
from vault.domain.standing import Standing
from vault.domain.statement import NewGrant, NewNo, check_age, majority, proves, shown, suffices

DECLARED = msgspec.structs.replace(
    ORGANIZATION,
    evidence={
        "online_form": ("captured_at", "ip"),
        "paper": ("captured_at", "document"),
        "double_opt_in": ("captured_at", "confirmed_at"),
        "word_of_honour": (),
    },
    double_opt_in_needs=("double_opt_in",),
)
NAMES = ("captured_at", "ip", "document", "confirmed_at")
some_evidence = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["", "x"]).map(Personal))


def evidence(*names: str, **given: str) -> dict[str, Personal]:
    return {name: Personal(value) for name, value in (dict.fromkeys(names, "x") | given).items()}


def proven(found: dict[str, Personal], *, double_opt_in: bool = False) -> bool:
    return proves(DECLARED, found, double_opt_in=double_opt_in)


# ── Evidence ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("names", [("captured_at", "ip"), ("captured_at", "document"), NAMES])
def test_evidence_complete_for_one_class_proves(names: tuple[str, ...]) -> None:
    assert proven(evidence(*names))


@pytest.mark.parametrize("names", [(), ("captured_at",), ("ip", "document"), ("ip", "document", "confirmed_at")])
def test_pieces_of_several_classes_prove_nothing(names: tuple[str, ...]) -> None:
    assert not proven(evidence(*names))


def test_an_empty_value_is_no_evidence() -> None:
    assert not proven(evidence("captured_at", ip=""))


def test_a_class_that_needs_nothing_proves_nothing() -> None:
    only = msgspec.structs.replace(DECLARED, evidence={"word_of_honour": ()})
    assert not proves(only, evidence(*NAMES), double_opt_in=False)


@pytest.mark.parametrize(
    ("names", "purpose", "enough"),
    [
        (("captured_at", "ip"), "offers", True),
        (("captured_at", "ip"), "newsletter", False),
        (("captured_at", "confirmed_at"), "newsletter", True),
        (("captured_at", "confirmed_at"), "offers", True),
        (("captured_at",), "offers", False),
    ],
)
def test_a_purpose_that_wants_a_double_opt_in_takes_no_less(
    names: tuple[str, ...], purpose: str, *, enough: bool
) -> None:
    assert suffices(DECLARED, evidence(*names), purpose=purpose, channel="email") is enough


def test_an_organization_that_declares_no_class_has_no_proof() -> None:
    assert not proves(ORGANIZATION, evidence(*NAMES), double_opt_in=False)
    assert not proves(ORGANIZATION, evidence(*NAMES), double_opt_in=True)


def test_a_double_opt_in_needs_the_evidence_of_its_own_class() -> None:
    assert not proven(evidence("captured_at", "ip", "document"), double_opt_in=True)
    assert proven(evidence("captured_at", "confirmed_at"), double_opt_in=True)


def test_a_class_named_for_double_opt_in_that_nobody_declared_proves_nothing() -> None:
    named = msgspec.structs.replace(DECLARED, double_opt_in_needs=("handshake",))
    assert not proves(named, evidence(*NAMES), double_opt_in=True)


@given(some_evidence)
def test_what_proves_a_double_opt_in_proves_a_plain_yes(found: dict[str, Personal]) -> None:
    assert proven(found) or not proven(found, double_opt_in=True)


@given(some_evidence, some_evidence)
def test_more_evidence_never_proves_less(found: dict[str, Personal], more: dict[str, Personal]) -> None:
    added = {name: Personal(value.reveal() or more.get(name, value).reveal()) for name, value in found.items()}
    assert proven(more | added) or not proven(found)


# ── As a client sends them ───────────────────────────────────────────────────────────────────────────────────────────
def sent(kind: type[NewGrant | NewNo], **given: Any) -> NewGrant | NewNo:
    text = json.dumps({"purpose": "sales", "channel": "email"} | given)
    return msgspec.json.decode(text, type=kind, dec_hook=lambda _, value: Personal(value))


def test_a_no_needs_a_purpose_and_nothing_else_and_then_covers_every_channel() -> None:
    assert msgspec.json.decode('{"purpose": "sales"}', type=NewNo) == NewNo(purpose="sales", channel="*")


def test_nothing_that_proves_a_yes_is_shown() -> None:
    assert "192.0.2.7" not in repr(sent(NewGrant, evidence={"ip": "192.0.2.7"}))


@pytest.mark.parametrize(
    "given",
    [
        {"purpose": "sales\n"},
        {"channel": "E-Mail"},
        {"at": "2026-01-31T12:00:00"},
        {"at": "yesterday"},
        {"method": "telepathy"},
        {"contact_point": "cus_06h0090m41t835kpwqjv10s1y0"},
        {"reference": ""},
        {"reference": "x" * 201},
        {"source": "person"},
        {"proven": True},
    ],
)
@pytest.mark.parametrize("kind", [NewGrant, NewNo])
def test_what_is_not_of_its_form_is_refused(kind: type[NewGrant | NewNo], given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        sent(kind, **given)


@pytest.mark.parametrize(
    "given",
    [
        {"notice": 0},
        {"notice": "2"},
        {"until": "2026-01-31"},
        {"evidence": {"IP": "x"}},
        {"evidence": {f"piece_{number}": "x" for number in range(21)}},
    ],
)
def test_a_grant_that_is_not_of_its_form_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        sent(NewGrant, **given)


@pytest.mark.parametrize("given", [{"why": "spam"}, {"evidence": {}}, {"until": "2027-01-01T00:00:00Z"}])
def test_a_no_is_asked_for_no_reason_no_proof_and_no_end(given: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        sent(NewNo, **given)


# ── Whose age allows what (law 15) ───────────────────────────────────────────────────────────────────────────────────
GUARDED = msgspec.structs.replace(
    DECLARED,
    evidence={**DECLARED.evidence, "guardian": ("guardian_name", "document")},
    double_opt_in_needs=("double_opt_in", "guardian"),
)
SHOWN = {"guardian_name": Personal("Quokkabeth"), "document": Personal("7")}
PROFILE = {"purpose": "personalisation", "channel": "*"}


def yes(**given: Any) -> NewGrant:
    return NewGrant(**({"purpose": "sales", "channel": "email"} | given))


@pytest.mark.parametrize(
    ("said", "minor", "code"),
    [
        (yes(), False, None),
        (yes(), True, "minor"),
        (yes(evidence=SHOWN), True, "minor"),
        (yes(guardian=True, evidence=SHOWN), True, None),
        (yes(guardian=True, evidence=SHOWN), False, "not_minor"),
        (yes(**PROFILE), False, None),
        (yes(**PROFILE), True, "minor"),
        (yes(**PROFILE, guardian=True, evidence=SHOWN), True, "minor"),
        (yes(purpose="service"), True, None),
    ],
)
def test_an_offer_to_a_minor_takes_a_guardian_and_a_profile_has_none(
    said: NewGrant, *, minor: bool, code: str | None
) -> None:
    if code is None:
        check_age(GUARDED, said, minor=minor, full=True)
        return
    with pytest.raises(Denied) as full:
        check_age(GUARDED, said, minor=minor, full=True)
    with pytest.raises(Denied) as plain:
        check_age(GUARDED, said, minor=minor, full=False)
    assert (full.value.code, plain.value.code) == (code, "not_allowed")
    assert "minor" not in plain.value.detail


@pytest.mark.parametrize("minor", [True, False])
def test_a_guardian_without_the_evidence_declared_is_told_so_whatever_the_age(*, minor: bool) -> None:
    with pytest.raises(Invalid, match="guardian_name, document"):
        check_age(GUARDED, yes(guardian=True, evidence={"document": Personal("7")}), minor=minor, full=True)
    with pytest.raises(Invalid, match="no_guardians"):
        check_age(DECLARED, yes(guardian=True, evidence=SHOWN), minor=minor, full=True)


def test_what_shows_a_guardian_proves_no_yes_of_the_person() -> None:
    assert not proves(GUARDED, SHOWN, double_opt_in=False)
    assert not proves(GUARDED, SHOWN, double_opt_in=True)


def test_a_guardians_word_ends_with_the_day_of_majority_in_utc() -> None:
    assert majority(date(2030, 1, 1)) == datetime(2030, 1, 1, tzinfo=UTC)


def test_an_objection_is_told_only_to_whom_finer_reasons_are() -> None:
    found = Standing(state="objected", rests_on=said("objected"))
    assert shown("sales", "email", found=found).state == "objected"
    hidden = shown("sales", "email", found=found, full=False)
    assert (hidden.state, hidden.since, hidden.implied) == ("not_allowed", None, None)
