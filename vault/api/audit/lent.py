"""The tree for an auditor's programs, at the paths of C2SP tlog-tiles below a capability; no session, no token.

A wrong capability, another log's and one that was ended look like nothing at all, and take the same statement.
"""

from __future__ import annotations

import re
from typing import Final

from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from vault.actions.audit import tree
from vault.actions.audit.tree import Bearer
from vault.actions.vault import Vault
from vault.api.audit.tree import note, stored
from vault.base.errors import Unknown

_GENERATION: Final = re.compile("g([1-9][0-9]{0,8})")


class Lent(Bearer, frozen=True, kw_only=True):
    """A bearer, and the generation read."""

    generation: int


def lent(slug: FromPath[str], generation: FromPath[str], capability: FromPath[str]) -> Lent:
    """Return who reads what."""
    found = _GENERATION.fullmatch(generation)
    if found is None or "\x00" in slug:
        raise Unknown("not_found", "there is nothing here")
    return Lent(slug=slug, capability=capability, generation=int(found[1]))


@get("/checkpoint")
async def checkpoint(lent: NamedDependency[Lent], vault: NamedDependency[Vault]) -> Response[bytes]:
    """Show the last checkpoint of a generation."""
    return note(await tree.checkpoint(vault, lent, generation=lent.generation))


@get("/tile/{rest:path}")
async def tile(rest: FromPath[str], lent: NamedDependency[Lent], vault: NamedDependency[Vault]) -> Response[bytes]:
    """Show a tile, or the entries of one."""
    return stored(await tree.resource(vault, lent, path=f"tile{rest}", generation=lent.generation))


router = Router(
    path="/log/{slug:str}/{generation:str}/{capability:str}",
    route_handlers=[checkpoint, tile],
    dependencies={"lent": Provide(lent, sync_to_thread=False)},
    include_in_schema=False,
)
