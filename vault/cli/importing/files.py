"""`consent-vault import PATH…`: bring files in, or only see what would become of each row."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from vault.actions.importing import running
from vault.actions.importing.given import Given, Step, Told
from vault.actions.importing.showing import file_shown, shown
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.cli.importing import restored, telling
from vault.cli.importing.given import files, mapping, written_at
from vault.cli.importing.organization import operator, option
from vault.cli.importing.progress import Bar
from vault.cli.importing.settlers import workers
from vault.cli.opening import with_vault
from vault.cli.terminal import say, say_json
from vault.imports.files.survey import Overrides
from vault.imports.files.text import ENCODINGS

_ABOUT: Final = """
Brings in files of other systems: a folder, or files one by one. The organization file tells by a file's name how it is
read. A no always counts; a yes never beats a no; who said no anywhere is not reached. Rows that cannot be read are put
aside, not guessed at. Killed or begun anew, the same command goes on where it was; the same files again change nothing.
A folder that `consent-vault export` wrote is restored, where there are no customers yet.
"""


def add(parser: ArgumentParser) -> None:
    """Register the action."""
    parser.description = _ABOUT
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a folder, or files")
    option(parser)
    parser.add_argument(
        "--exported-at",
        metavar="TIME",
        help="the instant the files speak for, such as 2026-10-31T18:00:00Z; else when they were last written",
    )
    parser.add_argument("--map", metavar="FILE", type=Path, help="how to read a file that no source declares")
    parser.add_argument("--dry-run", action="store_true", help="say what would become of each row, and write nothing")
    parser.add_argument("--json", action="store_true", help="one JSON document when all is done")
    parser.add_argument("--encoding", choices=ENCODINGS, help="instead of what the bytes look like")
    parser.add_argument("--separator", metavar="LETTER", help="between cells, instead of what the header looks like")
    restored.option(parser)
    order = parser.add_mutually_exclusive_group()
    order.add_argument(
        "--day-first", dest="day_first", action="store_true", default=None, help="03/04/2024 is in April"
    )
    order.add_argument("--month-first", dest="day_first", action="store_false", help="03/04/2024: in March")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    if restored.is_meant(asked):
        return restored.run(asked)
    given = Given(
        files=files(asked.paths),
        exported_at=written_at(asked.paths) if asked.exported_at is None else _instant(asked.exported_at),
        dry=asked.dry_run,
        mapping=mapping(asked.map),
        overrides=Overrides(encoding=asked.encoding, separator=asked.separator, day_first=asked.day_first),
    )
    told = with_vault(partial(_import, given=given, asked=asked))
    found = shown(told, paths=True)
    if asked.json:
        say_json(telling.document(found, unread=told.unread))
    else:
        say(*telling.ended(found, unread=told.unread))
    return int(found.state == "refused" or any(file.code for file in found.files))


async def _import(vault: Vault, *, given: Given, asked: Namespace) -> Told:
    bar = Bar()

    def step(one: Step) -> None:
        if one.files and not asked.json:
            bar.close()
            say(*telling.recognised([file_shown(file, paths=True) for file in one.files]))
        bar(one)

    actor = await operator(vault, asked.organization, kind="import")
    try:
        return await running.run(vault, actor, given=given, progress=step, workers=workers())
    finally:
        bar.close()


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid("malformed_time", f"{text} is no instant; write one such as 2026-10-31T18:00:00Z")
    return found.astimezone(UTC)
