"""An import killed at fifty moments of chance and begun anew comes to what one undisturbed run comes to."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import asyncpg

from tests import make
from tests.chaos.processes import CHECKOUT
from tests.stage import copy_of
from vault.actions import organizations
from vault.base.clock import SystemEntropy
from vault.base.settings import Settings
from vault.crypto.provider import create
from vault.parts import open_vault

KILLS = 50
# Ids and instants of recording are of each run; everything else is the same in both.
WHAT_THERE_IS = (
    """SELECT i.digest, i.state, i.made, r.place, r.component, r.verdict, r.reason, r.cells, r.sealed IS NULL
    FROM vault.import i JOIN vault.import_row r ON r.import = i.id""",
    """SELECT i.digest, f.number, f.digest, f.records, f.staged
    FROM vault.import i JOIN vault.import_file f ON f.import = i.id""",
    """SELECT i.digest, t.tag, t.place FROM vault.import i JOIN keystore.import_tag t ON t.import = i.id""",
    """SELECT array_agg(field || tag ORDER BY field, tag) FROM keystore.blind_index GROUP BY customer""",
    """SELECT (SELECT array_agg(b.tag ORDER BY b.tag) FROM keystore.blind_index b WHERE b.customer = s.customer),
    CASE WHEN s.customer IS NULL THEN f.subject END, f.kind, f.purpose, f.channel, f.at, f.until, f.source, f.method,
    f.proven, f.notice, f.dealing FROM vault.fact f LEFT JOIN keystore.subject s ON s.subject = f.subject""",
    """SELECT tag, kind, channel, at, until FROM vault.suppression""",
    """SELECT name, count(*) FROM vault.attribute GROUP BY name""",
    """SELECT kind, count(*) FROM vault.contact_point GROUP BY kind""",
    """SELECT count(*) FROM vault.customer""",
    """SELECT count(*) FROM vault.rights_request""",
    """SELECT convert_from(body, 'UTF8')::jsonb ->> 'kind' AS kind, count(*) FROM vault.log_entry GROUP BY 1""",
    """SELECT count(*) FROM keystore.import_label""",
)


async def test_killed_fifty_times_it_comes_to_what_one_run_comes_to(
    server_url: str, template: str, tmp_path: Path
) -> None:
    key_file = tmp_path / "root.key"
    create(key_file, entropy=SystemEntropy())
    async with copy_of(server_url, template) as url:
        async with open_vault(Settings(key_file=key_file), url) as vault:
            await organizations.apply(vault, make.written(make.organization()), name="organization.yaml")
        name = url.partition("://")[2].partition("/")[2].partition("?")[0]
        async with copy_of(server_url, name) as clean, copy_of(server_url, name) as disturbed:
            often = await imported(disturbed, key_file, kills=KILLS)
            once = await imported(clean, key_file, imports=often["imports"])
            assert (often["kills"] >= KILLS, once["kills"]) == (True, 0)
            assert await state(disturbed) == await state(clean)


async def imported(url: str, key_file: Path, *, kills: int = 0, imports: int = 0) -> Any:
    command = [sys.executable, "-m", "tests.chaos.importing", url, str(key_file), str(kills), str(imports)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, stdout=pipe, stderr=pipe)
    told, wrong = await process.communicate()
    assert process.returncode == 0, wrong.decode()[-2000:]
    return json.loads(told)


async def state(url: str) -> list[list[str]]:
    connection = await asyncpg.connect(url)
    try:
        return [sorted(str(tuple(row)) for row in await connection.fetch(query)) for query in WHAT_THERE_IS]
    finally:
        await connection.close()
