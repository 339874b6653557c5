"""Stopping everything at once, in person and in one transaction; and taking that back, as long as nobody spoke since.

What is stopped already is not said again, so a second press changes nothing. What belongs to an order, or what the law
demands, goes on.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from vault.actions.acting import Acting, acting
from vault.actions.choices.preferences import narrow
from vault.actions.choices.saying import person_of, write_all
from vault.actions.customer.customers import locked
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import ContactPointId, FactId
from vault.domain.actor import Actor
from vault.domain.choices.undoing import Back, at_once, backs
from vault.domain.consent import Said
from vault.domain.leaving.stopping import everything
from vault.domain.standing import Instants
from vault.store.customer import consents

Way = tuple[str, str]
"""A purpose and a channel."""


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands: `left` tells that some yes was said since; `at` is when the press came that is looked at."""

    left: bool
    at: datetime | None
    backs: tuple[Back, ...]


async def stop_all(vault: Vault, actor: Actor) -> FactId | None:
    """Turn every Yes into No; return the first of the facts, none where all was stopped before."""
    async with acting(vault, actor, name="me_withdraw") as act:
        subject = await locked(act, actor.me)
        person = await person_of(act)
        stops = everything(act.here.organization, person.facts, instants=Instants(now=act.now))
        words = [
            Said(kind=one.kind, purpose=one.purpose, channel=one.channel, source="person", method="portal")
            for one in stops
        ]
        facts = await write_all(act, words, subject=subject)
        return facts[0].id if facts else None


async def stopped(vault: Vault, actor: Actor, *, first: str) -> Stopped:
    """Return how it stands after a press, and what of it may be taken back."""
    async with acting(vault, actor, name="me_consents") as act:
        person = await person_of(act)
        await act.log("consents_read", subject=person.subject)
        own = await consents.read(act.work, person.subject)
        noes = at_once(own, FactId(first))
        return Stopped(
            left=bool(everything(act.here.organization, person.facts, instants=Instants(now=act.now))),
            at=noes[0].at if noes else None,
            backs=tuple(await _backs(act, first=first)),
        )


async def undo_stop(vault: Vault, actor: Actor, *, first: str, only: Way | None = None) -> list[FactId]:
    """Say each yes again that a press ended; nothing for what was spoken of since, so a second press adds nothing.

    `only` brings back one of them, from now on at most once a month over its channel.
    """
    async with acting(vault, actor, name="me_grant") as act:
        subject = await locked(act, actor.me)
        found = await _backs(act, first=first)
        wanted = [one for one in found if only in {None, (one.purpose.key, one.channel)}]
        if only is not None and wanted:
            await narrow(act, actor.me, channel=only[1], paused_until=None)
        words = [
            Said(
                kind="granted",
                purpose=one.purpose.key,
                channel=one.channel,
                source="person",
                method="undo",
                contact_point=None if one.offer.contact_point is None else ContactPointId(one.offer.contact_point),
                notice=one.offer.notice,
                locale=one.offer.locale,
                until=one.offer.until,
            )
            for one in wanted
        ]
        try:
            return [one.id for one in await write_all(act, words, subject=subject)]
        except Invalid:  # the file changed under the page
            return []


async def _backs(act: Acting, *, first: str) -> list[Back]:
    person = await person_of(act)
    own = await consents.read(act.work, person.subject)
    return backs(act.here.organization, person.facts, own=own, first=FactId(first), now=act.now)
