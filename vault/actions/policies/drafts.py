"""Drafts: policies that an organization might put in force beside the shipped ones, checked and tried. None is kept.

What puts policies in force is the file beside the organization's, and `consent-vault apply --policies`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vault.actions.acting import acting
from vault.actions.policies.replaying import replay_last
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.audit.effect import Effect
from vault.policy.loader import OWN, BadPolicies, problems, shipped_texts

LONGEST: Final = 65_536
"""How many letters all drafts may have together: what reads them holds everything else up."""
MOST: Final = 100_000
"""How many decisions are asked again at most for somebody who waits for the answer."""
SECONDS: Final = 8.0
"""How long somebody waits for it at most."""


async def check(vault: Vault, actor: Actor, *, drafts: Mapping[str, str]) -> list[str]:
    """Return everything that is wrong with these policies, in sentences; none for what may be put in force."""
    async with acting(vault, actor, name="check_policies") as act:
        found = _too_long(drafts) or problems(_beside(drafts))
        await act.log("policies_checked", problems=len(found))
    return found


async def replay(vault: Vault, actor: Actor, *, drafts: Mapping[str, str], last: int) -> Effect:
    """Ask the last decisions again as if these were all the policies of the organization's own.

    `BadPolicies` tells every problem they have. It stops after `SECONDS`, and says so.
    """
    if found := _too_long(drafts):
        raise BadPolicies(found)
    return await replay_last(vault, actor, texts=_beside(drafts), last=min(last, MOST), seconds=SECONDS)


def _beside(drafts: Mapping[str, str]) -> dict[str, str]:
    return shipped_texts() | {f"{OWN}{name}": text for name, text in drafts.items()}


def _too_long(drafts: Mapping[str, str]) -> list[str]:
    if sum(len(text) for text in drafts.values()) <= LONGEST:
        return []
    return [f"policies of one's own have room for {LONGEST:,} letters in all; these are longer"]
