"""`consent-vault export`: everything of an organization in a folder, for whoever runs the machine."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from contextlib import ExitStack, aclosing
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from vault.actions.exporting.taking import export, needs_carrier
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.cli.exporting.folder import draft
from vault.cli.exporting.key import made
from vault.cli.opening import with_vault
from vault.cli.terminal import Commands, say, say_json
from vault.domain.actor import Actor
from vault.domain.exported import manifest
from vault.domain.exported.manifest import FORMS, Form, Manifest

KEY: Final = ".key"

_ABOUT: Final = """
Writes everything of an organization into a new folder, in the clear: customers, what they said, and consents as
ISO/IEC TS 27560 records, as NDJSON and as CSV for spreadsheets. Whoever has the folder has it all, so keep it as you
keep the vault; that it was made is an entry of the log. `consent-vault import FOLDER` restores it where nothing is yet.
Of addresses that nobody has any more only keyed tags are kept. They mean something under one key alone, which goes into
a file of its own, beside the folder: keep the two apart. Access log, passkeys and keys of customers stay in the vault.
"""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("export", help="write everything of an organization into files", description=_ABOUT)
    parser.add_argument("organization", metavar="ORGANIZATION", help="its slug, such as fernhill")
    parser.add_argument("--to", metavar="FOLDER", type=Path, required=True, help="a new folder, or an empty one")
    parser.add_argument("--format", choices=FORMS, help="only that; a restore reads ndjson (both)")
    parser.add_argument("--key", metavar="FILE", type=Path, help=f"where the key goes that is needed (FOLDER{KEY})")
    parser.add_argument("--json", action="store_true", help="print the manifest")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    to: Path = asked.to.absolute()
    key: Path = asked.key.absolute() if asked.key is not None else to.with_name(to.name + KEY)
    if to == key or to in key.parents:
        raise Invalid(
            "key_in_folder", "the key must lie apart from the export: whoever finds one should lack the other"
        )
    forms = FORMS if asked.format is None else (asked.format,)
    told, path = with_vault(partial(_export, slug=asked.organization, forms=forms, to=to, key=key))
    if asked.json:
        say_json({"folder": str(to), "key": None if path is None else str(path), "manifest": _plain(told)})
        return 0
    counts = told.counts
    say(f"{to} holds {counts.customers} customers, {counts.facts} facts, {counts.records} consent records.")
    say(*(f"  left out: {what.replace('_', ' ')}: {count}" for what, count in told.left_out.items()))
    if path is not None:
        say(f"The key for what is known of addresses that nobody has is {path}: keep it apart from the folder.")
    return 0


async def _export(
    vault: Vault, *, slug: str, forms: tuple[Form, ...], to: Path, key: Path
) -> tuple[Manifest, Path | None]:
    return await written(
        vault, Actor(organization=await find(vault, slug), kind="operator"), forms=forms, to=to, key=key
    )


async def written(
    vault: Vault, actor: Actor, *, forms: tuple[Form, ...] = FORMS, to: Path, key: Path
) -> tuple[Manifest, Path | None]:
    """Write an export, and its key if it needs one; return its manifest, and where the key is."""
    with ExitStack() as stack:
        folder = stack.enter_context(draft(to))
        needed = "ndjson" in forms and await needs_carrier(vault, actor)
        carrier = stack.enter_context(made(key)) if needed else None
        taken = await export(vault, actor, forms=forms, carrier=carrier)
        async with aclosing(taken.parts()) as parts:
            async for part in parts:
                folder.add(part.name, part.data, lines=part.lines)
        told = taken.manifest(await asyncio.to_thread(folder.files))
        folder.finish(told)
    return manifest.read(told), key if needed else None


def _plain(told: Manifest) -> object:
    return msgspec.to_builtins(told)
