"""Samples over HTTP: entries that nobody could choose."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from vault.actions.audit import samples
from vault.actions.vault import Vault
from vault.api.parameters import CONFLICTS
from vault.base.ids import SHOWN, SampleId
from vault.domain.actor import Actor
from vault.domain.audit.sample import NewFinding, NewSample
from vault.domain.audit.sampled import FindingTold, Listed, Shown

SamplePath = Annotated[SampleId, PathParameter(pattern="^smp" + SHOWN, description="the sample's id")]
After = Annotated[SampleId | None, QueryParameter(pattern="^smp" + SHOWN, description="the last id of the page before")]
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="how many at the most")]


class Samples(msgspec.Struct, frozen=True, kw_only=True):
    """A page of samples, the newest first."""

    samples: list[Listed]


@post("/", operation_id="draw_sample", status_code=200)
async def draw(data: JSONBody[NewSample], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Shown:
    """Fix the rule of a sample. It is drawn by a signature that comes after its entry, so nobody can choose."""
    return await samples.draw(vault, actor, new=data)


@get("/", operation_id="list_samples")
async def page(
    vault: NamedDependency[Vault], actor: NamedDependency[Actor], after: After = None, limit: Limit = 50
) -> Samples:
    """List samples, a page at a time."""
    return Samples(samples=await samples.page(vault, actor, after=after, limit=limit))


@get("/{sample:str}", operation_id="show_sample", opt=CONFLICTS)
async def show(sample: SamplePath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Shown:
    """Show a sample. Once the signature is there that gives the seed, an auditor's look draws."""
    return await samples.show(vault, actor, sample=sample)


@post("/{sample:str}/findings", operation_id="find_in_sample", status_code=200, opt=CONFLICTS)
async def find(
    sample: SamplePath, data: JSONBody[NewFinding], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> FindingTold:
    """Write down what was found of a drawn entry; it stands before what was found of it earlier."""
    return await samples.find(vault, actor, sample=sample, new=data)


router = Router(path="/samples", route_handlers=[draw, page, show, find])
