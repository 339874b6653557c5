"""Rules of the past: a kept configuration, made into what it declared and its policies again."""

from __future__ import annotations

from datetime import datetime

import msgspec

from vault.actions.acting import Acting
from vault.actions.vault import rebuild
from vault.base.errors import Unavailable
from vault.domain.organization import Organization
from vault.policy.decide import Policies
from vault.store import organizations


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What was in force at an instant, and since when; `first` when there was nothing yet, and these came first."""

    declared: Organization
    policies: Policies
    configuration: str
    since: datetime
    first: bool = False


async def rules_at(act: Acting, at: datetime) -> Rules:
    """Return the rules in force at an instant."""
    found = await organizations.in_force(act.work, at)
    rules = None if found is None else await kept(act, found.digest)
    if found is None or rules is None:
        raise Unavailable("no_configuration", "the rules of that time are not kept as they were")
    declared, policies = rules
    return Rules(
        declared=declared, policies=policies, configuration=found.digest, since=found.since, first=found.since > at
    )


async def kept(act: Acting, digest: str) -> tuple[Organization, Policies] | None:
    """Return a kept configuration; none for one that is not here, or is not what it is called any more."""
    if digest == act.here.configuration:
        return act.here.organization, act.here.policies
    document = await organizations.configuration(act.work, digest)
    return rebuild(document) if document is not None and organizations.digest(document) == digest else None
