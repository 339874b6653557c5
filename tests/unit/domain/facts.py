"""An organization with the sample's purposes, plain facts about it, and strategies that draw both at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from vault.base.duration import Duration
from vault.base.ids import ClientId, ContactPointId, FactId
from vault.domain.fact import Fact, FactKind, Source
from vault.domain.organization import Channel, Notice, Organization, Purpose, Words
from vault.domain.standing import Break, Instants, Rule, Standing, State, rule, standing

NOW: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
EXPORTED: Final = datetime(2026, 10, 31, 18, tzinfo=UTC)
BEFORE: Final = datetime(2019, 1, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
ORGANIZATION_NOTICES: Final = ("newsletter", "sales", "back_in_stock", "events", "catalogue", "personalisation")
HERE: Final = ContactPointId("ctp_here")
ELSEWHERE: Final = ContactPointId("ctp_elsewhere")

_ids = count(1)
T = TypeVar("T")


# ── An organization ──────────────────────────────────────────────────────────────────────────────────────────────────
def _purpose(key: str, *above: str, **given: Any) -> Purpose:
    plain: dict[str, Any] = {"kind": "offer", "basis": "consent", "title": {"en": key}}
    if key in ORGANIZATION_NOTICES:
        plain["notice"] = key
    return Purpose(key=key, lineage=(key, *above), **(plain | given))


def _notice(key: str, version: int, published: datetime, *, compatible: bool = True) -> Notice:
    words = Words(ask=f"{key} {version}?", details="Because you agree.", agree="Yes", decline="No")
    return Notice(
        key=key,
        version=version,
        published=published,
        compatible=compatible,
        recipients=(),
        transfers={},
        retention="a while",
        texts={"en": words},
    )


_PURPOSES: Final = (
    _purpose("offers"),
    _purpose("newsletter", "offers", channels=("email",), double_opt_in=("email",)),
    _purpose("sales", "offers", channels=("email", "sms", "voice"), lasts=Duration(months=36)),
    _purpose("back_in_stock", "sales", "offers", channels=("email", "sms"), lasts=Duration(months=12)),
    _purpose("events", "offers", channels=("email", "sms"), lasts=Duration(months=24)),
    _purpose("catalogue", "offers", channels=("post",), lasts=Duration(months=36)),
    _purpose("personalisation", kind="profiling", lasts=Duration(months=24)),
    _purpose("service", kind="service", basis="contract", channels=("email",)),
)
_CHANNELS: Final = {"email": "email", "sms": "phone", "voice": "phone", "post": "postal_address"}
SECOND_SALES_NOTICE: Final = datetime(2025, 3, 1, tzinfo=UTC)

ORGANIZATION: Final = Organization(
    slug="fernhill",
    name="Fernhill Outdoor Ltd",
    jurisdiction="GB",
    region="GB",
    time_zone="Europe/London",
    locale="en",
    locales=("en",),
    minor_until=16,
    channels={key: Channel(key=key, reaches=reaches) for key, reaches in _CHANNELS.items()},
    purposes={purpose.key: purpose for purpose in _PURPOSES},
    attributes={},
    notices={key: (_notice(key, 1, datetime(2020, 1, 1, tzinfo=UTC)),) for key in ORGANIZATION_NOTICES}
    | {
        "sales": (
            _notice("sales", 1, datetime(2020, 1, 1, tzinfo=UTC)),
            _notice("sales", 2, SECOND_SALES_NOTICE, compatible=False),
            _notice("sales", 3, datetime(2025, 9, 1, tzinfo=UTC)),
        )
    },
    suppressions={},
    evidence={},
    double_opt_in_needs=(),
    clients={},
    sources={},
    words={},
    countries={},
)


# ── Facts, plainly ───────────────────────────────────────────────────────────────────────────────────────────────────
def said(kind: FactKind, at: datetime = NOW - DAY, **given: Any) -> Fact:
    """Return a fact about sales by e-mail, said by the person a day ago, unless told otherwise."""
    plain: dict[str, Any] = {
        "id": FactId(f"fct_{next(_ids):026d}"),
        "purpose": "sales",
        "channel": "email",
        "recorded_at": max(at, NOW - DAY),
        "source": "person",
        "method": "api",
        "notice": 3 if kind in {"granted", "asked"} else None,
    }
    return Fact(kind=kind, at=at, **(plain | given))


def stands(
    *facts: Fact, purpose: str = "sales", channel: str = "email", now: datetime = NOW, about: str | None = None
) -> Standing:
    """Return what the facts add up to under the organization's own rule."""
    asked = rule(ORGANIZATION, ORGANIZATION.purpose(purpose), channel=channel)
    point = None if about is None else ContactPointId(about)
    return standing(facts, asked, instants=Instants(now=now), contact_point=point)


# ── Facts and rules at random ────────────────────────────────────────────────────────────────────────────────────────
# Each is read off one number, so that hypothesis draws quickly and a plain loop can draw many thousands.
NOES: Final[tuple[FactKind, ...]] = ("refused", "withdrawn", "objected")
KINDS: Final[tuple[FactKind, ...]] = (*("granted",) * 6, "asked", *NOES)
SOURCES: Final[tuple[Source, ...]] = ("person", "link", "client", "admin", "import", "import")
PURPOSES: Final = (*("sales",) * 7, "offers", "root", "back_in_stock", "events")
CHANNELS: Final = (*("email",) * 5, "sms", "*")
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS: Final = tuple(START + day * DAY for day in range(9))  # few, so that many facts share one
AFTERWARDS: Final = tuple(START + day * DAY for day in range(13))
ENDS: Final = (*(None,) * 39, *AFTERWARDS)
LENGTHS: Final = (None, *(Duration(minutes=days * 24 * 60) for days in range(1, 9)))
_MOST: Final = 2**96 - 1


class Dice:
    """Picks read off a number, one after the other."""

    def __init__(self, number: int) -> None:
        self.left = number

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options; the first when nothing is left of the number."""
        self.left, index = divmod(self.left, len(options))
        return options[index]


@dataclass
class About:
    """What a drawn fact must be about; empty: about anything."""

    kinds: tuple[FactKind, ...] = KINDS
    sources: tuple[Source, ...] = SOURCES
    purposes: tuple[str, ...] = PURPOSES
    channels: tuple[str, ...] = CHANNELS
    guardians: tuple[bool, ...] = (False, True)


def fact_of(number: int, about: About) -> Fact:
    """Return the fact a number stands for."""
    dice = Dice(number)
    at, source = dice.pick(MOMENTS), dice.pick(about.sources)
    return Fact(
        id=FactId(f"fct_{number:x}"),
        kind=dice.pick(about.kinds),
        purpose=dice.pick(about.purposes),
        channel=dice.pick(about.channels),
        at=at,
        recorded_at=max(at, dice.pick(MOMENTS)),
        source=source,
        method="import" if source == "import" else "api",
        client=ClientId("cli_crm") if source == "client" else None,
        contact_point=dice.pick((None, None, None, HERE, ELSEWHERE)),
        notice=dice.pick((3, 3, 3, None, 1, 2)),
        until=dice.pick(ENDS),
        proven=dice.pick((True, False)) if source == "import" else True,
        guardian=source == "client" and dice.pick(about.guardians),
    )


def rule_of(number: int) -> Rule:
    """Return the rule for sales by e-mail that a number stands for."""
    dice = Dice(number)
    breaks = [Break(version=dice.pick((2, 3)), published=dice.pick(AFTERWARDS)) for _ in range(dice.pick((0, 0, 1, 2)))]
    return Rule(
        lineage=("sales", "offers", "root"),
        channel="email",
        double_opt_in=dice.pick((False, True)),
        lasts=dice.pick(LENGTHS),
        breaks=tuple(breaks),
    )


def instants_of(number: int) -> Instants:
    """Return the instants a number stands for."""
    dice = Dice(number)
    return Instants(now=dice.pick(AFTERWARDS), at=dice.pick(ENDS), known_at=dice.pick(ENDS))


@dataclass
class Case:
    """What was said, the rule it is weighed by, and the question put."""

    facts: list[Fact]
    rule: Rule
    instants: Instants
    about: ContactPointId | None

    def stands(self, *more: Fact) -> Standing:
        """Return the standing, with more facts if given."""
        return standing([*self.facts, *more], self.rule, instants=self.instants, contact_point=self.about)

    def state(self, *more: Fact) -> State:
        """Return the state, with more facts if given."""
        return self.stands(*more).state


def case_of(numbers: Sequence[int]) -> Case:
    """Return the case that some numbers stand for: rule, question, then a fact each."""
    rule, instants, *facts = numbers
    about = Dice(instants).pick((None, HERE, ELSEWHERE))
    return Case([fact_of(number, About()) for number in facts], rule_of(rule), instants_of(instants // 3), about)


_numbers: Final = st.integers(0, _MOST)
afterwards: Final = st.sampled_from(AFTERWARDS)
cases: Final = st.lists(_numbers, min_size=2, max_size=9).map(case_of)


def facts_about(about: About | None = None) -> st.SearchStrategy[Fact]:
    """Draw one fact."""
    return _numbers.map(lambda number: fact_of(number, about or About()))


def many_cases(count: int) -> Iterator[Case]:
    """Yield cases, the same each time."""
    chance = Random(2026)  # noqa: S311 - the same cases each time
    for _ in range(count):
        yield case_of([chance.randint(0, _MOST) for _ in range(chance.randint(2, 9))])
