"""`consent-vault import quarantine`: the rows that were put aside, each in a file named like its own."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from vault.actions.importing import quarantine
from vault.actions.importing.quarantine import Quarantined
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import ImportId
from vault.cli.importing.organization import argument, operator, option
from vault.cli.opening import with_vault
from vault.cli.terminal import say
from vault.domain.actor import Actor
from vault.imports.quarantine import PutAside, written
from vault.store.imports.files import KeptFile

_ABOUT: Final = """
Writes the rows that were put aside into a folder: of each file those rows, under its name and its headers, begun by why
they were put aside. Correct them there, delete the others, and import the folder with the --exported-at of before. The
files hold personal data: only you may read them. That they were taken is an entry of the log.
"""


def add(parser: ArgumentParser) -> None:
    """Register the action."""
    parser.description = _ABOUT
    argument(parser)
    option(parser)
    parser.add_argument("--to", metavar="FOLDER", type=Path, required=True, help="a folder that is not there yet")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    try:
        asked.to.mkdir(mode=0o700)
    except OSError as error:
        raise Invalid("unwritable_folder", f"{asked.to} cannot be made: {error.strerror}; name a new folder") from None
    counts = with_vault(partial(_take, asked=asked))
    say(*(f"{count:>9,}  {path}" for path, count in counts.items()))
    say(f"Corrected, they are brought in by: consent-vault import {asked.to} --exported-at …" if counts else "no rows")
    return 0


async def _take(vault: Vault, *, asked: Namespace) -> dict[str, int]:
    actor = await operator(vault, asked.organization)
    found = await quarantine.opened(vault, actor, import_=asked.id)
    taking = _Taking(vault, actor, found=found, import_=asked.id)
    counts = {file.path: await taking.write(file, asked.to) for file in found.files}
    return {path: count for path, count in counts.items() if count}


class _Taking:
    """Rows on their way out."""

    def __init__(self, vault: Vault, actor: Actor, *, found: Quarantined, import_: ImportId) -> None:
        self._vault, self._actor, self._found, self._import = vault, actor, found, import_

    async def write(self, file: KeptFile, folder: Path) -> int:
        """Write the rows of a file and return how many; a file without any is not made."""
        count = 0
        rows = quarantine.rows(self._vault, self._actor, import_=self._import, found=self._found, number=file.number)
        held = [row async for page in rows for row in page]
        if held:
            _save(folder / file.path, file, rows=held)
            count = len(held)
        return count


def _save(path: Path, file: KeptFile, *, rows: Sequence[PutAside]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8", errors="surrogateescape", newline="") as out:
        if file.how is not None:
            out.writelines(written(rows, shape=file.how.survey.shape, header=file.how.survey.header))
