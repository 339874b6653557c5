"""Settling: what a batch of rows comes to, planned beside what the vault holds, and written in one transaction.

Whoever registers the same addresses right now is waited for, and customers are held in the order of their ids: two who
settle, or one who settles and a client, come one after the other. The same rows again add nothing (law 9).
"""

from __future__ import annotations

from collections.abc import Mapping

from vault.actions.acting import Acting
from vault.actions.importing.batch import Batch, Judged, Settled
from vault.actions.importing.settling.carrying import carry_out
from vault.actions.importing.settling.knowing import know
from vault.base.personal import Personal
from vault.domain.organization import Organization
from vault.domain.statement import proves, suffices
from vault.imports.identity.resolving import resolve
from vault.imports.planning.plan import plan
from vault.imports.planning.word import Declared


async def settle(act: Acting, batch: Batch) -> Settled:
    """Say what becomes of every row of a batch, and unless it is only looked at, write it."""
    everything = [one for component in batch.components for one in component]
    told = [one for one in everything if one.row.role != "list"]
    knowledge = await know(act, everything)
    resolution = resolve([one.row for one in told], knowledge.people)
    planned = plan(
        told,
        lists=[one for one in everything if one.row.role == "list"],
        resolution=resolution,
        held=knowledge.held,
        declared=declared(act.here.organization),
    )
    if not batch.dry:
        await carry_out(act, planned, batch=batch, knowledge=knowledge, resolution=resolution)
    verdicts = [Judged(place=place, verdict=one.verdict, reason=one.reason) for place, one in planned.verdicts.items()]
    return Settled(verdicts=verdicts, made=planned.made)


def declared(organization: Organization) -> Declared:
    """Return what plans are made by."""

    def is_proven(evidence: Mapping[str, Personal], *, purpose: str, channel: str) -> bool:
        return suffices(organization, evidence, purpose=purpose, channel=channel)

    def is_confirmed(evidence: Mapping[str, Personal]) -> bool:
        return proves(organization, evidence, double_opt_in=True)

    return Declared(
        reaches={channel.key: channel.reaches for channel in organization.channels.values()},
        lineages={purpose.key: purpose.lineage for purpose in organization.purposes.values()},
        suffices=is_proven,
        confirms=is_confirmed,
    )
