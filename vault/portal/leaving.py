"""Leaving by a link from a message: opening it changes nothing, pressing stops. The token is the right: no cookie.

Another press only makes it less. What is sent to the first decides nothing but how it is answered: a mail provider's
one click gets a bare answer (RFC 8058), anybody else the page that says it is done.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import HttpMethod, Request, Response, Router, post, route
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from vault.actions.leaving import lessening, links, stopping, undoing
from vault.actions.leaving.lessening import Less, can_be_less
from vault.actions.leaving.links import Opened
from vault.actions.leaving.stopping import Press, Stopped
from vault.actions.leaving.undoing import Taken
from vault.actions.vault import Vault
from vault.domain.leaving.stopping import Scope
from vault.domain.sign_in.device import Device
from vault.pages.forms import LARGEST
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.linked import enter, frame
from vault.portal.refusals import HANDLERS
from vault.portal.wording import stop_question, title, way

Pages = Request[Any, Any, Any]
_ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
_IN_PARTS: Final = re.compile(r'name="?List-Unsubscribe"?(?:\r?\n[^\r\n]+)*(?:\r?\n){2}One-Click\s')
_MOST_FIELDS: Final = 20


async def come(request: Pages, token: FromPath[str], vault: NamedDependency[Vault]) -> Opened:
    """Return what a link opens; `Gone` where it cannot be pressed, in the look of whose it says it is."""
    opened = await links.look(vault, token)
    if opened is None:
        raise links.gone()
    enter(request, opened.here, now=opened.now, path=f"/u/{token}")
    if opened.link is None:
        raise links.gone()
    return opened


@route("/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=False)
def show(opened: NamedDependency[Opened], frame: NamedDependency[Frame]) -> Response[bytes]:
    """Show what can be stopped, and two doors."""
    return render("unsubscribe.html", frame, values=_named(frame, opened))


@post("/{token:str}", operation_id="leave_by_link", status_code=200)
async def leave(
    request: Pages, vault: NamedDependency[Vault], opened: NamedDependency[Opened], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Stop what the link names, or everything."""
    fields = await _read(request)
    one_click = fields.get(_ONE_CLICK[0]) == _ONE_CLICK[1]
    scope: Scope = "all" if fields.get("scope") == "all" and not one_click else "this"
    press = Press(scope=scope, one_click=one_click, locale=frame.words.language, device=device)
    stopped = await stopping.leave(vault, opened.token, press=press)
    return Response(b"", media_type="text/plain") if one_click else _done(frame, opened, stopped, scope=scope)


@post("/{token:str}/undo", operation_id="undo_leaving", status_code=200)
async def undo(
    request: Pages, vault: NamedDependency[Vault], opened: NamedDependency[Opened], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Take a press back, by the credential of the page that said it was done; all of it, or once a month of it."""
    fields = await _read(request)
    taken = Taken(credential=fields.get("undo", ""), seldom=fields.get("as") == "monthly")
    undone = await undoing.undo(vault, opened.token, taken=taken, device=device)
    return render("taken_back.html", frame, values=_named(frame, opened) | {"undone": undone, "seldom": taken.seldom})


@post("/{token:str}/less", operation_id="less_by_link", status_code=200)
async def lessen(
    request: Pages, vault: NamedDependency[Vault], opened: NamedDependency[Opened], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Have less of it: once a month, or nothing for a while."""
    less: Less = "pause" if (await _read(request)).get("less") == "pause-60" else "monthly"
    lessened = await lessening.lessen(vault, opened.token, less=less, device=device)
    return render("lessened.html", frame, values=_named(frame, opened) | {"lessened": lessened})


def _named(frame: Frame, opened: Opened) -> dict[str, object]:
    link, declared = opened.link, opened.here.organization
    assert link is not None  # noqa: S101 - for mypy: whoever comes with another is told before
    purpose = declared.purposes.get(link.purpose)
    return {
        "point": link.about == "point",
        "less": can_be_less(declared, link),
        "question": stop_question(frame, link.channel),
        "purpose": "" if purpose is None else title(frame, purpose.title, locale=declared.locale),
        "way": way(frame, link.channel),
    }


def _done(frame: Frame, opened: Opened, stopped: Stopped, *, scope: Scope) -> Response[bytes]:
    values = _named(frame, opened) | {"stopped": stopped, "all": scope == "all"}
    return render("unsubscribed.html", frame, values=values)


async def _read(request: Pages) -> dict[str, str]:
    """Return the fields of a form; none where nothing can be read: a press is a press."""
    try:
        text = (await request.body()).decode()
        fields = dict(parse_qsl(text, max_num_fields=_MOST_FIELDS))
    except (HTTPException, ValueError):
        return {}
    return fields | (dict([_ONE_CLICK]) if _IN_PARTS.search(text) else {})


router = Router(
    path="/u",
    route_handlers=[show, leave, undo, lessen],
    dependencies={"opened": Provide(come), "frame": Provide(frame, sync_to_thread=False)},
    exception_handlers=HANDLERS,
    include_in_schema=False,
    request_max_body_size=LARGEST,
)
