"""What you allow: every purpose with its ways, a word at the end of each, and one press to change it.

Opening the page changes nothing. A press is answered by the way back to the page, which then says what was saved.
"""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.choices import saying, showing
from vault.actions.sign_in import own_passkeys
from vault.actions.sign_in.own_passkeys import Stands
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.domain.actor import Actor
from vault.domain.choices.asked import Yes
from vault.domain.choices.preference import PAUSES
from vault.pages import forms
from vault.pages.cookies import PORTAL
from vault.pages.forms import Form
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.pages.script import script
from vault.pages.stylesheet import styled
from vault.portal.choices.banners import banners
from vault.portal.choices.how import Typed, how
from vault.portal.choices.telling import Told, told
from vault.portal.choices.yes import back, say_yes
from vault.portal.entrance import FRAME

Pages = Request[Any, Any, Any]
_LONGEST_DIGEST: Final = 64


@get("/", operation_id="me_consents")
async def show(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show what whoever is signed in allows."""
    return render("choices/allow.html", frame, values=await content(request, vault, visit, actor=actor))


async def content(
    request: Pages, vault: Vault, visit: Visit, *, actor: Actor, typed: Typed | None = None
) -> dict[str, object]:
    """Return what stands on the page; `typed` is a form of it that failed, and comes back with its values."""
    organization = visit.here.organization
    frame: Frame = request.scope["state"][FRAME]
    allowed = await showing.allowed(vault, actor)
    found = [told(frame, organization, one, allowed=allowed, now=visit.now) for one in allowed.sheets]
    return {
        "sheets": [one for one in found if _is_filled(one)],
        "banners": (shown := banners(request, frame, visit, allowed=allowed)),
        "saved": any(one.tells_saved for one in shown),
        "paused_until": allowed.preferences.paused_until,
        "pauses": PAUSES,
        "how": how(frame, organization, allowed.preferences, typed=typed),
        "passkeys": await own_passkeys.stands(vault, actor) if frame.passkeys else Stands(has=False),
        "script": script(),
    }


@post("/choices", operation_id="me_grant", status_code=303)
async def choose(
    request: Pages, vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Say yes, no, or yes again to one purpose over one channel."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    purpose, channel = form["purpose"], form["channel"]
    match form["say"]:
        case "no":
            done = await saying.say_no(vault, actor, purpose=purpose, channel=channel)
        case "yes" | "again":
            return await say_yes(vault, actor, visit, frame=frame, said=_yes(form))
        case _:
            raise Invalid("no_answer", "say yes, no or again")
    return go(back(frame, done=done, purpose=purpose))


@get("/vault.css", sync_to_thread=False)
def colours(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Return the stylesheet in the colours of this organization."""
    return styled(visit.here.organization.portal)


def _yes(form: Form) -> Yes:
    version, words = form["notice"], form["words"]
    if not (version.isascii() and version.isdigit() and len(version) < 10) or len(words) > _LONGEST_DIGEST:  # noqa: PLR2004
        raise Invalid("no_words", "a yes names the words it says yes to")
    return Yes(
        purpose=form["purpose"],
        channel=form["channel"],
        notice=int(version),
        words=words,
        again=form["say"] == "again",
        seldom=form["less"] == "monthly",
    )


def _is_filled(one: Told) -> bool:
    return bool(one.lines) or any(_is_filled(inner) for inner in one.within)


router = Router(path="/", route_handlers=[show, choose, colours])
