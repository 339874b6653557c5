"""Promises: with an answer goes the vault's signed word that the access log will hold its entry.

Nobody is told of a promise before its entries are committed. One signature covers a batch. An answer that is no
decision promises one entry, the first of the last transaction that wrote any: how many more there are might tell
whether somebody is known. The key is made on first use, and held for five minutes at most.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Final

import msgspec
import structlog

from vault.actions.vault import Promising, Vault
from vault.base.errors import VaultError
from vault.base.ids import ENTRY, OrganizationId, fresh
from vault.crypto import note_keys
from vault.crypto.note_keys import NoteKey
from vault.domain.actor import Actor
from vault.domain.decision.question import Promise
from vault.domain.entry import entry
from vault.store import log
from vault.store.database import Work
from vault.store.log import promise_keys
from vault.tlog import promise
from vault.tlog.line import encode

HEADER: Final = "Log-Promise"
_log = structlog.get_logger()


class Committed(msgspec.Struct, kw_only=True):
    """What the transactions of a request wrote, as far as it is promised: the entry and when it was written."""

    task: asyncio.Task[None] | None
    organization: OrganizationId | None = None
    entry: bytes = b""
    at: datetime | None = None


_COMMITTED: Final[ContextVar[Committed | None]] = ContextVar("committed", default=None)


@contextmanager
def listening() -> Iterator[Committed]:
    """Hear what this task commits from here on."""
    heard = Committed(task=asyncio.current_task())
    token = _COMMITTED.set(heard)
    try:
        yield heard
    finally:
        _COMMITTED.reset(token)


def committed(work: Work, at: datetime) -> None:
    """Say that a work was committed. What others commit in a task that this one began is none of its answer."""
    heard = _COMMITTED.get()
    if heard is not None and work.entry is not None and heard.task is asyncio.current_task():
        heard.organization, heard.entry, heard.at = work.organization, work.entry, at


async def header(vault: Vault, heard: Committed) -> str | None:
    """Return the promise of what was heard, as `HEADER` has it; none if nothing was written.

    If the key is not held and the database is gone just now, the answer goes without: what was done is done.
    """
    if heard.organization is None or heard.at is None:
        return None
    try:
        key = await promising(vault, heard.organization)
    except VaultError as error:
        _log.error("promise_not_signed", organization=heard.organization, code=error.code)
        return None
    [own] = promises(key, [heard.entry], organization=heard.organization, at=heard.at)
    return spelled(own)


def spelled(own: Promise) -> str:
    """Return a promise as `HEADER` has it: its JSON in base64url without padding."""
    return urlsafe_b64encode(msgspec.json.encode(own)).rstrip(b"=").decode()


def promises(key: Promising, entries: Sequence[bytes], *, organization: OrganizationId, at: datetime) -> list[Promise]:
    """Return the promise of each of a batch of committed entries, in their order."""
    if not entries:
        return []
    tree = promise.batch(entries)
    time, size = int(at.timestamp()), tree.size
    signed = note_keys.sign(key.key, promise.text(organization, size=size, root=tree.root, at=time))
    signature = encode(signed)
    return [
        Promise(
            organization=organization,
            key=key.id,
            time=time,
            size=size,
            index=index,
            leaf=leaf,
            path=path,
            signature=signature,
        )
        for index, (leaf, path) in enumerate(tree.proofs())
    ]


async def promising(vault: Vault, organization: OrganizationId) -> Promising:
    """Return the organization's key, opened; the very first use makes it."""
    held = vault.memory.promising.get(organization)
    if held is None or not held.is_fresh(vault.clock.now()):
        async with vault.database.work(organization) as work:
            key = await promise_keys.read(work, vault.provider) or await make_key(vault, work)
        opened = Promising(key=key, id=promise.key_id(key.public), opened_at=vault.clock.now())
        held = vault.memory.promising[organization] = opened
    return held


async def make_key(vault: Vault, work: Work) -> NoteKey:
    """Return the organization's key, made here with its entry unless somebody was faster."""
    at = await promise_keys.lock(work)
    if (found := await promise_keys.read(work, vault.provider)) is not None:
        return found
    made = await promise_keys.make(work, vault.provider, entropy=vault.entropy)
    own = fresh(ENTRY, vault.clock, entropy=vault.entropy)
    told = entry(
        own,
        "promise_key_made",
        actor=Actor(organization=work.organization, kind="operator"),
        at=at,
        key=promise.key_id(made.public),
        algorithm=made.algorithm,
        public=encode(made.public),
    )
    await log.add(work, [(own, told)])
    return made
