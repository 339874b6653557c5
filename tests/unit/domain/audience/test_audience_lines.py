"""Lines of a list: whatever comes in whatever pieces, each line is somebody or its own error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.domain.audience.line import LONGEST_LINE, AudienceMember, Lines, Rubbish, read_line

ONE = "cus_06h0090m41t835kpwqjv10s1y0"
BY_ID = json.dumps({"customer": ONE}).encode()
BY_REFERENCE = b'{"external": {"source": "crm", "id": "Quokka-1"}}'


def test_a_line_names_somebody_by_id_or_by_reference() -> None:
    by_id, by_reference = read_line(BY_ID), read_line(BY_REFERENCE)
    assert isinstance(by_id, AudienceMember)
    assert by_id.customer == ONE
    assert isinstance(by_reference, AudienceMember)
    assert by_reference.external is not None
    assert by_reference.external.id.reveal() == "Quokka-1"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", "malformed_line"),
        (b"\xff", "malformed_line"),
        (b"[" * 4000, "malformed_line"),
        (b'{"customer": "cus_quokka"}', "malformed_line"),
        (b'{"customer": 5}', "malformed_line"),
        (b'{"external": {"source": "crm", "id": 5}}', "malformed_line"),
        (b'{"external": {"source": "crm", "id": " "}}', "malformed_line"),
        (b'{"email": "quokka@quokka.example"}', "malformed_line"),
        (b"{}", "one_person"),
        (BY_ID[:-1] + b", " + BY_REFERENCE[1:], "one_person"),
    ],
)
def test_any_other_line_is_rubbish_and_says_why(line: bytes, code: str) -> None:
    assert read_line(line) == Rubbish(code)


@given(
    lines=st.lists(st.sampled_from([BY_ID, BY_REFERENCE, b"quokka", b"", b"  ", b"{" * (LONGEST_LINE + 1)])),
    cuts=st.lists(st.integers(min_value=1, max_value=6000)),
    broken=st.booleans(),
)
def test_it_does_not_matter_in_which_pieces_a_list_comes(lines: list[bytes], cuts: list[int], *, broken: bool) -> None:
    whole = b"\n".join(lines) + b"\n" * broken
    expected = [
        Rubbish("line_too_long") if len(line) > LONGEST_LINE else read_line(line) for line in lines if line.strip()
    ]
    pieces, found = Lines(), []
    for cut in [*cuts, len(whole)]:
        found += pieces.feed(whole[:cut])
        whole = whole[cut:]
    assert found + pieces.close() == expected


def test_a_line_of_any_length_is_held_only_as_far_as_a_line_may_be() -> None:
    pieces = Lines()
    for _ in range(100):
        assert pieces.feed(b"x" * LONGEST_LINE) == []
    assert len(pieces._rest) <= LONGEST_LINE
    assert pieces.feed(b"\n" + BY_ID + b"\n") == [Rubbish("line_too_long"), read_line(BY_ID)]
