"""`consent-vault import`: its first word is an action, or else everything is files to bring in."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from importlib import import_module
from typing import Final

from vault.cli.terminal import Commands

ACTIONS: Final = {
    "list": "show the imports there were",
    "show": "show what became of one",
    "undo": "take back what one brought",
    "quarantine": "take home the rows that were put aside, to correct them",
    "forget": "let go of the rows that were put aside",
}
"""Each is a module of this room with `add(parser)`, imported only when it is asked for. `files` is what has no word."""

_MOST: Final = max(map(len, ACTIONS))


def add(commands: Commands) -> None:
    """Register the command. Its words are read by `_run`, since what comes first may be a path."""
    parser = commands.add_parser(
        "import", help="bring in files of other systems", add_help=False, prefix_chars="\0", usage="see --help"
    )
    parser.add_argument("words", nargs="*")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    words: list[str] = asked.words
    action = words[0] if words and words[0] in ACTIONS else None
    parser = ArgumentParser(
        prog=" ".join(filter(None, ("consent-vault", "import", action))),
        formatter_class=RawDescriptionHelpFormatter,
        epilog=None if action else _epilog(),
    )
    import_module(f"vault.cli.importing.{action or 'files'}").add(parser)
    told = parser.parse_args(words[1:] if action else words)
    return int(told.run(told))


def _epilog() -> str:
    lines = [f"  {name:<{_MOST}}  {purpose}" for name, purpose in ACTIONS.items()]
    return "\n".join(["actions, each with its own --help (a file of such a name is ./NAME):", *lines])
