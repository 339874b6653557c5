"""Asking for a link to stop what goes to an address. Whether anybody has it shows nowhere, as in signing in.

The link is about the contact point: whoever reads its mail may stop it, and it binds everybody who uses it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.actions import limits, networks, outbox
from vault.actions.acting import Acting
from vault.actions.leaving import links
from vault.actions.leaving.letters import letter
from vault.actions.sign_in import nobody
from vault.actions.sign_in.knocking import ASKED_BY_NETWORK, knocking, limit_network, tell
from vault.actions.sign_in.reaching import EMAIL, reached, read_reach
from vault.actions.vault import Vault
from vault.base.errors import Invalid, TooMany
from vault.base.ids import SUBJECT, OrganizationId, show
from vault.base.personal import Personal
from vault.domain.leaving.link import of_point
from vault.domain.sign_in.device import Device
from vault.store.sign_in import holders

BY_ADDRESS: Final = 3
_DAY_SECONDS: Final = 24 * 3600
_NAME: Final = "stop_address"


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed, on which device, and the language of the page."""

    reach: Personal
    locale: str
    device: Device


async def ask(vault: Vault, organization: OrganizationId, *, wish: Wish) -> None:
    """Send a link to whoever has this address; `Invalid` for what is none, `TooMany` where it was sent three today."""
    await networks.knock(vault, wish.device.network, name=_NAME)
    async with knocking(vault, organization, kind="link", device=wish.device) as act:
        sought = read_reach(act.here, wish.reach)
        if sought.kind != EMAIL:
            raise Invalid("unreadable_email", "a link is sent to one e-mail address")
        await limit_network(act, wish.device, what="stop", limit=ASKED_BY_NETWORK)
        await _limit(act, sought.found_by.bytes)
        found = await holders.find(act.work, act.here.safe, kind=EMAIL, tag=sought.found_by)
        pretended = nobody.read(act)
        to = reached(found, sought.value)
        link = of_point(show(SUBJECT, sought.tag), kind=EMAIL, sent_at=act.now)
        message = letter(
            act.here.organization,
            links.address(act.here, link, issuer=act.vault.issuer) or "",
            to=to.address if to is not None else pretended,
            locale=(to.locale if to is not None else None) or wish.locale,
        )
        if to is not None:
            await outbox.put(act, message, customer=to.customer)
        else:
            await nobody.put(act, message)
        await tell(act, "stop_link_asked", subjects=[holder.subject for holder in found])


async def _limit(act: Acting, tag: bytes) -> None:
    name = act.here.safe.repeat(b"stop_limit", b"address", tag)
    if not await limits.count(act.work, name, window_seconds=_DAY_SECONDS, limit=BY_ADDRESS):
        limits.note(act.vault, act.actor, name=_NAME)
        raise TooMany("too_many_requests", "three links went to this address today", retry_after_seconds=_DAY_SECONDS)
