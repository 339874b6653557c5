"""Codes: typed back, they let somebody in; or show that somebody is still there; or that they are on the line.

Five tries, and only the newest counts. A miss is written down like a hit, and reads the same for every reason.
"""

from __future__ import annotations

from typing import Final, Literal
from uuid import UUID

import msgspec

from vault.actions import networks, outbox
from vault.actions.acting import Acting
from vault.actions.sign_in import nobody, sessions
from vault.actions.sign_in.flows import Flow
from vault.actions.sign_in.knocking import TRIED_BY_NETWORK, knocking, limit_address, limit_network, tell
from vault.actions.sign_in.letters import Letter, letter
from vault.actions.sign_in.reaching import EMAIL, code_digest, mailbox_tag, who
from vault.actions.vault import Here, Vault
from vault.base.errors import Conflict
from vault.base.ids import ClientId, CustomerId, OrganizationId, Subject, raw, uuid8
from vault.domain.sign_in.code import LASTS, Sent, Wrong, digits, typed
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import How, SessionToken
from vault.store.customer import customers
from vault.store.database import Work
from vault.store.sign_in import codes, holders
from vault.store.sign_in.codes import Code
from vault.store.sign_in.holders import Holder

_CHANCE: Final = 16
_NEVER: Final = UUID(int=0)


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed to get in: the code, or nothing for a link; a first name where several share the address."""

    code: str = ""
    name: str = ""
    device: Device


# ── At the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
async def enter(vault: Vault, organization: OrganizationId, *, flow: Flow | None, tried: Try) -> SessionToken | Wrong:
    """Sign somebody in by the code of their flow; `TooMany` for a network that tried too often."""
    await networks.knock(vault, tried.device.network, name="sign_in")
    async with knocking(vault, organization, kind="customer", device=tried.device) as act:
        await limit_network(act, tried.device, what="tried", limit=TRIED_BY_NETWORK)
        code = await codes.take(act.work, flow.id if flow is not None else _NEVER)
        if code is None or code.sent.purpose != "code":
            await tell(act, "sign_in_failed", subjects=[], reason="no_code")
            return Wrong(too_old=True)
        digest = code_digest(act.here, code.id, typed=typed(tried.code))
        return await let_in(act, code, tried=tried, right=code.sent.is_opened_by(digest), how="code")


async def let_in(act: Acting, code: Code, *, tried: Try, right: bool, how: How) -> SessionToken | Wrong:
    """Let in whoever a code or link is of, and use it up; or count a miss."""
    found = await _found(act, code)
    subjects = [holder.subject for holder in found]
    if (refusal := code.sent.refusal(act.now)) is not None:
        await tell(act, "sign_in_failed", subjects=subjects, reason="too_old" if refusal.too_old else "too_many_tries")
        return refusal
    one = who(act.here, found, reached=code.mailbox, name=tried.name)
    if not right or one is None:
        await codes.miss(act.work, code.id)
        await tell(act, "sign_in_failed", subjects=subjects, reason="wrong")
        return code.sent.missed()
    await codes.drop(act.work, code.id)
    if not one.verified:
        await customers.verify(act.work, one.customer, point=one.point, at=act.now)
    return await sessions.open(act, role="customer", how=how, customer=one.customer)


async def _found(act: Acting, code: Code) -> list[Holder]:
    nobody.read(act)
    return await holders.find(act.work, act.here.safe, kind=code.kind, tag=code.tag or _NEVER)


# ── To somebody who is known ─────────────────────────────────────────────────────────────────────────────────────────
async def send(
    act: Acting, customer: CustomerId, *, purpose: Literal["again", "exchange"], client: ClientId | None = None
) -> None:
    """Send a customer a code to their e-mail address: to show `again` that it is them, or for a client to `exchange`.

    `Conflict` for a customer without an address, `TooMany` for one who was sent enough within the hour.
    """
    await limit_address(act, raw(customer))
    holder = await holders.of(act.work, act.here.safe, customer=customer, kind=EMAIL)
    if holder is None:
        raise Conflict("no_email", "this customer has no e-mail address that a code could be sent to")
    own, shown = uuid8(act.vault.entropy.draw(_CHANCE)), digits(act.vault.entropy.draw(_CHANCE))
    ends_at = act.now + LASTS[purpose]
    sent = Sent(
        purpose=purpose,
        digest=code_digest(act.here, own, typed=shown),
        tries=0,
        asked_at=act.now,
        ends_at=ends_at,
        device="",
    )
    mailbox = mailbox_tag(act.here, holder.address)
    await codes.add(act.work, Code(id=own, sent=sent, kind=EMAIL, mailbox=mailbox, customer=customer, client=client))
    written = Letter(purpose=purpose, secret=shown, ends_at=ends_at)
    message = letter(act.here.organization, written, to=holder.address, locale=holder.locale)
    await outbox.put(act, message, customer=customer)
    await act.log("code_sent", subject=holder.subject, purpose=purpose)


async def prove(
    here: Here, work: Work, *, customer: CustomerId, code: str, client: ClientId | None = None
) -> Subject | Wrong:
    """Use up the newest code that was sent to a customer, for this client where one is named; return their subject.

    A miss is counted with this work's COMMIT. The entry is the caller's. Whoever has no code, or is nobody, reads like
    one whose code is too old.
    """
    purpose: Literal["again", "exchange"] = "again" if client is None else "exchange"
    found = await codes.take_of(work, customer, purpose=purpose, client=client)
    subjects = await customers.subjects(work, [customer])
    own, sent = (found.id, found.sent) if found is not None else (_NEVER, None)
    digest = code_digest(here, own, typed=typed(code))
    if sent is None or not subjects:
        return Wrong(too_old=True)
    if (refusal := sent.refusal(await codes.now(work))) is not None:
        return refusal
    if not sent.is_opened_by(digest):
        await codes.miss(work, own)
        return sent.missed()
    await codes.drop(work, own)
    return subjects[0]
