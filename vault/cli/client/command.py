"""`consent-vault client`: make and change clients' secrets, stop clients, and show what they may and what they used."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from vault.actions.client import clients
from vault.actions.client.clients import ClientShown
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.cli.opening import with_vault
from vault.cli.terminal import Commands, say, say_json, say_table
from vault.domain.actor import Actor

T = TypeVar("T")

_ABOUT: Final = """
Clients are declared in the organization file. A client with client_secret_basic gets its secret here; one with
private_key_jwt proves itself with the keys in the file, or where it publishes them, and needs none. What is changed
here counts with the client's next request, on every process.
"""
_ADD: Final = """
Makes a secret for a client and shows it this once: only its SHA-256 is kept. Two may live at the same time.
"""
_ROTATE: Final = """
Makes a new secret for a client and shows it this once. The one it has goes on, so that the client can change over;
`show` says which of the two it used when. With --finish, the older one ends now; the next rotation would end it too.
A client with keys of its own changes over in the organization file: two keys may stand there.
"""
_SUSPEND: Final = """
Lets a client do nothing: its tokens open nothing and it gets no new ones. A decision it asks for is a no with the
reason client_suspended, and nothing is read about anybody.
"""
_RESUME: Final = """
Lets a suspended client act again. Tokens it had before stay worthless: it gets new ones.
"""
_END: Final = """
Ends every token a client has, such as after one was lost. The client gets new ones at once.
"""
_NAME: Final = "ORGANIZATION.CLIENT"
_SUCH_AS: Final = "such as fernhill.shop"
_TITLES: Final = ("CLIENT ID", "AUTHENTICATION", "SECRETS", "LAST USED", "STATE", "MAY", "FOR", "OVER")
_CREDENTIALS: Final = ("CREDENTIAL", "MADE", "LAST USED")


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("client", help="make secrets for clients, stop clients, see them", description=_ABOUT)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _action(actions.add_parser("add", help="make a secret, shown once", description=_ADD), _add)
    rotating = actions.add_parser("rotate", help="make a new secret beside the old one", description=_ROTATE)
    rotating.add_argument("--finish", action="store_true", help="end the older secret now, and make none")
    _action(rotating, _rotate)
    _action(actions.add_parser("suspend", help="let a client do nothing", description=_SUSPEND), _suspend)
    _action(actions.add_parser("resume", help="let it act again", description=_RESUME), _resume)
    _action(actions.add_parser("end-tokens", help="end every token it has", description=_END), _end_tokens)
    showing = actions.add_parser("show", help="show clients, their ceilings, what they used when; never a secret")
    showing.add_argument("client", metavar="ORGANIZATION[.CLIENT]", help="such as fernhill, or fernhill.shop")
    _finish(showing, _show)


def _action(parser: ArgumentParser, run: Callable[[Namespace], int]) -> None:
    parser.add_argument("client", metavar=_NAME, help=_SUCH_AS)
    _finish(parser, run)


def _finish(parser: ArgumentParser, run: Callable[[Namespace], int]) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)


def _add(asked: Namespace) -> int:
    return _say_secret(asked, _done(asked, clients.add_secret))


def _rotate(asked: Namespace) -> int:
    if not asked.finish:
        return _say_secret(asked, _done(asked, clients.rotate_secret))
    ended = _done(asked, clients.finish_rotation)
    sentence = "The older secret is over." if ended else "There was no older secret to end."
    return _say(asked, {"ended": ended}, sentence=sentence)


def _suspend(asked: Namespace) -> int:
    _done(asked, clients.suspend)
    sentence = f"{asked.client} may do nothing now; `client resume` lets it act again."
    return _say(asked, {"suspended": True}, sentence=sentence)


def _resume(asked: Namespace) -> int:
    _done(asked, clients.resume)
    return _say(asked, {"suspended": False}, sentence=f"{asked.client} may act again, with new tokens.")


def _end_tokens(asked: Namespace) -> int:
    _done(asked, clients.end_tokens)
    return _say(asked, {"ended": True}, sentence=f"Every token {asked.client} had is over; it may get new ones.")


def _show(asked: Namespace) -> int:
    slug, _, key = asked.client.partition(".")
    shown = with_vault(partial(_as_operator, slug=slug, do=partial(clients.show_clients, key=key or None)))
    if asked.json:
        say_json(shown)
        return 0
    say_table(_TITLES, [_row(client) for client in shown])
    for client in shown if key else ():
        say("")
        say_table(_CREDENTIALS, [(one.name, _when(one.made_at), _when(one.used_at)) for one in client.credentials])
    return 0


def _say_secret(asked: Namespace, secret: str) -> int:
    made = {"client_id": asked.client, "client_secret": secret}
    if asked.json:
        say_json(made)
    else:
        say(*(f"{name:<14} {value}" for name, value in made.items()))
        say("This secret is shown once, and kept nowhere: hand it to the client now.")
    return 0


def _say(asked: Namespace, machine: dict[str, Any], *, sentence: str) -> int:
    if asked.json:
        say_json({"client_id": asked.client, **machine})
    else:
        say(sentence)
    return 0


def _done(asked: Namespace, action: Callable[..., Awaitable[T]]) -> T:
    """Do one thing to one client, as the operator."""
    slug, _, key = asked.client.partition(".")
    if not slug or not key:
        raise Invalid("malformed_client", f"write {_NAME}, {_SUCH_AS}")
    return with_vault(partial(_as_operator, slug=slug, do=partial(action, key=key)))


async def _as_operator(vault: Vault, *, slug: str, do: Callable[[Vault, Actor], Awaitable[T]]) -> T:
    return await do(vault, Actor(organization=await find(vault, slug), kind="operator"))


def _row(client: ClientShown) -> tuple[str, ...]:
    state = "active" if client.suspended_at is None else f"suspended {_when(client.suspended_at)}"
    told = (client.client_id, client.method, str(client.secrets), _when(client.used_at), state)
    lists = (client.ceiling.actions, client.ceiling.purposes, client.ceiling.channels)
    return *told, *(", ".join(words) or "nothing" for words in lists)


def _when(at: datetime | None) -> str:
    return "never" if at is None else at.strftime("%Y-%m-%d %H:%M")
