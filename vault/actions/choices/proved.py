"""Proved: a yes over an address that nobody has shown to be theirs, or that was stopped, begins with a code to it.

Until the code is typed back nothing is said. What was chosen waits sealed with whoever chose it; with the code it is
said, the address is theirs, and a stop that a person made on it before the code was sent ends: all of it or nothing.
"""

from __future__ import annotations

import msgspec

from vault.actions.acting import acting
from vault.actions.choices import saying
from vault.actions.choices.saying import Chosen, cited, own_yes, person_of, write
from vault.actions.customer.customers import locked
from vault.actions.proving import codes, flows
from vault.actions.proving.flows import Proof, Waiting
from vault.actions.proving.lifting import lift
from vault.actions.proving.points import find, held, settle, tagged
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.domain.actor import Actor
from vault.domain.choices.asked import Yes
from vault.domain.choices.sheets import row
from vault.domain.sign_in.code import Wrong
from vault.domain.standing import Instants
from vault.store import keys


async def say_yes(vault: Vault, actor: Actor, *, said: Yes, locale: str) -> Chosen | Waiting:
    """Say yes, or send the code it begins with; `Conflict` where other words ask by now, `TooMany`."""
    waiting = await _begin(vault, actor, said=said, locale=locale)
    return await saying.say_yes(vault, actor, said=said) if waiting is None else waiting


async def say_proved(vault: Vault, actor: Actor, *, proof: Proof, code: str) -> Chosen | Wrong:
    """Say the yes that waits for a code; `Conflict` where other words ask by now: then the code is as good as before.

    `Invalid` where no yes waits.
    """
    async with acting(vault, actor, name="me_grant") as act:
        if (said := proof.yes) is None:
            raise Invalid("no_answer", "no yes waits for this code")
        shown = cited(act, said)
        subject = await locked(act, actor.me)
        key = await keys.opened(act.work, act.here.safe, customer=actor.me, kind="data")
        points = await held(act, key)
        one = find(points, proof.point)
        sent = await codes.prove(act, proof, code=code, subject=subject)
        if isinstance(sent, Wrong):
            return sent
        await settle(act, key, points=points, one=one, subject=subject)
        await lift(act, tagged(act, key, one=one), before=sent.asked_at)
        return await write(act, own_yes(said, shown, contact_point=proof.point), subject=subject)


async def _begin(vault: Vault, actor: Actor, *, said: Yes, locale: str) -> Waiting | None:
    async with acting(vault, actor, name="me_grant") as act:
        organization = act.here.organization
        subject = await locked(act, actor.me)
        person, purpose = await person_of(act), organization.purpose(said.purpose)
        found = row(organization, person, purpose=purpose, channel=said.channel, instants=Instants(now=act.now))
        if not found.proves or found.point is None:
            return None
        cited(act, said)
        key = await keys.opened(act.work, act.here.safe, customer=actor.me, kind="data")
        read = tagged(act, key, one=find(await held(act, key), found.point))
        proof = await codes.send(act, read, point=found.point, subject=subject, locale=locale)
        return Waiting(point=found.point, flow=flows.sealed(act.here, msgspec.structs.replace(proof, yes=said)))
