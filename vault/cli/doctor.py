"""`consent-vault doctor`: what is configured wrongly, one line each, with what to do.

It looks and changes nothing: no migration runs, no key is made, no entry is written. Where one thing stands on another
that is broken, only the broken one is told.
"""

from __future__ import annotations

import asyncio
import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from vault.actions.vault import Vault, rebuild
from vault.base.clock import Clock, SystemClock
from vault.base.errors import Invalid, VaultError
from vault.base.settings import Settings, read
from vault.cli import worker
from vault.cli.opening import database
from vault.cli.terminal import Commands, say
from vault.domain.organization import Client, Organization
from vault.parts import open_vault
from vault.store import installation, migrations, organizations, outbox
from vault.store.client import clients
from vault.store.database import SERVICE, Work
from vault.store.installation import Login
from vault.store.log import state as log_state
from vault.store.log.state import Trouble
from vault.store.organizations import Kept

_ABOUT: Final = """
Looks at settings, database, root key, organizations and clients, and says what is wrong, one line each, and what to do.
Changes nothing. Exit status 0 when all is well, 1 when not.
"""
_OLDEST: Final = 15
_LATE_SECONDS: Final = 3600
_DRIFT: Final = timedelta(seconds=1)
_DURABLE: Final = ("synchronous_commit", "fsync")
_TELLING: Final = ("log_parameter_max_length", "log_parameter_max_length_on_error")


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("doctor", help="say what is configured wrongly", description=_ABOUT)
    parser.set_defaults(run=_run)


def _run(_: Namespace) -> int:
    try:
        settings = read(os.environ)
        found = _examine(settings)
        said = found or ["All is well.", worker.where(settings)]
    except VaultError as error:
        found = said = [error.detail]
    say(*said)
    return 1 if found else 0


def _examine(settings: Settings) -> list[str]:
    if settings.database_url is None and not (settings.folder / "postgres").exists():
        return [f"there is no database in {settings.folder} yet: `consent-vault serve` makes one"]
    with database(settings) as url:
        return asyncio.run(examine(settings, url, clock=SystemClock()))


async def examine(settings: Settings, url: str, *, clock: Clock) -> list[str]:
    """Return everything that is wrong, in sentences."""
    before = clock.now()
    login = await installation.inspect(url)
    found = [*_of_login(login, production=settings.production), *_of_clock(login.now, after=before, before=clock.now())]
    if settings.production and settings.smtp_url is None:
        found.append("no message goes out, and nobody can sign in by one: set VAULT_SMTP_URL and VAULT_MAIL_FROM")
    try:
        await migrations.check(url, role=SERVICE)
        if not settings.root_key.exists() and not settings.production and not await installation.has_keys(url):
            return [*found, f"there is no root key {settings.root_key} yet: `consent-vault serve` makes one"]
        async with open_vault(settings, url) as vault:
            async with vault.database.work() as work:
                await installation.check_root_key(work, provider=vault.provider, keyring=vault.keyring)
                declared, more = await _of_organizations(work, today=clock.now().date())
                more += [_of_log(one) for one in await log_state.troubled(work, seconds=_LATE_SECONDS)]
            found += [*more, *await _of_published(vault, declared)]
    except VaultError as error:
        found.append(error.detail)
    return found


def _of_login(login: Login, *, production: bool) -> Iterator[str]:
    name = '"' + login.login.replace('"', '""') + '"'
    less = f"make a login of its own for VAULT_DATABASE_URL that may only do that: GRANT {SERVICE} TO it"
    if login.release < _OLDEST * 10_000:
        yield f"PostgreSQL {login.release // 10_000} is too old for the vault: use {_OLDEST} or newer"
    if production and login.superuser:
        yield f"the login {name} is a superuser, and the server needs to become {SERVICE} only: {less}"
    elif production and "vault_owner" in login.roles:
        yield f"the login {name} may become vault_owner, and the server needs to become {SERVICE} only: {less}"
    for setting in _DURABLE:
        if login.settings[setting] == "off":
            yield f"PostgreSQL's {setting} is off, so a crash may lose a withdrawal: set it to on"
    for setting in _TELLING:
        if login.settings[setting] != "0":
            yield (
                "PostgreSQL may write parameters, which are personal, into its log: "
                f"as its superuser, run ALTER ROLE {name} SET {setting} = 0"
            )


def _of_clock(now: datetime, *, after: datetime, before: datetime) -> Iterator[str]:
    drift = max(after - now, now - before)
    if drift > _DRIFT:
        yield (
            f"the clocks of this machine and of PostgreSQL are {drift.total_seconds():.0f} s apart: "
            "let both follow a time server"
        )


async def _of_organizations(work: Work, *, today: date) -> tuple[list[Organization], list[str]]:
    """Return what can be read of what organizations declare, and what is wrong with them."""
    kept = await organizations.every(work)
    if not kept:
        return [], ["there is no organization yet: `consent-vault apply FILE` makes one"]
    looked = [await _of_organization(work.of(one.id), one, today=today) for one in kept]
    return [one for one, _ in looked if one is not None], [finding for _, found in looked for finding in found]


async def _of_organization(work: Work, kept: Kept, *, today: date) -> tuple[Organization | None, list[str]]:
    document = await organizations.configuration(work, kept.configuration)
    if document is None:
        lost = "what it declares is missing from the database: restore the table vault.configuration"
        return None, [f"{kept.slug}: {lost}"]
    try:
        declared, _ = rebuild(document)
    except Invalid as error:
        return None, [f"{kept.slug}: what it declares cannot be used: {error.detail}; apply its file again"]
    own = await clients.read(work)
    found: list[str] = []
    for client in declared.clients.values():
        secrets = len(own[client.key].secrets)
        found += _of_client(f"{kept.slug}.{client.key}", client, secrets=secrets, today=today)
    if overdue := await outbox.overdue(work):
        found.append(f"{kept.slug}: {overdue} message(s) should have gone out: is `consent-vault worker` running?")
    return declared, found


async def _of_published(vault: Vault, declared: Sequence[Organization]) -> list[str]:
    """Fetch what keys clients publish, as the server would, and return whose are not to be had."""
    found: list[str] = []
    for one in declared:
        for client in one.clients.values():
            if (uri := client.authentication.jwks_uri) is not None:
                try:
                    await vault.courier.fetcher.get(uri)
                except VaultError as error:
                    found.append(f"{one.slug}.{client.key}: its keys at {uri} cannot be fetched: {error.detail}")
    return found


def _of_log(one: Trouble) -> str:
    if one.stopped is not None:
        return (
            f"{one.slug}: its access log is stopped ({one.stopped}), because it is not what was signed: find out why, "
            f"and then `consent-vault log new-generation {one.slug}`"
        )
    hours = one.seconds // 3600
    return (
        f"{one.slug}: entries of its access log have been waiting for {hours} hours or more: "
        "is `consent-vault worker` running?"
    )


def _of_client(name: str, client: Client, *, secrets: int, today: date) -> Iterator[str]:
    how = client.authentication
    if how.method == "client_secret_basic" and not secrets:
        yield f"{name} has no secret yet: `consent-vault client add {name}` makes one"
    if client.expires is not None and client.expires < today:
        yield f"{name} expired on {client.expires}: give it a new date in the organization file, or remove it"
