"""The copy as a file: one ZIP with JSON for machines and a page to read, made while it is sent, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from markupsafe import Markup

from vault.actions.rights.copying import Copy
from vault.actions.rights.copying import copy as make
from vault.actions.sign_in.again import CodeWanted, freshly
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.organization import Organization
from vault.domain.rights.request import Right
from vault.pages.forms import Form
from vault.pages.frame import Frame
from vault.pages.page import download, render
from vault.portal.record import asking, telling
from vault.portal.rights.telling import item
from vault.portal.wording import title, wrong_code

NAME: Final = "my-data.zip"
_STYLE: Final = Path(__file__).parent.parent / "templates" / "rights" / "copy.css"
_UNPROCESSABLE: Final = 422


class _Sink:
    """What a ZIP is written to: whatever was written is taken away at once."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._written.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        taken, self._written = b"".join(self._written), []
        return taken


async def copy(vault: Vault, visit: Visit, frame: Frame, *, actor: Actor, form: Form) -> Response[Any]:
    """Hand over the copy, or ask for a fresh code first."""
    right: Right = "portability" if form["right"] == "portability" else "access"
    done = await freshly(vault, actor, code=form["code"], do=partial(make, right=right))
    if isinstance(done, CodeWanted):
        return _wanted(frame, done, right=right)
    pages = {
        "copy.html": _page(frame, done, organization=visit.here.organization),
        "copy.css": _STYLE.read_bytes(),
        "copy.json": msgspec.json.format(msgspec.json.encode(done, enc_hook=_plain), indent=1),
    }
    return download(_zipped(done, pages), name=NAME, media_type="application/zip")


def _wanted(frame: Frame, wanted: CodeWanted, *, right: Right) -> Response[bytes]:
    say, wrong = frame.words.say, wrong_code(frame, wanted.wrong)
    values = {
        "wrong": wrong,
        "why": say("You signed in a while ago, and a copy holds all there is about you."),
        "press": say("Make my copy"),
        "back": say("Back to your rights"),
        "back_to": frame.to("/rights"),
        "more": Markup('<input type="hidden" name="right" value="{}">').format(right),
    }
    return render("again.html", frame, values=values, status=_UNPROCESSABLE if wrong else 200)


def _page(frame: Frame, copy: Copy, *, organization: Organization) -> bytes:
    zone = ZoneInfo(frame.zone)
    values = {
        "copy": copy,
        "name_of": lambda key: _name(frame, organization, key=key),
        "kind_of": lambda kind: _kind(frame, kind),
        "said": [(_said(frame, line, organization=organization)) for line in copy.said],
        "days": [*asking.days(frame, copy.asked, organization=organization, looks={})],
        "requests": [item(frame, one, organization=organization) for one in copy.requests],
        "zone": zone,
    }
    return bytes(render("rights/copy.html", frame, values=values).content)


def _said(frame: Frame, line: Any, *, organization: Organization) -> dict[str, str]:
    return {
        "what": telling.what(frame, line, organization=organization),
        "at": frame.words.moment(line.fact.at, zone=frame.zone),
        "where": telling.where(frame, line),
        "worth": telling.worth(frame, line),
        "words": "" if line.words is None else line.words.ask,
    }


def _name(frame: Frame, organization: Organization, *, key: str) -> str:
    known = organization.attributes.get(key)
    return key if known is None else title(frame, known.title, locale=organization.locale)


def _kind(frame: Frame, kind: str) -> str:
    say = frame.words.say
    named = {"email": say("E-mail address"), "phone": say("Telephone number"), "postal_address": say("Postal address")}
    return named.get(kind, kind)


def _zipped(copy: Copy, pages: dict[str, bytes]) -> Iterator[bytes]:
    sink: Any = _Sink()  # as much of a file as a ZIP needs that is never read again
    with ZipFile(sink, "w", ZIP_DEFLATED) as made:
        for name, content in pages.items():
            entry = ZipInfo(name, date_time=copy.made_at.timetuple()[:6])
            entry.compress_type = ZIP_DEFLATED
            made.writestr(entry, content)
            yield sink.take()
    yield sink.take()


def _plain(value: object) -> str:
    if isinstance(value, Personal):
        return value.reveal()
    raise NotImplementedError(type(value).__name__)
