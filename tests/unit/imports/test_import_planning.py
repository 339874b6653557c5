"""Plans of imports: what comes to whom, which verdict each row has, and that no imported yes ever beats a no."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.imports.samples import ORGANIZATION
from vault.actions.importing.batch import Staged
from vault.actions.importing.settling import declared
from vault.actions.importing.settling.carrying import Words
from vault.base.ids import ContactPointId, CustomerId, FactId, ImportId
from vault.base.personal import Personal
from vault.domain.decision.basis import way
from vault.domain.fact import Fact
from vault.domain.organization import EVERY
from vault.domain.standing import Instants, standing
from vault.imports.identity.resolution import Known, Person, PutAside, Resolution, Several
from vault.imports.identity.resolving import resolve
from vault.imports.planning.addition import Addition
from vault.imports.planning.held import Customer, No, Stop, Tagged, Yes
from vault.imports.planning.plan import Held, Plan, plan
from vault.imports.planning.word import Word, key_of, words
from vault.imports.row import Dealing, Link, Row, Saying, Spelled, Suppressing

AT: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
DECLARED: Final = declared(ORGANIZATION)
ADDRESS: Final = "quokka@quokkamail.example"
NUMBER: Final = "+441632960001"
PROOF: Final = {name: Personal(AT.isoformat()) for name in ("asked_at", "asked_ip", "confirmed_at", "confirmed_ip")}
OWN: Final = CustomerId("cus_1")
WAYS: Final = {(purpose.key, channel): way(ORGANIZATION, purpose.key, channel=channel)
               for purpose, channel in ORGANIZATION.ways()}  # fmt: skip


def spelled(value: str = ADDRESS) -> Spelled:
    kind = "phone" if value.startswith("+") else "email"
    return Spelled(kind=kind, value=Personal(value), index=Personal(value))


def yes(purpose: str = "sales", channel: str = "email", **more: Any) -> Saying:
    told: dict[str, Any] = {"purpose": purpose, "channel": channel, "at": AT, "evidence": PROOF}
    return Saying(verdict="granted", **told | more)


def no(purpose: str = "sales", channel: str = "email", **more: Any) -> Saying:
    told: dict[str, Any] = {"verdict": "withdrawn", "at": AT}
    return Saying(purpose=purpose, channel=channel, **told | more)


def row(record: int = 1, *said: Saying, about_address: bool = True, **more: Any) -> Staged:
    told: dict[str, Any] = {"source": "mailchimp", "file": "a.csv", "attributes": {}, "points": (spelled(),)}
    return Staged(place=record, row=Row(record=record, said=said, **told | more), about_address=about_address)


def planned(
    *told: Staged,
    lists: Sequence[Staged] = (),
    whose: CustomerId | None = None,
    held: Held | None = None,
    resolution: Resolution | None = None,
) -> Plan:
    """Plan rows of one person, or as `resolution` says."""
    found = resolution or resolution_of(person(*range(len(told)), customer=whose))
    return plan(told, lists=lists, resolution=found, held=held or Held(), declared=DECLARED)


def resolution_of(*people: Person, several: Sequence[Several] = (), aside: Sequence[PutAside] = ()) -> Resolution:
    return Resolution(people=people, several=tuple(several), aside=tuple(aside), suggestions=())


def person(*rows: int, customer: CustomerId | None = None, references: Any = ()) -> Person:
    return Person(
        customer=customer, rows=rows, references=references, country=None, country_disputed=False, likenesses=()
    )


def verdicts(found: Plan) -> dict[int, str]:
    return {place: one.verdict for place, one in found.verdicts.items()}


def only(found: Plan) -> Addition:
    [one] = found.people
    assert one is not None
    return one


def knowing(customer: Customer, **more: Any) -> Held:
    return Held(customers={OWN: customer}, **more)


def test_the_first_row_of_somebody_new_makes_them_and_the_same_again_says_nothing() -> None:
    found = planned(row(1, yes()), row(2, yes()))
    assert (verdicts(found), found.made) == ({1: "new", 2: "same"}, 1)
    one = only(found)
    assert (one.who, one.changes, list(one.points), len(one.words)) == (None, True, [("email", ADDRESS)], 1)
    assert one.confirmed == {("email", ADDRESS): AT}


def test_what_is_held_already_is_nothing_new() -> None:
    told = row(1, yes(), no("events"), reference=Personal("7"), attributes={"first_name": Personal("Ada")})
    [said, refused] = words(told, declared=DECLARED, spots={})
    shared = msgspec.structs.replace(refused, point=None)
    customer = Customer(
        fields={"first_name": Personal("ADA ")},
        points={key_of(spelled())},
        references={("mailchimp", "7")},
        said={said.key, refused.key},
    )
    held = knowing(customer, points={key_of(spelled()): Tagged(words=(shared,), said={shared.key})})
    found = planned(told, whose=OWN, held=held)
    assert (verdicts(found), only(found).changes, found.words) == ({1: "same"}, False, ())


def test_a_yes_that_is_new_fills_and_a_no_is_stricter() -> None:
    held = knowing(Customer(points={key_of(spelled())}))
    assert verdicts(planned(row(1, yes()), whose=OWN, held=held)) == {1: "fills"}
    assert verdicts(planned(row(1, no()), whose=OWN, held=held)) == {1: "stricter"}


def test_a_value_other_than_the_one_held_is_a_conflict_and_the_one_held_stays() -> None:
    told = row(1, attributes={"last_name": Personal("Quokkafield"), "first_name": Personal("Ada")})
    found = planned(told, whose=OWN, held=knowing(Customer(fields={"last_name": Personal("Quokkaby")})))
    assert (verdicts(found), set(only(found).fields)) == ({1: "conflict"}, {"first_name"})


def test_of_two_values_that_come_together_that_of_the_first_row_stays_whatever_the_order_of_files() -> None:
    one = row(1, attributes={"last_name": Personal("Quokkafield")}, file="a.csv")
    other = row(2, attributes={"last_name": Personal("Quokkaby")}, file="b.csv")
    for told in ((one, other), (other, one)):
        found = planned(*told)
        assert verdicts(found) == {1: "new", 2: "conflict"}
        assert only(found).fields["last_name"].reveal() == "Quokkafield"


def test_a_yes_is_a_conflict_where_a_no_outweighs_it_wherever_that_stands() -> None:
    for held in (
        knowing(Customer(noes=(No(purpose="offers", channel=EVERY, at=AT),))),
        knowing(Customer(), points={key_of(spelled()): Tagged(words=(word(no("sales")),))}),
    ):
        assert verdicts(planned(row(1, yes()), whose=OWN, held=held)) == {1: "conflict"}
    assert verdicts(planned(row(1, yes()), row(2, no("offers")))) == {1: "conflict", 2: "stricter"}
    listed = row(2, no("offers"), role="list")
    assert verdicts(planned(row(1, yes()), lists=[listed])) == {1: "conflict", 2: "stricter"}
    for elsewhere in (no("events"), no("sales", "sms"), no("newsletter")):
        assert verdicts(planned(row(1, yes()), row(2, elsewhere)))[1] == "new"


def test_a_no_that_the_person_lifted_since_outweighs_nothing() -> None:
    held = Customer(
        noes=(No(purpose="sales", channel="email", at=AT),),
        in_person=(Yes(purpose="sales", channel="email", at=AT + timedelta(days=1)),),
        points={key_of(spelled())},
    )
    assert verdicts(planned(row(1, yes()), whose=OWN, held=knowing(held))) == {1: "fills"}


def word(said: Saying) -> Word:
    return next(words(row(1, said, about_address=False), declared=DECLARED, spots={}))


def test_a_no_about_an_address_stands_under_it_for_each_channel_and_one_of_a_person_does_not() -> None:
    told = row(1, no(channel=EVERY), points=(spelled(), spelled(NUMBER)))
    found = planned(told)
    reached = {(point[0], word.channel) for point, word in found.words}
    assert reached == {("email", "email"), ("phone", "sms"), ("phone", "voice"), ("phone", "whatsapp")}
    assert planned(row(1, no(), about_address=False)).words == ()
    assert only(planned(row(1, no(), about_address=False))).words[0].point is None


NOBODY: Final = resolution_of()


def test_a_no_over_a_channel_that_reaches_no_point_of_the_row_binds_by_those_it_has() -> None:
    [(point, bound)] = planned(row(1, no("catalogue", "post"))).words
    assert (point, bound.channel) == (key_of(spelled()), "post")


def test_a_confirmation_before_the_asking_proves_nothing() -> None:
    late = PROOF | {"asked_at": Personal((AT + timedelta(seconds=1)).isoformat())}
    found = only(planned(row(1, yes(evidence=late))))
    assert ([word.proven for word in found.words], found.confirmed) == ([False], {})


def test_rows_of_lists_make_nobody_and_a_yes_in_one_is_nobodys() -> None:
    stop = Suppressing(kind="bounce", point=spelled(), at=AT)
    found = planned(
        resolution=NOBODY,
        lists=[row(1, no(), role="list", suppressed=(stop,)), row(2, yes(), no("events"), role="list")],
    )
    assert (found.people, len(found.words), len(found.stops)) == ((), 2, 1)
    assert verdicts(found) == {1: "stricter", 2: "review"}
    assert found.verdicts[2].reason == "ambiguous_person"


def test_a_stop_is_added_once_from_the_earliest_day_and_never_outlasts_one_that_was_lifted() -> None:
    def stopped(at: datetime, *known: Stop) -> list[tuple[datetime, datetime | None]]:
        told = [row(record, role="list", suppressed=(Suppressing(kind="bounce", point=spelled(), at=when),))
                for record, when in enumerate((at, at + timedelta(days=1), at), 1)]  # fmt: skip
        held = Held(points={key_of(spelled()): Tagged(stops=known)})
        found = planned(resolution=NOBODY, lists=told, held=held)
        return [(stop.at, stop.until) for _, stop in found.stops]

    day = timedelta(days=1)
    lifted = Stop(kind="bounce", at=AT, until=AT + 5 * day)
    assert stopped(AT) == [(AT, None)]
    assert stopped(AT, Stop(kind="complaint", at=AT)) == [(AT, None)]
    assert stopped(AT + day, Stop(kind="bounce", at=AT)) == []
    assert stopped(AT + day, lifted) == []
    assert stopped(AT + 5 * day, lifted) == [(AT + 5 * day, None)]
    assert stopped(AT - 3 * day, lifted) == [(AT - 3 * day, AT + 5 * day)]


def test_whoever_has_an_address_that_is_stopped_is_told() -> None:
    stop = Suppressing(kind="bounce", point=spelled(), at=AT)
    found = planned(row(1), lists=[row(2, role="list", suppressed=(stop,))])
    assert only(found).stopped == ("bounce",)
    held = knowing(Customer(points={key_of(spelled())}))
    assert only(planned(row(1, suppressed=(stop,)), whose=OWN, held=held)).changes


def test_files_that_disagree_about_the_country_leave_it_unknown_for_good() -> None:
    def country(*codes: str, held: Customer | None = None) -> tuple[str | None, tuple[str, ...], bool, list[str]]:
        told = [row(record, attributes={"country": Personal(code)}) for record, code in enumerate(codes, 1)]
        found = planned(*told) if held is None else planned(*told, whose=OWN, held=knowing(held))
        one = only(found)
        return one.country, one.dropped, "country" in one.fields, list(verdicts(found).values())

    known = {"country": Personal("FR")}
    point = frozenset({key_of(spelled())})
    assert country("FR", "FR") == ("FR", (), True, ["new", "same"])
    assert country("FR", "CA") == ("", (), False, ["conflict", "conflict"])
    assert country("CA", held=Customer(fields=known, points=point)) == ("", ("country",), False, ["conflict"])
    assert country("FR", held=Customer(fields=known, points=point)) == (None, (), False, ["same"])
    own = Customer(fields=known, own=frozenset({"country"}), points=point)
    assert country("CA", held=own) == (None, (), False, ["conflict"])
    assert country("CA", held=Customer(disputed=True, points=point)) == (None, (), False, ["conflict"])


def test_a_locked_person_and_what_they_asked_for_is_asked_for_once() -> None:
    told = row(1, restricted=True, requests=("erase",))
    found = planned(told)
    assert (only(found).restricts, only(found).requests) == (True, ("restriction", "erase"))
    held = Customer(points={key_of(spelled())}, requests={"restriction", "erase"})
    again = planned(told, whose=OWN, held=knowing(held))
    assert (only(again).changes, verdicts(again)) == (False, {1: "same"})


def test_a_dealing_tells_what_was_so_at_it() -> None:
    def met(kind: Any, **told: Any) -> tuple[str, ...]:
        dealing = Dealing(kind=kind, at=AT, refusal_offered=True)
        return only(planned(row(1, dealings=(dealing,), **told))).words[0].dealing

    assert met("purchased") == ("purchased", "email_at_purchase", "refusal_offered")
    assert met("purchased", points=(spelled(NUMBER),)) == ("purchased", "refusal_offered")
    assert met("inquired") == ("inquired",)


def test_a_yes_names_the_point_its_record_names_if_that_is_the_persons() -> None:
    spot = row(1, role="point", reference=Personal("p1"), about_address=False, points=(spelled(NUMBER),))
    consent = row(
        2, yes(channel="sms"), yes(), role="consent", about_point=Personal("p1"), about_address=False, points=()
    )
    sms, email = only(planned(spot, consent)).words
    assert (sms.point, email.point) == (("phone", NUMBER), None)
    apart = resolution_of(person(0), person(1))
    found = planned(spot, consent, resolution=apart)
    assert [word.point for one in found.people if one for word in one.words] == [None, None]


def test_a_row_of_several_binds_them_all_by_its_noes_and_its_yes_waits_for_a_human() -> None:
    told = (row(1), row(2), row(3, yes(), no("events"), restricted=True))
    several = Several(row=2, people=(0, 1, 2))
    aside = PutAside(row=2, reason="ambiguous_person")
    people = (person(0), person(1), person(customer=OWN))
    held = knowing(Customer(points={key_of(spelled())}))
    resolution = Resolution(people=people, several=(several,), aside=(aside,), suggestions=())
    found = planned(*told, resolution=resolution, held=held)
    assert [[word.kind for word in one.words] for one in found.people if one] == [["withdrawn"]] * 3
    assert all(one.restricts for one in found.people if one)
    assert (found.verdicts[3].verdict, found.verdicts[3].reason) == ("review", "ambiguous_person")
    assert len(found.words) == 1


def test_a_row_of_several_of_whom_one_was_erased_binds_the_other() -> None:
    told = (row(1, points=(spelled(NUMBER),)), row(2), row(3, no()))
    several = [Several(row=2, people=(0, 1))]
    held = Held(points={key_of(spelled(NUMBER)): Tagged(erased=True)})
    found = planned(*told, resolution=resolution_of(person(0), person(1), several=several), held=held)
    assert [one and [word.kind for word in one.words] for one in found.people] == [None, ["withdrawn"]]


def test_of_a_row_that_was_put_aside_nothing_is_applied() -> None:
    aside = (PutAside(row=0, reason="identity_conflict"),)
    resolution = Resolution(people=(), several=(), aside=aside, suggestions=())
    found = planned(row(1, no()), resolution=resolution)
    assert (found.words, found.people, verdicts(found)) == ((), (), {1: "review"})


def test_who_was_erased_comes_back_by_no_row_but_a_no_of_it_still_binds_the_address() -> None:
    told = row(1, yes(), no("events"), reference=Personal("7"), links=(Link(source="salesforce", id=Personal("8")),))
    for held in (
        Held(points={key_of(spelled()): Tagged(erased=True)}),
        Held(references={("mailchimp", "7"): Tagged(erased=True)}),
        Held(references={("salesforce", "8"): Tagged(erased=True)}),
    ):
        found = planned(told, held=held)
        assert (found.made, found.people, len(found.words)) == (0, (None,), 1)
        assert (found.verdicts[1].verdict, found.verdicts[1].reason) == ("review", "not_accepted")


def test_who_came_back_in_person_is_known_again_and_only_what_is_theirs_counts() -> None:
    marked = {key_of(spelled()): Tagged(erased=True), key_of(spelled(NUMBER)): Tagged(erased=True)}
    held = knowing(Customer(points={key_of(spelled())}), points=marked)
    told = (row(1, yes()), row(2, no(), points=(spelled(NUMBER),)))
    found = planned(*told, whose=OWN, held=held)
    assert verdicts(found) == {1: "conflict", 2: "review"}
    assert [word.kind for word in only(found).words] == ["granted", "withdrawn"]
    assert list(only(found).points) == []


def test_references_are_remembered_but_for_erased_ones_and_noes_kept_under_them_come_along() -> None:
    references = resolve([row(1, name="ada").row]).people[0].references
    key = (references[0].source, references[0].id.reveal())
    own = Resolution(people=(person(0, references=references),), several=(), aside=(), suggestions=())
    kept = word(no("offers"))
    told = row(1, name="ada", points=(spelled(NUMBER),), reference=Personal("7"))
    found = planned(told, resolution=own, held=Held(references={key: Tagged(words=(kept,))}))
    assert only(found).words == (kept,)
    assert set(only(found).references) == {("mailchimp", "7"), key}
    found = planned(told, resolution=own, held=Held(references={key: Tagged(erased=True)}))
    assert set(only(found).references) == {("mailchimp", "7")}
    held = knowing(Customer(said={kept.key}), references={key: Tagged(words=(kept,))})
    again = Resolution(people=(person(0, customer=OWN, references=references),), several=(), aside=(), suggestions=())
    assert only(planned(told, resolution=again, held=held)).words == ()


# ── Law 6: an imported yes never beats a no, and the order of files changes nothing ──────────────────────────────────
_SAYINGS: Final = st.builds(
    Saying,
    verdict=st.sampled_from(["granted", "granted", "refused", "withdrawn", "objected"]),
    purpose=st.sampled_from(["offers", "sales", "newsletter", "back_in_stock"]),
    channel=st.sampled_from(["email", "email", "sms", EVERY]),
    at=st.integers(0, 3).map(lambda day: AT + timedelta(days=day)),
    evidence=st.sampled_from([PROOF, {}]),
).filter(lambda said: said.verdict != "granted" or (said.purpose, said.channel) in WAYS)
_ADDRESSES: Final = st.sampled_from(["quokka.1@quokkamail.example", "quokka.2@quokkamail.example"]).map(spelled)
_NUMBERS: Final = st.just(spelled(NUMBER))
_ROWS: Final = st.builds(
    Row,
    source=st.sampled_from(["mailchimp", "hubspot"]),
    file=st.sampled_from(["a.csv", "b.csv", "c.csv"]),
    record=st.just(0),
    points=st.tuples(_ADDRESSES) | st.tuples(_ADDRESSES, _NUMBERS),
    attributes=st.just({}),
    said=st.lists(_SAYINGS, max_size=2).map(tuple),
    reference=st.sampled_from([None, None, Personal("1"), Personal("2")]),
    name=st.sampled_from([None, "ada", "bo"]),
    last_name=st.just("quokkafield"),
    role=st.sampled_from(["person", "person", "person", "list"]),
)
_FILES: Final = st.lists(st.tuples(_ROWS, st.booleans()), min_size=1, max_size=8)


def staged(rows: Sequence[tuple[Row, bool]]) -> list[Staged]:
    return [
        Staged(place=place, row=msgspec.structs.replace(row, record=place), about_address=about)
        for place, (row, about) in enumerate(rows)
    ]


def resolved(told: Sequence[Staged], known: Sequence[Known] = ()) -> tuple[Plan, list[Staged], Resolution]:
    people = [one for one in told if one.row.role != "list"]
    lists = [one for one in told if one.row.role == "list"]
    resolution = resolve([one.row for one in people], known)
    return plan(people, lists=lists, resolution=resolution, held=Held(), declared=DECLARED), people, resolution


def facts(found: Plan, one: Addition) -> list[Fact]:
    """What a decision reads of somebody: their own facts, and those under their addresses."""
    making = Words(ORGANIZATION, ImportId("imp_1"), recorded_at=NOW)
    said = [*one.words, *(word for point, word in found.words if point in one.points)]
    return [
        making.fact(word, fresh=FactId(f"fct_{place}"), point=ContactPointId("ctp_1") if word.point else None)
        for place, word in enumerate(said)
    ]


def states(told: Iterable[Fact]) -> Mapping[tuple[str, str], str]:
    known = list(told)
    return {key: standing(known, way.rule, instants=Instants(now=NOW)).state for key, way in WAYS.items()}


def everybody(told: Sequence[Staged]) -> dict[frozenset[int], Mapping[tuple[str, str], str]]:
    found, people, resolution = resolved(told)
    return {
        frozenset(people[row].place for row in person.rows): states(facts(found, one))
        for person, one in zip(resolution.people, found.people, strict=True)
        if one is not None
    }


@given(rows=_FILES, seed=st.integers(0, 10))
def test_the_order_of_files_and_rows_changes_nothing(rows: list[tuple[Row, bool]], seed: int) -> None:
    told = staged(rows)
    shuffled = random.Random(seed).sample(told, len(told))  # noqa: S311 - an order, not a secret
    assert everybody(told) == everybody(shuffled)
    one, other = resolved(told)[0], resolved(shuffled)[0]
    assert one.verdicts == other.verdicts
    assert {(point, word.key) for point, word in one.words} == {(point, word.key) for point, word in other.words}


@given(rows=_FILES, said_at=st.none() | st.integers(-1, 4))
def test_whoever_says_no_anywhere_is_reached_by_no_yes_but_their_own_in_person_after_it(
    rows: list[tuple[Row, bool]], said_at: int | None
) -> None:
    told = staged(rows)
    found, people, resolution = resolved(told)
    for place, (person, one) in enumerate(zip(resolution.people, found.people, strict=True)):
        if one is None:
            continue
        aside = {two.row for two in resolution.aside}
        own = [people[row] for row in (*person.rows, *(two.row for two in resolution.several if place in two.people))
               if row not in aside or any(two.row == row for two in resolution.several)]  # fmt: skip
        shared = [
            two for two in told if two.about_address and {key_of(point) for point in two.row.points} & {*one.points}
        ]
        for key, asked in WAYS.items():
            kind = None if asked.channel is None else asked.channel.reaches
            noes = [
                said
                for two in (*own, *shared)
                for said in two.row.said
                if said.verdict != "granted" and said.purpose in asked.rule.lineage and said.channel in {key[1], EVERY}
                if two in own or any(point.kind == kind and key_of(point) in one.points for point in two.row.points)
            ]
            known = facts(found, one)
            at = None if said_at is None else AT + timedelta(days=said_at)
            if at is not None and key[1] != EVERY:
                known.append(in_person(key, at))
            state = standing(known, asked.rule, instants=Instants(now=NOW)).state
            if noes and not (at is not None and all(said.at < at for said in noes)):
                assert state != "granted", (key, noes)


def in_person(key: tuple[str, str], at: datetime) -> Fact:
    return Fact(
        id=FactId("fct_own"), kind="granted", purpose=key[0], channel=key[1], at=at, recorded_at=NOW, source="person",
        method="portal", notice=99,
    )  # fmt: skip
