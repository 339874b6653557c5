from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from vault.domain.decision.reason import MADE_BY_THE_ENGINE, REASONS, Code, ordered, plain, strength

CODES: tuple[Code, ...] = get_args(Code)
codes = st.lists(st.sampled_from(CODES))


def test_every_code_has_its_sentences_and_stands_once() -> None:
    assert tuple(REASONS) == CODES
    assert all(code == reason.code for code, reason in REASONS.items())


def test_every_sentence_is_one_plain_sentence() -> None:
    for reason in REASONS.values():
        for sentence in (reason.to_customer, reason.to_developer):
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert ". " not in sentence
        assert len(reason.to_customer.split()) <= 18
        assert "_" not in reason.to_customer


def test_no_two_codes_tell_the_customer_the_same() -> None:
    assert len({reason.to_customer for reason in REASONS.values()}) == len(REASONS)


def test_exactly_five_codes_allow_and_they_are_the_weakest() -> None:
    allowing = [code for code in CODES if REASONS[code].allows]
    assert allowing == ["opted_in", "implied_consent", "legitimate_interest", "service_message", "legal_obligation"]
    assert CODES[-5:] == tuple(allowing)


def test_what_the_client_may_not_ask_is_told_before_anything_about_a_person() -> None:
    assert ordered(["never_asked", "unknown_customer", "channel_not_granted_to_client"]) == (
        "channel_not_granted_to_client",
        "unknown_customer",
        "never_asked",
    )


def test_a_hard_stop_is_stronger_than_a_no_and_a_no_than_a_missing_yes_and_that_than_a_missing_address() -> None:
    assert ordered(["unreachable", "consent_expired", "withdrawn", "minor"]) == (
        "minor",
        "withdrawn",
        "consent_expired",
        "unreachable",
    )


def test_an_objection_is_stronger_than_a_withdrawal_and_a_withdrawal_than_a_refusal() -> None:
    assert strength("objected") < strength("withdrawn") < strength("refused")


@given(codes)
def test_order_depends_on_nothing_but_the_codes(given_codes: list[Code]) -> None:
    told = ordered(given_codes)
    assert told == ordered(reversed(given_codes)) == ordered(told)
    assert set(told) == set(given_codes)
    assert [strength(code) for code in told] == sorted({strength(code) for code in given_codes})


def test_a_plain_client_is_told_no_finer_reason_for_four_codes_and_every_other_as_it_is() -> None:
    hidden = {code for code in CODES if plain(code) != code}
    assert hidden == {"restricted", "minor", "suppressed", "objected", "policy_error"}
    assert {plain(code) for code in hidden} == {"not_allowed"}


@given(codes)
def test_what_a_plain_client_is_told_never_turns_a_no_into_a_yes(given_codes: list[Code]) -> None:
    for code in given_codes:
        assert REASONS[plain(code)].allows == REASONS[code].allows


def test_only_an_error_is_made_without_a_policy() -> None:
    assert {"policy_error"} == MADE_BY_THE_ENGINE
