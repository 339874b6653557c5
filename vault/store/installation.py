"""The installation as a whole: whether it holds keys, whether the root key is its own, and how PostgreSQL is set up."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from vault.crypto.keyring import Keyring
from vault.crypto.provider import KeyProvider
from vault.store.client import signing_keys
from vault.store.database import SERVICE, Work, connect

_HAS_KEYS: Final = """
SELECT EXISTS (SELECT FROM keystore.organization_key) OR EXISTS (SELECT FROM keystore.signing_key)
"""
_NEWEST: Final = """
SELECT DISTINCT ON (organization) organization, epoch, wrapped FROM keystore.organization_key
ORDER BY organization, epoch DESC
"""
_LOGIN: Final = """
SELECT current_user AS login, rolsuper AS superuser, current_setting('server_version_num')::int AS release,
  current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
  current_setting('log_parameter_max_length') AS log_parameter_max_length,
  current_setting('log_parameter_max_length_on_error') AS log_parameter_max_length_on_error
FROM pg_roles WHERE rolname = current_user
"""
_ROLES: Final = """
SELECT rolname FROM pg_roles WHERE rolname LIKE 'vault\\_%' AND pg_has_role(current_user, oid, 'MEMBER')
"""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """What PostgreSQL says of the login and of itself. `roles` are those of the vault the login may become."""

    login: str
    superuser: bool
    release: int
    roles: frozenset[str]
    settings: dict[str, str]
    now: datetime


async def inspect(url: str) -> Login:
    """Return how PostgreSQL is set up for this login; `DatabaseError` when it cannot be reached."""
    connection = await connect(url)
    try:
        row = await connection.fetchrow(_LOGIN)
        roles = await connection.fetch(_ROLES)
        now = await connection.fetchval("SELECT clock_timestamp()")
    finally:
        await connection.close()
    told = dict(row or {})
    return Login(
        login=told.pop("login"),
        superuser=told.pop("superuser"),
        release=told.pop("release"),
        roles=frozenset(found["rolname"] for found in roles),
        settings=told,
        now=now,
    )


async def has_keys(url: str) -> bool:
    """Whether anything was ever wrapped by a root key here. The database is at this vault's migration."""
    connection = await connect(url, role=SERVICE)
    try:
        return bool(await connection.fetchval(_HAS_KEYS))
    finally:
        await connection.close()


async def check_root_key(work: Work, *, provider: KeyProvider, keyring: Keyring) -> None:
    """Open what the root key wraps; `Unavailable` when it is the key of another installation."""
    await signing_keys.every(work, provider)
    for row in await work.fetch(_NEWEST):
        keyring.organization_key(row["organization"], row["epoch"], wrapped=row["wrapped"])
