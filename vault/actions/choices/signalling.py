"""Signalling: what a browser says with each request (Global Privacy Control) is honoured once, and written down.

Looking at a page changes nothing, so it is heeded when somebody signs in or sends a form. Where it does not fit an
earlier yes it counts until the person chooses, and what they choose is their own word.
"""

from __future__ import annotations

import msgspec

from vault.actions.acting import acting
from vault.actions.choices.saying import Chosen, person_of, write, write_all
from vault.actions.customer.customers import locked
from vault.actions.vault import Vault
from vault.base.errors import Conflict
from vault.domain.actor import Actor
from vault.domain.choices.signal import Kept, conflicts, is_heeded, noes
from vault.domain.consent import Said
from vault.domain.standing import Instants
from vault.store.customer import consents


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody chose about one yes: their browser's no, or to keep it."""

    purpose: str
    channel: str
    keeps: bool


async def heed(vault: Vault, actor: Actor) -> None:
    """Write down the no of a browser's signal; nothing where it was heeded before, or where nothing heeds it."""
    async with acting(vault, actor, name="me_withdraw") as act:
        organization = act.here.organization
        if not is_heeded(organization):
            return
        subject = await locked(act, actor.me)
        person = await person_of(act)
        found = noes(organization, person.facts, instants=Instants(now=act.now))
        await write_all(act, found, subject=subject)


async def choose(vault: Vault, actor: Actor, *, choice: Choice) -> Chosen:
    """Say, knowing of the signal, that it counts or that the yes does; `Conflict` where there is nothing to choose."""
    async with acting(vault, actor, name="me_grant" if choice.keeps else "me_withdraw") as act:
        organization = act.here.organization
        subject = await locked(act, actor.me)
        person = await person_of(act)
        found = conflicts(organization, person.facts, instants=Instants(now=act.now))
        kept = next((one for one in found if (one.purpose.key, one.channel) == (choice.purpose, choice.channel)), None)
        if kept is None:
            raise Conflict("nothing_to_choose", "the browser's signal and what you said fit each other")
        locale = {one.id: one.locale for one in await consents.read(act.work, subject)}.get(kept.yes.id)
        return await write(act, _word(kept, keeps=choice.keeps, locale=locale), subject=subject)


def _word(kept: Kept, *, keeps: bool, locale: str | None) -> Said:
    purpose, channel = kept.purpose.key, kept.channel
    if not keeps:
        return Said(kind="withdrawn", purpose=purpose, channel=channel, source="person", method="gpc")
    return Said(
        kind="granted",
        purpose=purpose,
        channel=channel,
        source="person",
        method="gpc",
        contact_point=kept.yes.contact_point,
        notice=kept.yes.notice,
        locale=locale,
        until=kept.yes.until,
    )
