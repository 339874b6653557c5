"""The letter with a link that stops what goes to an address: as plain text and as simple HTML, nobody named in it."""

from __future__ import annotations

from html import escape
from typing import Final

from vault.base.personal import Personal
from vault.domain.message import Message
from vault.domain.organization import Organization
from vault.words.catalogue import words

_PAGE: Final = (
    '<!doctype html><html lang="{tag}" dir="{direction}"><meta charset="utf-8"><title>{title}</title>{body}</html>'
)


def letter(organization: Organization, address: str, *, to: Personal, locale: str | None) -> Message:
    """Return the message. Without a locale of the reader's, it is in the organization's own language."""
    spoken = words(locale or organization.locale, organization.region)
    name = organization.name
    title = spoken.say("Stop messages from %(name)s", name=name)
    lines = [
        spoken.say("With this link you stop what we send to this address:"),
        address,
        spoken.say("Opening it changes nothing: you press a button there."),
        spoken.say("Did you not ask for it? Then do nothing. It all stays as it was."),
        name,
    ]
    shown = [
        f'<p><a href="{escape(line)}">{escape(line)}</a></p>' if line == address else f"<p>{escape(line)}</p>"
        for line in lines
    ]
    html = _PAGE.format(tag=spoken.tag, direction=spoken.direction, title=escape(title), body="".join(shown))
    return Message(
        kind="stop_link",
        to=to,
        title=Personal(title),
        text=Personal("\n\n".join(lines) + "\n"),
        html=Personal(html),
    )
