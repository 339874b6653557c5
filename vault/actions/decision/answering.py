"""What a batch that was decided is answered: promises, withdrawal links, permits, and what was released, opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from vault.actions import promises
from vault.actions.decision import permits
from vault.actions.decision.answers import Prepared, Settled
from vault.actions.decision.senders import Proof
from vault.actions.decision.telling import told_to_client
from vault.actions.leaving import links
from vault.actions.vault import Promising, Vault
from vault.base.errors import VaultError
from vault.domain.decision.question import Decision, LogTold
from vault.domain.leaving.link import Link
from vault.domain.leaving.stopping import STOPPABLE
from vault.oauth.token import Keys
from vault.store.decision import releases
from vault.store.decision.releases import Sealed
from vault.store.log import Entry

_log = structlog.get_logger()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that is decided: what was settled, by its places, and what goes with each."""

    prepared: Sequence[Prepared | VaultError]
    at: datetime
    settled: dict[int, Settled]
    sealed: dict[int, Sealed]
    proven: dict[int, permits.Pending] = {}
    entries: Sequence[Entry]


def answered(vault: Vault, written: Written, *, key: Promising, signing: Keys | None = None) -> dict[int, Decision]:
    """Return what is answered, by place; one signature promises all entries. Only after the COMMIT may anybody be told.

    Where nothing sealed leaves, it may be made ready before that.
    """
    settled, sealed = written.settled, written.sealed
    if not settled:
        return {}
    here = next(iter(settled.values())).prepared.here
    bodies = [body for _, body in written.entries]
    given = promises.promises(key, bodies, organization=here.id, at=written.at)
    making = links.making(here, issuer=vault.issuer)
    told: dict[int, Decision] = {}
    for (place, one), (entry, _), promise in zip(settled.items(), written.entries, given, strict=True):
        if one.verdict.error:
            _log.error("policy_error", entry=entry, configuration=here.configuration)
        fields = sealed.get(place)
        released = releases.open_fields(one.prepared.here.safe, fields) if fields is not None else {}
        proof = Proof(link=_withdrawal_link(making, one))
        if signing is not None and place in written.proven:
            proof = permits.sign(vault, signing, pending=written.proven[place], settled=one, proof=proof)
        promised = LogTold(entry=entry, promise=promise)
        told[place] = told_to_client(one, promised, released=released, proof=proof)
    return told


def _withdrawal_link(making: links.Making | None, settled: Settled) -> str | None:
    """Return the link for the message this yes allows; none for the past, and for what nobody can stop."""
    question, way = settled.prepared.asked.question, settled.prepared.way
    if making is None or not settled.verdict.allowed or settled.person is None or question.at is not None:
        return None
    if way.purpose.basis not in STOPPABLE:
        return None
    link = Link(
        about="person",
        subject=settled.person.subject,
        purpose=question.purpose,
        channel=question.channel,
        sent_at=settled.instants.now,
    )
    return making.address(link)
