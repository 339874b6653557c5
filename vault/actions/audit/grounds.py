"""Grounds: the policies that determined a decision, as they stood then. They name nobody: no entry of its own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from vault.actions.acting import acting
from vault.actions.audit.rules import kept
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.policy.quoting import quoted


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that determined a decision: its name, the reason it tells if it tells one, its law, and its text."""

    policy: str
    code: str | None
    law: str | None
    text: str


async def grounds(vault: Vault, actor: Actor, *, configuration: str, policies: Sequence[str]) -> list[Ground]:
    """Return the policies of these names out of a kept configuration; none of one that is not kept as it was."""
    async with acting(vault, actor, name="show_entry") as act:
        rules = await kept(act, configuration)
    if rules is None:
        return []
    texts, known = rules[1].texts(), {rule.id: rule for rule in rules[1].rules()}
    return [
        Ground(policy=name, code=known[name].code, law=known[name].law, text=quoted(texts, name) or "")
        for name in policies
        if name in known
    ]
