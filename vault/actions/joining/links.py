"""Links that confirm: made with a message, read again, and looked at. Nothing of one is stored, looking writes nothing.

One that is unknown, mangled, over, overtaken by a no, or of somebody erased is one and the same: gone, after the same
statements.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from vault.actions.acting import Acting
from vault.actions.leaving import links
from vault.actions.vault import Here, Vault
from vault.base.errors import Unavailable
from vault.base.ids import CUSTOMER, SUBJECT, ContactPointId, CustomerId, raw, show
from vault.base.personal import Personal
from vault.base.spelling import spelled, unspelled
from vault.crypto.box import SealError
from vault.domain.decision.basis import Person
from vault.domain.joining.asking import EMAIL
from vault.domain.joining.confirming import is_live
from vault.domain.joining.link import USE, Confirmation, packed, unpacked
from vault.domain.leaving.stopping import way_of
from vault.store import keys
from vault.store.customer import customers, fields
from vault.store.database import Work
from vault.store.decision import questions

_NOBODY: Final = show(SUBJECT, UUID(int=0))
_NO_CUSTOMER: Final = show(CUSTOMER, UUID(int=0))


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An organization as a link names it. `said` is none where it cannot be pressed any more, or never could."""

    token: str
    here: Here
    now: datetime
    said: Confirmation | None


def address(here: Here, said: Confirmation, *, issuer: str) -> str:
    """Return where a link leads; `Unavailable` for an organization that has no link key yet."""
    if (key := here.safe.links(USE)) is None:
        raise Unavailable("no_link_key", "apply the organization's file once more: it has no key for links yet")
    return f"{issuer.rstrip('/')}/c/{spelled(key.issue(packed(said)))}"


async def look(vault: Vault, token: str) -> Opened | None:
    """Return what a link opens; none where it names no organization that is here. Nothing is written."""
    if (named := links.organization(token)) is None:
        return None
    async with vault.database.work(named) as work:
        found = await links.entered(vault, work)
        if found is None:
            return None
        current, now = found
        said = read(current, token, now=now)
        person = await person_of(work, current, said=said, customer=await whose(work, said))
    if said is not None and not is_live(current.organization, said, person=person):
        said = None
    return Opened(token=token, here=current, now=now, said=said)


def read(here: Here, token: str, *, now: datetime) -> Confirmation | None:
    """Return what a link says; none for one that is over, or was not made here."""
    if (key := here.safe.links(USE)) is None:
        return None
    try:
        said = unpacked(key.read(unspelled(token)))
    except SealError:
        return None
    return None if said.is_over(now) else said


async def whose(work: Work, said: Confirmation | None) -> CustomerId:
    """Return whom a link asks; for one of nobody, and of somebody erased, the same is looked for in vain."""
    found = await customers.of_subject(work, _NOBODY if said is None else said.subject)
    return _NO_CUSTOMER if found is None else found


async def value_of(act: Acting, customer: CustomerId, *, point: ContactPointId) -> Personal:
    """Return the address behind a contact point of somebody whose row is held."""
    key = await keys.opened(act.work, act.here.safe, customer=customer, kind="data")
    sealed = await fields.read(act.work, key, names=[EMAIL])
    [field] = [one for one in sealed if one.is_point and one.row == raw(point)]
    return fields.unseal(act.here.safe, key, field=field)


async def person_of(work: Work, here: Here, *, said: Confirmation | None, customer: CustomerId) -> Person | None:
    """Return a person with what they said about what a link asks; none for nobody."""
    named = ("", "") if said is None else (said.purpose, said.channel)
    lineage = way_of(here.organization, purpose=named[0], channel=named[1]).lineage
    return (await questions.read(work, [customer], sought=[], purposes=lineage)).people.get(customer)
