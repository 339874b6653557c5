"""The letter that tells somebody of an answer: where it stands, never what it is about, and nobody is named in it."""

from __future__ import annotations

from html import escape
from typing import Final, Literal

from vault.base.personal import Personal
from vault.domain.message import Message
from vault.domain.organization import Organization
from vault.words.catalogue import Words, words

News = Literal["done", "refused", "extended"]

_PAGE: Final = (
    '<!doctype html><html lang="{tag}" dir="{direction}"><meta charset="utf-8"><title>{title}</title>{body}</html>'
)


def letter(organization: Organization, news: News, *, address: str, to: Personal, locale: str | None) -> Message:
    """Return the message. Without a locale of the reader's, it is in the organization's own language."""
    spoken = words(locale or organization.locale, organization.region)
    title, lines = _written(spoken, news, name=organization.name, address=address)
    shown = [
        f'<p><a href="{escape(line)}">{escape(line)}</a></p>' if line == address else f"<p>{escape(line)}</p>"
        for line in lines
    ]
    html = _PAGE.format(tag=spoken.tag, direction=spoken.direction, title=escape(title), body="".join(shown))
    return Message(
        kind="rights_answer",
        to=to,
        title=Personal(title),
        text=Personal("\n\n".join(lines) + "\n"),
        html=Personal(html),
    )


def _written(spoken: Words, news: News, *, name: str, address: str) -> tuple[str, list[str]]:
    if news == "extended":
        title = spoken.say("%(name)s needs more time", name=name)
        first = spoken.say("You asked us for something. We need more time for it, two months at most.")
    else:
        title = spoken.say("%(name)s has answered you", name=name)
        first = spoken.say("You asked us for something. Now there is an answer.")
    return title, [first, spoken.say("Sign in here to read it:"), address, name]
