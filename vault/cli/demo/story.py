"""The questions a demo asks of the running server, as a client would: each kind of answer, about people in the files.

People are called by a number. A name or an address is shown only where an allowed decision released it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypedDict, Unpack

import msgspec
from consent_vault import Contact, ContactPoint, Decision, Denied, Vault

from vault.base.ids import CustomerId
from vault.domain.organization import CONTACT, Client, Notice, Organization, Purpose
from vault.domain.statement import GUARDIAN
from vault.store.imports.said import Said

_NOES: Final = frozenset({"withdrawn", "refused"})
_TRIES: Final = 5
_FEW: Final = 12
_NOBODY: Final = "cus_06h0090m41t835kpwqjv10s1y0"
_CHILD_YEARS: Final = 10
_YEAR: Final = timedelta(days=365.25)
_NAME: Final = "first_name"
_BORN: Final = "birth_date"

Tell = Callable[[str], None]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked; `about` is what the customer is called."""

    client: str
    customer: str
    about: str
    purpose: str
    channel: str
    release: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One question and its answer, as `--json` prints it."""

    question: Question
    allowed: bool
    outcome: str
    reasons: tuple[str, ...]
    released: Mapping[str, str]


class Someone(msgspec.Struct, frozen=True, kw_only=True):
    """A customer, called by a number, and all that the files say they said."""

    customer: str
    called: str
    told: tuple[Said, ...] = ()

    @property
    def said_no(self) -> bool:
        """Whether any of their rows says no to anything."""
        return any(told.verdict in _NOES for told in self.told)


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, why, and over which channel."""

    client: Client
    purpose: Purpose
    channel: str


class Asked(TypedDict, total=False):
    """What else a question holds."""

    release: Sequence[str]
    comment: str


class Granted(TypedDict, total=False):
    """What else a yes holds; `guardian` is what shows that somebody may speak for a child."""

    at: datetime | None
    until: datetime | None
    guardian: Mapping[str, str]


def everybody(said: Mapping[CustomerId, Sequence[Said]]) -> list[Someone]:
    """Return whom the files made, in the order in which they were made."""
    return [
        Someone(customer=key, called=f"customer {number} of the files", told=tuple(told))
        for number, (key, told) in enumerate(said.items(), start=1)
    ]


class Story:
    """The story being told. `customers` and `facts` are what it adds to those of the files; `example` was a yes."""

    def __init__(self, organization: Organization, vaults: Mapping[str, Vault], *, now: datetime, tell: Tell) -> None:
        self.answers: list[Answer] = []
        self.example: tuple[Way, Someone] | None = None
        self.customers = 0
        self.facts = 0
        self._organization = organization
        self._vaults = vaults
        self._now = now
        self._tell = tell

    def of_the_files(self, people: Sequence[Someone]) -> None:
        """Ask about what the files say: a proven yes, one without proof, a no, a no when asked; of few people, all."""
        way = self._way_most_said(people)
        if way is None:
            return
        self._tell(f"\nWhat the files said, asked by {way.client.title} ({way.client.key})\n")
        fields = [CONTACT, *(field for field in way.client.ceiling.fields if field == _NAME)]
        if len(people) <= _FEW:
            for someone in people:
                self._ask(way, someone, release=fields)
            return
        for someone in _who(people, way, verdict="granted", most=_TRIES):
            if self._ask(way, someone, release=fields):
                break
        for verdict in ("pending", "withdrawn", "refused"):
            for someone in _who(people, way, verdict=verdict, most=1):
                self._ask(way, someone, release=[CONTACT])

    def of_the_desk(self, people: Sequence[Someone]) -> None:
        """Ask, record and ask again, as somebody with the customer on the line would."""
        ways = list(self._desk_ways())
        if not ways:
            return
        way, other = ways[0], ways[-1]
        self._tell(f"\nAt the desk, asked by {way.client.title} ({way.client.key})\n")
        quiet = [someone for someone in people if not someone.told] + [
            someone for someone in people if someone.told and not someone.said_no
        ]
        cast = quiet or [self._registered(way, "somebody new at the desk", attributes={})]
        self._not_for_the_client(way, cast[0])
        self._ask(way, Someone(customer=_NOBODY, called="an id that nobody has"))
        self._yes_then_stopped(way, cast[0])
        self._yes_then_no(way, cast[1 % len(cast)])
        self._run_out(other, cast[2 % len(cast)])
        self._too_young(way)
        self._objected(way, cast[3 % len(cast)])

    def _not_for_the_client(self, way: Way, someone: Someone) -> None:
        ceiling = way.client.ceiling
        for purpose, channel in self._organization.ways():
            if purpose.key not in ceiling.purposes and purpose.basis == "consent" and channel in ceiling.channels:
                foreign = Way(client=way.client, purpose=purpose, channel=channel)
                self._ask(foreign, someone, release=[CONTACT])
                return

    def _yes_then_stopped(self, way: Way, someone: Someone) -> None:
        self._ask(way, someone, release=[CONTACT])
        self._grant(way, someone, why="The customer says yes; the desk records it with its evidence.")
        answer = self._ask(way, someone, release=self._fields(way))
        address = answer.released.get(CONTACT) if answer else None
        if address is not None:
            kind = self._organization.channels[way.channel].reaches
            self._vaults[way.client.key].suppress(Contact(kind=kind, value=address))
            self._tell("    > Mail to that address comes back; the desk stops the address for everybody who has it.\n")
            self._ask(way, someone, release=[CONTACT])

    def _yes_then_no(self, way: Way, someone: Someone) -> None:
        self._grant(way, someone, why="Somebody else says yes.")
        self._ask(way, someone, release=[CONTACT])
        stated = self._vaults[way.client.key].withdraw(someone.customer, purpose=way.purpose.key)
        self.facts += not stated.repeated
        self._tell("    > And calls again: no more. The very next answer knows.\n")
        self._ask(way, someone, release=[CONTACT])

    def _run_out(self, way: Way, someone: Someone) -> None:
        """Record a yes of long ago. The purpose's own duration has run out since, else the yes names an end."""
        first = self._notices(way.purpose)[0]
        at, until = first.published, None
        if way.purpose.lasts is None or way.purpose.lasts.after(at) >= self._now:
            until = at + (self._now - at) / 2
        self._grant(way, someone, why=f"An old form turns up: a yes of {at:%d %B %Y}.", at=at, until=until)
        self._ask(way, someone, release=[CONTACT])

    def _too_young(self, way: Way) -> None:
        if _BORN not in self._organization.attributes or "create" not in way.client.ceiling.actions:
            return
        born = (self._now - _CHILD_YEARS * _YEAR).date().isoformat()
        child = self._registered(way, f"somebody new at the desk, aged {_CHILD_YEARS}", attributes={_BORN: born})
        try:
            self._grant(way, child, why="A child signs up and says yes.")
        except Denied as refusal:
            self._tell(f"    > A child signs up and says yes. The desk may not take it down: {refusal.code}.\n")
        self._ask(way, child, release=[CONTACT])
        if needs := self._organization.evidence.get(GUARDIAN):
            shown = dict.fromkeys(needs, "demo")
            self._grant(way, child, why="A parent says yes for the child, and shows that they may.", guardian=shown)
            self._ask(way, child, release=[CONTACT])

    def _objected(self, way: Way, someone: Someone) -> None:
        stated = self._vaults[way.client.key].object(someone.customer, purpose=way.purpose.lineage[-1])
        self.facts += not stated.repeated
        self._tell("    > Somebody objects, for good (GDPR Art. 21).\n")
        self._ask(way, someone, release=[CONTACT])

    def _ask(self, way: Way, someone: Someone, **asked: Unpack[Asked]) -> Decision:
        question = Question(
            client=way.client.key,
            customer=someone.customer,
            about=someone.called,
            purpose=way.purpose.key,
            channel=way.channel,
            release=tuple(asked.get("release", ())),
        )
        answer = self._vaults[question.client].decide(
            customer=question.customer,
            purpose=question.purpose,
            channel=question.channel,
            release=[*question.release],
        )
        self._tell(f"  {question.client}: may I contact {question.about} for {question.purpose} by {question.channel}?")
        self._tell(f"    {'YES' if answer.allowed else 'NO '} {', '.join(reason.code for reason in answer.reasons)}")
        for reason in answer.reasons:
            self._tell(f"        {reason.message}")
        if answer and self.example is None:
            self.example = way, someone
        if answer.released:
            values = ", ".join(f"{field} {value}" for field, value in answer.released.items())
            self._tell(f"    released with this yes, and only with it: {values}")
        for field in answer.withheld:
            self._tell(f"    kept back: {field.field} ({field.code})")
        self._tell("")
        self.answers.append(
            Answer(
                question=question,
                allowed=answer.allowed,
                outcome=answer.outcome,
                reasons=tuple(reason.code for reason in answer.reasons),
                released=dict(answer.released),
            )
        )
        return answer

    def _grant(self, way: Way, someone: Someone, *, why: str, **granted: Unpack[Granted]) -> None:
        at, guardian = granted.get("at"), granted.get("guardian", {})
        notice = self._notices(way.purpose)[0 if at else -1]
        here = self._organization.locale
        stated = self._vaults[way.client.key].grant(
            someone.customer,
            purpose=way.purpose.key,
            channel=way.channel,
            notice=notice.version,
            locale=here if here in notice.texts else next(iter(notice.texts)),
            evidence={"captured_at": (at or self._now).isoformat(), "capture_source": "demo", **guardian},
            at=at,
            until=granted.get("until"),
            guardian=bool(guardian),
        )
        self.facts += not stated.repeated
        self._tell(f"    > {why}\n")

    def _registered(self, way: Way, called: str, *, attributes: Mapping[str, str]) -> Someone:
        """Register somebody the story invents."""
        kind = self._organization.channels[way.channel].reaches
        value = {"email": "robin@new-customer.example", "phone": "+441632960123"}.get(kind, "1 New Street")
        registered = self._vaults[way.client.key].register(
            contact_points=[ContactPoint(kind=kind, value=value)], attributes=attributes
        )
        self.customers += registered.created
        return Someone(customer=registered.id, called=called)

    def _fields(self, way: Way) -> list[str]:
        """Return the contact point, the first name, and something this client may not have."""
        own = way.client.ceiling.fields
        attributes = self._organization.attributes
        foreign = [name for name in (_BORN, *attributes) if name in attributes and name not in own]
        return [CONTACT, *(name for name in (_NAME,) if name in own), *foreign[:1]]

    def _notices(self, purpose: Purpose) -> list[Notice]:
        notices = self._organization.notices.get(purpose.notice or "", ())
        return [notice for notice in notices if notice.published <= self._now]

    def _way_most_said(self, people: Sequence[Someone]) -> Way | None:
        """Return what a client here may ask for and the files say most of: by yeses, then by all that bears on it."""

        def said(way: Way) -> tuple[int, int, bool]:
            told = [told for someone in people for told in someone.told if _bears(told, way)]
            return sum(one.verdict == "granted" for one in told), len(told), "capture" not in way.client.ceiling.actions

        ways = [
            Way(client=client, purpose=purpose, channel=channel)
            for client in self._clients()
            for purpose, channel in self._organization.ways()
            if purpose.key in client.ceiling.purposes and channel in client.ceiling.channels
        ]
        return max((way for way in ways if said(way)[1]), key=said, default=None)

    def _desk_ways(self) -> Iterator[Way]:
        """Yield what one client may record a yes for and ask: by e-mail first, with all reasons if one is told them."""
        desks = [client for client in self._clients() if "capture" in client.ceiling.actions]
        for client in sorted(desks, key=lambda client: client.ceiling.reasons != "full")[:1]:
            for purpose, channel in self._organization.ways():
                declared = self._organization.channels.get(channel)
                if (
                    purpose.key in client.ceiling.purposes
                    and channel in client.ceiling.channels
                    and declared is not None
                    and declared.reaches == "email"
                    and self._notices(purpose)
                    and not purpose.needs_verified(channel)
                ):
                    yield Way(client=client, purpose=purpose, channel=channel)

    def _clients(self) -> list[Client]:
        return [self._organization.clients[key] for key in self._vaults]


def _bears(told: Said, way: Way) -> bool:
    """Whether what was recorded bears on a way: a yes on exactly it, a no on all that is below it."""
    named = told.purpose == way.purpose.key or (told.verdict in _NOES and told.purpose in way.purpose.lineage)
    return named and told.channel in (way.channel, "*")


def _who(people: Iterable[Someone], way: Way, *, verdict: str, most: int) -> list[Someone]:
    """Return who said this about a way, and nothing else of another kind."""
    found = [
        someone
        for someone in people
        if any(told.verdict == verdict and _bears(told, way) for told in someone.told)
        and (not someone.said_no if verdict == "granted" else {told.verdict for told in someone.told} == {verdict})
    ]
    return found[:most]
