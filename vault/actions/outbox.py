"""The outbox: a message is put in with what it tells of, in one transaction; a worker delivers it later.

It is sealed under its customer's key and goes with it. What the log tells is the kind of message and the subject: never
an address, and no id that stands in the letter.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.actions.acting import Acting
from vault.actions.customer.customers import locked
from vault.base.ids import MESSAGE, CustomerId, MessageId, raw, show, uuid8
from vault.domain.message import LASTS, Message, check
from vault.store import keys, outbox
from vault.store.keys import CustomerKey, Safe
from vault.store.outbox import Sealed

_TABLE: Final = "outbox"
_COLUMN: Final = "message"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed. `name` is the letter's Message-ID, of chance alone: no id of ours stands in anybody's mailbox."""

    name: str
    to: str
    title: str
    text: str
    html: str | None = None

    def __repr__(self) -> str:
        return "Written(personal)"


async def put(act: Acting, message: Message, *, customer: CustomerId) -> None:
    """Put a message to a customer into the outbox, in the transaction of `act`, with its entry.

    `Unknown` for a customer who is not there; `Invalid` for an address or title that is not one line.
    """
    check(message)
    subject = await locked(act, customer)
    key = await keys.opened(act.work, act.here.safe, customer=customer, kind="data")
    own = show(MESSAGE, uuid8(act.vault.entropy.draw(16)))
    plain = Written(
        name=act.vault.entropy.draw(16).hex(),
        to=message.to.reveal(),
        title=message.title.reveal(),
        text=message.text.reveal(),
        html=message.html.reveal() if message.html is not None else None,
    )
    sealed = Sealed(
        customer=customer,
        id=own,
        kind=message.kind,
        message=act.here.safe.seal(key, _TABLE, column=_COLUMN, row=raw(own), value=msgspec.json.encode(plain)),
        expires_at=message.expires_at or act.now + LASTS,
    )
    await outbox.add(act.work, sealed)
    await act.log("message_queued", subject=subject, message=message.kind)


def unsealed(safe: Safe, key: CustomerKey, *, own: MessageId, sealed: bytes) -> Written:
    """Return what a message says; `SealError` where it is not the one that was sealed."""
    plain = safe.open(key, _TABLE, column=_COLUMN, row=raw(own), sealed=sealed)
    return msgspec.json.decode(plain.reveal(), type=Written)
