"""A letter: a message as e-mail (RFC 5322), with the headers that say a machine sent it and that nobody is tracked."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

import msgspec

from vault.base.personal import Personal


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What goes to whom. `name` makes the Message-ID, the same at every attempt; `sender` is whose name it carries."""

    name: str
    sender: str
    to: Personal
    title: Personal
    text: Personal
    html: Personal | None = None
    at: datetime


def compose(letter: Letter, *, address: str) -> EmailMessage:
    """Return the letter as it goes out, from `address`. `ValueError` for a head of more lines than it should have."""
    to = letter.to.reveal()
    mail = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    mail["From"] = Address(display_name=_plain(letter.sender), addr_spec=address)
    local, _, domain = to.rpartition("@")
    mail["To"] = Address(username=local, domain=domain)
    mail["Subject"] = letter.title.reveal()
    mail["Date"] = format_datetime(letter.at.astimezone(UTC))
    mail["Message-ID"] = f"<{letter.name}@{address.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers it
    mail.set_content(letter.text.reveal(), cte="quoted-printable")
    if letter.html is not None:
        mail.add_alternative(letter.html.reveal(), subtype="html", cte="quoted-printable")
    return mail


def _plain(name: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
