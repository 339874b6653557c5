"""Uses: which key or secret proved a client when last. Noted in memory, and written down by the minute.

A crash forgets a minute of it: it is for whoever changes a client's credentials, and no proof of anything.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

import structlog

from vault.actions.vault import Vault
from vault.base.errors import VaultError
from vault.base.ids import OrganizationId
from vault.oauth.client import Registered
from vault.store.client import uses
from vault.store.client.uses import Credential

_EACH: Final = timedelta(minutes=1)
_log = structlog.get_logger()


def note(vault: Vault, client: Registered, *, credential: str, at: datetime) -> None:
    """Note that a client proved itself; one that does all the time is written down once a minute."""
    used = (client.organization, client.id, credential)
    known = vault.memory.uses.get(used)
    if known is None or at - known >= _EACH:
        vault.memory.uses[used] = vault.memory.unwritten[used] = at


async def tell(vault: Vault) -> None:
    """Write what was noted since the last time. What cannot be written now is kept for the next."""
    if not vault.memory.unwritten:
        return
    noted, vault.memory.unwritten = vault.memory.unwritten, {}
    told: dict[OrganizationId, dict[Credential, datetime]] = defaultdict(dict)
    for (organization, client, credential), at in noted.items():
        told[organization][client, credential] = at
    for organization, used in told.items():
        try:
            async with vault.database.work(organization) as work:
                await uses.keep(work, used)
        except VaultError as error:
            _log.warning("uses_not_written", code=error.code)
            vault.memory.unwritten |= {(organization, *credential): at for credential, at in used.items()}
