"""The entry of a decision is canonical without being sorted or checked: its members stand in order, of fit types."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from vault.base.canonical import canonical
from vault.domain.decision.told import Told, encoded, form

REQUIRED = {field.name for field in msgspec.structs.fields(Told) if field.default is msgspec.NODEFAULT}
words = st.text(max_size=6)
lists = st.lists(words, max_size=3)
flags = st.dictionaries(words, st.booleans(), max_size=4)


def drawn(name: str, kind: Any) -> st.SearchStrategy[Any]:
    told = str(kind)
    if name == "v":
        return st.integers(0, 9)
    if "Mapping[str, bool]" in told or name == "flat":
        return flags
    if "Mapping" in told:
        return st.dictionaries(words, words, max_size=4)
    return lists if "Sequence" in told else st.just(value=True) if "bool" in told else words


TOLD = st.fixed_dictionaries(
    {name: drawn(name, kind) for name, kind in Told.__annotations__.items() if name in REQUIRED},
    optional={name: drawn(name, kind) for name, kind in Told.__annotations__.items() if name not in REQUIRED},
).map(lambda values: Told(**values))


@given(TOLD)
def test_its_bytes_are_what_canonical_json_would_be(told: Told) -> None:
    assert encoded(told) == canonical(json.loads(encoded(told)))


def test_its_members_stand_in_order() -> None:
    assert list(Told.__struct_fields__) == sorted(Told.__struct_fields__)


ids = st.text("abc019_:TZ.-", min_size=1, max_size=9)


whose = st.fixed_dictionaries(
    {"at": ids, "decision": ids, "facts": st.lists(ids, min_size=1, max_size=3), "subject": ids}
)


@given(TOLD, ids, whose)
def test_a_form_is_filled_to_the_very_bytes(told: Told, own: str, rest: dict[str, Any]) -> None:
    found = form(told)
    if found is not None:
        assert found.fill(own, **rest) == encoded(msgspec.structs.replace(told, id=own, **rest))


@given(TOLD)
def test_only_what_looks_like_a_gap_has_no_form(told: Told) -> None:
    rest = encoded(msgspec.structs.replace(told, at="", decision="", facts=(), id="", subject=""))
    assert (form(told) is None) == (b"\\u0000" in rest)
