"""Dealings: that somebody bought or inquired. No statement; a law may imply a yes from it, for a while."""

from __future__ import annotations

from vault.actions.acting import acting
from vault.actions.customer.consents import SOURCES, record
from vault.actions.customer.customers import locked
from vault.actions.vault import Vault
from vault.base.ids import CustomerId
from vault.domain.actor import Actor
from vault.domain.consent import Said
from vault.domain.organization import EVERY
from vault.domain.statement import NewDealing, Stated
from vault.domain.timing.implied import Dealing, spelled


async def deal(
    vault: Vault, actor: Actor, *, customer: CustomerId, told: NewDealing, repeat: str | None = None
) -> Stated:
    """Record a dealing. `repeat` is the caller's Idempotency-Key."""
    async with acting(vault, actor, name="deal") as act:
        subject = await locked(act, customer)
        who, tag = (actor.client or actor.kind).encode(), act.here.safe.repeat
        said = Said(
            kind="dealing",
            purpose=EVERY,
            channel=EVERY,
            source=SOURCES[actor.kind],
            method="import" if actor.kind == "import" else "api",
            at=told.at,
            client=actor.client,
            dealing=spelled(Dealing(what=told.what, met=told.met)),
            reference=None if told.reference is None else tag(b"reference", who, told.reference.encode()),
            idempotency=None if repeat is None else tag(b"fact", who, repeat.encode()),
        )
        stated, _ = await record(act, customer, subject=subject, said=said)
        return stated
