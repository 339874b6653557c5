"""What whoever is signed in sees first: who they are here. Looking reads nothing of anybody, so it is no entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.sign_in import staff
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Denied
from vault.console.wording import may, role, wrong
from vault.domain.actor import Actor
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.pages.frame import Frame
from vault.pages.page import go, render
from vault.pages.script import script

_UNPROCESSABLE: Final = 422
_MADE: Final = "passkey"


@get("/", operation_id="open_console")
async def home(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], frame: NamedDependency[Frame],
    actor: NamedDependency[Actor],
) -> Response[bytes]:  # fmt: skip
    """Show who is signed in."""
    return await _page(vault, actor, frame, made=request.query_params.get("done") == _MADE)


@post("/passkeys", operation_id="add_passkey", status_code=303)
async def add_passkey(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], frame: NamedDependency[Frame],
    actor: NamedDependency[Actor],
) -> Response[bytes]:  # fmt: skip
    """Make one more passkey."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    try:
        await staff.add_passkey(vault, actor, answer=form["credential"])
    except (Conflict, Denied) as refusal:
        return await _page(vault, actor, frame, refusal=refusal)
    return go(frame.to(f"/?done={_MADE}"))


async def _page(
    vault: Vault, actor: Actor, frame: Frame, *, made: bool = False, refusal: Conflict | Denied | None = None
) -> Response[bytes]:
    own = await staff.home(vault, actor)
    words = frame.words
    passkeys = words.count("1 passkey", "%(number)s passkeys", number=own.staff.passkeys)
    values = {
        "home": own,
        "role": role(frame, own.staff.role),
        "may": may(frame, own.staff.role),
        "by": words.say("Your provider") if own.staff.by_provider else passkeys,
        "until": words.time(own.signed_in_at + own.lasting.whole, zone=frame.zone),
        "idle": own.lasting.idle // timedelta(minutes=1),
        "made": made,
        "wrong": wrong(frame, refusal),
        "script": script(),
    }
    return render("home.html", frame, values=values, status=200 if refusal is None else _UNPROCESSABLE)


router = Router(path="/", route_handlers=[home, add_passkey])
