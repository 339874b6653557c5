"""Errors: a code, a sentence, and of what nobody foresaw only kind and place."""

from __future__ import annotations

import pytest

from vault.base.errors import Conflict, Denied, Gone, Invalid, TooMany, Unavailable, Unknown, VaultError, place


@pytest.mark.parametrize("kind", [Conflict, Denied, Gone, Invalid, Unavailable, Unknown])
def test_each_kind_has_a_code_for_machines_and_a_sentence_for_people(kind: type[VaultError]) -> None:
    error = kind("some_code", "what would be right")
    assert (error.code, error.detail, str(error)) == (
        "some_code",
        "what would be right",
        "some_code: what would be right",
    )


def test_the_place_is_the_innermost_and_holds_no_value() -> None:
    def deep(value: str) -> None:
        raise ValueError(value)

    with pytest.raises(ValueError, match="anna") as raised:
        deep("anna@example.com")
    line = deep.__code__.co_firstlineno + 1
    assert place(raised.value) == f"{__name__}:{line}"


def test_an_error_nobody_raised_has_no_place() -> None:
    assert place(ValueError("anna")) == "nowhere"


def test_too_many_says_when_to_come_again() -> None:
    assert TooMany("too_many_requests", "this was asked for too often", retry_after_seconds=7).retry_after_seconds == 7
