"""Details: what a person's own device showed is sealed beside the entry, which commits to it and tells nothing of it.

Written in the transaction of the entry. Under the key of the customer it is about, so that an erasure ends it; under a
key of the organization where it is of nobody the vault knows, or of staff.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.actions.vault import Vault
from vault.base.ids import ENTRY, EntryId, fresh
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.audit.commitment import SALT, Opening, What
from vault.domain.entry import entry
from vault.store import keys, log, organizations
from vault.store.database import Work
from vault.store.keys import Safe
from vault.store.log import details
from vault.store.log.details import Holder, Whose

_LOCK: Final = 7_310_411_602_240_032


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be sealed beside an entry. `whose` it is: nobody's, where it is of staff or of a stranger."""

    what: What
    text: Personal
    whose: Whose | None
    of_staff: bool = False


def of_device(actor: Actor, subject: Whose | None) -> tuple[Secret, ...]:
    """Return what the device of whoever acts showed; `subject` is whom the entry is about, if anybody."""
    if actor.device is None:
        return ()
    of_staff = actor.kind in {"auditor", "admin"}
    whose = None if of_staff else subject or actor.customer
    return (Secret(what="details", text=actor.device.details, whose=whose, of_staff=of_staff),)


async def commit(vault: Vault, work: Work, *, safe: Safe, entry: EntryId, secret: Secret) -> str | None:
    """Seal a secret beside an entry and return the commitment; none where its customer was erased meanwhile.

    At the door it takes the same statements and the same sealing, whether anybody is known or not.
    """
    holder = None if secret.of_staff else await details.holder(work, safe, whose=secret.whose)
    if holder is None and secret.whose is not None:
        return None
    if holder is None:
        safe = await with_key(vault, work, safe=safe)
        holder = Holder(subject=None, key=safe.nobodys_key())
    opening = Opening(salt=vault.entropy.draw(SALT), text=secret.text)
    await details.add(work, details.seal(safe, holder, entry=entry, what=secret.what, packed=opening.packed))
    return opening.commitment


async def with_key(vault: Vault, work: Work, *, safe: Safe) -> Safe:
    """Return a safe with the key for details of nobody; an organization from before there was one gets it now."""
    if safe.has(keys.DETAILS):
        return safe
    await work.lock([_LOCK])
    if made := await keys.make_named(work, vault.keyring, names={keys.DETAILS}):
        operator = Actor(organization=work.organization, kind="operator")
        own = fresh(ENTRY, vault.clock, entropy=vault.entropy)
        told = entry(own, "keys_made", actor=operator, at=vault.clock.now(), keys=[*made])
        await log.add(work, [(own, told)])
        await organizations.grow(work)
    return await keys.read(work, vault.keyring, entropy=vault.entropy)
