"""What an answer of the past rested on: days of one's own words, and stops that are nobody's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec

from tests.unit.domain.facts import DAY, HERE, NOW, ORGANIZATION, SECOND_SALES_NOTICE
from tests.unit.domain.record.test_worth import told
from vault.base.duration import Duration
from vault.base.ids import SuppressionId
from vault.domain.decision.basis import Point
from vault.domain.fact import Fact
from vault.domain.organization import Suppressing
from vault.domain.record.rested import NOTHING, Asked, Rested, rested
from vault.domain.standing import Instants
from vault.domain.suppression import Suppression
from vault.domain.timing.implied import Implied

DECLARED: Final = msgspec.structs.replace(
    ORGANIZATION, suppressions={"complaint": Suppressing(channels=(), stops=("offer",))}
)


def of(
    *own: Fact, standing: str, shared: tuple[Fact, ...] = (), stops: tuple[Suppression, ...] = (), **more: Any
) -> Rested:
    asked: dict[str, Any] = {
        "instants": Instants(now=NOW), "purpose": "sales", "channel": "email", "standing": standing,
    }  # fmt: skip
    point = Point(id=HERE, kind="email", primary=True, verified=True, suppressions=stops)
    phone = Point(id=HERE, kind="phone", primary=True, verified=True, suppressions=(stop(NOW - DAY),))
    return rested(Asked(**(asked | more)), own=own, shared=shared, points=(point, phone), organization=DECLARED)


def stop(at: Any) -> Suppression:
    return Suppression(id=SuppressionId("sup_a"), kind="complaint", at=at)


def test_a_yes_and_a_no_have_their_day() -> None:
    yes, no = told(), told("b", kind="withdrawn", at=NOW - timedelta(hours=1))
    assert of(yes, standing="granted").since == yes.at
    assert of(yes, standing="granted").until is not None
    assert of(yes, no, standing="withdrawn") == Rested(fact=no)
    assert of(standing="never_asked") == NOTHING


def test_what_a_law_implied_has_its_day_and_its_end_whoever_lives_where_by_now() -> None:
    law = Implied(rule="casl", countries=("CA",), channels=("email",), purchased=Duration(months=24))
    sales = msgspec.structs.replace(DECLARED.purpose("sales"), implied=(law,))
    declared = msgspec.structs.replace(DECLARED, purposes={**DECLARED.purposes, "sales": sales})
    dealt = told(kind="dealing", purpose="*", channel="*", notice=None, dealing="purchased")
    asked = Asked(instants=Instants(now=NOW), purpose="sales", channel="email", standing="granted", implied="casl")
    found = rested(asked, own=(dealt,), shared=(), points=(), organization=declared)
    assert found == Rested(fact=dealt, until=Duration(months=24).after(dealt.at))
    assert rested(asked, own=(dealt,), shared=(), points=(), organization=DECLARED) == NOTHING


def test_words_that_changed_have_their_day() -> None:
    old = told(notice=1, at=SECOND_SALES_NOTICE - DAY)
    found = of(old, standing="outdated")
    assert found.fact == old
    assert found.changed is not None
    assert found.changed > old.at
    assert of(told(), standing="granted").changed is None


def test_what_another_said_is_a_stop_with_a_day_and_nobodys() -> None:
    no = told("b", kind="withdrawn")
    assert of(told(at=NOW - 2 * DAY), shared=(no,), standing="withdrawn") == Rested(stopped=no.at, elsewhere=True)
    assert of(told(), standing="objected") == NOTHING


def test_the_latest_stop_of_the_address_that_was_asked_about_counts_and_none_from_later() -> None:
    stops = (stop(NOW - 3 * DAY), stop(NOW - 2 * DAY), stop(NOW + DAY))
    assert of(told(), stops=stops, standing="granted").stopped == NOW - 2 * DAY
    past = Instants(now=NOW, at=NOW - 4 * DAY)
    assert of(stops=stops, standing="never_asked", instants=past).stopped is None


def test_what_is_no_longer_declared_rests_on_nothing() -> None:
    assert of(told(), standing="granted", purpose="gone") == NOTHING
    assert of(told(), standing="never_asked", channel="gone", stops=(stop(NOW - DAY),)) == NOTHING
