"""What a batch that was decided is answered: promises, withdrawal links, permits, and what was released, opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import structlog

from vault.actions import promises
from vault.actions.decision import permits
from vault.actions.decision.answers import Prepared, Settled
from vault.actions.decision.senders import Proof
from vault.actions.decision.telling import told_to_client
from vault.actions.leaving import links
from vault.actions.vault import Here, Promising, Vault
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
    leaving = _withdrawal_links(here, settled, issuer=vault.issuer)
    told: dict[int, Decision] = {}
    for (place, one), (entry, _), promise in zip(settled.items(), written.entries, given, strict=True):
        if one.verdict.error:
            _log.error("policy_error", entry=entry, configuration=here.configuration)
        fields = sealed.get(place)
        released = releases.open_fields(one.prepared.here.safe, fields) if fields is not None else {}
        proof = Proof(link=leaving.get(place))
        if signing is not None and place in written.proven:
            proof = permits.sign(vault, signing, pending=written.proven[place], settled=one, proof=proof)
        promised = LogTold(entry=entry, promise=promise)
        told[place] = told_to_client(one, promised, released=released, proof=proof)
    return told


def _withdrawal_links(here: Here, settled: Mapping[int, Settled], *, issuer: str) -> dict[int, str]:
    """Return the link for each message that is allowed; none for the past, and for what nobody can stop."""
    if (making := links.making(here, issuer=issuer)) is None:
        return {}
    found = {place: link for place, one in settled.items() if (link := _withdrawal_link(one)) is not None}
    return dict(zip(found, making.addresses(found.values()), strict=True))


def _withdrawal_link(settled: Settled) -> Link | None:
    question, person = settled.prepared.asked.question, settled.person
    if not settled.verdict.allowed or person is None or question.at is not None:
        return None
    if settled.prepared.gate.way.purpose.basis not in STOPPABLE:
        return None
    return Link(
        about="person",
        subject=person.subject,
        purpose=question.purpose,
        channel=question.channel,
        sent_at=settled.instants.now,
    )
