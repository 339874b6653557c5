"""Whose files they are: the organization named, or the only one there is; and which import is meant."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Literal

from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import IMPORT, ImportId, read
from vault.domain.actor import Actor
from vault.store import organizations


def option(parser: ArgumentParser) -> None:
    """Let it be named."""
    parser.add_argument("--organization", metavar="SLUG", help="such as fernhill; needed where there are several")


def argument(parser: ArgumentParser) -> None:
    """Let an import be named."""
    parser.add_argument("id", metavar="ID", type=import_id, help="such as imp_06h0090m41t835kpwqjv10s1y0")


def import_id(text: str) -> ImportId:
    """Return an import's id as it was typed."""
    read(IMPORT, text)
    return ImportId(text)


async def operator(vault: Vault, slug: str | None, *, kind: Literal["operator", "import"] = "operator") -> Actor:
    """Return whoever sits at the machine, acting for an organization."""
    if slug is not None:
        return Actor(organization=await find(vault, slug), kind=kind)
    async with vault.database.work() as work:
        every = await organizations.every(work)
    if len(every) != 1:
        raise Invalid(
            "which_organization",
            "name one by --organization: " + ", ".join(one.slug for one in every)
            if every
            else "there is no organization yet; `consent-vault apply FILE` makes one",
        )
    return Actor(organization=every[0].id, kind=kind)
