"""What a client may not see looks exactly like what does not exist: in every word, in time, in what is asked of SQL."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter
from typing import Any, Final

import asyncpg
import httpx2
import pytest
from litestar.routes import HTTPRoute

from tests import make, promised
from tests.evaluating import LIST, ONE, asking, listing
from tests.stage import BY_THE_CLOCK, Api, Stage, refused

Json = dict[str, Any]

OTHER: Final = "larkspur"
NOBODY: Final = "cus_06h0090m41t835kpwqjv10s1y0"
NO_POINT: Final = "ctp_06h0090m41t835kpwqjv10s1y0"
IDS: Final = re.compile(r"(dec|ent|cus|ctp)_[0-9a-z]{26}")
ENDS: Final = frozenset({"COMMIT;", "ROLLBACK;"})
ROUNDS: Final = 40
TRIES: Final = 20  # what else runs here may slow one of them, and never the same in all
APART: Final = 0.15  # of the time a request takes: less than from one run to the next

Body = Callable[[str, str], Json | None]


@dataclass
class Door:
    """A route with a customer in it, a body for it, and what it says of one who is not there."""

    method: str
    path: str
    body: Body = lambda _, __: None
    status: int = 404
    code: str = "unknown_customer"


DOORS: Final = (
    Door("GET", "/v1/customers/{customer}"),
    Door("GET", "/v1/customers/{customer}/consents"),
    Door("PATCH", "/v1/customers/{customer}", lambda _, __: {"locale": "de", "external": [make.reference()]}),
    Door("POST", "/v1/customers/{customer}/grants", lambda _, __: make.granted()),
    Door("POST", "/v1/customers/{customer}/grants", lambda _, point: make.granted(contact_point=point)),
    Door("POST", "/v1/customers/{customer}/dealings", lambda _, __: {"what": "purchased"}),
    Door("POST", "/v1/prompts/answers", lambda customer, _: make.prompted(customer)),
    Door("POST", "/v1/customers/{customer}/refusals", lambda _, __: {"purpose": "sales"}),
    Door("POST", "/v1/customers/{customer}/withdrawals", lambda _, __: {"purpose": "sales"}),
    Door("POST", "/v1/customers/{customer}/objections", lambda _, point: {"purpose": "sales", "contact_point": point}),
    Door("POST", "/v1/customers/{customer}/contact-points", lambda _, __: make.point("email", make.email())),
    Door("POST", "/v1/customers/{customer}/contact-points", lambda _, __: make.point("email", "quokka")),
    Door("DELETE", "/v1/customers/{customer}/contact-points/{contact_point}"),
    Door("POST", "/v1/customers/{customer}/codes"),
    Door("POST", "/v1/customers/{customer}/merge", lambda _, __: {"customer": NOBODY}),
    Door("POST", "/v1/customers/{customer}/unmerge"),
    Door("GET", "/v1/customers/{customer}/preferences"),
    Door("PUT", "/v1/customers/{customer}/preferences", lambda _, __: {"locale": "de"}),
    Door("POST", "/v1/decisions", lambda customer, _: make.asked(customer=customer), 200, ""),
    Door("POST", "/v1/decisions", lambda customer, _: make.asked(customer=customer, release=["contact"]), 200, ""),
    Door(
        "POST", "/v1/decisions/batch", lambda customer, _: {"questions": [make.asked(customer=customer)] * 3}, 200, ""
    ),
    Door("POST", ONE, lambda customer, _: asking(customer), 200, ""),
    Door("POST", LIST, lambda customer, _: listing(customer, customer), 200, ""),
)
POINTS: Final = (
    Door("DELETE", "/v1/customers/{customer}/contact-points/{contact_point}", code="unknown_contact_point"),
    Door("POST", "/v1/customers/{customer}/grants", lambda _, point: make.granted(contact_point=point),
         code="unknown_contact_point"),
)  # fmt: skip


@dataclass
class Strangers:
    """Ids of customers, each with one of a contact point, that all are nobody to the client."""

    api: Api
    own: tuple[str, str]
    ids: dict[str, tuple[str, str]]


@pytest.fixture
async def strangers(stage: Stage) -> Strangers:
    """Nobody's id, one of the other organization, and one of somebody who was erased."""
    file = make.organization()
    file["clients"]["everything"]["acts_for_customers"] = True
    for one in (file, make.organization(OTHER)):
        await stage.apply(one)
    api, other = await stage.client("everything"), await stage.client("everything", slug=OTHER)
    people: dict[str, tuple[str, str]] = {}
    for name, who in (("own", api), ("foreign", other), ("erased", api)):
        customer = await who.register()
        people[name] = customer, (await who.points(customer))["email"]
        await who.grant(customer)
    await stage.erase(people["erased"][0])
    own = people.pop("own")
    return Strangers(api=api, own=own, ids={"unknown": (NOBODY, NO_POINT), **people})


async def knock(api: Api, door: Door, who: tuple[str, str]) -> httpx2.Response:
    path = door.path.format(customer=who[0], contact_point=who[1])
    return await api.send(door.method, path, door.body(*who))


def words(answer: httpx2.Response) -> tuple[int, list[tuple[str, str]], str]:
    """Return all there is of an answer, but for ids."""
    return answer.status_code, promised.headers(answer), IDS.sub("", promised.alike(answer.text))


@contextmanager
def recorded(stage: Stage) -> Iterator[list[list[str]]]:
    """Record what each connection asks of PostgreSQL."""
    pool: Any = stage.vault.database._pool
    connections: list[asyncpg.Connection] = [holder._con for holder in pool._holders if holder._con is not None]
    spoken: list[list[str]] = [[] for _ in connections]
    notes = [lambda asked, said=said: said.append(asked.query) for said in spoken]
    for connection, note in zip(connections, notes, strict=True):
        connection.add_query_logger(note)
    try:
        yield spoken
    finally:
        for connection, note in zip(connections, notes, strict=True):
            connection.remove_query_logger(note)


def transactions(spoken: list[str]) -> Iterator[str]:
    """Yield the transactions of a connection, but for those that come when time has passed.

    A statement outside of any is one of its own. Left out is what asyncpg asks for itself, once on each connection:
    what a type is made of; and what had begun before, or has not ended: of those that come with time, it may not show.
    """
    said = [one for one in spoken if "typeinfo" not in one and "'jit'" not in one]
    marks = [place for place, one in enumerate(said) if one in {"BEGIN;", *ENDS}]
    if marks and said[marks[0]] in ENDS:
        said = said[marks[0] + 1 :]
    made: list[list[str]] = []
    inside = False
    for one in said:
        if one == "BEGIN;" or not inside:
            made.append([])
        inside = one not in ENDS if inside else one == "BEGIN;"
        made[-1].append(one)
    for one in map("\0".join, made[:-1] if inside else made):
        if not any(table in one for table in BY_THE_CLOCK):
            yield one


async def asked_of_sql(stage: Stage, api: Api, door: Door, *, who: tuple[str, str]) -> list[str]:
    """Return the transactions it takes to knock."""
    with recorded(stage) as spoken:
        await knock(api, door, who)
        await asyncio.sleep(0)  # the driver tells of a statement in the loop's next turn
    return sorted(one for said in spoken for one in transactions(said))


def names(doors: tuple[Door, ...]) -> list[str]:
    return [f"{place} {door.method} {door.path}" for place, door in enumerate(doors)]


def test_every_route_with_a_customer_in_it_is_among_the_doors(stage: Stage) -> None:
    routes = {
        f"{method} {route.path_format}"
        for route in stage.apps[0].routes
        if isinstance(route, HTTPRoute) and "{customer}" in route.path_format
        for method in route.methods
        if method != "OPTIONS"
    }
    assert routes <= {f"{door.method} {door.path}" for door in DOORS}
    assert len(routes) > 8


@pytest.mark.parametrize("door", DOORS, ids=names(DOORS))
async def test_nobodys_foreign_and_erased_customers_are_told_of_in_the_same_words(
    stage: Stage, strangers: Strangers, door: Door
) -> None:
    before = await stage.written()
    answers = [await knock(strangers.api, door, who) for who in strangers.ids.values()]
    assert answers[0].status_code == door.status
    if door.code:
        refused(answers[0], door.status, door.code)
    first, *others = [words(answer) for answer in answers]
    assert others == [first] * len(others)
    assert await stage.written() == before
    entries = [entry for entry in await stage.entries("decision") if "subject" in entry]
    assert entries == []


@pytest.mark.parametrize("door", DOORS, ids=names(DOORS))
async def test_the_same_is_asked_of_postgresql_whoever_it_is_that_is_not_there(
    stage: Stage, strangers: Strangers, door: Door
) -> None:
    for who in strangers.ids.values():  # what is remembered is remembered of all
        await knock(strangers.api, door, who)
    first, *others = [await asked_of_sql(stage, strangers.api, door, who=who) for who in strangers.ids.values()]
    assert others == [first] * len(others)
    assert first


@pytest.mark.parametrize("door", DOORS, ids=names(DOORS))
async def test_it_takes_as_long_whoever_it_is_that_is_not_there(strangers: Strangers, door: Door) -> None:
    spreads = []
    for _ in range(TRIES):
        times: dict[str, list[float]] = {name: [] for name in strangers.ids}
        for _ in range(ROUNDS):
            for name, who in strangers.ids.items():
                begun = perf_counter()
                await knock(strangers.api, door, who)
                times[name].append(perf_counter() - begun)
        found = [quantiles(of_one, n=10)[0] for of_one in times.values()]  # what else runs here slows the others
        spreads.append(max(found) / min(found))
        if spreads[-1] < 1 + APART:
            return
    raise AssertionError(f"{door.method} {door.path}: apart by {spreads}")


@pytest.mark.parametrize("door", POINTS, ids=names(POINTS))
async def test_nobodys_somebodys_foreign_and_gone_contact_points_are_told_of_alike(
    stage: Stage, strangers: Strangers, door: Door
) -> None:
    api, (own, kept) = strangers.api, strangers.own
    neighbour = (await api.points(await api.register()))["email"]
    [gone] = [(await api.post(f"/v1/customers/{own}/contact-points", make.point("email", make.email())))["id"]]
    await api.send("DELETE", f"/v1/customers/{own}/contact-points/{gone}")
    points = [NO_POINT, neighbour, gone, strangers.ids["foreign"][1], strangers.ids["erased"][1]]
    before = await stage.written()
    answers = [await knock(api, door, (own, point)) for point in points]
    refused(answers[0], door.status, door.code)
    first, *others = [words(answer) for answer in answers]
    assert others == [first] * len(others)
    statements = [await asked_of_sql(stage, api, door, who=(own, point)) for point in points]
    assert statements == [statements[0]] * len(points)
    assert await stage.written() == before
    assert kept in {point["id"] for point in (await api.get(f"/v1/customers/{own}"))["contact_points"]}


async def test_a_list_begins_after_an_id_whether_it_is_there_or_not(stage: Stage, strangers: Strangers) -> None:
    api, other = strangers.api, await stage.client("everything", slug=OTHER)
    for who in (api, other, api):
        await who.post("/v1/suppressions", {"contact": make.point("email", make.email())})
    own = [one["id"] for one in (await api.get("/v1/suppressions"))["suppressions"]]
    [foreign] = [one["id"] for one in (await other.get("/v1/suppressions"))["suppressions"]]
    assert own[0] < foreign < own[1]
    after = await api.get("/v1/suppressions", after=foreign)
    assert [one["id"] for one in after["suppressions"]] == [own[1]]


async def test_a_client_sees_of_a_customer_what_its_ceiling_names_and_no_trace_of_more(stage: Stage) -> None:
    file = make.organization()
    file["clients"]["narrow"] = make.client(file, "lookup", "create", fields=["email", "first_name"], reasons="plain")
    await stage.apply(file)
    everything, narrow = await stage.client("everything"), await stage.client("narrow")
    attributes = {"first_name": "Quokkarina"}
    full = make.customer(attributes=make.attributes(birth_date=make.birth_date(9)))
    bare = make.customer(contact_points=[full["contact_points"][0]], attributes=attributes)
    shown, customer = [], ""
    for registration in (full, bare):
        customer = str((await everything.post("/v1/customers", registration))["id"])
        answer = await narrow.send("GET", f"/v1/customers/{customer}")
        corrected = await narrow.send("PATCH", f"/v1/customers/{customer}", {"locale": "en"})
        assert words(answer) == words(corrected)
        shown.append(words(answer))
    assert shown[0] == shown[1]
    whole = await everything.get(f"/v1/customers/{customer}")
    assert whole["attributes"] == ["first_name"]


async def test_what_a_client_does_not_see_is_not_overwritten_by_it(stage: Stage) -> None:
    file = make.organization()
    file["clients"]["narrow"] = make.client(file, "lookup", "create", fields=["first_name"])
    await stage.apply(file)
    everything, narrow = await stage.client("everything"), await stage.client("narrow")
    registration = make.customer()
    customer = str((await everything.post("/v1/customers", registration))["id"])
    await everything.grant(customer)
    again = {**registration, "attributes": make.attributes()}
    assert await narrow.post("/v1/customers", again) == {"id": customer, "created": False}
    answer = await everything.decide(customer=customer, release=["first_name", "last_name"])
    assert answer["released"] == {name: registration["attributes"][name] for name in ("first_name", "last_name")}
    assert (await narrow.get(f"/v1/customers/{customer}"))["attributes"] == ["first_name"]
