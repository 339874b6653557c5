"""The code at the end of a message: what is printed is read again, however it is typed."""

from __future__ import annotations

import msgspec
import pytest
from consent_vault import Decision
from consent_vault.answers import Logged
from hypothesis import given
from hypothesis import strategies as st

from vault.base.ids import DECISION, DecisionId, show
from vault.domain.record.code import message_code, read_code

ids = st.uuids().map(lambda value: show(DECISION, value))


@given(ids)
def test_whatever_is_printed_is_read(decision: DecisionId) -> None:
    code = message_code(decision)
    assert read_code(code) == code
    assert read_code(decision) == code
    assert read_code(f"  {code.upper().replace('0', 'O').replace('1', 'l').replace('-', ' ')} ") == code


@given(ids)
def test_the_sdk_prints_the_same(decision: DecisionId) -> None:
    answer = Decision(
        id=decision, allowed=False, outcome="deny", reasons=(), channel="email", configuration="", log=Logged(entry="")
    )
    assert answer.message_code == message_code(decision)
    assert "message_code" not in msgspec.to_builtins(answer, enc_hook=dict)


@given(st.text())
def test_nothing_else_is_a_code(text: str) -> None:
    code = read_code(text)
    assert code is None or len(code) == 9


@pytest.mark.parametrize(
    "text", ["", "7k3m", "7k3m-q9x2-1", "uuuu-uuuu", "dec_7k3mq9x2", "7k3m-q9x\N{LATIN SMALL LETTER SHARP S}"]
)
def test_what_is_no_code_reads_as_none(text: str) -> None:
    assert read_code(text) is None
