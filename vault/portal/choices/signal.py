"""The signal of a browser (Global Privacy Control): told on the page, heeded at the door, chosen about by a press."""

from __future__ import annotations

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.choices import signalling
from vault.actions.choices.signalling import Choice
from vault.actions.sign_in.visits import visit as visited
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.domain.actor import Actor
from vault.domain.sign_in.device import Device
from vault.domain.sign_in.session import SessionToken
from vault.pages import forms
from vault.pages.cookies import PORTAL
from vault.pages.frame import Frame
from vault.pages.page import go

Pages = Request[Any, Any, Any]
SINCE: Final = "2026-11-22"
"""The day on which the vault began to heed the signal."""


def is_given(request: Pages) -> bool:
    """Whether the browser sends the signal: `Sec-GPC: 1`, and nothing else."""
    return request.headers.get("sec-gpc") == "1"


async def heed(request: Pages, vault: Vault, slug: str, *, token: SessionToken, device: Device) -> None:
    """Heed the signal of whoever has just signed in."""
    if is_given(request):
        came = await visited(vault, slug, cookie=token.secret, device=device)
        if came.actor is not None:
            await signalling.heed(vault, came.actor)


@post("/gpc", operation_id="me_grant", status_code=303)
async def choose(
    request: Pages, vault: NamedDependency[Vault], actor: NamedDependency[Actor], frame: NamedDependency[Frame]
) -> Response[bytes]:
    """Say which counts: the browser's no, or an earlier yes."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    if form["keep"] not in {"signal", "choice"}:
        raise Invalid("no_answer", "keep the signal or the choice")
    choice = Choice(purpose=form["purpose"], channel=form["channel"], keeps=form["keep"] == "choice")
    done = await signalling.choose(vault, actor, choice=choice)
    return go(f"{frame.to('/')}{'&' if frame.chosen else '?'}done={done.id}#p-{choice.purpose}")


@get("/.well-known/gpc.json", include_in_schema=False, sync_to_thread=False)
def support() -> dict[str, bool | str]:
    """Say that the signal is heeded here (Global Privacy Control, section 4)."""
    return {"gpc": True, "lastUpdate": SINCE}


router = Router(path="/", route_handlers=[choose])
