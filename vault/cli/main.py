"""The command `consent-vault`: finds the subcommand, runs it, and turns whatever goes wrong into one sentence.

Exit status: 0 well, 1 a finding or a no, 2 something the user can mend, 130 interrupted, 70 an error of ours. Of what
nobody foresaw only kind and place are told, for its message may hold a value.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Final

from vault.base.errors import VaultError, place
from vault.cli.terminal import complain

_COMMANDS: Final = {
    "demo": "see the vault at work on a sample company",
    "serve": "run the server",
    "worker": "deliver messages",
    "migrate": "bring the database up to this vault",
    "apply": "put an organization file in force",
    "import": "bring in files of other systems",
    "client": "make secrets for clients, stop clients, see what they may and what they used",
    "token-key": "change the key that signs access tokens",
    "staff": "invite auditors and admins, and put them out",
    "log": "show the access log, take it home, follow, prune, or begin it anew",
    "witness": "cosign the checkpoints of logs",
    "policy": "check, test, explain and replay policies",
    "receipt": "check consent receipts",
    "gate": "let mail pass only with a permit",
    "export": "write everything of an organization into files",
    "erase": "erase a customer for good",
    "doctor": "say what is configured wrongly",
}
"""Each is a module of `vault.cli` with `add(commands)`, imported only when it is asked for, so that help is quick."""
_ROOMS: Final = {"import": "importing", "export": "exporting"}  # a word of Python's own cannot be a module

_FINE, _MEND, _OURS, _INTERRUPTED, _NO_READER = 0, 2, 70, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    arguments = [*(sys.argv[1:] if argv is None else argv)]
    try:
        asked = _parser(arguments).parse_args(arguments)
        return int(asked.run(asked))
    except VaultError as error:
        complain(error.detail)
        return _MEND
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NO_READER
    except Exception as error:  # noqa: BLE001 - the last place that can keep a traceback, and its values, to itself
        complain(f"an error of ours, {type(error).__name__} at {place(error)}; report it with these words")
        return _OURS


def _parser(arguments: Sequence[str]) -> ArgumentParser:
    parser = ArgumentParser(
        prog="consent-vault",
        description="Without the yes, the address does not leave. Begin with `consent-vault demo`.",
        epilog="Settings are VAULT_* variables; `consent-vault doctor` says what is wrong with them.",
    )
    parser.add_argument("--version", action="version", version=f"consent-vault {version('consent-vault')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, purpose in _COMMANDS.items():
        if name == asked:
            import_module(f"vault.cli.{_ROOMS.get(name, name.replace('-', '_'))}").add(commands)
        else:
            commands.add_parser(name, help=purpose)
    return parser
