"""Lessening: a press on a link that asks for less of it, or for a break. It only ever narrows: what was a no stays one.

Of somebody erased nothing is left that could be made less: they are answered like everybody else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from vault.actions.acting import acting
from vault.actions.choices.preferences import narrow
from vault.actions.leaving import links
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.leaving.link import Link
from vault.domain.organization import Organization
from vault.domain.sign_in.device import Device
from vault.store.customer import customers

Less = Literal["monthly", "pause"]

BREAK: Final = timedelta(days=60)


class Lessened(msgspec.Struct, frozen=True, kw_only=True):
    """It is less since `at`; of a break `until` is its end, or earlier than that."""

    at: datetime
    until: datetime | None


async def lessen(vault: Vault, token: str, *, less: Less, device: Device) -> Lessened:
    """Have at most one advert a month come over a link's channel, or none at all for a while; `Gone`."""
    if (organization := links.organization(token)) is None:
        raise links.gone()
    actor = Actor(organization=organization, kind="link", device=device)
    async with acting(vault, actor, name="less_by_link") as act:
        link = links.read(act.here, token, now=act.now)
        if link is None or not can_be_less(act.here.organization, link):
            raise links.gone()
        until = act.now + BREAK if less == "pause" else None
        customer = await customers.of_subject(act.work, link.subject)
        if customer is not None and await customers.lock(act.work, customer) is not None:
            await narrow(act, customer, channel=link.channel if until is None else None, paused_until=until)
        return Lessened(at=act.now, until=until)


def can_be_less(organization: Organization, link: Link) -> bool:
    """Whether there can be less of what a link names: of a person's messages over a channel that is still there."""
    return link.about == "person" and link.channel in organization.channels
