"""Policies of an organization's own, checked and tried on the log. Nothing is kept, and nothing is put in force."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from vault.actions.policies import drafts
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.domain.actor import Actor
from vault.domain.audit.effect import Effect
from vault.policy.loader import BadPolicies

_USUAL: Final = 10_000

Drafts = dict[
    Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\.cedar$", description="the name of a file")],
    Annotated[str, msgspec.Meta(max_length=drafts.LONGEST, description="its text, in Cedar")],
]


class NewPolicies(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All policies of the organization's own, by the names of their files; they stand beside the vault's."""

    policies: Annotated[Drafts, msgspec.Meta(max_length=100)]


class PoliciesTried(NewPolicies, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same, and on how many of the last decisions they are tried."""

    last: Annotated[int, msgspec.Meta(ge=1, le=drafts.MOST)] = _USUAL


class PoliciesChecked(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with them, in sentences; nothing for what may be put in force."""

    problems: list[str]


@post("/check", operation_id="check_policies", status_code=200)
async def check(
    data: JSONBody[NewPolicies], vault: NamedDependency[Vault], actor: NamedDependency[Actor]
) -> PoliciesChecked:
    """Say what is wrong with policies of the organization's own."""
    return PoliciesChecked(problems=await drafts.check(vault, actor, drafts=data.policies))


@post("/replay", operation_id="replay_policies", status_code=200)
async def replay(data: JSONBody[PoliciesTried], vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Effect:
    """Ask the last decisions again as if these were in force, and say whom they would reach, and whom not.

    It takes 8 seconds at most; `cut` says that there was no time for more.
    """
    try:
        return await drafts.replay(vault, actor, drafts=data.policies, last=data.last)
    except BadPolicies:
        raise Invalid("bad_policy", "these policies may not be put in force; check them to be told why") from None


router = Router(path="/policies", route_handlers=[check, replay], tags=["policies"])
