"""`consent-vault token-key`: change the key that signs access tokens, and show which key does what."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from vault.actions.client.signing_keys import KeyShown, rotate, show_keys
from vault.actions.vault import Vault
from vault.cli.opening import with_vault
from vault.cli.terminal import Commands, say_json, say_table

_ABOUT: Final = """
Access tokens are signed by a key of the whole installation. A key is pending until everybody knows it, then it signs,
then it only verifies until the last token it signed is over, and then it is destroyed. All of that happens by itself.
"""
_ROTATE: Final = """
Makes a new signing key. It stands in the key set at once and signs in ten minutes, when every process and whoever keeps
the key set has read it; the old one is destroyed when its tokens are over. Nobody has to stop or start anything.
With --at-once, for a key that somebody else may have, the new one signs now and all others are destroyed: every token
is over, on every process within a minute, and clients get new ones.
"""
Action = Callable[[Vault], Awaitable[list[KeyShown]]]
_TITLES: Final = ("KEY", "STATE", "MADE", "SIGNS FROM")


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("token-key", help="change the key that signs access tokens", description=_ABOUT)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    rotating = actions.add_parser("rotate", help="make a new one", description=_ROTATE)
    rotating.add_argument("--at-once", action="store_true", help="destroy the others now, and end every token")
    _finish(rotating, lambda asked: partial(rotate, at_once=asked.at_once))
    _finish(actions.add_parser("show", help="show which key does what; never a key"), lambda _: show_keys)


def _finish(parser: ArgumentParser, action: Callable[[Namespace], Action]) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=_run, action=action)


def _run(asked: Namespace) -> int:
    keys = with_vault(asked.action(asked))
    if asked.json:
        say_json(keys)
    else:
        say_table(_TITLES, [_row(key) for key in keys])
    return 0


def _row(key: KeyShown) -> tuple[str, ...]:
    return key.kid, key.state, *(at.strftime("%Y-%m-%d %H:%M") for at in (key.recorded_at, key.signs_from))
