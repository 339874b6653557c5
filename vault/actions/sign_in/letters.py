"""Letters of signing in: a code or a link, in the reader's language, as plain text and as simple HTML.

No letter calls anybody by name, and no link says who it is for. Nothing in one is fetched from anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final

import msgspec

from vault.base.personal import Personal
from vault.domain.message import Message
from vault.domain.organization import Organization
from vault.domain.sign_in.code import LASTS, Purpose, shown
from vault.words.catalogue import Words, words

_MINUTE: Final = 60
_PAGE: Final = (
    '<!doctype html><html lang="{tag}" dir="{direction}"><meta charset="utf-8"><title>{title}</title>{body}</html>'
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What is written: a code, or the address of a link."""

    purpose: Purpose
    secret: str
    ends_at: datetime


def letter(organization: Organization, letter: Letter, *, to: Personal, locale: str | None) -> Message:
    """Return the message. Without a locale of the reader's, it is in the organization's own language."""
    spoken = words(locale or organization.locale, organization.region)
    title, lines = _written(letter, spoken, name=organization.name)
    return Message(
        kind=f"sign_in_{letter.purpose}",
        to=to,
        title=Personal(title),
        text=Personal("\n\n".join((*lines, organization.name)) + "\n"),
        html=Personal(_html(spoken, title, lines=lines, name=organization.name)),
        expires_at=letter.ends_at,
    )


def _written(letter: Letter, spoken: Words, *, name: str) -> tuple[str, list[str]]:
    minutes = int(LASTS[letter.purpose].total_seconds()) // _MINUTE
    works = spoken.count(
        "It works once, for %(number)s minute.", "It works once, for %(number)s minutes.", number=minutes
    )
    match letter.purpose:
        case "link":
            title = spoken.say("Your link to %(name)s", name=name)
            lines = [
                spoken.say("With this link you see what you allow:"),
                letter.secret,
                spoken.say("%(works)s Opening it changes nothing: you are asked first.", works=works),
                spoken.say("Was that not you? Open the link and press “No, that was not me”, or do nothing."),
            ]
        case "exchange":
            title = spoken.say("Your code for %(name)s", name=name)
            lines = [
                spoken.say("Read this code to the person you are talking to:"),
                shown(letter.secret),
                spoken.say("With it they may look at what you allow, and say no for you. %(works)s", works=works),
                spoken.say("Are you not talking to anybody? Then tell it to nobody, and do nothing."),
            ]
        case "point":
            title = spoken.say("Is this address yours?")
            lines = [
                spoken.say("Type this code on the page that asked for it:"),
                shown(letter.secret),
                spoken.say("It shows %(name)s that this address is yours. %(works)s", name=name, works=works),
                spoken.say("Was that not you? Do nothing: then the address stays as it was. Tell the code to nobody."),
            ]
        case _:
            title = spoken.say("Your code for %(name)s", name=name)
            lines = [
                spoken.say("Type this code on the page that asked for it:"),
                shown(letter.secret),
                works,
                spoken.say("Was that not you? Do nothing: without the code nobody gets in. Tell it to nobody."),
            ]
    return title, lines


def _html(spoken: Words, title: str, *, lines: Sequence[str], name: str) -> str:
    shown = [_line(line, large=place == 1) for place, line in enumerate(lines)]
    body = "".join((*shown, f"<p>{escape(name)}</p>"))
    return _PAGE.format(tag=spoken.tag, direction=spoken.direction, title=escape(title), body=body)


def _line(line: str, *, large: bool) -> str:
    if line.startswith(("https://", "http://")):
        return f'<p><a href="{escape(line)}">{escape(line)}</a></p>'
    return f'<p style="font-size: 1.75em">{escape(line)}</p>' if large else f"<p>{escape(line)}</p>"
