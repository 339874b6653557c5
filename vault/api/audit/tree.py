"""The tree over HTTP: how the log is, checkpoints, tiles and proofs. They name nobody; reading them is no entry."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from vault.actions.audit import health, tree
from vault.actions.audit.health import LogHealth
from vault.actions.audit.tree import ConsistencyShown, InclusionShown
from vault.actions.vault import Vault
from vault.api.audit.entrance import QUERY
from vault.api.audit.parameters import MOST, Generation, LeafPath, Size
from vault.api.contract import MEDIA
from vault.domain.actor import Actor

_TEXT: Final = "text/plain"  # of which the framework says that it is UTF-8
_BYTES: Final = "application/octet-stream"
_GENERATION: Final = {QUERY: ("generation",)}
_TEXT_OF: Final = {MEDIA: _TEXT, **_GENERATION, "problems": (404,)}
_BYTES_OF: Final = {MEDIA: _BYTES, **_GENERATION}
_CHANGING: Final = {"cache-control": "no-cache"}
_LASTING: Final = {"cache-control": "private, max-age=604800, immutable"}

From = Annotated[int, QueryParameter(name="from", ge=0, le=MOST, description="the size of the smaller tree")]
To = Annotated[int, QueryParameter(ge=0, le=MOST, description="the size of the larger tree")]


@get("/health", operation_id="show_log", opt={QUERY: ()})
async def show(vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> LogHealth:
    """Show how the log is: whether it is in order, how much waits, how old its checkpoint is, who witnesses it."""
    return await health.health_for(vault, actor)


@get("/checkpoint", operation_id="show_checkpoint", opt=_TEXT_OF)
async def checkpoint(
    vault: NamedDependency[Vault], actor: NamedDependency[Actor], generation: Generation = None
) -> Response[bytes]:
    """Show the last checkpoint, signed and cosigned (C2SP tlog-checkpoint)."""
    return note(await tree.checkpoint(vault, actor, generation=generation))


@get("/tile/entries/{rest:path}", operation_id="show_entries", opt=_BYTES_OF)
async def entries(
    rest: FromPath[str], vault: NamedDependency[Vault], actor: NamedDependency[Actor], generation: Generation = None
) -> Response[bytes]:
    """Show the entries of a tile (C2SP tlog-tiles), such as `tile/entries/x001/234.p/17`."""
    path = f"tile/entries{rest}"
    return stored(await tree.resource(vault, actor, path=path, generation=generation, name="show_entries"))


@get("/tile/{rest:path}", operation_id="show_tile", opt=_BYTES_OF)
async def tile(
    rest: FromPath[str], vault: NamedDependency[Vault], actor: NamedDependency[Actor], generation: Generation = None
) -> Response[bytes]:
    """Show the hashes of a tile (C2SP tlog-tiles), such as `tile/0/x001/234.p/17`."""
    return stored(await tree.resource(vault, actor, path=f"tile{rest}", generation=generation))


@get("/proof/{leaf:int}", operation_id="prove_inclusion", opt={QUERY: ("size", "generation")})
async def prove(
    leaf: LeafPath,
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    size: Size = None,
    generation: Generation = None,
) -> InclusionShown:
    """Prove that an entry is in the tree of a size."""
    return await tree.prove(vault, actor, number=leaf, size=size, generation=generation)


@get("/consistency", operation_id="prove_consistency", opt={QUERY: ("from", "to", "generation"), "problems": (404,)})
async def extend(
    vault: NamedDependency[Vault],
    actor: NamedDependency[Actor],
    start: From,
    to: To,
    generation: Generation = None,
) -> ConsistencyShown:
    """Prove that the log only grew: the larger tree begins with the smaller."""
    return await tree.extend(vault, actor, start=start, to=to, generation=generation)


def note(raw: bytes) -> Response[bytes]:
    """Return a checkpoint, of which there will soon be a newer one."""
    return Response(raw, media_type=_TEXT, headers=_CHANGING)


def stored(data: bytes) -> Response[bytes]:
    """Return what never changes. No cache but the reader's own keeps it: a capability may be ended."""
    return Response(data, media_type=_BYTES, headers=_LASTING)


router = Router(path="/", route_handlers=[show, checkpoint, entries, tile, prove, extend])
