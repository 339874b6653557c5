"""A text on its way: however it is read, it ends once, at its end, and says what it said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.gate.text import framed


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
        (b".\r\n..\r\na.\r\n", b"..\r\n...\r\na.\r\n.\r\n"),
        (b"a\n.\nMAIL", b"a\r\n..\r\nMAIL\r\n.\r\n"),
        (b"a\r.\r\rMAIL\r\n", b"a\r\n..\r\n\r\nMAIL\r\n.\r\n"),
        (b"a\n\r.\r\n", b"a\r\n\r\n..\r\n.\r\n"),
    ],
)
def test_no_dot_of_its_own_ends_it(content: bytes, sent: bytes) -> None:
    assert framed(content) == sent


@given(st.text("ab.\r\n").map(str.encode))
def test_whatever_is_sent_is_read_back_line_by_line_and_ends_once(content: bytes) -> None:
    *lines, end, nothing = framed(content).split(b"\r\n")
    assert (end, nothing) == (b".", b"")
    assert b"." not in lines
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    read = b"\n".join(line.removeprefix(b".") for line in lines)
    said = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert read == said.removesuffix(b"\n")
