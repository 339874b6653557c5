"""Replaying the log under other policies: who would have been reached, or not, had they been in force.

The flat facts of each logged decision are handed to the policies in force and to the candidates, so that only the
policies differ. Nothing is released, reserved or told to a client, and no name is opened. It is an entry itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from math import inf
from typing import Final

from vault.actions.acting import Acting, acting
from vault.actions.vault import Vault
from vault.base.clock import passed
from vault.base.errors import VaultError
from vault.domain.actor import Actor
from vault.domain.audit.effect import Answer, Answered, Asked, Effect, Tally
from vault.domain.audit.replay import Logged, read_decision
from vault.domain.decision.basis import LEARNT
from vault.policy.decide import Policies, Verdict
from vault.policy.loader import load
from vault.store.log import decided
from vault.store.log.decided import BEGINNING, Decided

MOST: Final = 1_000_000
"""How many decisions are asked again at most."""
_PAGE: Final = 500
_BEST_FIRST: Final[tuple[Answer, ...]] = ("yes", "wait", "no")
_YIELD: Final = 25  # a question holds the interpreter for 0.1 ms


async def replay_last(
    vault: Vault, actor: Actor, *, texts: Mapping[str, str], last: int, seconds: float = inf
) -> Effect:
    """Ask the last decisions again under the policies of `texts`, and say what comes out otherwise.

    `BadPolicies` tells every problem these texts have. What was logged in the last second may not have its number yet,
    and then does not count. After `seconds` it stops, and tells of those it had time for.
    """
    async with acting(vault, actor, name="replay_policies") as act:
        candidates = load(texts, act.here.organization)
        tally = Tally()
        place, left, end, cut = BEGINNING, min(last, MOST), passed() + seconds, False
        while left > 0 and not cut and (page := await decided.before(act.work, place, most=min(left, _PAGE))):
            for number, one in enumerate(page):
                _count(act, tally, one=one, candidates=candidates)
                if number % _YIELD == 0:
                    await asyncio.sleep(0)
            place, left = page[-1].place, left - len(page)
            cut = left > 0 and len(page) == _PAGE and passed() >= end
        effect = tally.effect(candidates.digest, cut=cut)
        changed = effect.decisions - effect.unread - effect.same
        await act.log("policies_replayed", policies=effect.policies, decisions=effect.decisions, changed=changed)
    return effect


def _count(act: Acting, tally: Tally, *, one: Decided, candidates: Policies) -> None:
    """Count one decision; what nobody can read, or asked for a client that is gone, is counted as unread."""
    try:
        logged = read_decision(one.body or b"")
    except VaultError:
        tally.skip()
        return
    client = next((key for key, kept in act.here.clients.items() if kept.id == logged.actor.client), None)
    before = None if client is None else _ask(act.here.policies, logged, client=client)
    if client is None or before is None or any(one.error for one in before.values()):
        tally.skip()
        return
    after = _ask(candidates, logged, client=client)
    was = _best(before, first=logged.channel)
    will = _best(after, first=was)
    if _rank(after[will]) < _rank(before[was]):
        was = _best(before, first=will)
    gained = after[will].allowed
    asked = Asked(entry=one.entry, subject=logged.subject, purpose=logged.purpose, channel=will if gained else was)
    tally.count(asked, before=_answered(before[was]), after=_answered(after[will]))


def _ask(policies: Policies, logged: Logged, *, client: str) -> dict[str, Verdict]:
    """Return what these policies say over each channel that was asked about."""
    flats = logged.over_each()
    if not flats:
        return {logged.channel: policies.ask(logged.asked_with or {}, client=client, purpose=logged.purpose)}
    return {
        channel: policies.contact(policies.known_of({**LEARNT, **flat}), client=client, purpose=logged.purpose)
        for channel, flat in flats.items()
    }


def _best(verdicts: Mapping[str, Verdict], *, first: str) -> str:
    """Return the channel of the best answer; of several that are as good, the first."""
    return min(verdicts, key=lambda channel: (_rank(verdicts[channel]), channel != first))


def _rank(verdict: Verdict) -> int:
    return _BEST_FIRST.index(_answer(verdict))


def _answer(verdict: Verdict) -> Answer:
    return "yes" if verdict.allowed else "wait" if verdict.passes else "no"


def _answered(verdict: Verdict) -> Answered:
    return Answered(answer=_answer(verdict), codes=verdict.codes)
