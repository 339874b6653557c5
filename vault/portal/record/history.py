"""Your history: each yes and no by year, with the words shown then and whether it still counts."""

from __future__ import annotations

from itertools import groupby
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency

from vault.actions.record.history import Line, history
from vault.actions.sign_in.visits import Visit
from vault.actions.vault import Vault
from vault.base.ids import FactId
from vault.domain.actor import Actor
from vault.domain.organization import Organization
from vault.domain.record.worth import Why
from vault.pages.frame import Frame
from vault.pages.page import render
from vault.portal.record import telling
from vault.words.catalogue import own_name


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A line as the page says it."""

    id: FactId
    mark: str
    what: str
    at: str
    stamp: str
    where: str
    why: Why
    worth: str
    missing: str
    words: str | None
    version: int | None
    language: str
    fingerprint: str
    hash: str
    number: int | None
    leaf: str | None
    is_statement: bool
    receipt: bool
    kantara: bool


@get("/history", operation_id="me_history")
async def show(
    vault: NamedDependency[Vault], visit: NamedDependency[Visit], actor: NamedDependency[Actor],
    frame: NamedDependency[Frame],
) -> Response[bytes]:  # fmt: skip
    """Show each yes and no of whoever is signed in."""
    found = await history(vault, actor)
    zone = ZoneInfo(frame.zone)
    years = groupby(found.lines, key=lambda line: line.fact.at.astimezone(zone).year)
    shown = [(year, [_shown(frame, line, visit.here.organization) for line in lines]) for year, lines in years]
    receipts = sum(line.receipt for line in found.lines)
    values = {"years": shown, "receipts": receipts, "printed": frame.words.moment(visit.now, zone=frame.zone)}
    contact = {"responsible": visit.here.organization.contact}
    return render("record/history.html", frame, values=values | contact)


def _shown(frame: Frame, line: Line, organization: Organization) -> Shown:
    fact = line.fact
    return Shown(
        id=fact.id,
        mark=telling.mark(line),
        what=telling.what(frame, line, organization=organization),
        at=frame.words.moment(fact.at, zone=frame.zone),
        stamp=fact.at.isoformat(timespec="minutes"),
        where=telling.where(frame, line),
        why=line.worth.why,
        worth=telling.worth(frame, line),
        missing=telling.lacking(frame, line),
        words=None if line.words is None else line.words.ask,
        version=fact.notice,
        language=own_name(fact.locale) if line.words is not None and fact.locale is not None else "",
        fingerprint=" ".join((fact.words or "")[place : place + 4] for place in (0, 4, 8)),
        hash=fact.words or "",
        number=None if line.proof is None else line.proof.number,
        leaf=None if line.proof is None else line.proof.leaf,
        is_statement=fact.kind not in {"asked", "dealing"},
        receipt=line.receipt,
        kantara=line.receipt and fact.kind == "granted",
    )


router = Router(path="/", route_handlers=[show])
