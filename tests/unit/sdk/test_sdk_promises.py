"""The SDK's own reading of a promise agrees with what the vault signs, and refuses whatever differs in one bit."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from consent_vault import promises as sdk
from hypothesis import given
from hypothesis import strategies as st

from vault.actions.promises import promises, spelled
from vault.actions.vault import Promising
from vault.base.clock import SystemEntropy
from vault.base.ids import OrganizationId
from vault.crypto import note_keys
from vault.tlog.promise import key_id

NOW = datetime(2026, 9, 1, 12, 0, 0, 999_999, tzinfo=UTC)
ORGANIZATION = OrganizationId("org_06h0090m41t835kpwqjv10s1y0")
PAIR = note_keys.fresh("ed25519", SystemEntropy())
KEY = Promising(key=PAIR, id=key_id(PAIR.public), opened_at=NOW)


def made(size: int) -> list[sdk.Promise]:
    entries = [b"entry %d" % index for index in range(size)]
    return [sdk.read(spelled(one)) for one in promises(KEY, entries, organization=ORGANIZATION, at=NOW)]


@given(st.integers(1, 300), st.data())
def test_every_promise_of_a_batch_holds_for_its_entry_alone(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    one = made(size)[index]
    assert (one.index, one.size, one.time) == (index, size, int(NOW.timestamp()))
    assert sdk.verify(one, PAIR.public, entry=b"entry %d" % index)
    assert sdk.verify(one, [bytes(32), PAIR.public])
    assert not sdk.verify(one, PAIR.public, entry=b"entry")
    assert not sdk.verify(one, [])
    assert not sdk.verify(one, bytes(32))


@given(st.integers(1, 300), st.data())
def test_a_flipped_bit_anywhere_is_refused(size: int, data: st.DataObject) -> None:
    one = made(size)[data.draw(st.integers(0, size - 1))]
    name = data.draw(st.sampled_from(["time", "size", "index", "leaf", "signature", *(["path"] if one.path else [])]))
    assert not sdk.verify(replace(one, **{name: changed(asdict(one)[name], data)}), PAIR.public)


def changed(value: Any, data: st.DataObject) -> Any:
    if isinstance(value, int):
        return value ^ 1 << data.draw(st.integers(0, 40))
    if isinstance(value, tuple):
        place = data.draw(st.integers(0, len(value) - 1))
        return (*value[:place], changed(value[place], data), *value[place + 1 :])
    raw = bytearray(b64decode(value))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    return b64encode(raw).decode()


@pytest.mark.parametrize(
    "more",
    [
        {"path": ()},
        {"path": ("AAAA",)},
        {"path": ("?",)},
        {"leaf": "é"},
        {"signature": ""},
        {"organization": "org_06h0090m41t835kpwqjv10s1y4"},
        {"key": "0" * 16},
        {"index": -1},
        {"size": 0},
    ],
)
def test_what_is_spelled_otherwise_is_refused(more: dict[str, Any]) -> None:
    one = made(5)[2]
    assert not sdk.verify(replace(one, **more), PAIR.public)
    assert not sdk.verify(replace(one, path=(*one.path, one.leaf)), PAIR.public)


def test_no_entries_are_no_promises() -> None:
    assert promises(KEY, [], organization=ORGANIZATION, at=NOW) == []
