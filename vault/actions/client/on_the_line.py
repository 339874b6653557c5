"""On the line: a client that talks to a customer has the vault send them a code, which they read to it (RFC 8693).

Who has the code acts for the customer for a few minutes. It is exchanged like any other credential, in `batch`.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from vault.actions.acting import acting
from vault.actions.customer.customers import locked
from vault.actions.sign_in import codes
from vault.actions.vault import Vault
from vault.base.errors import Denied
from vault.base.ids import CustomerId
from vault.domain.actor import Actor
from vault.domain.sign_in.code import LASTS


class CodeSent(msgspec.Struct, frozen=True, kw_only=True):
    """A code is on its way, and good until then. A newer one makes it worthless."""

    ends_at: datetime


async def send_code(vault: Vault, actor: Actor, *, customer: CustomerId) -> CodeSent:
    """Send a customer a code to their e-mail address, good for this client alone.

    `Denied` for a client that is not declared to act for customers, `Conflict` for a customer without an address.
    """
    async with acting(vault, actor, name="send_code") as act:
        if not act.here.client(actor, act.now).acts_for_customers:
            raise Denied("not_for_customers", "the organization file does not let this client act for customers")
        await locked(act, customer)
        await codes.send(act, customer, purpose="exchange", client=actor.client)
        return CodeSent(ends_at=act.now + LASTS["exchange"])
