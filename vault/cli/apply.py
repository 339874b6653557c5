"""`consent-vault apply`: put an organization file in force, after saying what would change."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Final

from vault.actions.organizations import apply
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.cli.opening import with_vault
from vault.cli.terminal import Commands, is_agreed, is_interactive, say
from vault.policy.loader import own_texts

_ABOUT: Final = """
Reads an organization file, says what it would change, and puts it in force for every server at once. Applying the same
file again changes nothing. A file with faults is refused whole; each fault is one line.
"""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("apply", help="put an organization file in force", description=_ABOUT)
    parser.add_argument("file", metavar="FILE", type=Path, help="the organization file, such as organization.yaml")
    parser.add_argument(
        "--policies", metavar="FOLDER", type=Path, help="its own policies, *.cedar; without, those in force stay"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    text = _read(asked.file)
    return with_vault(partial(_apply, text=text, asked=asked))


async def _apply(vault: Vault, *, text: str, asked: Namespace) -> int:
    name = str(asked.file)
    own = own_texts(asked.policies) if asked.policies is not None else None
    planned = await apply(vault, text, name=name, own=own, dry_run=True)
    if not planned.changes:
        say(f"nothing to do: {planned.slug} is in force as the file has it")
        return 0
    say(f"{planned.slug}:", *(f"  {change}" for change in planned.changes))
    if asked.dry_run:
        say("nothing was changed: this was a dry run")
        return 0
    if not asked.yes and is_interactive() and not is_agreed("Put this in force?"):
        say("nothing was changed")
        return 1
    await apply(vault, text, name=name, own=own)
    say(f"in force: {planned.slug}")
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise Invalid(
            "unreadable_file", f"{path} cannot be read: {error.strerror}; give an organization file"
        ) from None
    except UnicodeDecodeError:
        raise Invalid("unreadable_file", f"{path} is not UTF-8 text; save it as UTF-8") from None
