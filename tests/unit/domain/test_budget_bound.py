"""What binds how many messages there may be: of the purpose and those above it, of all, and as somebody wishes."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from tests.unit.domain.facts import NOW, ORGANIZATION, said
from tests.unit.domain.test_decision import MAIL, person, point
from vault.base.ids import DecisionId
from vault.domain.choices.at_most import AtMost
from vault.domain.choices.preference import Preference
from vault.domain.decision.basis import NO_WISHES, Way, basis
from vault.domain.organization import Kind, Organization
from vault.domain.standing import Instants, rule
from vault.domain.timing.budget import Budget, Spend
from vault.domain.timing.moment import earliest

HOUR = timedelta(hours=1)


def declared(*, over_all: Budget | None = None, kind: Kind = "offer", **budgets: Budget) -> Organization:
    purposes = {
        key: msgspec.structs.replace(purpose, kind=kind, budget=budgets.get(key))
        for key, purpose in ORGANIZATION.purposes.items()
    }
    return msgspec.structs.replace(ORGANIZATION, purposes=purposes, budget=over_all)


def over_email(budget: Budget) -> Organization:
    channels = {"email": msgspec.structs.replace(ORGANIZATION.channel("email"), budget=budget)}
    return msgspec.structs.replace(declared(), channels={**ORGANIZATION.channels, **channels})


def way(organization: Organization, purpose: str = "sales") -> Way:
    found = organization.purpose(purpose)
    return Way(
        organization=organization,
        purpose=found,
        channel=organization.channel("email"),
        rule=rule(organization, found, channel="email"),
    )


def spend(*lineage: str, at: datetime = NOW - HOUR, channel: str = "email") -> Spend:
    return Spend(decision=DecisionId("dec_a"), at=at, lineage=lineage or ("sales", "offers"), channel=channel)


def spent(of: Way, *spends: Spend, wished: Preference = NO_WISHES) -> str | bool:
    who = person(point(MAIL, primary=True), facts=(said("granted"),))
    who = msgspec.structs.replace(who, spends=spends, preference=wished)
    return basis(who, of, instants=Instants(now=NOW)).flat["budget_spent"]


def test_where_nothing_is_promised_or_wished_nothing_is_spent() -> None:
    assert spent(way(declared()), *[spend()] * 100) == ""


@pytest.mark.parametrize("key", ["sales", "offers"])
def test_a_purpose_spends_of_its_own_budget_and_of_its_parents(key: str) -> None:
    budget = Budget(week=2)
    here = way(declared(sales=budget) if key == "sales" else declared(offers=budget))
    assert spent(here, spend()) == ""
    assert spent(here, spend(), spend()) == "week"


def test_what_a_sister_spent_counts_for_the_parent_and_not_for_the_purpose() -> None:
    other = spend("newsletter", "offers")
    assert spent(way(declared(sales=Budget(week=1))), other) == ""
    assert spent(way(declared(offers=Budget(week=1))), other) == "week"


def test_all_spend_what_the_organization_promises() -> None:
    here = way(declared(over_all=Budget(day=1, month=9)))
    assert here.organization.has_budgets
    assert spent(here, spend("surveys", "research", channel="sms")) == "day"


def test_a_wish_over_all_channels_counts_them_together_and_one_of_a_channel_that_alone() -> None:
    here, by_text = way(declared()), spend(channel="sms")
    assert spent(here, by_text, wished=Preference(at_most={"*": AtMost(most=1, per="week")})) == "week"
    assert spent(here, by_text, wished=Preference(at_most={"email": AtMost(most=1, per="week")})) == ""
    assert spent(here, spend(), wished=Preference(at_most={"email": AtMost(most=1, per="day")})) == "day"
    assert spent(here, spend(), wished=Preference(at_most={"sms": AtMost(most=1, per="day")})) == ""


def test_wish_and_promise_both_bind() -> None:
    here = way(declared(sales=Budget(day=1), over_all=Budget(week=5)))
    wished = Preference(at_most={"*": AtMost(most=1, per="month"), "email": AtMost(most=3, per="day")})
    assert spent(here, spend(), wished=wished) == "month"
    assert spent(here, spend(), wished=NO_WISHES) == "day"


@pytest.mark.parametrize(("kind", "word"), [("offer", "day"), ("research", "day"), ("service", ""), ("profiling", "")])
def test_budgets_bind_offers_and_research_alone(kind: Kind, word: str) -> None:
    here = way(declared(sales=Budget(day=1), over_all=Budget(day=1), kind=kind))
    assert spent(here, spend(), wished=Preference(at_most={"*": AtMost(most=1, per="day")})) == word


def test_a_budget_of_none_refuses_at_every_time() -> None:
    here = way(declared(sales=Budget(week=0)))
    who = person(point(MAIL, primary=True), facts=(said("granted"),))
    rests = basis(who, here, instants=Instants(now=NOW))
    assert rests.flat["budget_spent"] == "week"
    assert earliest([bound for _, bound in rests.bounds], start=NOW) is None


def test_an_organization_without_any_budget_has_none() -> None:
    assert not declared().has_budgets
    assert declared(sales=Budget(day=1)).has_budgets
    assert over_email(Budget(day=1)).has_budgets


def test_all_that_goes_over_a_channel_spends_of_its_budget() -> None:
    here = way(over_email(Budget(week=1)))
    assert spent(here, spend("newsletter", "offers")) == "week"
    assert spent(here, spend(channel="sms")) == ""
    assert spent(way(over_email(Budget(week=0)))) == "week"
