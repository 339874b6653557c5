"""Permits withdrawn in flight: which of a sender's no longer hold, because of what was said since they were given.

What was said is found by a query, and whether it speaks against the message is decided again, by the same rules and
policies. Budgets are left out, and all hours but the person's own: a permit is not given beyond its hours, and has
spent what it spends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vault.actions.acting import Acting, acting
from vault.actions.decision import senders
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import CustomerId
from vault.domain.actor import Actor
from vault.domain.decision.basis import PAUSED, Person, basis, times
from vault.domain.decision.permit import RevokedPermit, RevokedPermits
from vault.domain.decision.reason import Code
from vault.domain.standing import Instants
from vault.policy.decide import Verdict
from vault.store.decision import permits, questions
from vault.store.decision.permits import Suspect

_NOBODY: Final = CustomerId("")
_WISHED: Final = {PAUSED, "own"}
"""What closes because the person wishes it so, and may since the permit was given."""


async def revoked(vault: Vault, actor: Actor) -> RevokedPermits:
    """Return the permits of the acting client that hold no longer. It is no entry: it names nobody."""
    async with acting(vault, actor, name="revoked_permits") as act:
        sender = act.actor.client
        if sender is None:
            return RevokedPermits(revoked=())
        orphans = [act.here.clients[key].id for key in senders.gone(act.here, act.now)]
        suspects = await permits.suspects(act.work, sender, orphans=orphans, now=act.now)
        people = await _people(act, suspects)
        keys = {kept.id: key for key, kept in act.here.clients.items() if kept.id not in orphans}
        found = [
            _judged(act, one, asker=keys.get(one.client), person=people.get(one.customer or _NOBODY))
            for one in suspects
        ]
    return RevokedPermits(revoked=tuple(one for one in found if one is not None))


async def _people(act: Acting, suspects: Sequence[Suspect]) -> Mapping[CustomerId, Person]:
    customers = sorted({one.customer for one in suspects if one.customer is not None})
    if not customers:
        return {}
    read = await questions.read(act.work, customers, sought=(), purposes=act.here.organization.bearing)
    return read.people


def _judged(act: Acting, suspect: Suspect, *, asker: str | None, person: Person | None) -> RevokedPermit | None:
    """Return why a permit holds no longer; none where it does."""
    if asker is None:
        return _over(suspect, "client_suspended")
    if person is None:
        return _over(suspect, "unknown_customer")
    if suspect.point is None:
        return _over(suspect, "unreachable")
    verdict = _verdict(act, suspect, asker=asker, person=person)
    if verdict is None:
        return _over(suspect, "not_allowed")
    if verdict.allowed:
        return None
    full = act.here.client(act.actor, act.now).ceiling.reasons == "full"
    [code, *_] = verdict.codes if full else [ground.code for ground in verdict.plain()]
    return RevokedPermit(decision=suspect.decision, outcome="defer" if verdict.passes else "deny", reason=code)


def _verdict(act: Acting, suspect: Suspect, *, asker: str, person: Person) -> Verdict | None:
    """Decide again: for the person, and for the very contact point, unless that was asked for; none for no such way."""
    try:
        way = act.here.way(suspect.purpose, suspect.channel)
    except Invalid:
        return None
    instants = Instants(now=act.now)
    verdicts = []
    for named in [suspect.point] if suspect.named else [None, suspect.point]:
        rests = basis(person, way, instants=instants, named=named)
        closed = [word for word, bound in rests.bounds if word in _WISHED and not bound.allows(act.now)]
        flat = {**rests.flat, **times(closed)}
        verdicts.append(act.here.policies.contact(flat, client=asker, purpose=suspect.purpose))
    return min(verdicts, key=lambda one: (one.allowed, one.passes))


def _over(suspect: Suspect, code: Code) -> RevokedPermit:
    return RevokedPermit(decision=suspect.decision, outcome="deny", reason=code)
