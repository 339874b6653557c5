"""Asking for a code or a link. Whether anybody has what was typed shows nowhere: not in words, in bytes or in time.

Every answer takes the same statements and the same sealing. What was typed goes back to whoever typed it, sealed; the
vault keeps a tag of it for as long as the code is good.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from vault.actions import networks, outbox
from vault.actions.acting import Acting
from vault.actions.customer.points import Tagged
from vault.actions.sign_in import nobody
from vault.actions.sign_in.flows import Flow, sealed
from vault.actions.sign_in.knocking import ASKED_BY_NETWORK, knocking, limit_address, limit_network, tell, too_often
from vault.actions.sign_in.letters import Letter, letter
from vault.actions.sign_in.reaching import EMAIL, code_digest, link_id, mailbox_tag, reached, read_reach
from vault.actions.vault import Vault
from vault.base.ids import OrganizationId, uuid8
from vault.base.personal import Personal
from vault.domain.sign_in.code import LASTS, MOST_TRIES, Sent, Way, digits
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import SECRET, digest, spelled
from vault.store.sign_in import codes, holders
from vault.store.sign_in.codes import Code

_CHANCE: Final = 16


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed, and on which device."""

    reach: Personal
    way: Way
    locale: str
    device: Device


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """A code or link just made: `shown` stands in the letter and nowhere else."""

    id: UUID
    sent: Sent
    shown: str


async def ask(vault: Vault, organization: OrganizationId, *, wish: Wish) -> str:
    """Send a code or link to whoever has what was typed; return the flow as the cookie carries it.

    `Invalid` for what is no address or number; `TooMany` for an address or network that asked too often. A telephone
    number is taken like an address and nothing is sent to it: the vault has no way to send texts yet.
    """
    await networks.knock(vault, wish.device.network, name="sign_in")
    async with knocking(vault, organization, kind="customer", device=wish.device) as act:
        sought = read_reach(act.here, wish.reach)
        await _limit(act, sought, wish=wish)
        made = _code(act, wish) if wish.way == "code" else _link(act, wish)
        await _send(act, sought, wish=wish, made=made)
        ends_at = act.now + LASTS["code"]
        flow = Flow(id=made.id, reach=wish.reach.reveal(), way=wish.way, ends_at=ends_at)
        return sealed(act.here, flow)


async def _limit(act: Acting, sought: Tagged, *, wish: Wish) -> None:
    await limit_network(act, wish.device, what="asked", limit=ASKED_BY_NETWORK)
    until = await codes.held_until(act.work, sought.found_by, most_tries=MOST_TRIES, way=wish.way)
    if until is not None:
        raise too_often(act, int((until - act.now).total_seconds()) + 1)
    await limit_address(act, sought.found_by)


async def _send(act: Acting, sought: Tagged, *, wish: Wish, made: _Made) -> None:
    found = await holders.find(act.work, act.here.safe, kind=sought.kind, tag=sought.found_by)
    pretended = nobody.read(act)
    to = reached(found, sought.value) if sought.kind == EMAIL else None
    address = to.address if to is not None else pretended
    mailbox = mailbox_tag(act.here, address)
    await codes.add(act.work, Code(id=made.id, sent=made.sent, kind=sought.kind, tag=sought.found_by, mailbox=mailbox))
    written = Letter(purpose=wish.way, secret=made.shown, ends_at=made.sent.ends_at)
    message = letter(
        act.here.organization, written, to=address, locale=(to.locale if to is not None else None) or wish.locale
    )
    if to is not None:
        await outbox.put(act, message, customer=to.customer)
    else:
        await nobody.put(act, message)
    await tell(act, "sign_in_asked", subjects=[holder.subject for holder in found], way=wish.way)


def _code(act: Acting, wish: Wish) -> _Made:
    own, shown = uuid8(act.vault.entropy.draw(_CHANCE)), digits(act.vault.entropy.draw(_CHANCE))
    return _Made(id=own, sent=_sent(act, wish, digest=code_digest(act.here, own, typed=shown)), shown=shown)


def _link(act: Acting, wish: Wish) -> _Made:
    secret = act.vault.entropy.draw(SECRET)
    address = f"{act.vault.issuer}/p/{act.here.organization.slug}/in/{spelled(secret)}"
    return _Made(id=link_id(act.here, secret), sent=_sent(act, wish, digest=digest(secret)), shown=address)


def _sent(act: Acting, wish: Wish, *, digest: bytes) -> Sent:
    ends_at = act.now + LASTS[wish.way]
    return Sent(purpose=wish.way, digest=digest, tries=0, asked_at=act.now, ends_at=ends_at, device=wish.device.kind)
