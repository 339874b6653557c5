"""What is looked for in the log: codes and ids alone, and cursors that are good for their own search."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.base.errors import Invalid
from vault.base.ids import ClientId, Subject
from vault.domain.audit.wanted import Place, Wanted, read_place, spelled

OURS = Subject("sub_06h0090m41t835kpwqjv10s1y0")
CRM = ClientId("cli_06h0090m41t835kpwqjv10s1y0")
STAFF = "stf_06h0090m41t835kpwqjv10s1y0"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FULL = Wanted(
    subject=OURS, client=CRM, actor=STAFF, kind="decision", outcome="deny", reason="withdrawn", purpose="sales",
    since=NOW, until=NOW + timedelta(days=1),
)  # fmt: skip
PLACES = st.builds(Place, generation=st.integers(1, 2**31 - 1), number=st.integers(0, 2**63 - 1))


def test_everything_may_be_given_or_nothing() -> None:
    FULL.check()
    Wanted().check()
    Wanted(actor="auditor").check()
    assert Wanted().given() == {}
    assert FULL.given()["since"] == "2026-03-01T12:00:00.000000Z"
    assert [*FULL.given()] == [*Wanted.__struct_fields__]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (Wanted(subject=Subject("cus_06h0090m41t835kpwqjv10s1y0")), "subject"),
        (Wanted(client=ClientId("crm")), "client"),
        (Wanted(actor="stf_1"), "actor"),
        (Wanted(actor="Auditor"), "actor"),
        (Wanted(kind=""), "kind"),
        (Wanted(outcome="a b"), "outcome"),
        (Wanted(reason="somebody@mail.example"), "reason"),
        (Wanted(purpose="x" * 65), "purpose"),
        (Wanted(since=NOW.replace(tzinfo=None)), "zone"),
        (Wanted(until=NOW.replace(tzinfo=None)), "zone"),
        (Wanted(since=NOW, until=NOW), "before"),
    ],
)
def test_what_cannot_be_in_a_log_is_refused_by_the_name_of_its_filter(wanted: Wanted, name: str) -> None:
    with pytest.raises(Invalid, match=name) as refused:
        wanted.check()
    assert refused.value.code == "bad_filter"


@given(PLACES)
def test_a_cursor_leads_to_its_place(place: Place) -> None:
    for wanted in (Wanted(), FULL):
        assert read_place(spelled(place, wanted), wanted) == place


@given(PLACES)
def test_a_cursor_is_good_for_its_own_search_alone(place: Place) -> None:
    for one, other in ((Wanted(), FULL), (FULL, Wanted()), (Wanted(kind="a"), Wanted(reason="a"))):
        with pytest.raises(Invalid, match="bad_cursor"):
            read_place(spelled(place, one), other)


@given(st.text(max_size=40))
def test_no_other_text_is_a_cursor(text: str) -> None:
    with pytest.raises(Invalid, match="bad_cursor"):
        read_place(text, Wanted())


def test_a_cursor_has_one_spelling_and_no_place_beyond_the_log() -> None:
    own = spelled(Place(generation=1, number=7), Wanted())
    for other in (f"{own}=", f"{own}\n", f" {own}", own[:-1], own + "A"):
        with pytest.raises(Invalid, match="bad_cursor"):
            read_place(other, Wanted())
    tail = _tail()
    for generation, number in ((1, 2**63), (2**31, 1)):
        text = urlsafe_b64encode(pack(">IQ", generation, number) + tail).rstrip(b"=").decode()
        with pytest.raises(Invalid, match="bad_cursor"):
            read_place(text, Wanted())


def _tail() -> bytes:
    """Return what a cursor of the empty search ends with."""
    return urlsafe_b64decode(spelled(Place(generation=1, number=7), Wanted()) + "=")[12:]
