"""Addresses of one's own: added, shown to be one's own by a code, removed. Pressing twice does no harm.

What was typed stands in a sealed cookie of ten minutes, and never in the address of a page.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.choices import proved
from vault.actions.own import points
from vault.actions.own.details import details
from vault.actions.own.points import Adding
from vault.actions.proving.flows import Proof, opened
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Invalid
from vault.base.ids import ContactPointId
from vault.base.personal import Personal
from vault.domain.actor import Actor
from vault.domain.own.points import MOST
from vault.domain.sign_in.code import Wrong
from vault.pages import forms
from vault.pages.cookies import PORTAL, PROOF, gone
from vault.pages.forms import Form
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.portal.choices.yes import back, say_yes, unread
from vault.portal.own.details import ADDRESS, Back, page, saved
from vault.portal.own.waiting import wait_for
from vault.portal.wording import wrong_code

Pages = Request[Any, Any, Any]
_UNPROCESSABLE: Final = 422


@post("/contact-points", operation_id="me_add_point", status_code=303)
async def add(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Send a code to an address that is added."""
    form = await _form(request)
    typed = Personal(form[ADDRESS].strip())
    instead = ContactPointId(form["instead"]) if form["instead"] else None
    try:
        adding = Adding(typed=typed, locale=frame.words.language, instead=instead)
        waiting = await points.add(vault, actor, adding=adding)
    except Invalid as fault:
        again = Back(typed=form.fields, wrong={ADDRESS: _wrong(frame, fault.code)}, instead=form["instead"])
        return page(frame, visit, found=await details(vault, actor), back=again)
    return saved(frame, "there", place="reach") if waiting is None else wait_for(frame, waiting)


@post("/contact-points/{point:str}/verify", operation_id="me_prove_point", status_code=303)
async def send(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Send a code, or one more, to a contact point; what waits for it goes on waiting."""
    await _form(request)
    flow = _flow(request, visit, actor=actor)
    if flow is not None and flow.yes is not None:
        return await say_yes(vault, actor, visit, frame=frame, said=flow.yes)
    instead, language = flow.instead if flow is not None else None, frame.words.language
    waiting = await points.send(vault, actor, point=_point(request), locale=language, instead=instead)
    return saved(frame, "there", place="reach") if waiting is None else wait_for(frame, waiting)


@get("/contact-points/{point:str}/code", sync_to_thread=False)
def wait(
    request: Pages, visit: NamedDependency[Visit], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Show where to type the code; to whoever waits for none, their details."""
    flow = _flow(request, visit, actor=actor)
    return go(frame.to("/details")) if flow is None else _code(frame, flow)


@post("/contact-points/{point:str}/code", operation_id="me_prove_point", status_code=303)
async def prove(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show with the code that a contact point is theirs, and say the yes that waited for it."""
    form = await _form(request)
    flow = _flow(request, visit, actor=actor)
    if flow is None:
        return go(frame.to("/details"))
    if flow.yes is None:
        wrong = await points.prove(vault, actor, proof=flow, code=form["code"])
        return saved(frame, "proved", place="reach", ends=True) if wrong is None else _code(frame, flow, wrong=wrong)
    try:
        done = await proved.say_proved(vault, actor, proof=flow, code=form["code"])
    except Conflict as conflict:
        return unread(frame, visit, said=flow.yes, conflict=conflict)
    if isinstance(done, Wrong):
        return _code(frame, flow, wrong=done)
    return go(back(frame, done=done, purpose=flow.yes.purpose), cookies=[gone(PROOF)])


@post("/contact-points/{point:str}/remove", operation_id="me_remove_point", status_code=303)
async def remove(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Take a contact point away."""
    await _form(request)
    try:
        await points.remove(vault, actor, point=_point(request))
    except Conflict:  # the page says why, beside the address
        return go(f"{frame.to('/details')}#reach")
    return saved(frame, "removed", place="reach")


async def _form(request: Pages) -> Form:
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    return form


def _flow(request: Pages, visit: Visit, *, actor: Actor) -> Proof | None:
    flow = opened(visit.here, request.cookies.get(PROOF), customer=actor.me, now=visit.now)
    return flow if flow is not None and flow.point == _point(request) else None


def _point(request: Pages) -> ContactPointId:
    return ContactPointId(request.path_params["point"])


def _code(frame: Frame, flow: Proof, *, wrong: Wrong | None = None) -> Response[bytes]:
    said = wrong_code(frame, wrong)
    values = {"reach": flow.reach, "point": flow.point, "says": flow.yes is not None, "wrong": said}
    return render("own/code.html", frame, values=values, status=_UNPROCESSABLE if said else 200)


def _wrong(frame: Frame, code: str) -> str:
    say = frame.words.say
    match code:
        case "not_provable":
            return say("We can send codes to e-mail addresses only, not to numbers yet.")
        case "too_many_points":
            return say("You have %(number)s addresses here. Please remove one first.", number=MOST)
        case _:
            return say("Write one e-mail address, such as name@mail.example.")


router = Router(path="/", route_handlers=[add, send, wait, prove, remove])
