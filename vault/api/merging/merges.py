"""Merges: somebody who knows both records says that they are one person's, or that they are not."""

from __future__ import annotations

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vault.actions.customer import merging
from vault.actions.vault import Vault
from vault.api.parameters import CONFLICTS, CustomerPath
from vault.domain.actor import Actor
from vault.domain.customer import CustomerShown
from vault.domain.merging.merge import NewMerge


@post("/{customer:str}/merge", operation_id="merge_customers", status_code=200, opt=CONFLICTS)
async def merge(
    customer: CustomerPath, data: JSONBody[NewMerge], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> CustomerShown:
    """Make one person of this customer, which stays, and another, which joins it. Each id means both from then on.

    Until the person says something in person, the strictest stands of what stood of either.
    """
    return await merging.merge(vault, actor, kept=customer, joined=data.customer)


@post("/{customer:str}/unmerge", operation_id="unmerge_customer", status_code=200, opt=CONFLICTS)
async def unmerge(
    customer: CustomerPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> CustomerShown:
    """Take back the merge by which this customer joined another: it is what it was before, and what was said since."""
    return await merging.unmerge(vault, actor, customer=customer)


router = Router(path="/customers", route_handlers=[merge, unmerge], tags=["customers"])
