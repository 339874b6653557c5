"""Yourself: who the console takes you for, and one more passkey. Looking reads nothing of anybody: no entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.sign_in import staff
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Denied
from vault.console.desk import Desk
from vault.console.wording import may, wrong
from vault.domain.actor import Actor
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.pages.page import go
from vault.pages.script import script

_UNPROCESSABLE: Final = 422
_MADE: Final = "passkey"


@get("/you", operation_id="open_console")
async def you(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], desk: NamedDependency[Desk],
    actor: NamedDependency[Actor],
) -> Response[bytes]:  # fmt: skip
    """Show who is signed in."""
    return await _page(vault, actor, desk, made=request.query_params.get("done") == _MADE)


@post("/passkeys", operation_id="add_passkey", status_code=303)
async def add_passkey(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], desk: NamedDependency[Desk],
    actor: NamedDependency[Actor],
) -> Response[bytes]:  # fmt: skip
    """Make one more passkey."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    try:
        await staff.add_passkey(vault, actor, answer=form["credential"])
    except (Conflict, Denied) as refusal:
        return await _page(vault, actor, desk, refusal=refusal)
    return go(desk.frame.to(f"/you?done={_MADE}"))


async def _page(
    vault: Vault, actor: Actor, desk: Desk, *, made: bool = False, refusal: Conflict | Denied | None = None
) -> Response[bytes]:
    own = await staff.home(vault, actor)
    frame, words = desk.frame, desk.frame.words
    passkeys = words.count("1 passkey", "%(number)s passkeys", number=own.staff.passkeys)
    values = {
        "home": own,
        "may": may(frame, own.staff.role),
        "by": words.say("Your provider") if own.staff.by_provider else passkeys,
        "until": words.time(own.signed_in_at + own.lasting.whole, zone=frame.zone),
        "idle": own.lasting.idle // timedelta(minutes=1),
        "made": made,
        "wrong": wrong(frame, refusal),
        "script": script(),
    }
    return desk.show("you.html", values=values, status=200 if refusal is None else _UNPROCESSABLE)


router = Router(path="/", route_handlers=[you, add_passkey])
