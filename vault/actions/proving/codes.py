"""Codes to a contact point: sent to whoever says it is theirs, and typed back. Five tries, ten minutes, once.

What is sent and how often is counted by the address together with what is sent to sign in, so that nobody is flooded
through two doors; and by the customer, so that nobody writes to strangers through us.
"""

from __future__ import annotations

from typing import Final

from vault.actions import limits, outbox
from vault.actions.acting import Acting
from vault.actions.customer.points import Tagged
from vault.actions.proving.flows import Proof
from vault.actions.sign_in.knocking import limit_address, too_often
from vault.actions.sign_in.letters import Letter, letter
from vault.actions.sign_in.reaching import code_digest, mailbox_tag
from vault.base.ids import ContactPointId, Subject, raw, uuid8
from vault.domain.sign_in.code import LASTS, MOST_TRIES, Sent, Wrong, digits, typed
from vault.store.customer import customers
from vault.store.sign_in import codes
from vault.store.sign_in.codes import Code

ASKED_BY_CUSTOMER: Final = 10
_HOUR_SECONDS: Final = 3600
_CHANCE: Final = 16


async def send(act: Acting, tagged: Tagged, *, point: ContactPointId, subject: Subject, locale: str) -> Proof:
    """Send whoever acts a code to a contact point they hold, or say they do; under the lock of their row.

    `TooMany` where enough was sent to it or by them within the hour, or the last one was tried too often.
    """
    await _limit(act, tagged)
    own, shown = uuid8(act.vault.entropy.draw(_CHANCE)), digits(act.vault.entropy.draw(_CHANCE))
    ends_at = act.now + LASTS["point"]
    digest = code_digest(act.here, own, typed=shown)
    sent = Sent(purpose="point", digest=digest, tries=0, asked_at=act.now, ends_at=ends_at, device="")
    code = Code(
        id=own,
        sent=sent,
        kind=tagged.kind,
        tag=tagged.tag,
        mailbox=mailbox_tag(act.here, tagged.value),
        customer=act.actor.me,
    )
    await codes.add(act.work, code)
    written = Letter(purpose="point", secret=shown, ends_at=ends_at)
    spoken = await _locale(act) or locale
    message = letter(act.here.organization, written, to=tagged.value, locale=spoken)
    await outbox.put(act, message, customer=act.actor.me)
    await act.log("code_sent", subject=subject, purpose="point")
    return Proof(code=own, customer=act.actor.me, point=point, reach=tagged.value.reveal(), ends_at=ends_at)


async def prove(act: Acting, proof: Proof, *, code: str, subject: Subject) -> Sent | Wrong:
    """Use up the code of a proof, and return it as it was sent; or count a miss, which this work's COMMIT keeps."""
    found = await codes.take(act.work, proof.code)
    if found is None or found.sent.purpose != "point" or found.customer != act.actor.me:
        return await _missed(act, Wrong(too_old=True), subject=subject, reason="no_code")
    if (refusal := found.sent.refusal(act.now)) is not None:
        reason = "too_old" if refusal.too_old else "too_many_tries"
        return await _missed(act, refusal, subject=subject, reason=reason)
    if not found.sent.is_opened_by(code_digest(act.here, found.id, typed=typed(code))):
        await codes.miss(act.work, found.id)
        return await _missed(act, found.sent.missed(), subject=subject, reason="wrong")
    await codes.drop(act.work, found.id)
    return found.sent


async def _missed(act: Acting, wrong: Wrong, *, subject: Subject, reason: str) -> Wrong:
    await act.log("proof_failed", subject=subject, reason=reason)
    return wrong


async def _limit(act: Acting, tagged: Tagged) -> None:
    until = await codes.held_until(act.work, tagged.tag, most_tries=MOST_TRIES, way="code")
    if until is not None:
        raise too_often(act, int((until - act.now).total_seconds()) + 1)
    await limit_address(act, tagged.found_by)
    name = act.here.safe.repeat(b"proof_limit", raw(act.actor.me).bytes)
    if not await limits.count(act.work, name, window_seconds=_HOUR_SECONDS, limit=ASKED_BY_CUSTOMER):
        raise too_often(act, _HOUR_SECONDS)


async def _locale(act: Acting) -> str | None:
    shown = await customers.show_customer(act.work, act.actor.me, today=act.now.date())
    return None if shown is None else shown.locale
