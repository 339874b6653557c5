"""`consent-vault client`: make a client's secret, shown once, and show what clients there are and what they may do."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from typing import Final

from vault.actions.client.clients import ClientShown, add_secret, show_clients
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.cli.opening import with_vault
from vault.cli.terminal import Commands, say, say_json, say_table
from vault.domain.actor import Actor

_ABOUT: Final = """
Clients are declared in the organization file. A client with client_secret_basic gets its secret here; one with
private_key_jwt proves itself with the keys in the file and needs none.
"""
_ADD: Final = """
Makes a new secret for a client and shows it this once: only its SHA-256 is kept. Two may live at the same time, so that
a client can change over.
"""
_TITLES: Final = ("CLIENT ID", "AUTHENTICATION", "SECRETS", "MAY", "FOR", "OVER")


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("client", help="make secrets for clients, and see what they may", description=_ABOUT)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    adding = actions.add_parser("add", help="make a secret, shown once", description=_ADD)
    adding.add_argument("client", metavar="ORGANIZATION.CLIENT", help="such as fernhill.shop")
    _finish(adding, _add)
    showing = actions.add_parser("show", help="show clients and their ceilings; never a secret")
    showing.add_argument("client", metavar="ORGANIZATION[.CLIENT]", help="such as fernhill, or fernhill.shop")
    _finish(showing, _show)


def _finish(parser: ArgumentParser, run: object) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)


def _add(asked: Namespace) -> int:
    slug, _, key = asked.client.partition(".")
    if not slug or not key:
        raise Invalid("malformed_client", "write ORGANIZATION.CLIENT, such as fernhill.shop")
    secret = with_vault(partial(_make, slug=slug, key=key))
    made = {"client_id": f"{slug}.{key}", "client_secret": secret}
    if asked.json:
        say_json(made)
    else:
        say(*(f"{name:<14} {value}" for name, value in made.items()))
        say("This secret is shown once, and kept nowhere: hand it to the client now.")
    return 0


def _show(asked: Namespace) -> int:
    slug, _, key = asked.client.partition(".")
    clients = with_vault(partial(_list, slug=slug, key=key or None))
    if asked.json:
        say_json(clients)
    else:
        say_table(_TITLES, [_row(client) for client in clients])
    return 0


async def _make(vault: Vault, *, slug: str, key: str) -> str:
    return await add_secret(vault, await _operator(vault, slug), key=key)


async def _list(vault: Vault, *, slug: str, key: str | None) -> list[ClientShown]:
    return await show_clients(vault, await _operator(vault, slug), key=key)


async def _operator(vault: Vault, slug: str) -> Actor:
    return Actor(organization=await find(vault, slug), kind="operator")


def _row(client: ClientShown) -> tuple[str, ...]:
    ceiling = client.ceiling
    lists = (ceiling.actions, ceiling.purposes, ceiling.channels)
    return client.client_id, client.method, str(client.secrets), *(", ".join(words) or "nothing" for words in lists)
