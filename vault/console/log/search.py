"""The log searched: by kinds, codes, pseudonyms and days, a page at a time. A search is an entry, its form is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from vault.actions.audit import search as searching
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.base.ids import SUBJECT, ClientId, Subject, read
from vault.console.desk import Desk
from vault.console.log.kinds import GROUPS
from vault.console.log.telling import lines
from vault.domain.actor import Actor
from vault.domain.audit.wanted import Found, Wanted, read_place
from vault.domain.decision.reason import REASONS
from vault.domain.fact import check_instants

_UNPROCESSABLE: Final = 422
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIELDS: Final = ("kind", "client", "actor", "purpose", "outcome", "reason", "customer", "from", "until")
_NAMED: Final = {"subject": "customer", "since": "from"}
"""Fields that are called otherwise than the filter they fill."""
_ACTORS: Final = {
    "client": "Clients",
    "customer": "Customers",
    "auditor": "Auditors",
    "admin": "Admins",
    "operator": "The operator",
    "import": "Imports",
    "link": "Links in messages",
}
_OUTCOMES: Final = {
    "allow": "Allowed",
    "defer": "Told to wait",
    "deny": "Not allowed",
    "granted": "Yes said",
    "refused": "No said",
    "withdrawn": "Yes taken back",
    "objected": "Objected",
}
_LABELS: Final = {
    "kind": "What happened",
    "client": "Client",
    "actor": "By whom",
    "purpose": "Purpose",
    "outcome": "Answer",
    "reason": "Reason",
    "customer": "Pseudonym",
    "from": "From",
    "until": "Until",
}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A field to choose from: its name, what it says of itself, and what can be chosen, in groups or without."""

    name: str
    label: str
    anything: str
    groups: Mapping[str, Mapping[str, str]]


@get("/search", operation_id="search_log")
async def search(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
) -> Response[bytes]:  # fmt: skip
    """Search the log."""
    asked = {name: request.query_params.get(name, "").strip() for name in (*_FIELDS, "after")}
    if not request.query_params:
        return _page(desk, asked)
    try:
        wanted = _wanted(asked)
        after = read_place(asked["after"], wanted) if asked["after"] else None
        found = await searching.search(vault, actor, wanted=wanted, after=after)
    except Invalid as refusal:
        return _page(desk, asked, wrong=_wrong(desk, refusal))
    return _page(desk, asked, found=found)


def _page(
    desk: Desk, asked: dict[str, str], *, found: Found | None = None, wrong: tuple[str, str] | None = None
) -> Response[bytes]:
    values: dict[str, object] = {
        "asked": asked | {name: _kept(asked[name]) for name in ("from", "until")},
        "choices": _choices(desk),
        "labels": {name: desk.frame.words.say(label) for name, label in _LABELS.items()},
        "wrong": wrong,
        "found": found,
        "now": desk.visit.now,
    }
    if found is not None:
        given = {name: asked[name] for name in _FIELDS if asked[name]}
        values |= {
            "lines": [*lines(desk, found.hits)],
            "older": f"{desk.frame.to('/search')}?{urlencode(given | {'after': found.after or ''})}",
            "excludes": _LABELS[_NAMED.get(found.excludes, found.excludes)] if found.excludes is not None else "",
            "bundle": _bundle(desk, found, subject=asked["customer"]),
        }
    return desk.show("log/search.html", values=values, status=200 if wrong is None else _UNPROCESSABLE)


def _wanted(asked: dict[str, str]) -> Wanted:
    """Return what is looked for; `Invalid` names the field that says nothing one can look for."""
    if asked["customer"]:
        try:
            read(SUBJECT, asked["customer"])
        except Invalid:
            raise Invalid("customer", "this is no pseudonym") from None
    until = _day(asked, "until")
    wanted = Wanted(
        subject=Subject(asked["customer"]) if asked["customer"] else None,
        client=ClientId(asked["client"]) if asked["client"] else None,
        **{name: asked[name] or None for name in ("kind", "actor", "purpose", "outcome", "reason")},
        since=_day(asked, "from"),
        until=until + timedelta(days=1) if until is not None else None,
    )
    if wanted.since is not None and wanted.until is not None and wanted.since >= wanted.until:
        raise Invalid("until", "it ends before it begins")
    return wanted


def _day(asked: dict[str, str], name: str) -> datetime | None:
    if not asked[name]:
        return None
    try:
        found = datetime.combine(date.fromisoformat(asked[name]), time(), UTC)
        check_instants(found)
    except (ValueError, Invalid):
        raise Invalid(name, "this is no day") from None
    return found


def _kept(day: str) -> str:
    """Return a day as its field can show it: what is none, a browser drops and complains of."""
    return day if _DAY.fullmatch(day) else ""


def _wrong(desk: Desk, refusal: Invalid) -> tuple[str, str]:
    """Return the field that is wrong, and what is said of it."""
    say = desk.frame.words.say
    match refusal.code:
        case "customer":
            return "customer", say("A pseudonym is sub_ and 26 letters and digits, as entries have it.")
        case "from" | "until" as name:
            return name, say("Give two days of the calendar, the earlier one first.")
        case "bad_cursor":
            return "kind", say("This page is not of this search. Press Search to begin anew.")
        case _:
            return "kind", say("That cannot be in any entry. Choose from the lists.")


def _choices(desk: Desk) -> list[Choice]:
    say, here = desk.frame.words.say, desk.visit.here
    purposes = {key: key for key in here.organization.purposes}
    reasons = {"No": [one for one in REASONS.values() if not one.allows]}
    reasons |= {"Yes": [one for one in REASONS.values() if one.allows]}
    fields: list[tuple[str, str, Mapping[str, Mapping[str, str]]]] = [
        ("kind", "Anything", GROUPS),
        ("client", "All clients", {"": dict(sorted(desk.clients.items(), key=lambda one: one[1]))}),
        ("actor", "Anybody", {"": _ACTORS}),
        ("purpose", "All purposes", {"": purposes}),
        ("outcome", "All answers", {"": _OUTCOMES}),
        ("reason", "All reasons", {group: {one.code: one.code for one in codes} for group, codes in reasons.items()}),
    ]
    return [
        Choice(
            name=name,
            label=say(_LABELS[name]),
            anything=say(anything),
            groups={say(group) if group else "": _said(desk, known) for group, known in groups.items()},
        )
        for name, anything, groups in fields
    ]


def _said(desk: Desk, known: Mapping[str, str]) -> dict[str, str]:
    return {value: desk.frame.words.say(name) for value, name in known.items()}


def _bundle(desk: Desk, found: Found, *, subject: str) -> str:
    """Return where the range of these entries is taken home, for whoever may: an auditor, of this generation."""
    hits = [hit for hit in found.hits if hit.generation == desk.health.generation]
    if not desk.is_auditor or not hits:
        return ""
    range_ = {"start": str(hits[-1].number), "end": str(hits[0].number + 1)}
    return f"{desk.log_api}/bundle?{urlencode(range_ | ({'subject': subject} if subject else {}))}"


router = Router(path="/", route_handlers=[search])
