"""`consent-vault staff`: invite an auditor or admin, show who there is, and put somebody out at once."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from typing import Any, Final, get_args

from vault.actions.organizations import find
from vault.actions.sign_in import staff
from vault.actions.vault import Vault
from vault.base.ids import StaffId
from vault.cli.opening import with_vault
from vault.cli.terminal import Commands, say, say_json, say_table
from vault.domain.actor import Actor
from vault.domain.sign_in.provider import StaffRole
from vault.store.sign_in.staff import Listed

_ABOUT: Final = """
Auditors check the access log, admins declare the rules; neither ever sees a name. Each comes in by a passkey, or by the
sign-in provider that the organization file names. The vault keeps of them an id and a role, and no name: note yourself
whose id is whose.
"""
_ADD: Final = """
Makes an auditor or admin and shows the one link by which they make their passkey: it works once, within the hour. Hand
it over by a way you trust, for whoever opens it first is let in.
"""
_REMOVE: Final = """
Ends somebody's sessions and passkeys with the next request. Whoever comes by the organization's provider comes back as
somebody new, as long as the provider gives them a role: take that from them there.
"""
_TITLES: Final = ("ID", "ROLE", "COMES BY", "SINCE")


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("staff", help="invite auditors and admins, and put them out", description=_ABOUT)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    adding = _action(actions, "add", help="invite somebody, by a link shown once", about=_ADD, run=_add)
    adding.add_argument("--role", required=True, choices=get_args(StaffRole), help="what they may")
    _action(actions, "list", help="show who there is", about=None, run=_list)
    removing = _action(actions, "remove", help="put somebody out at once", about=_REMOVE, run=_remove)
    removing.add_argument("staff", metavar="ID", help="such as stf_06h0090m41t835kpwqjv10s1y0")


def _action(actions: Any, name: str, *, help: str, about: str | None, run: object) -> ArgumentParser:  # noqa: A002 - argparse's own name for it
    parser: ArgumentParser = actions.add_parser(name, help=help, description=about)
    parser.add_argument("organization", metavar="ORGANIZATION", help="such as fernhill")
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run)
    return parser


def _add(asked: Namespace) -> int:
    made = with_vault(partial(_invite, slug=asked.organization, role=asked.role))
    told = {"id": made.id, "role": asked.role, "link": f"{made.site}/console/{asked.organization}/enrol/{made.secret}"}
    if asked.json:
        say_json(told)
    else:
        say(*(f"{name:<5} {value}" for name, value in told.items()))
        say("The link is shown once and kept nowhere. It works once, within the hour.")
    return 0


def _list(asked: Namespace) -> int:
    listed = with_vault(partial(_show, slug=asked.organization))
    if asked.json:
        say_json(listed)
    else:
        say_table(_TITLES, [_row(one) for one in listed])
    return 0


def _remove(asked: Namespace) -> int:
    with_vault(partial(_put_out, slug=asked.organization, of=StaffId(asked.staff)))
    if asked.json:
        say_json({"id": asked.staff})
    else:
        say(f"{asked.staff} is out: no session and no passkey of theirs opens anything any more")
    return 0


async def _invite(vault: Vault, *, slug: str, role: StaffRole) -> staff.Invitation:
    return await staff.add(vault, await _operator(vault, slug), role=role)


async def _show(vault: Vault, *, slug: str) -> list[Listed]:
    return await staff.show(vault, await _operator(vault, slug))


async def _put_out(vault: Vault, *, slug: str, of: StaffId) -> None:
    await staff.remove(vault, await _operator(vault, slug), of=of)


async def _operator(vault: Vault, slug: str) -> Actor:
    return Actor(organization=await find(vault, slug), kind="operator")


def _row(one: Listed) -> tuple[str, ...]:
    keys = f"{one.passkeys} passkeys" if one.passkeys != 1 else "1 passkey"
    return one.id, one.role, "provider" if one.by_provider else keys, one.recorded_at.date().isoformat()
