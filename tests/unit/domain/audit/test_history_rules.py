"""The question of history: what is late, what it leaves out, and a map whose regions answer as the question does."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.domain.facts import DAY, NOW, said
from tests.unit.domain.test_decision import DECLARED
from vault.base.errors import Invalid
from vault.base.ids import ContactPointId, ImportId, Subject, SuppressionId
from vault.domain.audit.clocks import MOST, clocks
from vault.domain.audit.history import Held, HistoryAsked, Place, Stop, gated, learnt, rests
from vault.domain.decision.basis import Way, way
from vault.domain.fact import Fact
from vault.domain.importing.undone import Undone
from vault.domain.organization import EVERY, Authentication, Ceiling, Client
from vault.domain.standing import Instants
from vault.domain.suppression import Suppression

WHO = Subject("sub_who")
AT = NOW - 20 * DAY
SALES = way(DECLARED, "sales", channel="email")


def asked(**given: Any) -> HistoryAsked:
    plain: dict[str, Any] = {"subject": WHO, "purpose": "sales", "channel": "email", "client": "crm", "at": AT}
    return HistoryAsked(**(plain | given))


def place(*stops: Stop, kind: str = "email") -> Place:
    return Place(id=ContactPointId("ctp_here"), kind=kind, primary=True, verified=False, stops=stops)


def stop(kind: Any = "complaint", *, at: datetime, recorded_at: datetime, until: datetime | None = None) -> Stop:
    own = Suppression(id=SuppressionId("sup_1"), kind=kind, at=at, until=until)
    return Stop(suppression=own, recorded_at=recorded_at)


def answers(held: Held, at: datetime, known_at: datetime, *, about: Way = SALES) -> bool:
    """Answer as the policies do to an offer: a yes that nothing stops."""
    flat = rests(held, about, subject=WHO, instants=Instants(now=NOW, at=at, known_at=known_at)).flat
    return flat["standing"] == "granted" and not flat["suppressed"] and not flat["minor"]


def test_late_is_what_was_said_by_the_instant_and_learnt_after_that_of_knowing() -> None:
    yes = said("granted", AT - 9 * DAY, recorded_at=AT - 9 * DAY)
    paper = said("withdrawn", AT - 3 * DAY, recorded_at=AT + 7 * DAY)
    later = said("refused", AT + DAY, recorded_at=AT + 2 * DAY)
    elsewhere = [said("granted", AT, purpose="events"), said("refused", AT, channel="sms")]
    above = said("objected", AT - DAY, recorded_at=AT - DAY, purpose="offers", channel=EVERY)
    held = Held(facts=(later, paper, yes, above, *elsewhere))
    told = learnt(held, SALES, asked=asked())
    assert [(one.fact, one.is_late, one.late_seconds) for one in told] == [
        (yes.id, False, 0),
        (paper.id, True, 10 * 86_400),
        (above.id, False, 0),
        (later.id, False, 86_400),
    ]
    assert not any(one.is_late for one in learnt(held, SALES, asked=asked(known_at=NOW)))
    assert answers(held, AT - 4 * DAY, NOW)
    assert not answers(held, AT, AT)


def test_a_stop_bears_on_a_question_over_its_own_way_alone_and_counts_once_it_is_learnt() -> None:
    late = stop(at=AT - DAY, recorded_at=AT + DAY)
    other, bounce = stop("stop_word", at=AT, recorded_at=AT), stop("bounce", at=AT, recorded_at=AT, until=AT + DAY)
    yes = said("granted", AT - 9 * DAY, recorded_at=AT - 9 * DAY)
    held = Held(facts=(yes,), places=(place(late, other), place(bounce, kind="phone")))
    told = learnt(held, SALES, asked=asked())
    assert [(one.kind, one.is_late) for one in told] == [("granted", False), ("complaint", True)]
    assert (answers(held, AT, AT), answers(held, AT, NOW)) == (True, False)
    assert len(held.stops) == 3
    personal = way(DECLARED, "personalisation", channel=EVERY)
    assert learnt(held, personal, asked=asked(purpose="personalisation", channel=EVERY)) == ()


def test_it_leaves_out_how_somebody_could_be_reached_and_minds_their_age() -> None:
    yes = said("granted", AT - 9 * DAY, recorded_at=AT - 9 * DAY)
    nowhere = Held(facts=(yes,), erased=True)
    flat = rests(nowhere, SALES, subject=WHO, instants=Instants(now=NOW, at=AT, known_at=NOW)).flat
    assert (flat["reachable"], flat["unverified"], flat["standing"]) == (True, False, "granted")
    young = Held(facts=(yes,), minor_until=date.fromordinal(AT.date().toordinal() + 2))
    assert (answers(young, AT, NOW), answers(young, AT + 3 * DAY, NOW)) == (False, True)


def test_the_ceiling_alone_says_what_a_client_might_ask() -> None:
    ceiling = Ceiling(purposes=("sales", "personalisation"), channels=("email",))
    client = Client(
        key="crm", title="CRM", authentication=Authentication(method="client_secret_basic"), ceiling=ceiling
    )
    declared = msgspec.structs.replace(DECLARED, clients={"crm": client})
    for purpose, channel, key, granted in (
        ("sales", "email", "crm", (True, True)),
        ("sales", "sms", "crm", (True, False)),
        ("events", "email", "crm", (False, True)),
        ("personalisation", EVERY, "crm", (True, True)),
        ("sales", "email", "another", (False, False)),
    ):
        told = gated(declared, way(declared, purpose, channel=channel), client=key)
        assert (told["purpose_granted"], told["channel_granted"]) == granted
        assert (told["suspended"], told["purpose_in_token"], told["channel_in_token"]) == (False, True, True)


def test_nobody_asks_about_what_is_still_to_come() -> None:
    asked(at=NOW, known_at=NOW).check(NOW)
    for wrong, code in (
        (asked(at=NOW + DAY), "time_in_the_future"),
        (asked(known_at=NOW + DAY), "time_in_the_future"),
        (asked(at=AT.replace(tzinfo=None)), "naive_time"),
        (asked(known_at=AT.replace(year=1)), "time_out_of_range"),
    ):
        with pytest.raises(Invalid, match=code):
            wrong.check(NOW)


def test_a_way_nobody_declared_is_none() -> None:
    for purpose, channel, code in (
        ("nothing", "email", "unknown_purpose"),
        ("sales", "kiosk", "unknown_channel"),
        ("sales", EVERY, "unknown_channel"),
        ("sales", "post", "channel_not_for_purpose"),
    ):
        with pytest.raises(Invalid, match=code):
            way(DECLARED, purpose, channel=channel)


# ── The map ──────────────────────────────────────────────────────────────────────────────────────────────────────────
MOMENTS = st.integers(0, 480).map(lambda hours: NOW - timedelta(hours=hours))
LATENESS = st.sampled_from([0, 0, 5, 90, 400]).map(lambda hours: timedelta(hours=hours))


@st.composite
def some_facts(draw: st.DrawFn) -> tuple[Fact, ...]:
    made = []
    for _ in range(draw(st.integers(0, 6))):
        at, kind = draw(MOMENTS), draw(st.sampled_from(["granted", "refused", "withdrawn", "objected", "asked"]))
        until = at + timedelta(days=draw(st.integers(1, 9))) if kind == "granted" and draw(st.booleans()) else None
        made.append(said(kind, at, recorded_at=min(NOW, at + draw(LATENESS)), until=until))  # type: ignore[arg-type]
    return tuple(made)


@st.composite
def some_held(draw: st.DrawFn) -> Held:
    stops = []
    for _ in range(draw(st.integers(0, 2))):
        at = draw(MOMENTS)
        until = at + DAY if draw(st.booleans()) else None
        stops.append(stop(at=at, recorded_at=min(NOW, at + draw(LATENESS)), until=until))
    young = draw(st.none() | st.dates(date(2026, 10, 10), date(2026, 11, 1)))
    return Held(facts=draw(some_facts()), places=(place(*stops),), minor_until=young)


@given(held=some_held(), at=MOMENTS, known_after=LATENESS, points=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1))))
def test_the_map_covers_its_window_once_and_answers_everywhere_as_the_question_does(
    held: Held, at: datetime, known_after: timedelta, points: list[tuple[float, float]]
) -> None:
    question = asked(at=at, known_at=min(NOW, at + known_after))
    found = clocks(held, SALES, asked=question, now=NOW, ask=lambda one, known: answers(held, one, known))
    assert found.begin < at <= found.end <= NOW
    assert found.begin < question.known <= found.end
    assert found.end - found.begin >= 4 * DAY
    wide = (found.end - found.begin) / timedelta(microseconds=1)
    area = sum(
        ((one.at_to - one.at_from) / timedelta(microseconds=1))
        * ((one.known_to - one.known_from) / timedelta(microseconds=1))
        for one in found.regions
    )
    assert area == pytest.approx(wide**2)
    for across, up in points:
        one = found.begin + (found.end - found.begin) * min(across, 0.999)
        known = found.begin + (found.end - found.begin) * min(up, 0.999)
        [inside] = [
            region
            for region in found.regions
            if region.at_from <= one < region.at_to and region.known_from <= known < region.known_to
        ]
        assert inside.allowed == answers(held, one, known)
        if found.latest:
            [over] = [region for region in found.latest if region.at_from <= one < region.at_to]
            assert over.allowed == answers(held, one, NOW)
    assert bool(found.latest) == (found.end < NOW)


def test_what_was_learnt_late_is_on_the_map() -> None:
    yes = said("granted", AT - 300 * DAY, recorded_at=AT - 300 * DAY)
    paper = said("withdrawn", AT - 3 * DAY, recorded_at=AT + 7 * DAY)
    held = Held(facts=(yes, paper))
    found = clocks(held, SALES, asked=asked(), now=NOW, ask=lambda at, known: answers(held, at, known))
    assert found.begin < paper.at
    assert paper.recorded_at < found.end < NOW
    assert sorted(region.allowed for region in found.regions) == [False, True, True]


def test_a_thousand_changes_make_no_thousand_columns() -> None:
    facts = [
        said("granted", AT + timedelta(hours=hours), recorded_at=AT + timedelta(hours=hours)) for hours in range(400)
    ]
    held = Held(facts=(*facts, said("refused", AT - DAY, recorded_at=NOW)))
    times: list[datetime] = []

    def ask(at: datetime, known: datetime) -> bool:
        times.append(at)
        return answers(held, at, known)

    found = clocks(held, SALES, asked=asked(), now=NOW, ask=ask)
    assert found.begin <= AT < found.end
    assert len(times) <= (MOST + 2) * (MOST + 3)


def test_what_an_undone_import_brought_counts_for_what_was_known_before() -> None:
    own, undone_at = ImportId("imp_own"), AT + 5 * DAY
    yes = said("granted", AT - 9 * DAY, recorded_at=AT - 9 * DAY, source="import", brought_by=own)
    held = Held(facts=(yes,), undone=(Undone(import_=own, recorded_at=undone_at, with_noes=False),))
    assert (answers(held, AT, AT), answers(held, AT, NOW)) == (True, False)
    found = clocks(held, SALES, asked=asked(known_at=undone_at), now=NOW, ask=lambda at, to: answers(held, at, to))
    assert {(region.allowed, region.known_from >= undone_at) for region in found.regions} == {
        (True, False),
        (False, True),
    }


def test_a_stop_of_an_undone_import_stays_unless_it_was_undone_too() -> None:
    own = ImportId("imp_own")
    yes = said("granted", AT - 9 * DAY, recorded_at=AT - 9 * DAY)
    stopped = msgspec.structs.replace(stop(at=AT - DAY, recorded_at=AT - DAY), brought_by=own)
    for with_noes, allowed in ((False, False), (True, True)):
        undone = Undone(import_=own, recorded_at=AT, with_noes=with_noes)
        held = Held(facts=(yes,), places=(place(stopped),), undone=(undone,))
        assert (answers(held, AT, AT - timedelta(hours=1)), answers(held, AT, NOW)) == (False, allowed)
