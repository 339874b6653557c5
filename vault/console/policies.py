"""Policies: those in force, each as it is read aloud; and others, tried on what was asked before. None is put in force.

What was typed or uploaded is kept nowhere: it stands in the page that answers it, and there alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency

from vault.actions.policies import drafts, showing
from vault.actions.policies.showing import Shown
from vault.actions.vault import Vault
from vault.base.errors import Invalid
from vault.console.desk import Desk
from vault.console.log.telling import sentence
from vault.domain.audit.effect import Answer, Change, Effect
from vault.pages import forms
from vault.pages.cookies import CONSOLE
from vault.policy.loader import OWN, BadPolicies
from vault.words.catalogue import Words

Pages = Request[Any, Any, Any]

LARGEST: Final = 2 * 1024 * 1024
RANGES: Final = (10_000, 100_000)
"""How many of the last decisions may be asked again."""

_UNPROCESSABLE: Final = 422
_DRAFT: Final = "draft.cedar"
_SHIPPED: Final = {
    "contact.cedar": "May this client ask, and may this person be contacted?",
    "release.cedar": "May this field go to this client?",
    "access.cedar": "Who may do what in the vault?",
}
_ANSWERS: Final[Mapping[Answer, tuple[str, str]]] = {
    "yes": ("yes", "Allowed"),
    "wait": ("wait", "Told to wait"),
    "no": ("no", "Not allowed"),
}


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The policies of one text. `id` is that of its heading; `own` says that the organization wrote them."""

    id: str
    name: str
    policies: tuple[Shown, ...]
    own: bool


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One change in the table: what was said, and what would be."""

    change: Change
    before: tuple[str, str]
    after: tuple[str, str]
    says: str


@get("/policies", operation_id="show_policies")
async def page(vault: NamedDependency[Vault], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Show the policies in force, and the form for others."""
    found = await showing.in_force(vault, desk.actor)
    groups = [*_groups(found.policies, desk.frame.words)]
    values = {
        "count": sum(len(group.policies) for group in groups),
        "configuration": found.configuration,
        "since": found.since,
        "groups": groups,
    }
    return _show(desk, values, text=found.own, last=RANGES[0])


@post("/policies/replay", operation_id="replay_policies", status_code=200, request_max_body_size=LARGEST)
async def replay(request: Pages, vault: NamedDependency[Vault], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Say what other policies would have answered."""
    form, files = await forms.read_with_files(request)
    forms.check_csrf(form, request.cookies.get(CONSOLE))
    last = next((last for last in RANGES if form["last"] == str(last)), RANGES[0])
    text = form["policies"].replace("\r\n", "\n")
    try:
        text = _file(files.get("file", b"")) or text
        effect = await drafts.replay(vault, desk.actor, drafts={_DRAFT: text} if text.strip() else {}, last=last)
    except BadPolicies as refusal:
        problems = [one.removeprefix(f"{OWN}{_DRAFT}, ").removeprefix(f"{OWN}{_DRAFT}: ") for one in refusal.problems]
        return _show(desk, {"problems": problems}, text=text, last=last, status=_UNPROCESSABLE)
    except Invalid as refusal:
        return _show(desk, {"problems": [refusal.detail]}, text=text, last=last, status=_UNPROCESSABLE)
    return _show(desk, {"effect": effect, "rows": [*_rows(desk, effect)]}, text=text, last=last)


def _show(desk: Desk, values: Mapping[str, object], *, text: str, last: int, status: int = 200) -> Response[bytes]:
    given = {"groups": [], "effect": None, "problems": [], **values, "text": text, "last": last, "ranges": RANGES}
    return desk.show("policies.html", values=given, status=status)


def _file(sent: bytes) -> str:
    """Return the text of a file that was chosen."""
    try:
        text = sent.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("no_text", "This file cannot be read; save it as UTF-8.") from None
    if "\x00" in text:
        raise Invalid("no_text", "This file is no text.")
    return text.replace("\r\n", "\n")


def _groups(found: Mapping[str, tuple[Shown, ...]], words: Words) -> Iterator[Group]:
    """Yield the policies by their texts: the organization's own, what is decided, who may do what."""
    own = tuple(one for policies in found.values() for one in policies if one.own)
    if own:
        yield Group(id="own", name=words.say("Your own: what you forbid beside the vault"), policies=own, own=True)
    rest = {place: tuple(one for one in policies if not one.own) for place, policies in found.items()}
    for place in [*_SHIPPED, *sorted(rest.keys() - _SHIPPED.keys())]:
        if policies := rest.get(place, ()):
            named = words.say(_SHIPPED[place]) if place in _SHIPPED else place
            yield Group(id=place.removesuffix(".cedar"), name=named, policies=policies, own=False)


def _rows(desk: Desk, effect: Effect) -> Iterator[Row]:
    words = desk.frame.words
    for change in effect.changes:
        yield Row(
            change=change,
            before=_answer(change.before, words),
            after=_answer(change.after, words),
            says=sentence(change.reason, words),
        )


def _answer(answer: Answer, words: Words) -> tuple[str, str]:
    mark, says = _ANSWERS[answer]
    return mark, words.say(says)


router = Router(path="/", route_handlers=[page, replay])
