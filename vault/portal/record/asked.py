"""Who asked about whoever is signed in: each question, release, read and change by others, and why it was so."""

from __future__ import annotations

import re
from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from vault.actions.audit import breaking
from vault.actions.record import accesses
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.domain.actor import Actor
from vault.domain.audit.wanted import Place
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.record.asking import ANSWERS, answer_of, days
from vault.portal.wording import opened

_PLACE: Final = re.compile(r"(\d{1,9})-(\d{1,18})")


@get("/asked", operation_id="me_asked")
async def show(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], visit: NamedDependency[Visit],
    actor: NamedDependency[Actor], frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show who asked about whoever is signed in; `system` and `answer` show only some of it."""
    organization, asked = visit.here.organization, request.query_params
    found = await accesses.accesses(vault, actor, before=_place(asked.get("before", "")))
    looks = await breaking.looked_at_me(vault, actor)
    reasons = {one.entry: (opened(frame, one, organization=organization), one.reason.reveal()) for one in looks}
    names = sorted({one.system for one in found.accesses if one.system})
    system = asked.get("system", "") if asked.get("system") in names else ""
    answer = asked.get("answer", "") if asked.get("answer") in ANSWERS else ""
    kept = [
        one
        for one in found.accesses
        if (not system or one.system == system) and (not answer or answer_of(one) == answer)
    ]
    values = {
        "figures": found.figures,
        "days": list(days(frame, kept, organization=organization, looks=reasons)),
        "systems": names,
        "system": system,
        "answer": answer,
        "nothing": not found.accesses,
        "before": "" if found.before is None else f"{found.before.generation}-{found.before.number}",
    }
    return render("record/asked.html", frame, values=values)


def _place(text: str) -> Place | None:
    found = _PLACE.fullmatch(text)
    return None if found is None else Place(generation=int(found[1]), number=int(found[2]))


router = Router(path="/", route_handlers=[show])
