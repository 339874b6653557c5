"""Erasing oneself: what it does is shown first, for nothing can undo it; then it is one press."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.customer.erasure import erase_me
from vault.actions.sign_in.again import CodeWanted, freshly
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.certificate import Certificate
from vault.pages import forms
from vault.pages.cookies import PORTAL, gone
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.wording import wrong_code

_UNPROCESSABLE: Final = 422


@get("/erase", sync_to_thread=False)
def show(actor: NamedDependency[Actor], frame: NamedDependency[Frame]) -> Response[bytes]:
    """Show what erasing does."""
    del actor  # it is enough that there is one
    return render("erase.html", frame)


@post("/erase", operation_id="me_erase", status_code=200)
async def erase(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Erase whoever is signed in, and hand over the certificate; or ask for a fresh code first."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(PORTAL))
    done = await freshly(vault, actor, code=form["code"], do=erase_me)
    return _wanted(frame, done) if isinstance(done, CodeWanted) else _erased(frame, done)


def _wanted(frame: Frame, wanted: CodeWanted) -> Response[bytes]:
    wrong = wrong_code(frame, wanted.wrong)
    return render("again.html", frame, values={"wrong": wrong}, status=_UNPROCESSABLE if wrong else 200)


def _erased(frame: Frame, certificate: Certificate) -> Response[bytes]:
    signed_out = msgspec.structs.replace(frame, signed_in=False, csrf="")
    values = {"certificate": certificate, "file": b64encode(msgspec.json.encode(certificate)).decode("ascii")}
    return render("erased.html", signed_out, values=values, cookies=[gone(PORTAL)])


router = Router(path="/", route_handlers=[show, erase])
