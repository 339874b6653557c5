"""Audiences in the SDK: a list as it is sent, and a result that came whole or not at all."""

from __future__ import annotations

import pytest
from consent_vault import Invalid, Reference, Unavailable
from consent_vault.audiences import heard, listed

ONE = "cus_06h0090m41t835kpwqjv10s1y0"
YES = b'{"line":1,"outcome":"allow","customer":"%s","released":{"contact":"quokka"}}\n' % ONE.encode()


def test_a_list_is_one_line_for_each() -> None:
    sent = listed([ONE, Reference(source="crm", id="1")])
    assert sent == b'{"customer":"%s"}\n{"external":{"source":"crm","id":"1"}}\n' % ONE.encode()
    with pytest.raises(Invalid):
        listed(["quokka"])


def test_a_result_is_its_lines() -> None:
    [one, two] = heard(YES + b'{"line":2,"outcome":"deny","reasons":["withdrawn"]}\n{"end":2}\n')
    assert (one.allowed, one.customer, one.released["contact"]) == (True, ONE, "quokka")
    assert "quokka" not in repr(one)
    assert (two.allowed, two.reasons, dict(two.released)) == (False, ("withdrawn",), {})


@pytest.mark.parametrize("body", [b"", YES, YES + b'{"end":2}', YES[:20], YES + b"\xff", b"[]\n" + b'{"end":1}'])
def test_a_result_that_did_not_come_whole_is_none(body: bytes) -> None:
    with pytest.raises(Unavailable, match="broken_off"):
        heard(body)
