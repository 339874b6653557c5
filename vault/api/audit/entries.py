"""Entries over HTTP, one at a time: the bytes as signed, and the proof of their place."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency

from vault.actions.audit import entries
from vault.actions.audit.entries import Shown
from vault.actions.vault import Vault
from vault.api.audit.entrance import QUERY
from vault.api.audit.parameters import EntryPath
from vault.api.contract import MEDIA
from vault.domain.actor import Actor

_TEXT = "text/plain"  # of which the framework says that it is UTF-8


class EntryShown(msgspec.Struct, frozen=True, kw_only=True):
    """An entry. `body` is its bytes as signed, which are UTF-8; `proof` are hashes in base64, the leaf's sibling first.

    Without a number it has been waiting for `waiting_seconds`.
    """

    body: str
    generation: int
    number: int | None
    size: int | None
    proof: list[bytes]
    checkpoint: str | None
    has_details: bool
    waiting_seconds: float | None
    erased_at: datetime | None


@get("/{entry:str}", operation_id="show_entry", opt={QUERY: (), "problems": (409, 410)})
async def show(entry: EntryPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> EntryShown:
    """Show an entry: its bytes as signed, its number, and the proof that it is in the log. That is an entry."""
    return _told(await entries.entry(vault, actor, entry=entry))


@get("/{entry:str}/proof", operation_id="prove_entry", opt={MEDIA: _TEXT, QUERY: (), "problems": (409,)})
async def prove(entry: EntryPath, vault: NamedDependency[Vault], actor: NamedDependency[Actor]) -> Response[bytes]:
    """Show an entry's proof as a file (C2SP tlog-proof), which whoever has the bytes verifies offline."""
    return Response(await entries.prove(vault, actor, entry=entry), media_type=_TEXT)


def _told(shown: Shown) -> EntryShown:
    return EntryShown(
        body=shown.body.decode(),
        generation=shown.generation,
        number=shown.number,
        size=shown.size,
        proof=shown.proof,
        checkpoint=shown.checkpoint.decode() if shown.checkpoint is not None else None,
        has_details=shown.has_details,
        waiting_seconds=shown.waiting_seconds,
        erased_at=shown.is_erased_at,
    )


router = Router(path="/entries", route_handlers=[show, prove])
