"""Withdrawal links: made with every allowing answer a person may stop, and read again. Nothing of one is stored.

A link that is too old, mangled, or of nobody is one and the same: gone. Reading one looks for no person, so an erased
customer's opens like anybody's.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec

from vault.actions.vault import Here, Vault, here
from vault.base.errors import Gone, Unavailable
from vault.base.ids import ORGANIZATION, OrganizationId, show
from vault.base.spelling import spelled, unspelled
from vault.crypto.box import SealError
from vault.crypto.link import HEAD, LinkKey, organization_of
from vault.domain.leaving.link import Link, packed, unpacked
from vault.store.database import Work

_HEAD_LETTERS: Final = HEAD * 4 // 3


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """An organization as a link names it. `link` is none where it cannot be pressed any more, or never could."""

    token: str
    here: Here
    now: datetime
    link: Link | None


class Making:
    """Makes the links of one organization, many at once: its key is looked for once."""

    __slots__ = ("_before", "_key")

    def __init__(self, key: LinkKey, *, issuer: str) -> None:
        self._key = key
        self._before = f"{issuer.rstrip('/')}/u/"

    def addresses(self, links: Collection[Link]) -> list[str]:
        """Return where each link leads."""
        return [self._before + spelled(self._key.issue(one)) for one in packed(links)]


def making(here: Here, *, issuer: str) -> Making | None:
    """Return what makes an organization's links; none for one that has no link key yet."""
    return None if (key := here.safe.links()) is None else Making(key, issuer=issuer)


def address(here: Here, link: Link, *, issuer: str) -> str | None:
    """Return where a link leads; none for an organization that has no link key yet."""
    return None if (made := making(here, issuer=issuer)) is None else made.addresses([link])[0]


async def look(vault: Vault, token: str) -> Opened | None:
    """Return what a link opens; none where it names no organization that is here. Nothing is written."""
    if (named := organization(token)) is None:
        return None
    async with vault.database.work(named) as work:
        found = await entered(vault, work)
    if found is None:
        return None
    current, now = found
    return Opened(token=token, here=current, now=now, link=read(current, token, now=now))


async def entered(vault: Vault, work: Work) -> tuple[Here, datetime] | None:
    """Return the organization a link names, and the time; none where no such organization is here."""
    try:
        return await here(vault, work)
    except Unavailable as error:
        if error.code != "no_organization":
            raise
        return None


def organization(token: str) -> OrganizationId | None:
    """Return whose link it says it is, whatever became of the rest of it."""
    try:
        return show(ORGANIZATION, organization_of(unspelled(token[:_HEAD_LETTERS])))
    except SealError:
        return None


def read(here: Here, token: str, *, now: datetime) -> Link | None:
    """Return what a link says; none for one that is over, or was not made here."""
    if (key := here.safe.links()) is None:
        return None
    try:
        link = unpacked(key.read(unspelled(token)))
    except SealError:
        return None
    return None if link.is_over(now) else link


def gone() -> Gone:
    """Return the one answer to every link that cannot be pressed."""
    return Gone("gone", "this link leads nowhere")
