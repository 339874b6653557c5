"""`consent-vault migrate`: bring the database up to this vault, with a login that may."""

from __future__ import annotations

import asyncio
import os
from argparse import Namespace
from typing import Final

from vault.base.settings import read
from vault.cli.opening import database
from vault.cli.terminal import Commands, say
from vault.store import migrations

_OWNER: Final = "VAULT_OWNER_DATABASE_URL"
_ABOUT: Final = """
Runs the migrations the database lacks, each once, forward only. Uses VAULT_OWNER_DATABASE_URL, else VAULT_DATABASE_URL,
else the bundled database. The login must be allowed to create roles and schemas; the server itself needs less.
"""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("migrate", help="bring the database up to this vault", description=_ABOUT)
    parser.set_defaults(run=_run)


def _run(_: Namespace) -> int:
    settings = read(os.environ)
    if settings.owner_database_url is not None:
        ran = asyncio.run(migrations.migrate(settings.owner_database_url, setting=_OWNER))
    else:
        with database(settings) as url:
            ran = asyncio.run(migrations.migrate(url))
    say(*(f"ran {name}" for name in ran) if ran else ["nothing to do: the database is up to date"])
    return 0
