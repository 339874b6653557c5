"""Networks: what anybody may ask who has not proved anything yet is limited by where they ask from.

An address is personal: of a network only a tag under a key of the installation is ever handed on, and nothing logged.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from vault.actions import limits
from vault.actions.acting import written
from vault.actions.vault import Vault
from vault.base.errors import TooMany
from vault.domain.actor import Actor
from vault.store import keys, log
from vault.store.database import INSTALLATION
from vault.store.keys import Safe

FAILED: Final = 10
"""What a failed authentication counts: as much as so many requests."""
_LOCK: Final = 7_310_411_602_240_031
_NOBODY: Final = Actor(organization=INSTALLATION, kind="client")
_INSTALLATION: Final = Actor(organization=INSTALLATION, kind="operator")


async def knock(vault: Vault, network: str, *, name: str) -> None:
    """Count the action `name` of whoever asks from a network (`base.network`); `TooMany` beyond its limit."""
    try:
        await _take(vault, network, amount=1)
    except TooMany:
        limits.note(vault, _NOBODY, name=name)
        raise


async def failed(vault: Vault, network: str) -> None:
    """Count what was knocked for as a failed authentication."""
    with suppress(TooMany):
        await _take(vault, network, amount=min(FAILED, vault.per_network) - 1)


async def _take(vault: Vault, network: str, *, amount: int) -> None:
    safe = vault.memory.installation or await _open(vault)
    await limits.take(vault, INSTALLATION, name=safe.network(network), limit=vault.per_network, amount=amount)


async def _open(vault: Vault) -> Safe:
    """Return the installation's own safe; the very first use makes its keys."""
    async with vault.database.work() as work:
        await work.lock([_LOCK])
        made = await keys.make_named(work, vault.keyring, names={keys.NETWORK})
        if made:
            now = vault.clock.now()
            await log.add(work, [written(vault, _INSTALLATION, kind="keys_made", at=now, keys=[*made])])
        safe = await keys.read(work, vault.keyring, entropy=vault.entropy)
    vault.memory.installation = safe
    return safe
