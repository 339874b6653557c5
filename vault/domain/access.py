"""What the policies on access are handed about whoever acts, and what a refusal is called outside."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from vault.base.errors import Denied
from vault.domain.actor import Actor, ActorKind

PRINCIPALS: Final[Mapping[ActorKind, str]] = {
    "client": "Client",
    "customer": "Customer",
    "auditor": "Auditor",
    "admin": "Admin",
    "link": "Link",
}
"""Cedar's types of those who come through a door."""

STEP_UP: Final = "sign_in_again"
"""The policy that wants a sign-in of just now; its name is what the refused are told."""


def facts(actor: Actor, now: datetime) -> Mapping[str, bool | tuple[str, ...]]:
    """Return the flat facts about an actor. Never who it is: that is the principal's key, or nobody's business."""
    return {
        "scopes": tuple(sorted(actor.scopes)),
        "fresh": actor.is_fresh(now),
        "acted_for": actor.kind == "customer" and actor.client is not None,
    }


def refusal(actor: Actor, policies: Collection[str], *, failed: bool = False) -> Denied:
    """Return the refusal; `policies` are those that forbade. A client lacks a scope (RFC 6750 section 3.1).

    `failed` says that a policy could not be evaluated: then it is nobody's scopes that are missing.
    """
    if failed:
        return Denied("policy_error", "a policy could not be evaluated, so this is refused; the operator has been told")
    if STEP_UP in policies and actor.signed_in_at is not None:
        return Denied(STEP_UP, "sign in again first: for this, a sign-in may be ten minutes old at most")
    if actor.kind == "client" or actor.token is not None:
        return Denied("insufficient_scope", "the scopes of this token do not open this; the API's page says which do")
    return Denied("not_allowed", "this is not for you to do")
