"""Imports: what was brought in from other systems, what became of each row, and how all of it is taken back.

Nothing here shows what stands in a row, nor what a file was called: both may be somebody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup

from vault.actions.importing import showing
from vault.actions.undoing import undoing
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Denied, Invalid
from vault.base.ids import IMPORT, ImportId, known
from vault.base.personal import Personal
from vault.console import charts
from vault.console.desk import Desk
from vault.domain.importing.told import ImportTold, State, Verdict
from vault.domain.importing.undone import NewUndoing, Undoing
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.pages.page import go

Pages = Request[Any, Any, Any]

_UNPROCESSABLE: Final = 422
_SECONDS: Final = "5"
_HIGHEST: Final = 2**62
_UNDER_WAY: Final = frozenset[State]({"queued", "staging", "joining", "settling", "undoing"})
_VERDICTS: Final[Mapping[Verdict, tuple[str, str, str]]] = {
    "new": ("change", "New, taken in", "We did not know this person. Now we do."),
    "fills": ("change", "More of somebody, taken in", "A yes, an address or a detail that we did not know."),
    "stricter": ("no", "A no, taken in", "Counts always, whatever we had."),
    "same": ("same", "Already so", "The file says what we knew. Nothing was written."),
    "conflict": ("same", "Ours stays", "A yes that a no outweighs, or another value. The file does not override it."),
    "review": ("wait", "Put aside: who is it?", "It may be about several people, or about nobody. It does not count."),
    "reject": ("wait", "Put aside: cannot be read", "It does not count until somebody corrects it."),
}
_WRONG: Final = {
    "sign_in_again": "For that you have to have signed in within the last ten minutes: sign out and in again.",
    "no_reason": "Say why, in 10 to 500 letters. It is kept, sealed, beside the entry of the log.",
    "import_dry": "This import was only looked at: it brought nothing.",
    "import_not_done": "This import has brought nothing yet.",
    "already_undone": "It was undone already.",
}
_STATES: Final[Mapping[State, tuple[str, str]]] = {
    "receiving": ("wait", "Files are coming"),
    "queued": ("wait", "Waits for its turn"),
    "staging": ("wait", "Reading rows"),
    "joining": ("wait", "Finding who is who"),
    "settling": ("wait", "Settling rows"),
    "done": ("yes", "Done"),
    "refused": ("alarm", "Refused"),
    "undoing": ("wait", "Being undone"),
    "undone": ("same", "Undone"),
}
_REASONS: Final = {
    "ambiguous_channel": "Its channel can mean several.",
    "ambiguous_person": "It says yes without a first name, and several people have the address.",
    "date_in_future": "Its date is later than the export.",
    "identity_conflict": "Its record and its name are of different people.",
    "no_identifier": "It has neither an address nor a record.",
    "not_accepted": "Somebody who was erased.",
    "repeated_header": "It is the header again.",
    "unknown_reference": "It speaks of a record that is nowhere.",
    "unmapped_channel": "Its channel is not declared.",
    "unmapped_purpose": "Its purpose is not declared.",
    "unreadable_bytes": "Bytes in it are no text.",
    "unreadable_date": "Its date cannot be read.",
    "unreadable_email": "Its e-mail address cannot be read.",
    "unreadable_phone": "Its number cannot be read.",
    "unreadable_value": "It is neither yes nor no nor empty.",
    "wrong_column_count": "It has more or fewer cells than the header.",
}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An import in the list."""

    told: ImportTold
    mark: str
    state: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict, how many rows have it, and what that means."""

    mark: str
    name: str
    gauge: Markup
    rows: int
    means: str


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was put aside: of which source, its record, and why."""

    source: str
    record: int
    code: str
    says: str


@get("/imports", operation_id="list_imports")
async def page(request: Pages, vault: NamedDependency[Vault], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Show imports, the newest first."""
    before = request.query_params.get("before")
    found = await showing.page(vault, desk.actor, before=_id(before) if before else None)
    rows = [_row(desk, one) for one in found.imports]
    return desk.show("imports.html", values={"rows": rows, "older": found.imports[-1].id if rows else ""})


@get("/imports/{import_id:str}", operation_id="show_import")
async def show(
    request: Pages, import_id: FromPath[str], vault: NamedDependency[Vault], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Show what became of the rows of an import."""
    after = request.query_params.get("after", "0")
    return await _page(vault, desk, import_=_id(import_id), after=int(after) if _is_place(after) else 0)


@post("/imports/{import_id:str}/undo", operation_id="undo_import", status_code=200)
async def undo(
    request: Pages, import_id: FromPath[str], vault: NamedDependency[Vault], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Say what undoing takes back; once that was seen, do it."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    own, with_noes, seen = _id(import_id), form["noes"] == "yes", form["seen"] == "yes"
    reason = Personal(form["reason"]) if with_noes else None
    values: dict[str, object] = {"with_noes": with_noes, "reason": form["reason"]}
    try:
        new = NewUndoing(dry=not seen, with_noes=with_noes, reason=reason)
        goes: Undoing = await undoing.undo(vault, desk.actor, import_=own, new=new)
    except (Invalid, Conflict, Denied) as refusal:
        if isinstance(refusal, Denied) and refusal.code not in _WRONG:
            raise
        says = desk.frame.words.say(_WRONG.get(refusal.code, refusal.detail))
        return await _page(vault, desk, import_=own, values={**values, "wrong": says})
    if seen:
        return go(desk.frame.to(f"/imports/{own}"))
    return await _page(vault, desk, import_=own, values={**values, "goes": goes})


async def _page(
    vault: Vault, desk: Desk, *, import_: ImportId, after: int = 0, values: Mapping[str, object] | None = None
) -> Response[bytes]:
    found = await showing.look(vault, desk.actor, import_=import_, after=after)
    told, words = found.told, desk.frame.words
    most = max(told.rows.verdicts.values(), default=0)
    given = {
        "wrong": "",
        "goes": None,
        "with_noes": False,
        "reason": "",
        "row": _row(desk, told),
        "lines": [_line(desk, verdict, rows=rows, most=most) for verdict, rows in told.rows.verdicts.items()],
        "reasons": [
            (code, words.say(_REASONS.get(code, "")), times) for code, times in told.rows.quarantined_by_reason.items()
        ],
        "aside": [
            Aside(
                source=told.files[one.file].source,
                record=one.record,
                code=one.reason or "",
                says=words.say(_REASONS.get(one.reason or "", "")),
            )
            for one in found.aside
        ],
        "next": found.next,
        "can_undo": not desk.is_auditor and told.state in {"settling", "done"} and not told.dry and not told.undone_at,
        **(values or {}),
    }
    answer = desk.show("import.html", values=given, status=_UNPROCESSABLE if given["wrong"] else 200)
    if told.state in _UNDER_WAY:
        answer.headers["refresh"] = _SECONDS
    return answer


def _row(desk: Desk, told: ImportTold) -> Row:
    words = desk.frame.words
    mark, state = _STATES[told.state]
    if told.dry and told.state == "done":
        mark, state = "wait", "Only looked at"
    return Row(told=told, mark=mark, state=words.say(state))


def _line(desk: Desk, verdict: str, *, rows: int, most: int) -> Line:
    mark, name, means = next(told for own, told in _VERDICTS.items() if own == verdict)
    say = desk.frame.words.say
    gauge = charts.gauge(rows, most, sort="no" if verdict in {"review", "reject"} else "yes")
    return Line(mark=mark, name=say(name), gauge=gauge, rows=rows, means=say(means))


def _is_place(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len(str(_HIGHEST))


def _id(text: str) -> ImportId:
    return known(IMPORT, text, noun="import")


router = Router(path="/", route_handlers=[page, show, undo])
