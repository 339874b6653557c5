"""Verify in this browser: a page with a program that checks a bundle, fetched or chosen.

It shares no code with the vault. The page reads nothing; what the program fetches is a bundle like any other, with its
entry.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from vault.console.desk import Desk
from vault.pages.script import integrity, script

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")
_SUBJECT: Final = re.compile(r"sub_[0-9a-z]{26}")
_VERIFIER, _PAGE = "verify.js", "verifying.js"


@get("/verify", sync_to_thread=False)
def verify(request: Request[Any, Any, Any], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Show the page; an entry, a range or a subject in the address only fills it in."""
    asked = {name: _known(request.query_params.get(name, ""), _NUMBER) for name in ("number", "start", "end")}
    if number := asked["number"]:
        asked |= {"start": number, "end": str(int(number) + 1)}
    scripts = [{"src": script(name), "integrity": integrity(name)} for name in (_VERIFIER, _PAGE)]
    values = {
        "asked": asked | {"subject": _known(request.query_params.get("subject", ""), _SUBJECT)},
        "verifier": script(_VERIFIER),
        "scripts": scripts,
    }
    frame = msgspec.structs.replace(desk.frame, policy={"connect-src": "'self'"})
    return msgspec.structs.replace(desk, frame=frame).show("log/verify.html", values=values)


def _known(text: str, form: re.Pattern[str]) -> str:
    return text if form.fullmatch(text) else ""


router = Router(path="/", route_handlers=[verify])
