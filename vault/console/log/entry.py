"""One entry: what it says, why, what it rested on, and the proof that it stands in the log. A look is an entry, too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from vault.actions.audit import breaking, entries
from vault.actions.audit.entries import Shown
from vault.actions.audit.grounds import Ground, grounds
from vault.actions.vault import Vault
from vault.base.errors import Denied, Gone, Invalid, Unknown
from vault.base.ids import EntryId
from vault.base.personal import Personal
from vault.console import charts
from vault.console.desk import Desk
from vault.console.log.telling import DECISION, acting, name, sentence, short, told
from vault.domain.actor import Actor
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.tlog import checkpoint, note
from vault.words.catalogue import Words

_UNPROCESSABLE: Final = 422
_GONE: Final = 410
_SHOWN: Final = frozenset({
    "v", "id", "kind", "at", "organization", "actor", "subject", "purpose", "channel", "outcome", "reasons", "policies",
    "configuration", "flat", "standing", "facts", "facts_elsewhere", "by", "asked_at", "released", "withheld",
    "details", "reason_sealed", "text_sealed", "asked_with", "decision",
})  # fmt: skip
_ASKED_BY: Final = {
    "customer": "by their id",
    "contact": "by an address or number",
    "external": "by another system’s id",  # noqa: RUF001 - an apostrophe as it is printed
}


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """One reason: its code and sentence, and the policy that said so."""

    code: str
    says: str
    policy: str
    law: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A thing an entry tells, and what it tells of it. `codes` stand in monospace."""

    name: str
    value: str = ""
    codes: Sequence[str] = ()


@get("/entry/{entry:str}", operation_id="show_entry")
async def show(
    entry: FromPath[str], vault: NamedDependency[Vault], actor: NamedDependency[Actor], desk: NamedDependency[Desk]
) -> Response[bytes]:
    """Show an entry."""
    own = EntryId(entry)
    try:
        found = await entries.entry(vault, actor, entry=own)
    except Gone:
        return desk.show("log/gone.html", values={"entry": entry}, status=_GONE)
    except Invalid:
        raise Unknown("unknown_entry", "there is no such entry") from None
    body = found.parsed
    rules: list[Ground] = []
    if "configuration" in body and body["kind"] == DECISION:
        rules = await grounds(vault, actor, configuration=body["configuration"], policies=body["policies"])
    return desk.show("log/entry.html", values=_values(desk, own, found=found, rules=rules))


@post("/entry/{entry:str}/details", operation_id="open_details", status_code=200)
async def open_details(
    request: Request[Any, Any, Any], entry: FromPath[str], vault: NamedDependency[Vault],
    actor: NamedDependency[Actor], desk: NamedDependency[Desk],
) -> Response[bytes]:  # fmt: skip
    """Open what lies sealed beside an entry."""
    form = await forms.read(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    values: dict[str, object] = {"entry": entry, "reason": "", "wrong": "", "opened": None, "is_gone": False}
    try:
        opened = await breaking.open_details(vault, actor, entry=EntryId(entry), reason=Personal(form["reason"]))
    except Gone:
        return desk.show("log/opened.html", values=values | {"is_gone": True}, status=_GONE)
    except (Invalid, Denied) as refusal:
        if refusal.code not in {"no_reason", "sign_in_again"}:
            raise
        values |= {"wrong": _refused(desk, refusal.code), "reason": form["reason"]}
        return desk.show("log/opened.html", values=values, status=_UNPROCESSABLE)
    revealed = {
        title: value.reveal()
        for title, value in (
            (desk.frame.words.say("Address"), opened.address),
            (desk.frame.words.say("Browser"), opened.user_agent),
            (desk.frame.words.say("Reason given"), opened.reason),
            (desk.frame.words.say("Finding"), opened.finding),
        )
        if value is not None
    }
    return desk.show("log/opened.html", values=values | {"opened": opened, "revealed": revealed})


def _refused(desk: Desk, code: str) -> str:
    if code == "no_reason":
        return desk.frame.words.say("Say why in 10 to 500 letters.")
    return desk.frame.words.say(
        "For that you have to have signed in within the last ten minutes: sign out and in again."
    )


def _values(desk: Desk, own: EntryId, *, found: Shown, rules: list[Ground]) -> dict[str, object]:
    body, words = found.parsed, desk.frame.words
    outcome = body.get("outcome", body.get("said"))
    number = found.number
    at = datetime.fromisoformat(body["at"])
    values: dict[str, object] = {
        "entry": own,
        "found": found,
        "body": body,
        "text": found.body.decode(),
        "title": words.say("Entry %(number)s", number=words.number(number)) if number is not None else own,
        "at": at,
        "told": told(body["kind"], outcome, words),
        "is_decision": body["kind"] == DECISION,
        "by": acting(desk, body["actor"]["kind"], body["actor"].get("client")),
        "name": name(body["kind"], words),
        "short": short(body["subject"]) if "subject" in body else "",
        "why": [*_why(body, rules, words)],
        "rules": rules,
        "rested": [*_rested(body, words)],
        "more": [*_more(body)],
        "flat": sorted((body.get("flat") or body.get("asked_with") or {}).items()),
        "purpose": _title(desk, body.get("purpose")),
        "bundle": "",
        "path": None,
        "cosigned": 0,
    }
    return values | (_proof(desk, found, number=number) if number is not None else {})


def _proof(desk: Desk, found: Shown, *, number: int) -> dict[str, object]:
    """Return what shows an entry's place: the path to the root of the checkpoint, and where the bundle is."""
    if found.size is None or found.checkpoint is None:
        return {}
    signed = note.read(found.checkpoint)
    head = checkpoint.read(signed.text)
    steps = charts.steps(found.proof, number=number, size=found.size)
    path = charts.path(steps, number=number, size=found.size, root=head.root, words=desk.frame.words)
    has_bundle = desk.is_auditor and found.generation == desk.health.generation
    return {
        "path": path,
        "root": charts.spaced(head.root),
        "cosigned": len({one.name for one in signed.signatures} - {head.origin}),
        "bundle": f"{desk.log_api}/bundle?start={number}&end={number + 1}" if has_bundle else "",
        "proof_file": f"{desk.log_api}/entries/{found.parsed['id']}/proof",
    }


def _why(body: Mapping[str, Any], rules: Sequence[Ground], words: Words) -> Iterator[Why]:
    for code in body.get("reasons", ()):
        rule = next((rule for rule in rules if rule.code == code), None)
        yield Why(
            code=code,
            says=sentence(code, words),
            policy=rule.policy if rule is not None else "",
            law=(rule.law or "") if rule is not None else "",
        )


def _rested(body: Mapping[str, Any], words: Words) -> Iterator[Pair]:
    """Yield what a decision rested on, as far as its entry tells."""
    say = words.say
    if body["kind"] != DECISION:
        return
    if "standing" in body:
        yield Pair(name=say("Standing"), value=body["standing"].replace("_", " "))
    if "facts" in body:
        yield Pair(name=say("Facts"), codes=body["facts"], value="" if body["facts"] else say("none: nothing was said"))
    if "facts_elsewhere" in body:
        yield Pair(name=say("Of other addresses"), codes=body["facts_elsewhere"])
    if "asked_at" in body:
        yield Pair(name=say("Asked about"), value=body["asked_at"])
    yield Pair(name=say("Customer named"), value=say(_ASKED_BY.get(body.get("by", ""), body.get("by", ""))))
    yield Pair(
        name=say("Fields given"), codes=body.get("released", ()), value="" if "released" in body else say("none")
    )
    for field, code in body.get("withheld", {}).items():
        yield Pair(name=say("Field withheld"), codes=[field, code])
    if "token" in body["actor"]:
        yield Pair(name=say("Token"), codes=[body["actor"]["token"]])
    yield Pair(name=say("Rules in force"), codes=[body["configuration"]])


def _more(body: Mapping[str, Any]) -> Iterator[Pair]:
    """Yield whatever else an entry tells, by its own names."""
    for key in sorted(set(body) - _SHOWN):
        value = body[key]
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            yield Pair(name=key, codes=value)
        else:
            yield Pair(name=key, codes=[value if isinstance(value, str) else msgspec.json.encode(value).decode()])


def _title(desk: Desk, key: str | None) -> str:
    """Return what a purpose is called, in English or as the file has it first; its key when it is declared no more."""
    declared = desk.visit.here.organization.purposes.get(key or "")
    if declared is None:
        return key or ""
    return declared.title.get("en") or next(iter(declared.title.values()), declared.key)


router = Router(path="/", route_handlers=[show, open_details])
