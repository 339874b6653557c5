"""The letter that asks to say yes once more: as plain text and as simple HTML, nobody named in it.

It is in the language of the words it asks with, which stand in it.
"""

from __future__ import annotations

from html import escape
from typing import Final

import msgspec

from vault.base.personal import Personal
from vault.domain.choices.asked import Asking
from vault.domain.joining.link import Confirmation
from vault.domain.message import Message
from vault.domain.organization import Organization
from vault.words.catalogue import words

_PAGE: Final = (
    '<!doctype html><html lang="{tag}" dir="{direction}"><meta charset="utf-8"><title>{title}</title>{body}</html>'
)


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """What is written: the words that ask, the address of the link, and what it says."""

    asking: Asking
    address: str
    said: Confirmation


def letter(organization: Organization, invitation: Invitation, *, to: Personal) -> Message:
    """Return the message."""
    spoken, name = words(invitation.asking.locale, organization.region), organization.name
    day = spoken.day(invitation.said.ends_at, zone=organization.time_zone)
    title = spoken.say("Please say it once more: yes or no?")
    lines = [
        spoken.say("Somebody, we hope you, said yes to this at %(name)s:", name=name),
        spoken.say("“%(words)s”", words=invitation.asking.words.ask),
        spoken.say("It counts once you press Yes behind this link. Until then we send nothing:"),
        invitation.address,
        spoken.say("Opening it changes nothing. It works until %(day)s.", day=day),
        spoken.say("Was that not you? Do nothing: that means no."),
        name,
    ]
    shown = [
        f'<p><a href="{escape(line)}">{escape(line)}</a></p>'
        if line == invitation.address
        else f"<p>{escape(line)}</p>"
        for line in lines
    ]
    html = _PAGE.format(tag=spoken.tag, direction=spoken.direction, title=escape(title), body="".join(shown))
    return Message(
        kind="confirm_link",
        to=to,
        title=Personal(title),
        text=Personal("\n\n".join(lines) + "\n"),
        html=Personal(html),
    )
