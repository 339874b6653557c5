"""Canonical bytes, held to RFC 8785's own examples and to a second way of writing them."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vault.base.canonical import canonical, digest

SAFE = 2**53 - 1
NAMES = some.text(alphabet=some.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=8)
VALUES = some.recursive(
    some.booleans() | some.integers(-SAFE, SAFE) | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_bytes_are_those_a_second_writer_makes(value: Any) -> None:
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical(value) == plain.encode()
    assert digest(value) == sha256(canonical(value)).hexdigest()


@given(VALUES)
def test_what_was_written_reads_back(value: Any) -> None:
    assert json.loads(canonical(value)) == value


def test_strings_are_escaped_as_rfc_8785_section_3_2_2_2_says() -> None:
    assert canonical('€$\x0f\nA\'B"\\\\"/') == b'"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'
    assert canonical("\b\t\n\f\r\x00\x1f\x7f\u2028") == b'"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\xe2\x80\xa8"'


def test_names_sort_as_in_rfc_8785_section_3_2_3() -> None:
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\u0080": 5, "\u00f6": 6}
    assert [*json.loads(canonical(names))] == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ufb33"]
    assert canonical({"b": {"d": 1, "c": 2}, "a": [{"f": 1, "e": 2}]}) == b'{"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}}'


def test_tuples_are_arrays() -> None:
    assert canonical((1, ("a",), [])) == b'[1,["a"],[]]'


@pytest.mark.parametrize("value", [SAFE, -SAFE, 0, True, "", [], {}])
def test_the_edges_are_in(value: Any) -> None:
    assert json.loads(canonical(value)) == value


@pytest.mark.parametrize(
    "value",
    [None, 1.0, float("nan"), SAFE + 1, -SAFE - 1, b"x", {1: "a"}, {None: 1}, {"a": {2: 1}}, {1}, object()],
)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_anything_else_is_refused_however_deep(value: Any, depth: int) -> None:
    for _ in range(depth):
        value = {"within": [value]}
    with pytest.raises(TypeError, match="canonical JSON holds"):
        canonical(value)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        canonical("\ud800")
