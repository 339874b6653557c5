"""Outcomes: what the client that asked tells of the message it was allowed to send.

A message that was not sent is given back to its budgets; one that came back, or was complained about, stops the contact
point it went to, whoever has it; one that was delivered later lifts what a bounce stopped.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from vault.actions.acting import Acting, acting
from vault.actions.vault import Vault
from vault.base.errors import Unknown
from vault.base.ids import SUPPRESSION, DecisionId
from vault.domain.actor import Actor
from vault.domain.decision.outcome import STOPS, OutcomeKept, OutcomeTold, Reserved, is_new
from vault.domain.suppression import Suppression, SuppressionKind
from vault.store.customer import suppressions
from vault.store.decision import reservations

_LOCK: Final = 2**63 - 1


async def tell(vault: Vault, actor: Actor, *, decision: DecisionId, told: OutcomeTold) -> OutcomeKept:
    """Write down what became of a message; `Unknown` for a decision that is not this client's or reserved nothing."""
    async with acting(vault, actor, name="tell_outcome") as act:
        reserved = await _held(act, decision)
        if not is_new(reserved, told.outcome, now=act.now):
            return OutcomeKept(decision=decision, outcome=reserved.state, repeated=True)
        await reservations.tell(act.work, decision, of=reserved, state=told.outcome, at=act.now)
        about = {"purpose": reserved.purpose, "channel": reserved.channel, "became": told.outcome}
        await act.log("outcome", subject=reserved.subject, decision=decision, **about)
        if reserved.tag is not None:
            if (kind := STOPS.get(told.outcome)) is not None:
                await _stop(act, reserved, tag=reserved.tag, kind=kind)
            elif told.outcome == "sent":
                await _lift(act, reserved, tag=reserved.tag)
        return OutcomeKept(decision=decision, outcome=told.outcome, repeated=False)


async def _held(act: Acting, decision: DecisionId) -> Reserved:
    """Hold the contact point, then the reservation: whoever erases holds a reservation last of all, too."""
    if act.actor.client is not None:
        found = await reservations.of(act.work, decision, client=act.actor.client)
        if found is not None and found.tag is not None:
            await act.work.lock([found.tag.int & _LOCK])
        if found is not None:
            found = await reservations.of(act.work, decision, client=act.actor.client, held=True)
        if found is not None:
            return found
    raise Unknown("unknown_decision", "you have no decision of this id that reserved a message")


async def _stop(act: Acting, reserved: Reserved, *, tag: UUID, kind: SuppressionKind) -> None:
    """Stop the contact point; one that stands stopped for this already stays so, and is not stopped twice."""
    for known in await suppressions.of(act.work, tag):
        if known.kind == kind and known.channel is None and known.until is None:
            return
    stop = Suppression(id=act.id(SUPPRESSION), kind=kind, at=act.now)
    await suppressions.add(act.work, tag, suppression=stop, recorded_at=act.now)
    await act.log("suppressed", suppression=stop.id, cause=kind)
    for own in await reservations.sharing(act.work, reserved.subject, tag=tag):
        await act.log("contact_point_stopped", subject=own, cause=kind)


async def _lift(act: Acting, reserved: Reserved, *, tag: UUID) -> None:
    """End what a bounce stopped: somebody is there."""
    lifted = await suppressions.lift(act.work, tag, kinds=["bounce"], before=act.now, at=act.now)
    for one in lifted:
        await act.log("suppression_lifted", suppression=one.id, cause=one.kind, channel=one.channel)
    if lifted:
        for own in await reservations.sharing(act.work, reserved.subject, tag=tag):
            await act.log("contact_point_freed", subject=own, causes=["bounce"])
