"""Law 8: a dealing is no statement; a law may imply a yes from it, over silence alone, until its clock runs out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import NOW, ORGANIZATION, said
from vault.base.duration import Duration
from vault.base.personal import Personal
from vault.domain.customer import country_of
from vault.domain.fact import Fact
from vault.domain.organization import EVERY
from vault.domain.standing import Instants, Rule, Standing, rule, standing
from vault.domain.timing.implied import Condition, Dealing, Implied, read, spelled

CASL = Implied(
    rule="casl",
    countries=("CA",),
    channels=("email", "sms"),
    purchased=Duration(months=24),
    inquired=Duration(months=6),
)
SOFT = Implied(
    rule="soft_opt_in",
    countries=("GB", "DE"),
    channels=("email",),
    purchased=Duration(months=24),
    needs=("email_at_purchase", "refusal_offered"),
)
BOTH: tuple[Condition, ...] = ("email_at_purchase", "refusal_offered")
SALES = msgspec.structs.replace(ORGANIZATION.purpose("sales"), implied=(CASL, SOFT))
STATEMENTS = ("granted", "withdrawn", "refused", "objected")

moments = st.datetimes(datetime(2023, 1, 1), datetime(2026, 11, 2), timezones=st.just(UTC))  # noqa: DTZ001 - made aware


def law(channel: str = "email", country: str = "CA") -> Rule:
    return rule(ORGANIZATION, SALES, channel=channel).within(country)


def dealt(at: datetime, what: str = "purchased", met: tuple[Condition, ...] = ()) -> Fact:
    text = spelled(Dealing(what="purchased" if what == "purchased" else "inquired", met=met))
    return msgspec.structs.replace(said("dealing", at=at, purpose=EVERY, channel=EVERY), dealing=text)


def stands(*facts: Fact, by: Rule | None = None, at: datetime = NOW, **given: Any) -> Standing:
    return standing(facts, by or law(), instants=Instants(now=at), **given)


def test_a_purchase_implies_a_yes_for_its_time_and_leaves_nothing_behind() -> None:
    bought = datetime(2024, 11, 2, 12, tzinfo=UTC)
    last = stands(dealt(bought), at=NOW - timedelta(microseconds=1))
    assert (last.state, last.implied, last.until) == ("granted", "casl", NOW)
    assert (last.rests_on and last.rests_on.kind, last.grant) == ("dealing", None)
    assert stands(dealt(bought), at=NOW) == Standing(state="never_asked")


def test_the_latest_end_any_dealing_gives_counts() -> None:
    old, inquiry = dealt(datetime(2024, 12, 1, tzinfo=UTC)), dealt(datetime(2026, 10, 1, tzinfo=UTC), "inquired")
    assert stands(old, inquiry).until == datetime(2027, 4, 1, tzinfo=UTC)
    assert stands(inquiry).until == datetime(2027, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("channel", "country", "met", "implied"),
    [
        ("email", "CA", (), "casl"),
        ("sms", "CA", (), "casl"),
        ("voice", "CA", BOTH, ""),
        ("email", "GB", BOTH, "soft_opt_in"),
        ("email", "GB", ("refusal_offered",), ""),
        ("email", "GB", (), ""),
        ("sms", "GB", BOTH, ""),
        ("email", "US", BOTH, ""),
        ("email", "", BOTH, ""),
    ],
)
def test_a_law_speaks_for_its_countries_channels_and_conditions_alone(
    channel: str, country: str, met: tuple[Condition, ...], implied: str
) -> None:
    assert stands(dealt(NOW - timedelta(days=9), met=met), by=law(channel, country)).implied == implied


def test_an_inquiry_implies_nothing_where_the_law_names_none() -> None:
    assert stands(dealt(NOW - timedelta(days=9), "inquired", BOTH), by=law(country="GB")).state == "never_asked"


def test_a_dealing_yet_to_come_implies_nothing() -> None:
    assert stands(dealt(NOW + timedelta(days=1))).state == "never_asked"


@given(moments, moments, st.sampled_from(STATEMENTS))
def test_it_counts_over_silence_alone(dealing: datetime, at: datetime, kind: Any) -> None:
    word, deal = said(kind, at=at), dealt(dealing)
    bare, alone, both = stands(word), stands(deal), stands(word, deal)
    silent = bare.state not in {"granted", "withdrawn", "refused", "objected"}
    assert both == (alone if silent and alone.implied else bare)


@given(moments)
def test_without_a_law_a_dealing_changes_nothing(at: datetime) -> None:
    plain = rule(ORGANIZATION, ORGANIZATION.purpose("sales"), channel="email").within("CA")
    assert plain.purposes == plain.lineage
    assert stands(dealt(at), by=plain).state == "never_asked"
    yes = said("granted", at=at)
    assert stands(yes, dealt(at), by=plain) == stands(yes, by=plain)


def test_an_unconfirmed_and_an_expired_yes_are_carried_by_it() -> None:
    expired = said("granted", at=datetime(2022, 1, 1, tzinfo=UTC), notice=3)
    assert stands(expired).state == "expired"
    assert stands(expired, dealt(NOW - timedelta(days=1))).implied == "casl"
    asked = said("asked", at=NOW - timedelta(days=2))
    assert stands(asked).state == "pending"
    assert stands(asked, dealt(NOW - timedelta(days=1))).implied == "casl"


def test_facts_come_in_any_iterable() -> None:
    facts = (fact for fact in (dealt(NOW - timedelta(days=1)),))
    assert standing(facts, law(), instants=Instants(now=NOW)).implied == "casl"


@given(st.sampled_from(["purchased", "inquired"]), st.lists(st.sampled_from(BOTH), max_size=3))
def test_a_dealing_is_kept_as_words_and_read_again(what: Any, met: list[Condition]) -> None:
    kept = spelled(Dealing(what=what, met=tuple(met)))
    assert read(kept) == Dealing(what=what, met=tuple(sorted(set(met))))
    assert spelled(read(kept)) == kept


@pytest.mark.parametrize("kept", ["", "sold", "purchased gladly"])
def test_a_word_nobody_wrote_is_no_dealing(kept: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(kept)


@pytest.mark.parametrize(
    ("told", "country"), [("Kanada ", "CA"), ("ca", "CA"), ("FR", "FR"), ("uk", "GB"), ("Narnia", None), ("", None)]
)
def test_a_country_is_known_by_its_name_or_its_letters(told: str, country: str | None) -> None:
    named = {"CA": ("canada", "kanada"), "GB": ("uk", "great britain")}
    assert country_of(Personal(told), msgspec.structs.replace(ORGANIZATION, countries=named)) == country
