"""A press stops what it was to stop, whatever was said before; a second one says nothing; no objection is undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import DAY, NOW, ORGANIZATION, SECOND_SALES_NOTICE, facts_about, said
from vault.base.ids import SUBJECT, FactId, show
from vault.domain.consent import say
from vault.domain.fact import Fact
from vault.domain.leaving import stopping
from vault.domain.leaving.link import Link, of_point
from vault.domain.leaving.stopping import Scope, Stop, offer, stops, way_of
from vault.domain.organization import Organization
from vault.domain.standing import Instants, Standing, standing

OWN = show(SUBJECT, UUID(int=1))
SENT = NOW - DAY
INTEREST = msgspec.structs.replace(ORGANIZATION.purposes["events"], basis="legitimate_interest", kind="research")
WITH_INTEREST = msgspec.structs.replace(ORGANIZATION, purposes={**ORGANIZATION.purposes, "events": INTEREST})
TODAY = Instants(now=NOW)
KNOWN = st.lists(facts_about(), max_size=7, unique_by=lambda fact: fact.id)


def link(purpose: str = "sales", channel: str = "email") -> Link:
    return Link(about="person", subject=OWN, purpose=purpose, channel=channel, sent_at=SENT)


def pressed(
    known: Sequence[Fact], one: Link, scope: Scope = "this", *, organization: Organization = ORGANIZATION
) -> list[Fact]:
    """Return the facts after a press, the new ones last."""
    found = stops(organization, known, link=one, scope=scope, instants=Instants(now=NOW))
    new = [
        say(
            stopping.said(stop, one_click=True),
            known,
            organization=organization,
            fresh=FactId(f"fct_{place:026d}"),
            recorded_at=max([NOW, *(fact.recorded_at for fact in known)]) + timedelta(seconds=1 + place),
        )
        for place, stop in enumerate(found)
    ]
    return [*known, *new]


def state(known: Sequence[Fact], purpose: str, channel: str, *, organization: Organization = ORGANIZATION) -> str:
    return stands_so(known, purpose, channel, organization=organization).state


def stands_so(
    known: Sequence[Fact], purpose: str = "sales", channel: str = "email", *, organization: Organization = ORGANIZATION
) -> Standing:
    way = way_of(organization, purpose=purpose, channel=channel)
    return standing(known, way, instants=Instants(now=NOW + DAY))


PLACES = [("sales", "email"), ("offers", "*"), ("back_in_stock", "sms"), ("events", "email"), ("gone", "email")]


@given(KNOWN, st.sampled_from(PLACES), st.sampled_from(["this", "all"]), st.sampled_from([ORGANIZATION, WITH_INTEREST]))
def test_whatever_was_said_it_is_stopped_and_a_second_press_says_nothing(
    known: list[Fact], place: tuple[str, str], scope: Scope, organization: Organization
) -> None:
    one = link(*place)
    after = pressed(known, one, scope, organization=organization)
    wanted = organization.ways() if scope == "all" else [(organization.purposes.get(place[0]), place[1])]
    for purpose, channel in wanted:
        basis = "consent" if purpose is None else purpose.basis
        found = state(after, place[0] if purpose is None else purpose.key, channel, organization=organization)
        if basis == "consent":
            assert found in {"refused", "withdrawn", "objected"}
        elif basis == "legitimate_interest":
            assert found == "objected"
    assert pressed(after, one, scope, organization=organization) == after


@given(KNOWN)
def test_a_point_is_stopped_for_each_channel_that_reaches_it_and_no_other(known: list[Fact]) -> None:
    one = of_point(OWN, kind="phone", sent_at=SENT)
    after = pressed(known, one)
    new = after[len(known) :]
    assert {fact.channel for fact in new} <= {"sms", "voice"}
    assert "service" not in {fact.purpose for fact in new}
    for channel in ("sms", "voice"):
        assert state(after, "sales", channel) in {"refused", "withdrawn", "objected"}
    assert pressed(after, one) == after


def test_stopping_this_leaves_the_rest() -> None:
    yeses = [said("granted"), said("granted", purpose="events"), said("granted", channel="sms")]
    after = pressed(yeses, link())
    assert [(fact.kind, fact.purpose, fact.channel) for fact in after[3:]] == [("withdrawn", "sales", "email")]
    assert (state(after, "events", "email"), state(after, "sales", "sms")) == ("granted", "granted")


def test_everything_is_said_once_at_the_top_of_each_tree() -> None:
    found = stops(WITH_INTEREST, [], link=link(), scope="all", instants=Instants(now=NOW))
    assert found == [
        Stop(kind="withdrawn", purpose="offers", channel="*"),
        Stop(kind="withdrawn", purpose="personalisation", channel="*"),
        Stop(kind="objected", purpose="events", channel="*"),
    ]


def test_what_rests_on_an_order_is_stopped_only_by_its_own_name() -> None:
    assert [stop.purpose for stop in stops(ORGANIZATION, [], link=link("service"), scope="this", instants=TODAY)] == [
        "service"
    ]
    everything = stops(ORGANIZATION, [], link=link(), scope="all", instants=TODAY)
    assert "service" not in {stop.purpose for stop in everything}


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
def offered(yes: Fact | None, one: Link | None = None, *, organization: Organization = ORGANIZATION) -> object:
    one = one or link()
    known = [] if yes is None else [yes]
    after = pressed(known, one, organization=organization)
    before, then = (stands_so(facts, one.purpose, one.channel, organization=organization) for facts in (known, after))
    return offer(organization, before=before, after=then, link=one, locale="de")


def test_a_yes_that_became_a_withdrawal_is_offered_again_as_it_was() -> None:
    yes = said("granted", locale="en", contact_point="ctp_here", until=NOW + 40 * DAY)
    found = offered(yes)
    assert isinstance(found, tuple)
    assert (found[0].notice, found[0].locale, found[0].contact_point) == (3, "en", "ctp_here")
    assert found[0].until == NOW + 40 * DAY
    assert found[1] is ORGANIZATION.notices["sales"][2]


def test_where_the_yes_cited_no_words_it_is_the_newest_published_that_are_cited() -> None:
    found = offered(said("granted", purpose="events", notice=None), link("events"))
    assert isinstance(found, tuple)
    assert (found[0].notice, found[0].locale) == (1, "en")


@pytest.mark.parametrize(
    "yes",
    [None, said("asked"), said("refused"), said("granted", until=NOW - timedelta(hours=1))],
    ids=["never asked", "pending", "refused", "expired"],
)
def test_what_was_no_yes_is_not_offered(yes: Fact | None) -> None:
    assert offered(yes) is None


def test_an_objection_is_never_offered_to_be_taken_back() -> None:
    yes = said("granted", purpose="events", notice=1)
    assert offered(yes, link("events"), organization=WITH_INTEREST) is None


def test_an_imported_yes_is_not_offered_for_a_link_would_make_it_the_persons_own() -> None:
    assert offered(said("granted", source="import", method="import")) is None


def test_without_words_to_show_nothing_is_offered() -> None:
    mute = msgspec.structs.replace(ORGANIZATION, notices={})
    assert offered(said("granted", notice=None), organization=mute) is None
    unborn = msgspec.structs.replace(ORGANIZATION.notices["sales"][1], published=NOW + 9 * DAY)
    later = msgspec.structs.replace(ORGANIZATION, notices={"sales": (unborn,)})
    assert offered(said("granted", notice=None), organization=later) is None
    assert NOW > SECOND_SALES_NOTICE


def test_a_purpose_that_the_file_dropped_is_not_offered() -> None:
    yes = said("granted")
    before = stands_so([yes])
    after = stands_so(pressed([yes], link()))
    dropped = msgspec.structs.replace(ORGANIZATION, purposes={})
    assert offer(dropped, before=before, after=after, link=link(), locale="en") is None


def test_everything_stops_whatever_it_rests_on_but_orders_and_the_law() -> None:
    found = stopping.everything(ORGANIZATION, [said("granted")], instants=Instants(now=NOW))
    assert {stop.purpose for stop in found} == {
        purpose.lineage[-1] for purpose in ORGANIZATION.purposes.values() if purpose.basis == "consent"
    }
    assert {*ORGANIZATION.bearing} == {*ORGANIZATION.purposes, "*"}
