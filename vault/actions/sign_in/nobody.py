"""Letters to nobody: whoever asks for somebody the vault does not know waits as long, and learns as little.

Here stands, step for step, what `outbox.put` and reading a holder do: the same statements, the same sealing, an entry.
"""

from __future__ import annotations

from typing import Final

import msgspec

from vault.actions.acting import Acting
from vault.base.ids import CUSTOMER, raw, show, uuid8
from vault.base.personal import Personal
from vault.domain.message import Message
from vault.store.customer import customers
from vault.store.sign_in import codes

_TABLE: Final = "letter_to_nobody"
NOBODY: Final = Personal("nobody@nowhere.invalid")


def read(act: Acting) -> Personal:
    """Seal and open an address, as if it were somebody's."""
    safe, nobody = act.here.safe, uuid8(act.vault.entropy.draw(16))
    key, _ = safe.new_key(show(CUSTOMER, nobody), "data")
    sealed = safe.seal(key, _TABLE, column="value", row=nobody, value=NOBODY.reveal().encode())
    return safe.open(key, _TABLE, column="value", row=nobody, sealed=sealed)


async def put(act: Acting, message: Message) -> None:
    """Write a letter where no worker looks."""
    nobody = show(CUSTOMER, uuid8(act.vault.entropy.draw(16)))
    await customers.lock(act.work, nobody)
    await customers.subjects(act.work, [nobody])
    key, _ = act.here.safe.new_key(nobody, "data")
    letter = [part.reveal() for part in (message.to, message.title, message.text, message.html) if part is not None]
    name = uuid8(act.vault.entropy.draw(16))
    sealed = act.here.safe.seal(key, _TABLE, column="message", row=name, value=msgspec.json.encode(letter))
    await codes.write_to_nobody(act.work, sealed, name=raw(nobody), ends_at=message.expires_at or act.now)
    await act.log("message_withheld", message=message.kind)
