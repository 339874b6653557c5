"""`consent-vault erase`: erase a customer and hand over the certificate, which is kept nowhere."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Final

from vault.actions.customer.erasure import erase
from vault.actions.organizations import find
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import CUSTOMER, CustomerId, read
from vault.cli.opening import with_vault
from vault.cli.terminal import Commands, is_agreed, is_interactive, say, say_json
from vault.domain.actor import Actor
from vault.domain.certificate import Certificate

_ABOUT: Final = """
Destroys the customer's keys, and with them the way from anything kept to the person (GDPR Art. 17). Prints a
certificate: what went, what stays and why. It is kept nowhere, so keep it yourself. This cannot be undone.
"""


def add(commands: Commands) -> None:
    """Register the command."""
    parser = commands.add_parser("erase", help="erase a customer for good", description=_ABOUT)
    parser.add_argument("organization", metavar="ORGANIZATION", help="its slug, such as fernhill")
    parser.add_argument("customer", metavar="CUSTOMER", help="the customer's id, cus_ and 26 characters")
    parser.add_argument("--yes", action="store_true", help="do not ask; needed where nobody can be asked")
    parser.add_argument("--json", action="store_true", help="print the certificate for machines")
    parser.set_defaults(run=_run)


def _run(asked: Namespace) -> int:
    read(CUSTOMER, asked.customer)
    if not asked.yes and not is_interactive():
        raise Invalid("not_agreed", "erasing cannot be undone, and there is nobody to ask: add --yes if it is meant")
    certificate = with_vault(partial(_erase, asked=asked))
    if certificate is None:
        say("nothing was erased")
        return 1
    if asked.json:
        say_json(certificate)
    else:
        say(*written(certificate))
    return 0


async def _erase(vault: Vault, *, asked: Namespace) -> Certificate | None:
    operator = Actor(organization=await find(vault, asked.organization), kind="operator")
    if not asked.yes and not is_agreed(f"Erase {asked.customer} of {asked.organization}? This cannot be undone."):
        return None
    return await erase(vault, operator, customer=CustomerId(asked.customer))


def written(certificate: Certificate) -> list[str]:
    """Return the certificate in lines for people."""
    gone = [f"  {count:>6}  {what.replace('_', ' ')}" for what, count in certificate.gone.items()]
    stays = [f"  {one.count:>6}  {one.what}: {one.why}" for one in certificate.stays]
    no_backup_after = certificate.no_backup_after
    return [
        "Certificate of erasure",
        f"Erased at {certificate.erased_at:%Y-%m-%d %H:%M:%S} UTC; entry {certificate.entry} of the access log.",
        f"What is left stands under {certificate.subject}, a random subject that leads to nobody.",
        "Gone:",
        *gone,
        "Stays:",
        *(stays or ["          nothing"]),
        f"No backup can bring the person back after {no_backup_after:%Y-%m-%d}."
        if no_backup_after is not None
        else f"From when on no backup can bring the person back has no date: {certificate.no_date_because}.",
    ]
