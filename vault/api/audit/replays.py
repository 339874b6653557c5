"""Was it allowed, over HTTP: a logged decision taken again, and the question of history beside it."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter

from vault.actions.audit import histories, replays
from vault.actions.vault import Vault
from vault.base.ids import SHOWN, EntryId, Subject
from vault.domain.actor import Actor
from vault.domain.audit.history import Allowed, HistoryAsked
from vault.domain.audit.replay import Replay
from vault.domain.fact import Instant

EntryPath = Annotated[EntryId, PathParameter(pattern="^ent" + SHOWN, description="the decision's entry")]
SubjectQuery = Annotated[
    Subject, QueryParameter(pattern="^sub" + SHOWN, description="the pseudonym of whom it is about")
]
PurposeQuery = Annotated[str, QueryParameter(min_length=1, max_length=63, description="the purpose's key")]
ChannelQuery = Annotated[str, QueryParameter(min_length=1, max_length=63, description="the channel's key, or `*`")]
ClientQuery = Annotated[str, QueryParameter(min_length=1, max_length=63, description="the key of the client")]
AtQuery = Annotated[Instant, QueryParameter(description="the instant asked about, with its offset from UTC")]
KnownAtQuery = Annotated[
    Instant | None, QueryParameter(description="the instant of knowing; without it, the one asked about")
]


@get("/decisions/{entry:str}/replay", operation_id="replay_decision")
async def replay(entry: EntryPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Replay:
    """Take a logged decision again from its entry alone, and name the fields in which it comes out otherwise."""
    return await replays.replay(vault, actor, entry=entry)


@get("/allowed", operation_id="was_it_allowed")
async def allowed(  # noqa: PLR0913, PLR0917 - what is asked, one parameter each
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    subject: SubjectQuery,
    purpose: PurposeQuery,
    channel: ChannelQuery,
    client: ClientQuery,
    at: AtQuery,
    known_at: KnownAtQuery = None,
) -> Allowed:
    """Say what was allowed at an instant, as it was known then and as it is known today. It decides nothing."""
    asked = HistoryAsked(subject=subject, purpose=purpose, channel=channel, client=client, at=at, known_at=known_at)
    return await histories.allowed(vault, actor, asked=asked)


router = Router(path="/", route_handlers=[replay, allowed])
