"""Whose files they are: the organization named, or the only one there is."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Literal

from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.domain.actor import Actor
from vault.store import organizations


def option(parser: ArgumentParser) -> None:
    """Let it be named."""
    parser.add_argument("--organization", metavar="SLUG", help="such as fernhill; needed where there are several")


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
