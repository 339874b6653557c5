"""Was it allowed, over HTTP: a logged decision taken again, and the question of history beside it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from vault.actions.audit import histories, replays
from vault.actions.vault import Vault
from vault.api.audit.entrance import QUERY
from vault.api.audit.parameters import EntryPath
from vault.base.ids import SHOWN, Subject
from vault.domain.actor import Actor
from vault.domain.audit.history import Allowed, HistoryAsked
from vault.domain.audit.replay import Replay
from vault.domain.fact import Instant

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


@get("/decisions/{entry:str}/replay", operation_id="replay_decision", opt={"problems": (410,)})
async def replay(entry: EntryPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Replay:
    """Take a logged decision again from its entry alone, and name the fields in which it comes out otherwise."""
    return await replays.replay(vault, actor, entry=entry)


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a client asked, or could have asked."""

    subject: Subject
    purpose: str
    channel: str
    client: str


def question(*, subject: SubjectQuery, purpose: PurposeQuery, channel: ChannelQuery, client: ClientQuery) -> Question:
    """Return what is asked about."""
    return Question(subject=subject, purpose=purpose, channel=channel, client=client)


@get("/allowed", operation_id="was_it_allowed", opt={QUERY: (*Question.__struct_fields__, "at", "known_at")})
async def allowed(
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    question: NamedDependency[Question],
    at: AtQuery,
    known_at: KnownAtQuery = None,
) -> Allowed:
    """Say what was allowed at an instant, as it was known then and as it is known today. It decides nothing."""
    asked = HistoryAsked(**msgspec.structs.asdict(question), at=at, known_at=known_at)
    return await histories.allowed(vault, actor, asked=asked)


router = Router(
    path="/",
    route_handlers=[replay, allowed],
    dependencies={"question": Provide(question, sync_to_thread=False)},
)
