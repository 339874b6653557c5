"""`consent-vault import FOLDER` of a folder that `consent-vault export` wrote: restored, not imported."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from vault.actions.exporting.given import Restored
from vault.actions.importing.given import Step
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.cli.exporting.restoring import How, is_export, restore
from vault.cli.importing.organization import operator
from vault.cli.importing.progress import Bar
from vault.cli.opening import with_vault
from vault.cli.terminal import say, say_json


def option(parser: ArgumentParser) -> None:
    """Let what an export needs be named."""
    parser.add_argument("--key", metavar="FILE", type=Path, help="the key made with an export, to restore all of it")
    parser.add_argument(
        "--without-tags", action="store_true", help="restore without it: stops of addresses that nobody has are lost"
    )


def is_meant(asked: Namespace) -> bool:
    """Whether an export is to be restored; `Invalid` for one among other files, or with what only files take."""
    exports = [path for path in asked.paths if is_export(path)]
    if not exports:
        if asked.key is not None or asked.without_tags:
            raise Invalid("no_export", "--key and --without-tags are for a folder that `consent-vault export` wrote")
        return False
    of_files = (asked.map, asked.exported_at, asked.encoding, asked.separator, asked.day_first)
    if len(asked.paths) > 1 or any(one is not None for one in of_files):
        raise Invalid("export_alone", f"{exports[0]} is an export: restore it by itself, it says how it is read")
    return True


def run(asked: Namespace) -> int:
    """Restore it."""
    restored = with_vault(partial(_restore, asked=asked))
    say_json(restored) if asked.json else say(*_lines(restored))
    return 0


async def _restore(vault: Vault, *, asked: Namespace) -> Restored:
    bar = Bar()

    def tell(done: int, of: int) -> None:
        bar(Step(stage="settling", done=done, of=of))

    actor = await operator(vault, asked.organization)
    how = How(without_tags=asked.without_tags, dry=asked.dry_run, tell=tell)
    try:
        return await restore(vault, actor, folder=asked.paths[0], key=asked.key, how=how)
    finally:
        bar.close()


def _lines(restored: Restored) -> Iterator[str]:
    what = f"{restored.customers} customers and {restored.facts} facts of {restored.organization}"
    if restored.repeated:
        yield f"nothing to do: {what} were restored from this export before"
    elif restored.dry:
        yield f"{what} would be restored; nothing was written"
    else:
        yield f"{what} are restored; they stand as they stood"
