"""Capabilities over HTTP: made, listed and ended by an auditor, for their programs."""

from __future__ import annotations

from litestar import Router, delete, get, post
from litestar.di import NamedDependency

from vault.actions.audit import lending
from vault.actions.audit.lending import Capabilities, Lent
from vault.actions.vault import Vault
from vault.api.audit.entrance import QUERY
from vault.api.audit.parameters import CapabilityPath
from vault.domain.actor import Actor


@get("/", operation_id="show_capabilities", opt={QUERY: ()})
async def show(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Capabilities:
    """List the capabilities of the log, ended ones too. That is an entry."""
    return await lending.show(vault, actor)


@post("/", operation_id="make_capability", status_code=200)
async def make(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Lent:
    """Make a capability: with its path a program reads the log at the paths of C2SP tlog-tiles. It is told once."""
    return await lending.make(vault, actor)


@delete("/{capability:str}", operation_id="end_capability", status_code=204)
async def end(capability: CapabilityPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> None:
    """End a capability."""
    await lending.end(vault, actor, capability=capability)


router = Router(path="/capabilities", route_handlers=[show, make, end])
