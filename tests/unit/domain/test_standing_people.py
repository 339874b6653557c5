"""People of the sample, by name: what was said of them, and what it adds up to at the sample's instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from tests.unit.domain.facts import EXPORTED, NOW, ORGANIZATION, said, stands
from vault.domain.fact import Fact, FactKind

OFFERS = ("newsletter/email", "sales/email", "back_in_stock/email", "events/email")
TEXTS = ("sales/sms", "back_in_stock/sms", "events/sms")
EVERYTHING = tuple(f"{purpose.key}/{channel}" for purpose, channel in ORGANIZATION.ways() if purpose.kind == "offer")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What the silos say of one, and the ways that stand other than `never_asked`."""

    name: str
    facts: tuple[Fact, ...]
    stand: dict[str, str]
    since: str | None = None
    ends: str | None = None


def brought(kind: FactKind, way: str, at: str | None = None, **given: Any) -> Fact:
    """Return an imported word; one without a date is dated at the export."""
    purpose, channel = way.split("/")
    moment = EXPORTED if at is None else datetime.fromisoformat(at)
    plain: dict[str, Any] = {"notice": 1, "source": "import", "method": "import", "recorded_at": NOW}
    return said(kind, moment, purpose=purpose, channel=channel, **(plain | given))


PEOPLE = [
    Person(
        name="Anna Whitlock",
        facts=(brought("granted", "newsletter/email", "2024-06-03T09:15:00Z"),),
        stand={"newsletter/email": "granted"},
        since="2024-06-03T09:15:00Z",
    ),
    Person(
        name="Ben Carraway",
        facts=(brought("granted", "newsletter/email", "2025-01-01T09:00:00Z"), brought("withdrawn", "offers/email")),
        stand=dict.fromkeys(OFFERS, "withdrawn"),
        since="2026-10-31T18:00:00Z",
    ),
    Person(
        name="Clara Voss",
        facts=(
            brought("withdrawn", "offers/email", "2023-04-02T18:00:00Z"),
            brought("granted", "newsletter/email", "2025-05-05T09:00:00Z"),
        ),
        stand=dict.fromkeys(OFFERS, "withdrawn"),
        since="2023-04-02T18:00:00Z",
    ),
    Person(
        name="Elodie Marchand",
        facts=(brought("granted", "newsletter/email", proven=False),),
        stand={"newsletter/email": "pending"},
        since="2026-10-31T18:00:00Z",
    ),
    Person(
        name="Frank Ziegler",
        facts=(
            brought("granted", "newsletter/email", "2025-05-09T22:00:00Z", proven=False),
            brought("granted", "catalogue/post", "2025-05-09T22:00:00Z"),
        ),
        stand={"newsletter/email": "pending", "catalogue/post": "granted"},
        since="2025-05-09T22:00:00Z",
    ),
    Person(
        name="Ivy Pemberton",
        facts=(
            brought("granted", "sales/sms", "2025-09-09T09:00:00Z", notice=2),
            brought("withdrawn", "offers/sms", "2026-01-05T20:14:07Z"),
        ),
        stand=dict.fromkeys(TEXTS, "withdrawn"),
        since="2026-01-05T20:14:07Z",
    ),
    Person(
        name="Lena Brandt",
        facts=(brought("refused", "sales/*", "2026-04-01T15:00:00Z"),),
        stand={way: "refused" for way in EVERYTHING if way.startswith(("sales/", "back_in_stock/"))},
        since="2026-04-01T15:00:00Z",
    ),
    Person(name="Marco Feld", facts=(), stand={}),
    Person(
        name="Tessa Lindqvist",
        facts=(brought("withdrawn", "offers/email"), brought("granted", "sales/email", "2025-11-01T09:00:00Z")),
        stand=dict.fromkeys(OFFERS, "withdrawn"),
        since="2026-10-31T18:00:00Z",
    ),
    Person(
        name="Umar Farouk",
        facts=(
            brought("granted", "sales/email", "2025-09-01T08:00:00Z", notice=2),
            brought("withdrawn", "events/email"),
        ),
        stand={"sales/email": "granted", "events/email": "withdrawn"},
        ends="2028-09-01T08:00:00Z",
    ),
    Person(
        name="Vera Kowalski",
        facts=(
            brought("granted", "newsletter/email", "2025-01-15T06:00:00Z"),
            brought("withdrawn", "sales/email"),
        ),
        stand={"newsletter/email": "granted", "sales/email": "withdrawn", "back_in_stock/email": "withdrawn"},
    ),
    Person(
        name="Will Thackeray",
        facts=(brought("granted", "sales/email", "2024-06-06T09:00:00Z"),),
        stand={"sales/email": "outdated"},
        ends="2027-06-06T09:00:00Z",
    ),
    Person(
        name="Xenia Petrou",
        facts=(brought("granted", "sales/email", "2023-11-02T12:00:00Z"),),
        stand={"sales/email": "expired"},
        ends="2026-11-02T12:00:00Z",
    ),
    Person(
        name="Yusuf Demir",
        facts=(
            brought(
                "granted", "sales/email", "2025-03-10T09:00:00Z", notice=2,
                until=datetime.fromisoformat("2026-06-30T00:00:00Z"),
            ),
        ),
        stand={"sales/email": "expired"},
        ends="2026-06-30T00:00:00Z",
    ),
    Person(
        name="Arthur Penrose",
        facts=(
            brought("objected", "offers/*"),
            brought("granted", "newsletter/email", "2026-10-31T19:00:00Z"),
        ),
        stand=dict.fromkeys(EVERYTHING, "objected"),
        since="2026-10-31T18:00:00Z",
    ),
    Person(
        name="Hannah Zimmermann",
        facts=(brought("granted", "newsletter/email", "2021-03-09T14:00:05Z", proven=False),),
        stand={"newsletter/email": "pending"},
        since="2021-03-09T14:00:05Z",
    ),
    Person(
        name="Mona Feldkamp",
        facts=(
            brought("granted", "events/email", "2025-12-01T11:00:00+01:00"),
            brought("withdrawn", "events/email", "2025-12-01T10:00:00Z"),
        ),
        stand={"events/email": "withdrawn"},
        since="2025-12-01T10:00:00Z",
    ),
    Person(
        name="Una Kerrigan",
        facts=(
            brought("withdrawn", "sales/sms", "2025-01-02T09:00:00Z"),
            brought("withdrawn", "sales/voice", "2025-01-02T09:00:00Z"),
            brought("withdrawn", "events/sms", "2025-01-02T09:00:00Z"),
            brought("granted", "sales/sms", "2026-02-02T09:00:00Z", notice=2),
        ),
        stand=dict.fromkeys((*TEXTS, "sales/voice"), "withdrawn"),
        since="2025-01-02T09:00:00Z",
    ),
]  # fmt: skip


@pytest.mark.parametrize("person", PEOPLE, ids=[person.name for person in PEOPLE])
def test_of_a_person_by_name_everything_stands_as_the_sample_says(person: Person) -> None:
    for purpose, channel in ORGANIZATION.ways():
        way = f"{purpose.key}/{channel}"
        if channel == "*":
            continue
        found = stands(*person.facts, purpose=purpose.key, channel=channel)
        assert found.state == person.stand.get(way, "never_asked"), way
        if way in person.stand and person.since is not None:
            assert found.since == datetime.fromisoformat(person.since)
        if found.state in {"expired", "outdated"} or (found.grant and person.ends):
            assert person.ends is not None
            assert found.until == datetime.fromisoformat(person.ends)


def test_clara_can_say_yes_again_in_the_portal() -> None:
    clara = PEOPLE[2]
    yes = said("granted", NOW, purpose="newsletter", notice=1)
    assert stands(*clara.facts, yes, purpose="newsletter").grant == yes


def test_arthur_alone_lifts_his_objection() -> None:
    arthur = next(person for person in PEOPLE if person.name == "Arthur Penrose")
    for source, state in (("client", "objected"), ("admin", "objected"), ("person", "granted")):
        yes = said("granted", NOW, source=source)
        assert stands(*arthur.facts, yes).state == state
