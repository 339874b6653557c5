"""Confirming by a link from a message: opening it changes nothing, a press says yes or no. The token is the right.

The words stand beside the buttons, and their hash in the form: a yes to words that have changed since asks once more.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import HttpMethod, Request, Response, Router, post, route
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from vault.actions.joining import confirming, links
from vault.actions.joining.confirming import Answer
from vault.actions.joining.links import Opened
from vault.actions.leaving.links import gone
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid
from vault.domain.joining.confirming import shown
from vault.domain.joining.link import Confirmation
from vault.domain.sign_in.device import Device
from vault.domain.standing import Instants
from vault.pages import forms
from vault.pages.forms import LARGEST, Form
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.linked import enter, frame
from vault.portal.refusals import HANDLERS
from vault.portal.wording import title, way

Pages = Request[Any, Any, Any]
_OK: Final = 200
_CONFLICT: Final = 409
_LONGEST_VERSION: Final = 9


async def come(request: Pages, token: FromPath[str], vault: NamedDependency[Vault]) -> Opened:
    """Return what a link opens, and make the frame of its pages; `Gone` where it names nobody who is here."""
    opened = await links.look(vault, token)
    if opened is None:
        raise gone()
    enter(request, opened.here, now=opened.now, path=f"/c/{token}")
    return opened


@route("/{token:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=False)
def show(opened: NamedDependency[Opened], frame: NamedDependency[Frame]) -> Response[bytes]:
    """Show the words, and two doors."""
    return _question(frame, opened, status=_OK)


@post("/{token:str}", operation_id="answer_by_link", status_code=_OK)
async def answer(
    request: Pages, vault: NamedDependency[Vault], opened: NamedDependency[Opened], frame: NamedDependency[Frame],
    device: NamedDependency[Device],
) -> Response[bytes]:  # fmt: skip
    """Say yes or no to what the link asks."""
    given = _given(await forms.read(request), device=device)
    try:
        done = await confirming.answer(vault, opened.token, given=given)
    except Conflict as conflict:
        if conflict.code != "words_changed":
            raise
        return _question(frame, opened, status=_CONFLICT)
    values = _named(frame, opened, said=done.said) | {"done": done}
    return render("confirmed.html", frame, values=values)


def _question(frame: Frame, opened: Opened, *, status: int) -> Response[bytes]:
    said, organization = opened.said, opened.here.organization
    if said is None:
        raise gone()
    asks = shown(organization, said, language=frame.words.language, instants=Instants(now=opened.now))
    if asks is None:
        raise gone()
    values = _named(frame, opened, said=said) | {"said": said, "now": asks.asking, "before": asks.before}
    return render("confirm.html", frame, values=values, status=status)


def _named(frame: Frame, opened: Opened, *, said: Confirmation) -> dict[str, object]:
    organization = opened.here.organization
    purpose = organization.purposes.get(said.purpose)
    return {
        "purpose": "" if purpose is None else title(frame, purpose.title, locale=organization.locale),
        "way": way(frame, said.channel),
    }


def _given(form: Form, *, device: Device) -> Answer:
    match form["say"]:
        case "no":
            return Answer(word="no", device=device)
        case "yes":
            version = form["notice"]
            if not version:
                return Answer(word="yes", device=device)
            known = version.isascii() and version.isdigit() and len(version) <= _LONGEST_VERSION
            return Answer(word="yes", device=device, notice=int(version) if known else 0, words=form["words"])
        case _:
            raise Invalid("no_answer", "say yes or no")


router = Router(
    path="/c",
    route_handlers=[show, answer],
    dependencies={"opened": Provide(come), "frame": Provide(frame, sync_to_thread=False)},
    exception_handlers=HANDLERS,
    include_in_schema=False,
    request_max_body_size=LARGEST,
)
