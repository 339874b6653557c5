"""A personal value is shown to nobody who prints it."""

from __future__ import annotations

import copy
import pickle
import traceback

import msgspec
import pytest

from vault.base.personal import Personal

ANNA = "anna.canary@example.com"


def test_no_way_of_printing_shows_it() -> None:
    value = Personal(ANNA)
    shown = [
        str(value),
        repr(value),
        f"{value}",
        f"{value:>40}",
        f"{value!r}",
        "%s" % value,  # noqa: UP031 - this way too
        "{}".format(value),  # noqa: UP032 - and this
        repr([value]),
        repr({"to": value}),
    ]
    assert not [text for text in shown if "anna" in text]


def test_no_traceback_shows_it() -> None:
    with pytest.raises(ValueError, match="personal") as raised:
        raise ValueError(Personal(ANNA))
    assert "anna" not in "".join(traceback.format_exception(raised.value))


def test_no_encoder_takes_it_unasked() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode({"to": Personal(ANNA)})


def test_revealing_gives_it() -> None:
    assert Personal(ANNA).reveal() == ANNA


def test_equal_values_are_equal_and_strings_are_not() -> None:
    assert Personal("a") == Personal("a")
    assert Personal("a") != Personal("b")
    assert Personal("a") != "a"
    assert len({Personal("a"), Personal("a"), Personal("b")}) == 2


def test_an_empty_value_is_false() -> None:
    assert not Personal("")
    assert Personal("0")


def test_copies_hide_it_too() -> None:
    assert copy.copy(Personal(ANNA)) == Personal(ANNA)
    assert "anna" not in repr(copy.deepcopy([Personal(ANNA)]))
    assert pickle.loads(pickle.dumps(Personal(ANNA))) == Personal(ANNA)  # noqa: S301 - our own bytes


def test_a_blank_says_nothing() -> None:
    assert not Personal(" \t")
    assert Personal(" x ")
