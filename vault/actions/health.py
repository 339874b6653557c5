"""Whether the vault can answer: the database and the root key, tried."""

from __future__ import annotations

from typing import Literal

import msgspec

from vault.actions.vault import Vault
from vault.store import organizations


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """All is well; anything else is an error."""

    status: Literal["ok"] = "ok"


async def check(vault: Vault) -> Health:
    """Try the database and the root key; `Unavailable` says which does not answer."""
    vault.provider.health()
    async with vault.database.work() as work:
        await organizations.by_id(work)
    return Health()
