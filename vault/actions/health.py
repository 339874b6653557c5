"""Whether the vault can answer: the database and the root key, tried; and how the access log is."""

from __future__ import annotations

from typing import Literal

import msgspec

from vault.actions.log.watching import LATE_SECONDS
from vault.actions.vault import Vault
from vault.store import organizations
from vault.store.log import state as states


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The vault can answer; that it cannot is an error. `log` is how the worst of the access logs is.

    `late`: something has been waiting for its number for more than a minute. `stopped`: nothing more is signed in one
    of them, because it is not what was signed. Neither keeps anybody from being answered, so neither is an error.
    """

    status: Literal["ok"] = "ok"
    log: Literal["ok", "late", "stopped"] = "ok"


async def check(vault: Vault) -> Health:
    """Try the database and the root key; `Unavailable` says which does not answer."""
    vault.provider.health()
    async with vault.database.work() as work:
        await organizations.by_id(work)
        troubled = await states.troubled(work, seconds=LATE_SECONDS)
    if any(one.stopped is not None for one in troubled):
        return Health(log="stopped")
    return Health(log="late" if troubled else "ok")
