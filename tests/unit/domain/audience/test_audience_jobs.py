"""An audience: how many at once, what is asked about each, and when its result may be read."""

from __future__ import annotations

import pytest

from vault.base.errors import Conflict, Invalid
from vault.base.ids import CustomerId
from vault.domain.audience.job import MOST, NewAudience, Screening, State, check_ended, check_size
from vault.domain.audience.totals import Ground

ONE = CustomerId("cus_06h0090m41t835kpwqjv10s1y0")


def test_a_limit_binds_one_audience_and_all_that_are_under_way_together() -> None:
    check_size(0, underway=0, limit=5)
    check_size(5, underway=0, limit=5)
    check_size(2, underway=3, limit=5)
    check_size(MOST, underway=0, limit=None)
    with pytest.raises(Invalid, match="over_limit"):
        check_size(6, underway=0, limit=5)
    with pytest.raises(Invalid, match="over_limit"):
        check_size(MOST + 1, underway=0, limit=None)
    with pytest.raises(Conflict, match="audience_underway"):
        check_size(3, underway=3, limit=5)


@pytest.mark.parametrize("state", ["done", "cancelled", "failed"])
def test_what_has_ended_can_be_read(state: State) -> None:
    check_ended(state)


@pytest.mark.parametrize("state", ["receiving", "queued", "running"])
def test_what_is_under_way_cannot(state: State) -> None:
    with pytest.raises(Conflict, match="audience_underway"):
        check_ended(state)


def test_screening_hands_out_and_reserves_nothing_and_reading_does() -> None:
    new = NewAudience(
        everyone=True, purpose="sales", channel="email", release=("contact",), permit_for="mailer", campaign="spring"
    )
    screened, read = new.screening.about(ONE), new.screening.afresh(ONE)
    assert (screened.release, screened.permit_for, screened.reserves) == ((), None, False)
    assert (read.release, read.permit_for, read.reserves) == (("contact",), "mailer", True)
    assert (screened.campaign, read.campaign, screened.customer, read.customer) == ("spring", "spring", ONE, ONE)
    assert new.screening.hands_out
    assert not NewAudience(everyone=True, purpose="sales", channel="email").screening.hands_out


def test_a_line_is_for_the_channel_that_was_asked_about_and_over_any_for_the_one_that_was_chosen() -> None:
    chosen, plain = Ground("allow", ("opted_in",), "sms"), Ground("deny", ("withdrawn",))
    assert Screening(purpose="sales", channel="email").channel_of(plain) == "email"
    assert Screening(purpose="sales", channel="any").channel_of(chosen) == "sms"
