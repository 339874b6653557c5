"""Who asked about whoever is signed in: each question, release, read and change by others, and why it was so."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from vault.actions.audit import breaking
from vault.actions.record import accesses
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.audit.wanted import Place
from vault.domain.record.code import read_code
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.record.asking import ANSWERS, answer_of, days, item
from vault.portal.wording import opened, unknown_code

MOST: Final = 80
"""Letters of a code that are read; none is so long."""
_PLACE: Final = re.compile(r"(\d{1,9})-(\d{1,18})")


@get("/asked", operation_id="me_asked")
async def show(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], visit: NamedDependency[Visit],
    actor: NamedDependency[Actor], frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show who asked about whoever is signed in; `system` and `answer` show some of it, `code` why a message came."""
    organization, asked = visit.here.organization, request.query_params
    typed = asked.get("code", "")[:MOST].strip()
    code = read_code(typed) if typed else None
    found = await accesses.accesses(vault, actor, before=_place(asked.get("before", "")), code=code)
    looks = await breaking.looked_at_me(vault, actor)
    reasons = {one.entry: (opened(frame, one, organization=organization), one.reason.reveal()) for one in looks}
    titles = {client.title for client in organization.clients.values()}
    system = asked.get("system", "") if asked.get("system") in titles else ""
    answer = asked.get("answer", "") if asked.get("answer") in ANSWERS else ""
    kept = [
        one
        for one in found.accesses
        if (not system or one.system == system) and (not answer or answer_of(one) == answer)
    ]
    coded = [item(frame, [one], organization=organization, looks=reasons) for one in found.coded]
    values = {
        "figures": found.figures,
        "days": list(days(frame, kept, organization=organization, looks=reasons)),
        "systems": sorted({one.system for one in found.accesses if one.system} | ({system} if system else set())),
        "system": system,
        "answer": answer,
        "nothing": not found.accesses,
        "earlier": "" if found.before is None else _earlier(frame, found.before, system=system, answer=answer),
        "typed": typed,
        "wrong": unknown_code(frame) if typed and not coded else "",
        "coded": [
            (frame.words.day(one.at, zone=frame.zone), said) for one, said in zip(found.coded, coded, strict=True)
        ],
    }
    return render("record/asked.html", frame, values=values)


def _earlier(frame: Frame, before: Place, *, system: str, answer: str) -> str:
    wanted = {
        "before": f"{before.generation}-{before.number}",
        "system": system,
        "answer": answer,
        "lang": frame.chosen,
    }
    return f"{frame.path}?{urlencode({name: value for name, value in wanted.items() if value})}"


def _place(text: str) -> Place | None:
    found = _PLACE.fullmatch(text)
    return None if found is None else Place(generation=int(found[1]), number=int(found[2]))


router = Router(path="/", route_handlers=[show])
