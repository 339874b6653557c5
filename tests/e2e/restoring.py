"""A world with everything in it that an export must carry, and an empty vault beside it to carry it to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from tests import make
from tests.house import Seen, check_house
from tests.stage import Api, Json, Stage, copy_of, now, said
from vault.actions.customer import consents, merging
from vault.actions.rights import asking
from vault.base.ids import CustomerId, raw
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.rights.request import NewRequest
from vault.domain.statement import NewGrant

NOTICES: Final = {"sales": 2, "back_in_stock": 1, "newsletter": 2}
WAYS: Final = (("sales", "email"), ("sales", "sms"), ("back_in_stock", "email"), ("newsletter", "email"))
NOES: Final = ("refusals", "withdrawals", "objections")
DAY: Final = timedelta(days=1)


def declared() -> Json:
    """Return the sample's file, which also says what shows that somebody may speak for a child."""
    file = make.organization()
    file["evidence"]["guardian"] = {"needs": ["guardian_name", "document"]}
    return file


class World:
    """People and what they said; `random` draws most of it, and what must be there is made by hand.

    `stopped` and `erased` are addresses that nobody has; `undone` is a yes of an import that was undone.
    """

    def __init__(self, stage: Stage, api: Api, *, seed: int) -> None:
        self._stage = stage
        self._api = api
        self._random = Random(seed)  # noqa: S311 - a test wants to see the same twice
        self.people: list[str] = []
        self.undone = ""
        self.stopped = make.point("email", make.email())
        self.erased = make.point("email", make.email())

    async def make(self) -> None:
        """Make it."""
        shared = make.point("email", make.email())
        self.people = [await self._api.register() for _ in range(4)]
        self.people += [await self._api.register(contact_points=[shared, make.point("phone", make.phone())])
                        for _ in range(2)]  # fmt: skip
        for _ in range(24):
            await self._say(self._random.choice(self.people))
        await self._about_addresses(shared)
        await self._about_people()
        await self._left(shared)
        await self._in_person(self.people[1])
        await self._undo()

    async def _say(self, who: str) -> None:
        purpose, channel = self._random.choice(WAYS)
        at = (now() - self._random.randrange(1, 900) * DAY).isoformat()
        match self._random.randrange(5):
            case 0:
                await self._api.say_no(self._random.choice(NOES), who, purpose=purpose, at=at)
            case 1:
                await self._api.say_no("withdrawals", who, purpose=purpose, channel=channel)
            case 2:
                until = (now() + self._random.randrange(-200, 200) * DAY).isoformat()
                await self._grant(who, purpose, channel=channel, at=at, until=until if until > at else None)
            case 3:
                importer = Actor(organization=await self._stage.organization(), kind="import")
                claim = NewGrant(purpose=purpose, channel=channel, at=datetime.fromisoformat(at))
                await consents.grant(self._stage.vault, importer, customer=CustomerId(who), said=claim)
            case _:
                await self._grant(who, purpose, channel=channel, at=at)

    async def _grant(self, who: str, purpose: str, **given: Any) -> None:
        await self._api.grant(who, purpose=purpose, notice=NOTICES[purpose], **given)

    async def _about_addresses(self, shared: Json) -> None:
        points = await self._api.points(self.people[4])
        await self._api.say_no("withdrawals", self.people[4], channel="email", contact_point=points["email"])
        for contact in (shared, self.stopped, make.point("phone", make.phone())):
            await self._api.post("/v1/suppressions", {"contact": contact})
        await self._stage.rows(
            "UPDATE vault.contact_point SET verified_at = recorded_at WHERE is_primary AND kind = 'email'"
        )

    async def _about_people(self) -> None:
        buyer = await self._api.register(attributes=make.attributes(country="Canada"))
        await self._api.post(f"/v1/customers/{buyer}/dealings", {"what": "purchased"})
        child = await self._api.register(attributes=make.attributes(birth_date=make.birth_date(9)))
        evidence = {"guardian_name": "Quokkabeth Quokkafield", "document": "Quokka 7"}
        await self._api.grant(child, guardian=True, evidence=evidence)
        limits = {"quiet": {"email": "20:00-08:00"}, "at_most": {"*": {"most": 2, "per": "week"}}, "order": ["sms"]}
        said(await self._api.send("PUT", f"/v1/customers/{buyer}/preferences", limits))
        self.people += [buyer, child]
        kept, joined = map(CustomerId, self.people[2:4])
        await merging.merge(self._stage.vault, await self._stage.operator(), kept=kept, joined=joined)
        await self._stage.rows(
            "UPDATE vault.customer SET restricted_since = recorded_at WHERE id IN "
            "(SELECT id FROM vault.customer WHERE erased_at IS NULL ORDER BY id LIMIT 1)"
        )

    async def _left(self, shared: Json) -> None:
        """Erase two: one whose address somebody still has, and one whose address nobody has any more."""
        for points in ([shared], [self.erased]):
            leaver = await self._api.register(contact_points=points)
            await self._api.grant(leaver)
            email = (await self._api.points(leaver))["email"]
            await self._api.say_no("objections", leaver, channel="email", contact_point=email)
            await self._stage.erase(leaver)

    async def _undo(self) -> None:
        """Let a yes be of an import that was undone: it stands nowhere any more, and must not come alive again."""
        who = await self._api.register()
        yes = await self._api.grant(who)
        [row] = await self._stage.rows(
            "UPDATE vault.fact SET brought_by = gen_random_uuid() WHERE id = $1 RETURNING organization, brought_by",
            raw(yes["id"]),
        )
        await self._stage.rows("INSERT INTO vault.import_undone VALUES ($1, $2, now(), false)", *row.values())
        await self._stage.rows("UPDATE vault.organization SET epoch = epoch + 1")
        self.people.append(who)
        self.undone = str(yes["id"])

    async def _in_person(self, who: str) -> None:
        me = Actor(organization=await self._stage.organization(), kind="customer", customer=CustomerId(who))
        wanted = NewRequest(right="rectification", field="boot_size", text=Personal("My quokka boots are 44, not 43."))
        await asking.ask(self._stage.vault, me, wanted=wanted)
        await self._api.decide(customer=self.people[1], purpose="order_updates", release=["contact"])


@asynccontextmanager
async def empty(server_url: str, template: str, key_file: Path) -> AsyncIterator[Stage]:
    """Open a vault that knows no organization and shares no key with another; its house is checked in the end."""
    seen = Seen()
    async with copy_of(server_url, template) as url, AsyncExitStack() as stack:
        stage = Stage(url, key_file, seen, stack)
        await stage.open()
        yield stage
        await stage.tell()
        await check_house(url, stage.vault, seen)
