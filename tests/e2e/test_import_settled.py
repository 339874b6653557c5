"""The samples, settled: who is a customer, how everybody stands and who is reached, as `expected.json` says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from tests.stage import Stage, codes
from tests.unit.imports.samples import EXPECTED, EXPORTED, ORGANIZATION, how, of
from vault.actions.acting import acting
from vault.actions.importing.batch import Batch, Settled, Staged
from vault.actions.importing.settling import settle
from vault.base.ids import CUSTOMER, IMPORT, CustomerId, ImportId, show
from vault.domain.actor import Actor
from vault.domain.decision.basis import Person, Way, way
from vault.domain.organization import EVERY
from vault.domain.standing import Instants, Standing, standing
from vault.imports.planning.word import key_of
from vault.store.decision import questions

NOW: Final = datetime.fromisoformat(EXPECTED["as_of"])
BATCH: Final = 400
LEFT_OUT: Final = {"unverified", "quiet_hours"}
"""Refusals that the figures leave out."""


def staged() -> list[Staged]:
    found: list[Staged] = []
    for number, path in enumerate(EXPECTED["files"]):
        binds = how(path).layout.about_address
        found += [Staged(place=number * 2**32 + row.record, row=row, about_address=binds) for row in of(path).rows]
    return found


def components(rows: Iterable[Staged]) -> list[list[Staged]]:
    """Rows that may be about the same people or addresses, together."""
    above: dict[object, object] = {}

    def root(one: object) -> object:
        while (up := above.setdefault(one, one)) != one:
            above[one] = one = above.setdefault(up, up)
        return one

    def keys(row: Staged) -> Iterable[object]:
        own = row.row
        yield from (key_of(point) for point in own.points)
        for record in filter(None, (own.reference, own.about_point)):
            yield "record", own.source, record.reveal()
        for link in own.links:
            yield "record", link.source, link.id.reveal()

    rows = list(rows)
    for row in rows:
        for key in keys(row):
            above[root(key)] = root(row.place)
    groups: dict[object, list[Staged]] = defaultdict(list)
    for row in rows:
        groups[root(row.place)].append(row)
    return list(groups.values())


async def settled(stage: Stage, groups: Sequence[Sequence[Staged]], *, dry: bool = False) -> list[Settled]:
    """Settle components in batches, as an import does."""
    actor = Actor(organization=await stage.organization(), kind="import")
    found: list[Settled] = []
    batch: list[Sequence[Staged]] = []
    own: ImportId | None = None
    for group in [*groups, None]:
        if group is not None:
            batch.append(group)
        if batch and (group is None or sum(map(len, batch)) >= BATCH):
            async with acting(stage.vault, actor, name="import") as act:
                own = own or act.id(IMPORT)
                found.append(await settle(act, Batch(import_=own, exported_at=EXPORTED, components=batch, dry=dry)))
            batch = []
    return found


async def people_of(stage: Stage) -> dict[CustomerId, Person]:
    rows = await stage.rows("SELECT id FROM vault.customer")
    ids = [show(CUSTOMER, row["id"]) for row in rows]
    async with stage.vault.database.work(await stage.organization()) as work:
        return (await questions.read(work, ids, sought=[], purposes=ORGANIZATION.bearing)).people


def ways() -> dict[str, Way]:
    named = [key.partition("/") for key in EXPECTED["standing"]]
    return {f"{purpose}/{channel}": way(ORGANIZATION, purpose, channel=channel) for purpose, _, channel in named}


def stands(person: Person, asked: Way) -> Standing:
    rule = asked.rule.within(person.country)
    return standing(person.facts, rule, instants=Instants(now=NOW, at=NOW), minor=person.is_minor(NOW))


def is_reached(person: Person, asked: Way) -> bool:
    """Whether somebody may be reached, with all left out that the figures leave out."""
    channel = asked.channel
    if channel is None or stands(person, asked).state != "granted" or person.restricted_since is not None:
        return False
    if person.is_minor(NOW) and asked.purpose.kind in {"offer", "profiling"}:
        return False
    return any(
        point.kind == channel.reaches
        and not any(
            stop.stops(ORGANIZATION, asked.purpose, channel=channel, instants=Instants(now=NOW, at=NOW))
            for stop in point.suppressions
        )
        for point in person.points
    )


async def test_the_samples_stand_as_expected(stage: Stage) -> None:
    groups = components(staged())
    looked = await settled(stage, groups, dry=True)
    assert await stage.count("vault.customer") == 0
    done = await settled(stage, groups)
    assert [one.made for one in done] == [one.made for one in looked]
    assert [one.verdicts for one in done] == [one.verdicts for one in looked]
    check_verdicts(done)
    people = await people_of(stage)
    assert len(people) == sum(one.made for one in done) == EXPECTED["customers"]
    check_standings(people)
    await check_addresses(stage)
    await check_flags(stage, people)
    await check_named(stage, people)
    assert await stage.count("vault.merge_suggestion") >= EXPECTED["suggested_merges_at_least"]

    before, entries = await stage.written(), await stage.count("vault.log_entry")
    again = await settled(stage, groups[::-1])
    assert sum(one.made for one in again) == 0
    assert {judged.verdict for one in again for judged in one.verdicts} == {"same", "conflict", "review"}
    assert (await stage.written(), await stage.count("vault.log_entry")) == (before, entries)


def check_verdicts(done: Sequence[Settled]) -> None:
    judged = {one.place: one for settled in done for one in settled.verdicts}
    paths = list(EXPECTED["files"])
    aside = {(paths[place >> 32], place & (2**32 - 1), one.reason) for place, one in judged.items() if one.reason}
    read = {(path, one.record, one.reason) for path in paths for one in of(path).aside}
    assert aside | read == {(one["file"], one["record"], one["reason"]) for one in EXPECTED["quarantine"]}
    assert len(judged) + len(read) == EXPECTED["rows"]["read"]


def check_standings(people: dict[CustomerId, Person]) -> None:
    states: dict[str, Counter[str]] = {}
    reached: Counter[str] = Counter()
    implied: Counter[str] = Counter()
    outweighed = 0
    for name, asked in ways().items():
        found = {customer: stands(person, asked) for customer, person in people.items()}
        states[name] = Counter(one.state for one in found.values())
        implied[name] += sum(bool(one.implied) for one in found.values())
        reached[name] += sum(is_reached(person, asked) for person in people.values())
        for customer, one in found.items():
            if one.state in {"withdrawn", "refused", "objected"} and one.since is not None:
                yeses = [
                    fact
                    for fact in people[customer].facts
                    if fact.kind == "granted" and fact.proven and f"{fact.purpose}/{fact.channel}" == name
                ]
                outweighed += any(fact.at > one.since for fact in yeses)
    assert {name: dict(sorted(count.items())) for name, count in states.items()} == EXPECTED["standing"]
    assert +reached == EXPECTED["reachable"]
    assert +implied == EXPECTED["granted_by_implied_consent"]
    assert outweighed == EXPECTED["later_proven_yes_that_a_no_outweighs"]


async def check_addresses(stage: Stage) -> None:
    expected = EXPECTED["suppressions"]
    stops = await stage.rows("SELECT kind, tag FROM vault.suppression")
    has = {row["tag"] for row in await stage.rows("SELECT tag FROM vault.contact_point")}
    assert Counter(row["kind"] for row in stops) | {"without_customer": 0} == {
        kind: count for kind, count in expected.items() if kind != "without_customer"
    } | {"without_customer": 0}
    assert sum(row["tag"] not in has for row in stops) == expected["without_customer"]
    subjects = {row["subject"] for row in await stage.rows("SELECT subject FROM keystore.subject")}
    told = {row["subject"] for row in await stage.rows("SELECT subject FROM vault.fact")}
    assert len(told - subjects - has) == EXPECTED["addresses_opted_out_without_customer"]
    shared = await stage.rows(
        "SELECT kind, count(*) AS n FROM (SELECT kind, tag FROM vault.contact_point GROUP BY 1, 2 "
        "HAVING count(DISTINCT customer) > 1) AS s GROUP BY 1"
    )
    found = {row["kind"]: row["n"] for row in shared}
    assert {kind: found.get(kind) for kind in EXPECTED["shared_contact_points"]} == EXPECTED["shared_contact_points"]


async def check_flags(stage: Stage, people: dict[CustomerId, Person]) -> None:
    asked = await stage.rows("SELECT wanted FROM vault.rights_request WHERE closed_at IS NULL")
    assert {
        "country_unknown_because_silos_disagree": sum(person.country == "" for person in people.values()),
        "erasure_requests": sum(row["wanted"] == "erasure" for row in asked),
        "minors": sum(person.is_minor(NOW) for person in people.values()),
        "restricted": sum(person.restricted_since is not None for person in people.values()),
    } == EXPECTED["flags"]


async def check_named(stage: Stage, people: dict[CustomerId, Person]) -> None:
    client = await stage.client("everything")
    for named in EXPECTED["named"]:
        customer = await found_by(client, named["find"])
        person = people[customer]
        shown: dict[str, Any] = {}
        for name, asked in ways().items():
            one = stands(person, asked)
            if one.state != "never_asked":
                shown[name] = told(one)
        assert shown == {
            name: {
                key: value if key in {"state", "basis"} else datetime.fromisoformat(value) for key, value in one.items()
            }
            for name, one in named["standing"].items()
        }, named["name"]
        assert [name for name, asked in ways().items() if is_reached(person, asked)] == named["reachable"], named[
            "name"
        ]
        for name, expected in named["refusals"].items():
            purpose, _, channel = name.partition("/")
            answer = await client.decide(
                customer=customer, purpose=purpose, channel=channel, at=NOW.isoformat(), reserve=False
            )
            if channel != EVERY:
                refusals = [] if answer["outcome"] == "allow" else codes(answer)
                assert {*refusals} - LEFT_OUT == {*expected}, (named["name"], name)


async def found_by(client: Any, find: dict[str, Any]) -> CustomerId:
    """Look somebody up as it is written how."""
    places = [{"contact": {"kind": kind, "value": value}} for kind in ("email", "phone") for value in find[kind]]
    places += [{"external": {"source": source, "id": own}} for source, own in find["reference"].items()]
    found = [{*(await client.post("/v1/customers/lookup", place))["customers"]} for place in places]
    [customer] = set.intersection(*found)
    return CustomerId(customer)


def told(one: Standing) -> dict[str, Any]:
    shown: dict[str, Any] = {"state": one.state, "since": one.since}
    if one.state in {"granted", "expired", "outdated"}:
        shown["basis"] = "implied" if one.implied else "consent"
        if one.until is not None:
            shown["ends"] = one.until
    return shown
