"""A batch is read at once, and found as it would be read one by one, or refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from vault.api.decisions import MOST, Questions, read
from vault.api.parameters import read_personal
from vault.base.personal import Personal

_ONE_BY_ONE = msgspec.json.Decoder(Questions, dec_hook=read_personal)
CUSTOMER = "cus_06h0090m41t835kpwqjv10s1y0"
PLAIN = {"customer": CUSTOMER, "purpose": "sales", "channel": "email"}
CONTACT = {"kind": "email", "value": "quokka@x.example"}

customers = some.sampled_from([
    CUSTOMER, "cus_06h0090m41t835kpwqjv10s1y4", "cus_06h0090m41t835kpwqjv10s1y1", f"{CUSTOMER} ", f"{CUSTOMER}\n",
    f"{CUSTOMER} {CUSTOMER}", CUSTOMER.upper(), CUSTOMER.replace("cus", "sub"), "", "quokka", None, 5,
])  # fmt: skip
words = some.sampled_from(
    ["sales", "email", "any", "*", "", "Sales", "sales ", "sales\n", "s" * 63, "s" * 64, "1", None]
)
plain = some.fixed_dictionaries({"customer": customers, "purpose": words, "channel": words})
more = some.fixed_dictionaries(
    {},
    optional={
        "release": some.just(["contact"]),
        "at": some.sampled_from(["2026-03-01T00:00:00Z", "quokka"]),
        "contact": some.just(CONTACT),
        "campaign": some.just("spring"),
        "colour": some.just("blue"),
    },
)
alike = customers.map(lambda customer: PLAIN | {"customer": customer})
asked = some.builds(lambda one, other: one | other, some.just(PLAIN) | alike | plain, some.just({}) | more)


def found(body: bytes, reading: Any) -> object:
    """What was read, as bytes: the ids of answers to a call that may be repeated are derived from them."""
    try:
        return msgspec.json.encode(reading(body), enc_hook=Personal.reveal)
    except (msgspec.DecodeError, RecursionError) as error:
        return type(error), str(error)


@given(some.lists(asked, max_size=4))
def test_a_batch_is_found_as_if_read_one_by_one(several: list[dict[str, Any]]) -> None:
    body = json.dumps({"questions": several}).encode()
    assert found(body, read) == found(body, lambda body: _ONE_BY_ONE.decode(body).questions)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b'{"questions": 5}', b'{"questions": [], "more": 1}', b"[" * 5000,
        json.dumps({"questions": [PLAIN] * (MOST + 1)}).encode(),
        json.dumps({"questions": [PLAIN | {"customer": f"{CUSTOMER}\n"}, PLAIN]}).encode(),
        json.dumps({"questions": [PLAIN | {"customer": f"{CUSTOMER} {CUSTOMER}"}, PLAIN]}).encode(),
        json.dumps({"questions": [PLAIN, PLAIN | {"customer": f"{CUSTOMER} {CUSTOMER}"}]}).encode(),
        json.dumps({"questions": [PLAIN, PLAIN | {"purpose": "sales "}]}).encode(),
        json.dumps({"questions": [PLAIN, PLAIN | {"channel": "email\n"}]}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_batch_is_refused_in_the_same_words(body: bytes) -> None:
    refused = found(body, read)
    assert isinstance(refused, tuple)
    assert issubclass(refused[0], (msgspec.DecodeError, RecursionError))
    assert refused == found(body, lambda body: _ONE_BY_ONE.decode(body).questions)


def test_as_many_as_may_be_are_read() -> None:
    several = read(json.dumps({"questions": [PLAIN] * MOST}).encode())
    assert [msgspec.to_builtins(one)["customer"] for one in several] == [CUSTOMER] * MOST
