"""The log searched over HTTP: by codes and pseudonyms, newest first."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from vault.actions.audit import search as searching
from vault.actions.vault import Vault
from vault.api.audit.entrance import QUERY
from vault.base.ids import SHOWN, ClientId, Subject
from vault.domain.actor import Actor
from vault.domain.audit.wanted import LONGEST, Hit, Wanted, read_place
from vault.domain.fact import Instant

_CODE: Final = r"^[a-z][a-z0-9_-]{0,63}$(?!\n)"
_NAMES: Final = (*Wanted.__struct_fields__, "after", "limit")

Code = Annotated[str | None, QueryParameter(pattern=_CODE, description="a code, as entries have it")]
Since = Annotated[Instant | None, QueryParameter(description="not before")]
Until = Annotated[Instant | None, QueryParameter(description="before")]
After = Annotated[str | None, QueryParameter(max_length=64, description="`after` of the page before, of this search")]
Limit = Annotated[int, QueryParameter(ge=1, le=LONGEST, description="how many at the most")]


class EntriesFound(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what was found, and how much there is in all; with nothing found, the filter that excludes most.

    `after` is where the next page begins, if there is one. `waiting` entries have no number yet and are not found.
    """

    hits: list[Hit]
    count: int
    after: str | None
    excludes: str | None
    waiting: int


def whom(
    subject: Annotated[Subject | None, QueryParameter(pattern="^sub" + SHOWN, description="a pseudonym")] = None,
    client: Annotated[ClientId | None, QueryParameter(pattern="^cli" + SHOWN, description="a client's id")] = None,
    by: Annotated[
        str | None, QueryParameter(name="actor", pattern=_CODE, description="a kind of actor, or an id of staff")
    ] = None,
) -> Wanted:
    """Return whom it is about, and who acted."""
    return Wanted(subject=subject, client=client, actor=by)


def what(kind: Code = None, outcome: Code = None, reason: Code = None, purpose: Code = None) -> Wanted:
    """Return what happened."""
    return Wanted(kind=kind, outcome=outcome, reason=reason, purpose=purpose)


def wanted(
    whom: NamedDependency[Wanted], what: NamedDependency[Wanted], since: Since = None, until: Until = None
) -> Wanted:
    """Return what is looked for."""
    who = {"subject": whom.subject, "client": whom.client, "actor": whom.actor}
    return msgspec.structs.replace(what, **who, since=since, until=until)


@get("/search", operation_id="search_log", opt={QUERY: _NAMES})
async def search(
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    wanted: NamedDependency[Wanted],
    after: After = None,
    limit: Limit = LONGEST,
) -> EntriesFound:
    """Search the log, newest first. What waits for its number is not found yet. The search is an entry."""
    place = read_place(after, wanted) if after is not None else None
    found = await searching.search(vault, actor, wanted=wanted, after=place, limit=limit)
    return EntriesFound(**msgspec.structs.asdict(found))


router = Router(
    path="/",
    route_handlers=[search],
    dependencies={
        "whom": Provide(whom, sync_to_thread=False),
        "what": Provide(what, sync_to_thread=False),
        "wanted": Provide(wanted, sync_to_thread=False),
    },
)
