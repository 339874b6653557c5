"""Suppressions: a hard stop on a contact point, whoever has it, and whether or not anybody has."""

from __future__ import annotations

from vault.actions.acting import Acting, acting
from vault.actions.customer.points import lock_tags, tag_point
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import SUPPRESSION, CustomerId, SuppressionId
from vault.domain.actor import Actor
from vault.domain.fact import check_instants
from vault.domain.suppression import NewSuppression, Suppression
from vault.store.customer import customers, suppressions


async def suppress(vault: Vault, actor: Actor, *, new: NewSuppression) -> Suppression:
    """Stop a contact point. A client stops by hand: that something bounced is not for it to say."""
    async with acting(vault, actor, name="suppress") as act:
        if actor.kind == "client" and new.kind != "manual":
            raise Invalid("only_manual", "a client suppresses by hand: leave `kind` out or write manual")
        tagged = tag_point(act.here, new.contact.kind, value=new.contact.value)
        _check(act, new)
        suppression = Suppression(
            id=act.id(SUPPRESSION),
            kind=new.kind,
            at=min(new.at, act.now) if new.at is not None else act.now,
            channel=new.channel,
            until=new.until,
        )
        await lock_tags(act, [tagged])  # two at once are one
        for known in await suppressions.of(act.work, tagged.tag):
            if (known.kind, known.channel, known.until) == (new.kind, new.channel, new.until):
                return known
        await suppressions.add(act.work, tagged.tag, suppression=suppression, recorded_at=act.now)
        await act.log("suppressed", suppression=suppression.id, cause=new.kind, channel=new.channel)
        found = await customers.find(act.work, [tagged.sought])
        await _tell(act, new, found=found.get(tagged.sought, []))
        return suppression


async def page(vault: Vault, actor: Actor, *, after: SuppressionId | None, limit: int) -> list[Suppression]:
    """Return suppressions without what they stop, a page at a time."""
    async with acting(vault, actor, name="list_suppressions") as act:
        await act.log("suppressions_read")
        return await suppressions.page(act.work, after=after, limit=limit)


def _check(act: Acting, new: NewSuppression) -> None:
    if new.channel is not None and act.here.organization.channel(new.channel).reaches != new.contact.kind:
        raise Invalid("channel_not_for_kind", "this channel does not reach this kind of contact point")
    check_instants(new.at, new.until)
    if new.until is not None and new.until <= (new.at or act.now):
        raise Invalid("ends_before_it_begins", "`until` is when the stop ends: later than `at`, or than now")


async def _tell(act: Acting, new: NewSuppression, *, found: list[CustomerId]) -> None:
    """Write an entry for everybody who has the point; it does not name the stop, which outlives them."""
    for subject in await customers.subjects(act.work, found):
        await act.log("contact_point_stopped", subject=subject, cause=new.kind, channel=new.channel)
