"""The policies in force, as whoever has to answer for them reads them. That somebody did is an entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import msgspec

from vault.actions.acting import acting
from vault.actions.vault import Vault
from vault.base.files import shipped
from vault.domain.actor import Actor
from vault.policy.check import read_cases
from vault.policy.loader import OWN, SCHEMA
from vault.policy.quoting import quoted, read_aloud
from vault.store import organizations
from vault.store.audit import figures

COUNTED: Final = timedelta(days=30)
"""Over how long it is counted how often a reason was told."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it is shown. `tests` are those shipped that it determines; `told` is how often its reason was.

    Several policies may give one reason, which then is counted for each. `own`: the organization wrote it.
    """

    policy: str
    effect: str
    code: str | None
    law: str | None
    aloud: str
    text: str
    tests: int
    told: int | None
    own: bool


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """The policies in force, by the text they stand in, since when, and what the organization wrote itself."""

    configuration: str
    since: datetime | None
    policies: Mapping[str, tuple[Shown, ...]]
    own: str


async def in_force(vault: Vault, actor: Actor) -> InForce:
    """Return the policies in force."""
    async with acting(vault, actor, name="show_policies") as act:
        since = await organizations.in_force(act.work, act.now)
        told = {one.reason: one.times for one in await figures.told(act.work, act.now - COUNTED)}
        texts = act.here.policies.texts()
        rules = {rule.id: rule for rule in act.here.policies.rules()}
        tests = _tests()
        found: dict[str, list[Shown]] = {place: [] for place in sorted(set(texts) - {SCHEMA})}
        for rule in rules.values():
            place, text = next(
                ((place, text) for place in found if (text := quoted({place: texts[place]}, rule.id)) is not None),
                ("", ""),
            )
            shown = Shown(
                policy=rule.id,
                effect=rule.effect,
                code=rule.code,
                law=rule.law,
                aloud=read_aloud(text),
                text=text,
                tests=tests[rule.id],
                told=told.get(rule.code, 0) if rule.code is not None else None,
                own=place.startswith(OWN) or not place,
            )
            found.setdefault(place, []).append(shown)
        await act.log("policies_read", configuration=act.here.configuration)
        return InForce(
            configuration=act.here.configuration,
            since=since.since if since is not None else None,
            policies={place: tuple(shown) for place, shown in found.items() if shown},
            own="\n".join(text for place, text in sorted(texts.items()) if place.startswith(OWN)),
        )


@cache
def _tests() -> Counter[str]:
    """Return how many of the shipped tests each policy determines."""
    return Counter(name for case in read_cases(shipped("policies")) for name in case.reason)
