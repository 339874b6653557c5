"""The actions of `consent-vault policy`, each in a file of its own."""

from __future__ import annotations

from typing import Final

from vault.cli.policy import checking, explaining, replaying
from vault.cli.terminal import Commands

_ABOUT: Final = """
A folder of policies holds vault.cedarschema, *.cedar, and tests in tests/*.json in the format of `cedar run-tests`.
Without a folder, the policies the vault ships are meant.
"""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("policy", help="check, test, explain and replay policies", description=_ABOUT)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    for part in (checking, explaining, replaying):
        part.add(actions)
