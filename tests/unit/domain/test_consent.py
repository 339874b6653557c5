"""Saying: a yes must be complete (laws 3 and 5), a no is never refused (12), a retry adds nothing (9)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import BEFORE, DAY, ELSEWHERE, HERE, NOES, NOW, ORGANIZATION, facts_about
from vault.base.errors import Conflict, Invalid
from vault.base.ids import ClientId, FactId
from vault.domain.consent import Said, check_grant, check_no, dated, repeated, say
from vault.domain.fact import Fact, FactKind, Source
from vault.domain.organization import EVERY

MICROSECOND = timedelta(microseconds=1)
FRESH = FactId("fct_fresh")
KEY, OTHER_KEY = b"k" * 16, b"o" * 16
CRM, SHOP = ClientId("cli_crm"), ClientId("cli_shop")


def spoken(kind: FactKind = "granted", source: Source = "client", **given: Any) -> Said:
    """Return something said about sales by e-mail, complete, unless told otherwise."""
    plain: dict[str, Any] = {"purpose": "sales", "channel": "email", "method": "api"}
    if kind in {"granted", "asked"}:
        plain |= {"notice": 3, "locale": "en", "proven": source != "person"}
    return Said(kind=kind, source=source, **(plain | given))


def becomes(said: Said, *facts: Fact) -> Fact:
    return say(said, facts, organization=ORGANIZATION, fresh=FRESH, recorded_at=NOW)


def refused(said: Said) -> str:
    with pytest.raises(Invalid) as error:
        becomes(said)
    assert error.value.detail
    return error.value.code


# ── What becomes of it ───────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_said_becomes_a_fact_with_all_it_brought() -> None:
    brought: dict[str, Any] = {
        "at": NOW - DAY, "client": CRM, "contact_point": HERE, "until": NOW + DAY, "reference": KEY,
        "idempotency": OTHER_KEY, "method": "phone",
    }  # fmt: skip
    fact = becomes(spoken(**brought))
    assert {name: getattr(fact, name) for name in brought} == brought
    assert (fact.id, fact.kind, fact.purpose, fact.channel) == (FRESH, "granted", "sales", "email")
    assert (fact.recorded_at, fact.source, fact.proven) == (NOW, "client", True)


def test_a_grant_keeps_version_locale_and_hash_of_the_words_shown() -> None:
    fact = becomes(spoken(source="person"))
    assert (fact.notice, fact.locale, fact.proven) == (3, "en", True)
    assert fact.words == ORGANIZATION.notice("sales", 3).words("en")


@pytest.mark.parametrize("source", ["person", "link", "client", "admin", "import"])
@pytest.mark.parametrize("kind", NOES)
def test_a_no_from_anybody_becomes_a_fact(kind: FactKind, source: Source) -> None:
    fact = becomes(spoken(kind, source))
    assert (fact.kind, fact.source, fact.at, fact.proven, fact.words) == (kind, source, NOW, True, None)


def test_asking_needs_no_evidence() -> None:
    assert becomes(spoken("asked", proven=False)).kind == "asked"


# ── Law 3 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("source", ["person", "client", "import"])
def test_a_grant_for_every_channel_is_a_bad_request(source: Source) -> None:
    assert refused(spoken(source=source, channel=EVERY)) == "grant_for_every_channel"


def test_a_purpose_without_channels_is_granted_for_the_star_alone() -> None:
    assert becomes(spoken(purpose="personalisation", channel=EVERY, notice=1)).channel == EVERY
    with pytest.raises(Invalid, match=r"channel_not_for_purpose: .* `\*`"):
        becomes(spoken(purpose="personalisation", notice=1))


def test_a_grant_names_a_channel_the_purpose_uses() -> None:
    assert refused(spoken(channel="post")) == "channel_not_for_purpose"
    assert refused(spoken(channel="pigeon")) == "unknown_channel"
    assert refused(spoken(purpose="pigeons")) == "unknown_purpose"


# ── Law 5 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("source", ["client", "admin"])
def test_a_relayed_grant_without_evidence_is_a_bad_request(source: Source) -> None:
    assert refused(spoken(source=source, proven=False)) == "evidence_missing"


@pytest.mark.parametrize("source", ["client", "admin", "person"])
def test_a_grant_without_a_notice_version_is_a_bad_request(source: Source) -> None:
    assert refused(spoken(source=source, notice=None)) == "notice_missing"


@pytest.mark.parametrize("locale", ["en", None])
@pytest.mark.parametrize("source", ["client", "import"])
def test_a_grant_names_a_version_there_is(source: Source, locale: str | None) -> None:
    assert refused(spoken(source=source, notice=4, locale=locale)) == "unknown_notice_version"


@pytest.mark.parametrize("locale", [None, "tlh"])
def test_a_grant_names_a_locale_the_notice_was_shown_in(locale: str | None) -> None:
    assert refused(spoken(locale=locale)) == "unknown_locale"


def test_nobody_agreed_to_a_notice_before_it_was_published() -> None:
    published = ORGANIZATION.notice("sales", 3).published
    assert refused(spoken(at=published - MICROSECOND)) == "notice_not_published"
    assert becomes(spoken(at=published)).at == published


def test_a_purpose_that_asks_with_no_notice_cannot_be_granted() -> None:
    assert refused(spoken(purpose="service")) == "nothing_to_grant"


def test_a_link_cannot_grant() -> None:
    assert refused(spoken(source="link")) == "link_cannot_grant"


def test_an_import_may_not_know_what_it_proves() -> None:
    fact = becomes(spoken(source="import", notice=None, locale=None, proven=False, at=BEFORE))
    assert (fact.notice, fact.words, fact.proven) == (None, None, False)
    assert becomes(spoken(source="import", locale=None)).words is None
    assert becomes(spoken(source="import", purpose="service", notice=None)).words is None
    assert becomes(spoken(source="import")).proven


# ── Law 12 ───────────────────────────────────────────────────────────────────────────────────────────────────────────
NOTHING_ELSE_MATTERS = st.fixed_dictionaries(
    {},
    optional={
        "purpose": st.sampled_from(tuple(ORGANIZATION.purposes)),
        "channel": st.sampled_from((*ORGANIZATION.channels, EVERY)),
        "notice": st.integers(),
        "locale": st.text(),
        "until": st.just(BEFORE),
        "proven": st.booleans(),
        "contact_point": st.sampled_from((HERE, ELSEWHERE)),
        "reference": st.just(KEY),
        "idempotency": st.just(KEY),
    },
)


@given(st.sampled_from(NOES), st.sampled_from(("person", "link", "client", "admin", "import")), NOTHING_ELSE_MATTERS)
def test_a_no_to_anything_declared_is_never_refused(kind: FactKind, source: Source, given: dict[str, Any]) -> None:
    assert becomes(spoken(kind, source, **given)).kind == kind


def test_a_no_to_something_nobody_declared_is_a_bad_request() -> None:
    assert refused(spoken("withdrawn", channel="pigeon")) == "unknown_channel"
    assert refused(spoken("withdrawn", purpose="pigeons")) == "unknown_purpose"
    check_no(spoken("withdrawn", purpose="offers", channel="post"), ORGANIZATION)


# ── Whose clock ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", ["granted", "asked", *NOES])
def test_what_nobody_dated_was_said_when_it_was_recorded(kind: FactKind) -> None:
    assert becomes(spoken(kind)).at == NOW


@pytest.mark.parametrize("source", ["client", "admin", "import"])
def test_nobody_can_have_said_yes_later_than_now(source: Source) -> None:
    assert refused(spoken("granted", source, at=NOW + MICROSECOND)) == "dated_in_future"
    assert becomes(spoken("granted", source, at=NOW)).at == NOW


@pytest.mark.parametrize("kind", NOES)
@pytest.mark.parametrize("source", ["client", "admin", "import"])
def test_a_no_dated_in_the_future_counts_from_now(kind: FactKind, source: Source) -> None:
    assert becomes(spoken(kind, source, at=NOW + DAY)).at == NOW


@pytest.mark.parametrize("kind", NOES)
@pytest.mark.parametrize("source", ["person", "link"])
def test_nobody_dates_what_the_customer_does_live(kind: FactKind, source: Source) -> None:
    assert refused(spoken(kind, source, at=NOW - DAY)) == "date_not_yours"


def test_a_grant_ends_after_it_begins_and_may_have_ended_already() -> None:
    assert refused(spoken(at=NOW - DAY, until=NOW - DAY)) == "ends_before_it_begins"
    assert refused(spoken(until=NOW)) == "ends_before_it_begins"
    assert becomes(spoken(at=NOW - 2 * DAY, until=NOW - DAY)).until == NOW - DAY


def test_the_checks_can_be_asked_one_by_one() -> None:
    check_grant(spoken(), ORGANIZATION, at=NOW)
    assert dated(spoken(), NOW) == NOW


# ── Law 9 ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def as_said(fact: Fact, **changed: Any) -> Said:
    """Return what would say this fact once more."""
    fields = {field.name for field in msgspec.structs.fields(Said)}
    kept = {name: value for name, value in msgspec.structs.asdict(fact).items() if name in fields}
    return Said(**(kept | changed))


@given(st.lists(facts_about(), min_size=1, max_size=6), st.data())
def test_a_retry_adds_no_fact_whatever_else_was_said_since(facts: list[Fact], data: st.DataObject) -> None:
    again = as_said(data.draw(st.sampled_from(facts)))
    found = repeated(facts, again)
    assert found in facts
    assert found is not None
    assert (found.kind, found.at, found.source) == (again.kind, again.at, again.source)


def test_a_retry_keeps_the_evidence_that_was_there() -> None:
    first = becomes(spoken(at=NOW - DAY, notice=2))
    assert becomes(spoken(at=NOW - DAY, notice=3, until=NOW), first) is first


CHANGES: list[dict[str, Any]] = [
    {"kind": "withdrawn"},
    {"purpose": "events"},
    {"channel": "sms"},
    {"source": "admin"},
    {"reference": OTHER_KEY},
    {"at": NOW - 2 * DAY},
    {"client": SHOP},
    {"contact_point": ELSEWHERE},
]


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_says_something_else_says_something_new(change: dict[str, Any]) -> None:
    first = becomes(spoken(at=NOW - DAY, client=CRM, contact_point=HERE, reference=KEY))
    assert repeated([first], as_said(first)) is first
    assert repeated([first], as_said(first, **change)) is None


@pytest.mark.parametrize("kind", ["granted", *NOES])
def test_the_same_key_is_the_same_fact(kind: FactKind) -> None:
    first = becomes(spoken(kind, "person", idempotency=KEY))
    assert becomes(spoken(kind, "person", idempotency=KEY), first) is first
    assert becomes(spoken(kind, "person", idempotency=OTHER_KEY), first) is not first
    assert becomes(spoken(kind, "client", idempotency=KEY, at=NOW - DAY, reference=KEY), first) is first


@pytest.mark.parametrize("change", [*CHANGES[1:3], {"contact_point": None}])
def test_a_key_that_said_something_else_is_a_conflict(change: dict[str, Any]) -> None:
    first = becomes(spoken(idempotency=KEY, client=CRM, contact_point=HERE))
    with pytest.raises(Conflict, match="idempotency_key_reused"):
        repeated([first], as_said(first, **change))


@pytest.mark.parametrize("kind", NOES)
def test_a_no_under_a_key_that_said_something_else_is_never_refused(kind: FactKind) -> None:
    yes = becomes(spoken("granted", idempotency=KEY, client=CRM))
    assert becomes(spoken(kind, idempotency=KEY, client=CRM), yes).kind == kind


@pytest.mark.parametrize("kind", ["granted", *NOES])
@pytest.mark.parametrize("source", ["person", "client"])
def test_said_again_without_a_date_it_is_a_new_fact(kind: FactKind, source: Source) -> None:
    first = becomes(spoken(kind, source))
    assert becomes(spoken(kind, source), first) is not first


@pytest.mark.parametrize("kind", ["granted", "asked"])
def test_a_yes_with_a_reference_sent_again_undoes_no_withdrawal_since(kind: FactKind) -> None:
    first = becomes(spoken(kind, reference=KEY))
    assert repeated([first, becomes(spoken("withdrawn", "person"))], spoken(kind, reference=KEY)) is first


@pytest.mark.parametrize("kind", NOES)
def test_a_no_with_a_reference_sent_again_counts_anew(kind: FactKind) -> None:
    first = becomes(spoken(kind, reference=KEY))
    assert repeated([first], spoken(kind, reference=KEY)) is None


# ── Times nobody could read again ────────────────────────────────────────────────────────────────────────────────────
EDGES = ("0001-01-01T00:00:00+00:00", "0001-12-31T23:59:59+14:00", "9999-01-01T00:00:00-14:00")


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("kind", ["granted", *NOES])
def test_nothing_is_said_at_the_edge_of_the_calendar(kind: FactKind, edge: str) -> None:
    assert refused(spoken(kind, at=datetime.fromisoformat(edge))) == "time_out_of_range"


def test_no_grant_ends_at_the_edge_of_the_calendar() -> None:
    assert refused(spoken(until=datetime.fromisoformat(EDGES[2]))) == "time_out_of_range"
    assert refused(spoken(until=datetime(2030, 1, 1))) == "naive_time"  # noqa: DTZ001 - that is the point
    assert becomes(spoken(until=datetime.fromisoformat("9998-12-31T23:59:59+00:00"))).until is not None


def test_a_dealing_needs_no_notice_and_is_told_once_by_its_reference() -> None:
    said = Said(kind="dealing", purpose=EVERY, channel=EVERY, source="client", method="api", dealing="purchased",
                reference=b"r" * 16)  # fmt: skip
    fact = becomes(said)
    assert (fact.kind, fact.at, fact.dealing) == ("dealing", NOW, "purchased")
    assert repeated([fact], said) is fact
    assert repeated([fact], msgspec.structs.replace(said, dealing="inquired")) is None
    assert refused(msgspec.structs.replace(said, reference=None, at=NOW + DAY)) == "dated_in_future"
