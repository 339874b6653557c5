"""Was it allowed? The question of history as a page: two answers side by side, the map of two clocks, what was late.

Named an entry instead, it takes that decision again, and asks the question it was about. Opening the page asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency

from vault.actions.audit.histories import allowed
from vault.actions.audit.replays import replay
from vault.actions.vault import Vault
from vault.base.errors import Conflict, Gone, Invalid, Unknown, VaultError
from vault.base.ids import EntryId, Subject
from vault.console.desk import Desk
from vault.console.log.two_answers import Telling
from vault.domain.actor import Actor
from vault.domain.audit.history import Allowed, HistoryAsked
from vault.domain.audit.replay import Replay
from vault.domain.organization import EVERY

_UNPROCESSABLE: Final = 422
_BOTH, _AT = "both", "at"
_MILLISECOND: Final = timedelta(milliseconds=1)
_NO_MOMENT: Final = "no_moment"
_FIELDS: Final = {
    "unknown_subject": ("subject", "Nothing was ever written about such a customer."),
    "malformed_id": ("subject", "A pseudonym is sub_ and 26 characters."),
    "unknown_purpose": ("purpose", "The rules of that time know no such purpose."),
    "unknown_channel": ("channel", "The rules of that time know no such channel."),
    "channel_not_for_purpose": ("channel", "By the rules of that time the purpose did not use this channel."),
    "unknown_client": ("client", "There was no such client, neither then nor today."),
    "time_in_the_future": ("at", "Ask about a time that has passed."),
    "time_out_of_range": ("at", "Write a time between the years 2 and 9998."),
    _NO_MOMENT: ("at", "Write a date and a time."),
}
_ENTRY: Final = {
    "unknown_entry": "There is no such entry.",
    "malformed_id": "The id of an entry is ent_ and 26 characters.",
    "no_decision": "This entry tells of no decision. Only a decision can be taken again.",
    "entry_gone": "This entry was let go of after its years. Its proof holds; taking it again is over.",
    "unreadable_entry": "This entry is not as the vault writes them. Verify the log.",
}


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed or chosen, as it stands in the form."""

    subject: str = ""
    purpose: str = ""
    channel: str = ""
    client: str = ""
    at: str = ""
    known: str = _BOTH
    known_at: str = ""
    entry: str = ""

    def asked(self) -> HistoryAsked:
        """Return the question; `Invalid` for a time nobody can read."""
        return HistoryAsked(
            subject=Subject(self.subject.replace(" ", "")),
            purpose=self.purpose,
            channel=self.channel,
            client=self.client,
            at=_moment(self.at),
            known_at=_moment(self.known_at) if self.known == _AT else None,
        )


@get("/allowed", operation_id="was_it_allowed")
async def show(
    request: Request[Any, Any, Any], vault: NamedDependency[Vault], actor: NamedDependency[Actor],
    desk: NamedDependency[Desk],
) -> Response[bytes]:  # fmt: skip
    """Show the form, and what was asked by it."""
    given = {name: request.query_params.get(name, "").strip() for name in Form.__struct_fields__}
    form = Form(**{name: value for name, value in given.items() if value})
    if form.entry:
        return await _of_entry(vault, actor, desk, form=form)
    if not form.subject or not form.at:
        return _page(desk, form)
    try:
        return _page(desk, form, found=await allowed(vault, actor, asked=form.asked()))
    except (Invalid, Unknown) as error:
        return _page(desk, form, faults=_faults(desk, error))


async def _of_entry(vault: Vault, actor: Actor, desk: Desk, *, form: Form) -> Response[bytes]:
    """Take a decision again, and ask about the instant it was about."""
    try:
        done = await replay(vault, actor, entry=EntryId(form.entry))
    except (Invalid, Unknown, Conflict, Gone) as error:
        wrong = _ENTRY.get(error.code, error.detail)
        return _page(desk, form, faults={"entry": desk.frame.words.say(wrong)})
    if done.subject is None or not done.client:
        return _page(desk, form, done=done)
    asked = HistoryAsked(
        subject=Subject(done.subject),
        purpose=done.purpose,
        channel=done.channel,
        client=done.client,
        at=done.asked_at or done.decided_at,
        known_at=done.decided_at,
    )
    try:
        return _page(desk, _filled(form, asked), done=done, found=await allowed(vault, actor, asked=asked))
    except (Invalid, Unknown):  # an entry that was changed asks about what never was
        return _page(desk, form, done=done)


def _page(
    desk: Desk,
    form: Form,
    *,
    found: Allowed | None = None,
    done: Replay | None = None,
    faults: Mapping[str, str] | None = None,
) -> Response[bytes]:
    declared = desk.visit.here.organization
    values = {
        "form": form,
        "purposes": _with([*declared.purposes], form.purpose),
        "channels": _with([*declared.channels, EVERY], form.channel),
        "clients": _with([*declared.clients], form.client),
        "faults": faults or {},
        "told": Telling(desk, found) if found is not None else None,
        "found": found,
        "done": done,
    }
    return desk.show("log/allowed.html", values=values, status=_UNPROCESSABLE if faults else 200)


def _filled(form: Form, asked: HistoryAsked) -> Form:
    """Return the form of a question that came by an entry."""
    return Form(
        entry=form.entry,
        subject=asked.subject,
        purpose=asked.purpose,
        channel=asked.channel,
        client=asked.client,
        at=_typed(asked.at),
        known=_AT,
        known_at=_typed(asked.known),
    )


def _with(known: list[str], asked: str) -> list[str]:
    """Return what can be chosen, with what was asked: older rules may know what those of today do not."""
    return known if not asked or asked in known else [*known, asked]


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(_NO_MOMENT, "a date and a time are needed") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _typed(instant: datetime) -> str:
    """Return an instant as a field of the form holds it: to the millisecond, and never earlier."""
    up = instant.astimezone(UTC) + _MILLISECOND - timedelta(microseconds=1)
    return up.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _faults(desk: Desk, error: VaultError) -> Mapping[str, str]:
    field, says = _FIELDS.get(error.code, ("subject", error.detail))
    return {field: desk.frame.words.say(says)}


router = Router(path="/", route_handlers=[show])
